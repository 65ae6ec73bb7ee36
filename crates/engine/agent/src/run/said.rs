//! What people and models said, as entries with their origin.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use budget::Money;
use lanes::{Beside, Committed, Turn, TurnFile};
use provider::{Model, ProfileKind, Usage};
use sessions::{
    AssistantMessage, Cost, Message, NewEntry, Part, Record, StopReason, ToolResultMessage, Usage as Bill, UserMessage,
};
use tool::{Origin, Provenance, Secrecy};

use super::batch::{Batch, Step};
use super::{Run, ToolsShown, UsageShown};
use crate::context;
use crate::stream::Answer;
use crate::tool_call::Finished;

/// A picture larger than this is named, not shown.
const LARGEST_PICTURE: usize = 8 << 20;

impl Run {
    /// A person's words as an entry, with the pictures that belong to them.
    pub(super) fn user_entry(&self, turn: &Turn, note: Option<&str>) -> NewEntry {
        let mut text = note.map(|note| format!("{note}\n\n")).unwrap_or_default();
        text.push_str(&turn.text);
        let mut pictures = Vec::new();
        for file in &turn.files {
            match self.picture(file) {
                Some(picture) => pictures.push(picture),
                None if text.contains(&file.path.to_string()) => {}
                None => {
                    // Writing to a text cannot fail.
                    let _infallible = write!(text, "\n[attached: {} ({})]", file.path, file.mime);
                }
            }
        }
        let mut content = vec![Part::text(text)];
        content.append(&mut pictures);
        let message = Message::User(UserMessage { content, timestamp: self.now_ms() });
        NewEntry::message(message, turn.provenance.clone())
    }

    fn picture(&self, file: &TurnFile) -> Option<Part> {
        if !file.mime.starts_with("image/") {
            return None;
        }
        let bytes = self.agents.parts.disk.read(&file.path, 0, LARGEST_PICTURE + 1).ok();
        let bytes = bytes.filter(|bytes| !bytes.is_empty() && bytes.len() <= LARGEST_PICTURE)?;
        let data = base64::engine::general_purpose::STANDARD.encode(bytes);
        Some(Part::Image { data: data.into(), mime_type: file.mime.as_str().into() })
    }

    /// An answer as an entry.
    pub(super) fn assistant_entry(
        &self,
        model: &Model,
        answer: &Answer,
        stop: StopReason,
        error: Option<&str>,
    ) -> NewEntry {
        let with_calls = stop == StopReason::ToolUse;
        let message = Message::Assistant(AssistantMessage {
            content: answer.parts(with_calls),
            api: self.agents.word(model.api.as_str()),
            provider: Arc::clone(&model.reference.provider),
            model: Arc::clone(&model.reference.model),
            usage: self.bill_of(model, &answer.usage),
            stop_reason: stop,
            error_message: error.map(Into::into),
            timestamp: self.now_ms(),
        });
        NewEntry::message(message, self.derived(Origin::Model, &model.reference.to_string()))
    }

    pub(super) fn result_entry(&self, finished: &Finished) -> NewEntry {
        let message = Message::ToolResult(ToolResultMessage {
            tool_call_id: Arc::clone(&finished.id),
            tool_name: Arc::clone(&finished.name),
            content: finished.content.clone(),
            details: finished.details.clone(),
            is_error: finished.is_error,
            timestamp: self.now_ms(),
        });
        NewEntry::message(message, self.derived(Origin::Tool, &finished.name))
    }

    /// What comes out of a turn is as secret as the turn.
    pub(super) fn derived(&self, origin: Origin, by: &str) -> Provenance {
        derived(&self.start.turn, origin, self.agents.word(by))
    }

    fn bill_of(&self, model: &Model, usage: &Usage) -> Bill {
        let price = self.agents.tariff.price(model);
        let of = |usage: Usage| usage.cost(&price);
        let none = Usage::default();
        Bill {
            input: usage.input,
            output: usage.output,
            cache_read: usage.cache_read,
            cache_write: usage.cache_write,
            total_tokens: usage.total(),
            cost: Cost {
                input: of(Usage { input: usage.input, ..none }),
                output: of(Usage { output: usage.output, ..none }),
                cache_read: of(Usage { cache_read: usage.cache_read, ..none }),
                cache_write: of(Usage { cache_write: usage.cache_write, ..none }),
                total: of(*usage),
            },
        }
    }

    /// What a call is billed. A vendor that sent no bill is paid by the weight of what came and went.
    pub(super) fn bill(&self, model: &Model, answer: &Answer) -> (Money, Usage) {
        let mut usage = answer.usage;
        if usage == Usage::default() && answer.weight() > 0 {
            usage.output = context::most_tokens(answer.weight());
            usage.input = self.context.unwrap_or(0);
        }
        (self.agents.tariff.bill(model, &usage), usage)
    }

    /// Settles the open reservation with an answer's bill.
    pub(super) fn settle(&mut self, batch: &mut Batch, model: &Model, answer: &Answer) {
        self.pin(batch, model);
        let (bill, usage) = self.bill(model, answer);
        if let Some((_, reservation)) = self.reservation.take() {
            batch.settle.push((reservation, bill, usage));
        }
        self.usage.input += usage.input;
        self.usage.output += usage.output;
        self.usage.cache_read += usage.cache_read;
        self.usage.cache_write += usage.cache_write;
        let used = usage.context() + usage.output;
        self.context = (usage.context() > 0).then_some(used).or(self.context);
        if usage == Usage::default() {
            return;
        }
        let (model, now_ms) = (model.clone(), self.now_ms());
        batch.record.push(Box::new(move |record| {
            record.set("inputTokens", &usage.input);
            record.set("outputTokens", &usage.output);
            record.set("totalTokens", &usage.context());
            note_model(record, &model);
            record.touch(now_ms);
        }));
    }

