//! Puts an answer together from the pieces in which it streams: pure.
//!
//! What is shown while it streams promises nothing; only the assembled answer becomes an entry. Text is shown in steps
//! that grow with its length, so that a very long answer costs no more than a few copies of itself.

use std::sync::Arc;

use lanes::RunEvent;
use provider::{ModelEvent, StopReason, Usage};
use serde_json::value::RawValue;
use sessions::Part;

/// Text that comes without a pause is shown when it has grown by this part of itself, and by so many bytes.
const SHOWN_IN_STEPS_OF: usize = 8;
const LEAST_SHOWN: usize = 256;

/// A tool call as the model wrote it; its arguments may be broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WrittenCall {
    pub id: Arc<str>,
    pub name: Arc<str>,
    pub arguments: String,
}

/// The answer so far.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    parts: Vec<Building>,
    pub usage: Usage,
    pub stop: Option<StopReason>,
    /// All visible text so far, blocks joined by an empty line.
    text: String,
    shown: usize,
    open: Open,
    calls_made: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Open {
    #[default]
    Nothing,
    Text,
    Thinking,
    Call,
}

#[derive(Debug)]
enum Building {
    Text(String),
    Thinking { text: String, signature: Option<String> },
    Call { call: WrittenCall, is_whole: bool },
}

impl Answer {
    /// Takes the next piece; gives what may be shown of it now.
    pub(crate) fn take(&mut self, event: ModelEvent) -> Option<RunEvent> {
        match event {
            ModelEvent::Text(delta) => {
                if self.open != Open::Text {
                    self.begin_text();
                }
                if let Some(Building::Text(text)) = self.parts.last_mut() {
                    text.push_str(&delta);
                }
                self.text.push_str(&delta);
                let step = LEAST_SHOWN.max(self.text.len() / SHOWN_IN_STEPS_OF);
                (self.text.len() - self.shown > step).then(|| self.show()).flatten()
            }
            ModelEvent::TextEnd => {
                self.open = Open::Nothing;
                self.show()
            }
            ModelEvent::Thinking(delta) => {
                self.think(&delta);
                Some(RunEvent::Thinking { delta: delta.into() })
            }
            ModelEvent::ThinkingEnd { signature } => {
                self.end_thinking(signature);
                None
            }
            ModelEvent::ToolCallStart { id, name } => {
                self.open = Open::Call;
                self.calls_made += 1;
                let call = WrittenCall { id: self.unique(id), name: name.into(), arguments: String::new() };
                self.parts.push(Building::Call { call, is_whole: false });
                self.show()
            }
            ModelEvent::ToolCallArguments(piece) => {
                if let Some(Building::Call { call, .. }) = self.parts.last_mut() {
                    call.arguments.push_str(&piece);
                }
                None
            }
            ModelEvent::ToolCallEnd => {
                if let Some(Building::Call { is_whole, .. }) = self.parts.last_mut() {
                    *is_whole = true;
                }
                self.open = Open::Nothing;
                None
            }
            ModelEvent::Usage(usage) => {
                self.usage = usage;
                None
            }
            ModelEvent::Stop(reason) => {
                self.stop = Some(reason);
                self.show()
            }
        }
    }

    /// What is written but not shown yet: asked when the model pauses.
    pub(crate) fn show(&mut self) -> Option<RunEvent> {
        let delta = self.text.get(self.shown..).filter(|delta| !delta.is_empty())?;
        let delta: Arc<str> = delta.into();
        self.shown = self.text.len();
        Some(RunEvent::Text { delta, text: self.text.as_str().into() })
    }

    fn begin_text(&mut self) {
        self.open = Open::Text;
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        self.parts.push(Building::Text(String::new()));
    }

    fn think(&mut self, delta: &str) {
        if self.open != Open::Thinking {
            self.open = Open::Thinking;
            self.parts.push(Building::Thinking { text: String::new(), signature: None });
        }
        if let Some(Building::Thinking { text, .. }) = self.parts.last_mut() {
            text.push_str(delta);
        }
    }

    fn end_thinking(&mut self, given: Option<String>) {
        self.think("");
        if let Some(Building::Thinking { signature, .. }) = self.parts.last_mut() {
            *signature = given;
        }
        self.open = Open::Nothing;
    }

    /// A vendor that gives no ids, or the same twice, must not mix calls up.
    fn unique(&self, id: String) -> Arc<str> {
        let taken = |id: &str| self.calls().any(|call| *call.id == *id);
        if id.is_empty() || taken(&id) { format!("call_{}", self.calls_made).into() } else { id.into() }
    }

