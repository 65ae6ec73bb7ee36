//! How many tokens of an answer are for thinking.

use provider::{ModelRequest, Thinking};

/// The most tokens of an answer nobody asked to be longer.
const USUAL_ANSWER: u32 = 32_000;
/// The vendor takes no smaller budget.
const LEAST_BUDGET: u32 = 1024;

/// The two figures of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) max_tokens: u32,
    /// `None` sends no thinking at all.
    pub(crate) budget: Option<u32>,
}

pub(crate) fn share(request: &ModelRequest) -> Share {
    let ceiling = request.model.max_tokens;
    let base = request.max_tokens.unwrap_or(USUAL_ANSWER.min(ceiling));
    let thinking = if request.model.reasoning { request.thinking } else { Thinking::Off };
    let wanted = match thinking {
        Thinking::Off => return Share { max_tokens: base, budget: None },
        Thinking::Minimal => 1024,
        Thinking::Low => 2048,
        Thinking::Medium => 8192,
        Thinking::High | Thinking::Xhigh => 16_384,
    };
    let max_tokens = base.saturating_add(wanted).min(ceiling);
    let budget = if max_tokens <= wanted { max_tokens.saturating_sub(LEAST_BUDGET) } else { wanted };
    Share { max_tokens, budget: (budget >= LEAST_BUDGET).then_some(budget) }
}