    /// Adds an answer and what it says to the batch.
    pub(super) fn say(&mut self, batch: &mut Batch, model: &Model, answer: &Answer, stop: StopReason) {
        let entry = batch.entries.len();
        batch.entries.push(self.assistant_entry(model, answer, stop, None));
        let text = answer.text();
        let reasoning = self.shown.reasoning.then(|| answer.thinking()).filter(|thought| !thought.trim().is_empty());
        let reasoning: Option<Arc<str>> = reasoning.map(Into::into);
        if text.trim().is_empty() && reasoning.is_none() {
            return;
        }
        batch.steps.push(Step::Said { entry, text: text.into(), beside: Beside { reasoning, footer: None } });
        if !text.trim().is_empty() {
            self.texts.push(text.to_owned());
        }
    }

    /// Puts the line that the person asked for below the answer that ends the batch.
    pub(super) fn add_footer(&self, batch: &mut Batch, model: &Model) {
        let Some(Step::Said { beside, .. }) = batch.steps.last_mut() else { return };
        let profile = self.profiles.as_ref().and_then(|profiles| profiles.front());
        let is_billed = profile.is_some_and(|profile| matches!(profile.kind, ProfileKind::ApiKey(_)));
        let cost = is_billed.then(|| self.usage.cost(&self.agents.tariff.price(model))).filter(|cost| *cost > 0.0);
        beside.footer = footer(self.shown.usage, &self.usage, cost, self.start.turn.key.as_str()).map(Into::into);
    }

    /// Adds a line of ours, if the person asked to see what the agent does.
    pub(super) fn note(&self, batch: &mut Batch, name: impl Into<Arc<str>>, text: String) {
        if self.shown.tools != ToolsShown::Off {
            batch.steps.push(Step::Known(Committed::Noted { name: name.into(), text: text.into() }));
        }
    }

    /// Adds turns that were steered into the run.
    pub(super) fn add_steered(&mut self, batch: &mut Batch, turns: &[Turn]) {
        if turns.is_empty() {
            return;
        }
        for turn in turns {
            batch.entries.push(self.user_entry(turn, None));
            if turn.provenance.origin.power() == tool::Power::Bystander {
                // From here on the run serves somebody who may do less.
                self.standing.power = tool::Power::Bystander;
            }
        }
        batch.steps.extend(turns.iter().map(|turn| {
            let text = turn.text.as_str().into();
            Step::Known(Committed::Steered { text, causes: turn.causes.clone(), queued: turn.queued })
        }));
    }
}

/// The line below a run's last answer.
fn footer(shown: UsageShown, usage: &Usage, cost: Option<f64>, session: &str) -> Option<String> {
    let tokens = |count: u64| match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => format!("{}.{}k", count / 1_000, count % 1_000 / 100),
        _ => format!("{}.{}m", count / 1_000_000, count % 1_000_000 / 100_000),
    };
    let mut line = format!("Usage: {} in / {} out", tokens(usage.input), tokens(usage.output));
    if let Some(cost) = cost {
        let digits = if cost < 0.01 { 4 } else { 2 };
        // Writing to a text cannot fail.
        let _infallible = write!(line, " · est ${cost:.digits$}");
    }
    match shown {
        UsageShown::Off => return None,
        UsageShown::Tokens => {}
        UsageShown::Full => {
            let _infallible = write!(line, " · session {session}");
        }
    }
    Some(line)
}

/// Which model was asked last, and how much it can hold.
pub(super) fn note_model(record: &mut Record, model: &Model) {
    record.set("contextTokens", &model.context_window);
    record.set("modelProvider", &model.reference.provider);
    record.set("model", &model.reference.model);
}

/// What this program itself says in a conversation: no model did.
pub(crate) fn notice(content: Vec<Part>, failure: Option<&str>, now_ms: i64) -> Message {
    Message::Assistant(AssistantMessage {
        content,
        api: "openai-responses".into(),
        provider: "clawdbot".into(),
        model: "notice".into(),
        usage: Bill::default(),
        stop_reason: if failure.is_some() { StopReason::Error } else { StopReason::Stop },
        error_message: failure.map(Into::into),
        timestamp: now_ms,
    })
}

pub(crate) fn derived(turn: &Turn, origin: Origin, by: impl Into<Arc<str>>) -> Provenance {
    let secrecy = turn.provenance.secrecy.max(Secrecy::Chat);
    let provenance = Provenance::new(origin, secrecy).by(by);
    match turn.causes.first().or(turn.provenance.cause.as_ref()) {
        Some(cause) => provenance.caused_by(cause.clone()),
        None => provenance,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_below_an_answer_says_what_its_mode_asks_for() {
        let usage = Usage { input: 12_345, output: 67, ..Usage::default() };
        let line = |shown, cost| footer(shown, &usage, cost, "agent:main:main");
        assert_eq!(line(UsageShown::Off, Some(1.0)), None);
        assert_eq!(line(UsageShown::Tokens, None).as_deref(), Some("Usage: 12.3k in / 67 out"));
        assert_eq!(line(UsageShown::Tokens, Some(0.0042)).as_deref(), Some("Usage: 12.3k in / 67 out · est $0.0042"));
        assert_eq!(
            line(UsageShown::Full, Some(1.2)).as_deref(),
            Some("Usage: 12.3k in / 67 out · est $1.20 · session agent:main:main")
        );
    }
}