    /// The calls that are whole.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &WrittenCall> {
        self.parts.iter().filter_map(|part| match part {
            Building::Call { call, is_whole: true } => Some(call),
            Building::Call { .. } | Building::Text(_) | Building::Thinking { .. } => None,
        })
    }

    /// Gives the calls whose ids are taken others.
    pub(crate) fn rename_calls(&mut self, is_taken: impl Fn(&str) -> bool) {
        for part in &mut self.parts {
            let Building::Call { call, .. } = part else { continue };
            let mut number = 2;
            let mut id = Arc::clone(&call.id);
            while is_taken(&id) {
                id = format!("{}_{number}", call.id).into();
                number += 1;
            }
            call.id = id;
        }
    }

    /// All visible text, blocks joined by an empty line.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What the model thought, all of it.
    pub(crate) fn thinking(&self) -> String {
        let thought = self.parts.iter().filter_map(|part| match part {
            Building::Thinking { text, .. } => Some(text.trim()),
            _ => None,
        });
        thought.collect::<Vec<_>>().join("\n")
    }

    /// Nothing a person or a tool could use.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.calls().next().is_none()
    }

    /// Bytes that came, for a bill nobody sent.
    pub(crate) fn weight(&self) -> usize {
        self.parts
            .iter()
            .map(|part| match part {
                Building::Text(text) | Building::Thinking { text, .. } => text.len(),
                Building::Call { call, .. } => call.arguments.len() + call.name.len(),
            })
            .sum()
    }

    /// The parts as an entry keeps them. Without calls where the answer was cut off: they never ran.
    pub(crate) fn parts(&self, with_calls: bool) -> Vec<Part> {
        let parts = self.parts.iter().filter_map(|part| match part {
            Building::Text(text) if text.is_empty() => None,
            Building::Text(text) => Some(Part::text(text.as_str())),
            Building::Thinking { text, signature: None } if text.is_empty() => None,
            Building::Thinking { text, signature } => {
                Some(Part::Thinking { text: text.as_str().into(), signature: signature.as_deref().map(Into::into) })
            }
            Building::Call { call, is_whole } => (with_calls && *is_whole).then(|| Part::ToolCall {
                id: Arc::clone(&call.id),
                name: Arc::clone(&call.name),
                arguments: arguments(&call.arguments).unwrap_or_else(|_| empty_object()),
                signature: None,
            }),
        });
        parts.collect()
    }
}

/// The arguments as JSON. Nothing at all means an empty object.
///
/// # Errors
/// What is wrong with them, for the model.
pub(crate) fn arguments(written: &str) -> Result<Arc<RawValue>, String> {
    let text = written.trim();
    if text.is_empty() {
        return Ok(empty_object());
    }
    let raw = RawValue::from_string(text.to_owned()).map_err(|error| error.to_string())?;
    if text.starts_with('{') { Ok(raw.into()) } else { Err("they must be one JSON object".to_owned()) }
}

fn empty_object() -> Arc<RawValue> {
    RawValue::from_string("{}".to_owned()).unwrap_or_else(|_| RawValue::NULL.to_owned()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(events: impl IntoIterator<Item = ModelEvent>) -> (Answer, Vec<String>) {
        let mut answer = Answer::default();
        let mut shown = Vec::new();
        for event in events {
            if let Some(RunEvent::Text { delta, .. }) = answer.take(event) {
                shown.push(delta.to_string());
            }
        }
        (answer, shown)
    }

    #[test]
    fn text_blocks_are_joined_by_an_empty_line_and_reasoning_is_not_text() {
        let (answer, shown) = texts([
            ModelEvent::Thinking("hm".into()),
            ModelEvent::ThinkingEnd { signature: Some("sig".into()) },
            ModelEvent::Text("one".into()),
            ModelEvent::TextEnd,
            ModelEvent::Text("two".into()),
            ModelEvent::TextEnd,
            ModelEvent::Stop(StopReason::End),
        ]);
        assert_eq!(answer.text(), "one\n\ntwo");
        assert_eq!(shown, ["one", "\n\ntwo"]);
        assert_eq!(answer.parts(true).len(), 3);
    }

    #[test]
    fn a_call_that_was_cut_off_is_no_call() {
        let (answer, _) = texts([
            ModelEvent::ToolCallStart { id: "t".into(), name: "exec".into() },
            ModelEvent::ToolCallArguments(r#"{"comm"#.into()),
        ]);
        assert_eq!(answer.calls().count(), 0);
        assert!(answer.is_empty() && answer.parts(true).is_empty());
    }

    #[test]
    fn two_calls_with_one_id_are_told_apart() {
        let call =
            |id: &str| [ModelEvent::ToolCallStart { id: id.into(), name: "read".into() }, ModelEvent::ToolCallEnd];
        let (answer, _) = texts([call("t"), call("t"), call("")].concat());
        let ids: Vec<_> = answer.calls().map(|call| call.id.to_string()).collect();
        assert_eq!(ids, ["t", "call_2", "call_3"]);
    }

    #[test]
    fn broken_arguments_are_kept_as_an_empty_object_in_the_entry() {
        assert!(arguments("{\"a\":").is_err());
        assert!(arguments("[1]").is_err());
        assert_eq!(arguments("  ").unwrap().get(), "{}");
        assert_eq!(arguments(" {\"a\": 1} ").unwrap().get(), "{\"a\": 1}");
    }

    proptest! {
        #[test]
        fn what_was_shown_adds_up_to_the_text(pieces in prop::collection::vec("[a-zä€ ]{0,40}", 0..60)) {
            let mut events: Vec<ModelEvent> = pieces.iter().cloned().map(ModelEvent::Text).collect();
            events.push(ModelEvent::Stop(StopReason::End));
            let (answer, shown) = texts(events);
            prop_assert_eq!(shown.concat(), pieces.concat());
            prop_assert_eq!(answer.text(), pieces.concat());
        }
    }
}
