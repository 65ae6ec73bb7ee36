//! What the owner may set about old results of tools in a prompt, and what holds where nothing is set.

use std::time::Duration;

use provider::Api;
use sandbox::GroupRules;
use schemars::JsonSchema;
use serde::Deserialize;

/// What a prompt is sent without, once its vendor has forgotten it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Pruning {
    pub mode: Option<PruningMode>,
    /// After a pause this long the vendor keeps nothing of the prompt (5m; 1h where no mode is set).
    pub ttl: Option<String>,
    /// The last answers of the model, and all that came after them, are left as they are (3).
    pub keep_last_assistants: Option<usize>,
    /// The share of the context window from which long results are shortened (0.3).
    pub soft_trim_ratio: Option<f64>,
    /// The share from which the oldest results are left out (0.5).
    pub hard_clear_ratio: Option<f64>,
    /// Results of fewer characters together are not worth leaving out (50,000).
    pub min_prunable_tool_chars: Option<usize>,
    /// Whose results may be touched; all by default.
    pub tools: GroupRules,
    pub soft_trim: SoftTrim,
    pub hard_clear: HardClear,
}

/// Whether old prompts are pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PruningMode {
    Off,
    /// When the vendor's cache has run out.
    CacheTtl,
}

/// How a long result is shortened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SoftTrim {
    /// Longer results are shortened (4,000).
    pub max_chars: Option<usize>,
    /// Characters kept of the beginning (1,500).
    pub head_chars: Option<usize>,
    /// Characters kept of the end (1,500).
    pub tail_chars: Option<usize>,
}

/// How a result is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct HardClear {
    /// Whether results are left out at all (true).
    pub enabled: Option<bool>,
    /// What stands in their place.
    pub placeholder: Option<String>,
}

const TTL: Duration = Duration::from_secs(5 * 60);
const TTL_UNASKED: Duration = Duration::from_secs(60 * 60);
const PLACEHOLDER: &str = "[Old tool result content cleared]";

impl Pruning {
    /// After which pause a prompt for this format is pruned; `None` never. Only one vendor charges for what it keeps.
    #[must_use]
    pub fn ttl(&self, api: Api) -> Option<Duration> {
        let usual = match self.mode {
            Some(PruningMode::Off) => return None,
            Some(PruningMode::CacheTtl) => TTL,
            None => TTL_UNASKED,
        };
        let written = self.ttl.as_deref().and_then(time);
        (api == Api::AnthropicMessages).then(|| written.unwrap_or(usual))
    }

    pub(crate) fn kept_answers(&self) -> usize {
        self.keep_last_assistants.unwrap_or(3)
    }

    pub(crate) fn soft_ratio(&self) -> f64 {
        self.soft_trim_ratio.unwrap_or(0.3)
    }

    pub(crate) fn hard_ratio(&self) -> f64 {
        self.hard_clear_ratio.unwrap_or(0.5)
    }

    pub(crate) fn least(&self) -> usize {
        self.min_prunable_tool_chars.unwrap_or(50_000)
    }

    /// From how many characters on a result is shortened, and what is kept of its two ends.
    pub(crate) fn shortened(&self) -> (usize, usize, usize) {
        let SoftTrim { max_chars, head_chars, tail_chars } = self.soft_trim;
        (max_chars.unwrap_or(4_000), head_chars.unwrap_or(1_500), tail_chars.unwrap_or(1_500))
    }

    /// What stands where a result was; `None` leaves none out.
    pub(crate) fn placeholder(&self) -> Option<&str> {
        let clears = self.hard_clear.enabled.unwrap_or(true);
        clears.then(|| self.hard_clear.placeholder.as_deref().unwrap_or(PLACEHOLDER))
    }
}

/// `90s`, `5m`, `1.5h`; a bare number is minutes. The published program takes any text, and what is no time for none.
fn time(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit);
    let seconds = match unit.to_lowercase().as_str() {
        "ms" => 0.001,
        "s" => 1.0,
        "" | "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.trim().parse::<f64>().ok()? * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ttl(config: &str) -> Option<u64> {
        let pruning: Pruning = serde_json::from_str(config).unwrap();
        pruning.ttl(Api::AnthropicMessages).map(|ttl| ttl.as_secs())
    }

    #[test]
    fn the_pause_is_as_written_or_as_the_published_program_has_it() {
        assert_eq!(ttl("{}"), Some(3_600));
        assert_eq!(ttl(r#"{"mode":"cache-ttl"}"#), Some(300));
        assert_eq!(ttl(r#"{"mode":"cache-ttl","ttl":"90s"}"#), Some(90));
        assert_eq!(ttl(r#"{"mode":"cache-ttl","ttl":"10"}"#), Some(600));
        assert_eq!(ttl(r#"{"mode":"off","ttl":"1h"}"#), None);
        assert_eq!(Pruning::default().ttl(Api::OpenaiResponses), None);
    }

    #[test]
    fn a_text_that_is_no_time_counts_as_none() {
        let with = |text: &str| ttl(&serde_json::json!({"mode": "cache-ttl", "ttl": text}).to_string());
        assert_eq!(with("1.5h"), Some(5_400));
        for wrong in ["soon", "5 parsecs", "-1m", ""] {
            assert_eq!(with(wrong), Some(300), "{wrong}");
        }
    }
}
