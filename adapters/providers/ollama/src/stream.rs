//! Reads the answer's lines.

use std::collections::VecDeque;

use provider::{Decode, Failure, ModelEvent, ModelRequest, ProviderError, StopReason, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Debug)]
pub(crate) struct Decoder {
    open: Open,
    /// The server gives no ids, so calls get the first ones this history does not use.
    own_ids: String,
    calls: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Text,
    Thinking,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    message: Option<Spoken<'a>>,
    #[serde(default)]
    done: bool,
    done_reason: Option<String>,
    #[serde(default)]
    prompt_eval_count: u64,
    #[serde(default)]
    eval_count: u64,
    error: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Spoken<'a> {
    content: Option<String>,
    thinking: Option<String>,
    #[serde(borrow)]
    tool_calls: Option<Vec<Call<'a>>>,
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    function: Function<'a>,
}

#[derive(Deserialize)]
struct Function<'a> {
    name: String,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

impl Decoder {
    pub(crate) fn new(request: &ModelRequest) -> Self {
        Self { open: Open::Nothing, own_ids: request.unused_call_prefix(), calls: 0 }
    }

    fn switch(&mut self, to: Open, events: &mut VecDeque<ModelEvent>) {
        if self.open == to {
            return;
        }
        match std::mem::replace(&mut self.open, to) {
            Open::Nothing => {}
            Open::Text => events.push_back(ModelEvent::TextEnd),
            Open::Thinking => events.push_back(ModelEvent::ThinkingEnd { signature: None }),
        }
    }

    fn say(&mut self, spoken: Spoken<'_>, events: &mut VecDeque<ModelEvent>) {
        if let Some(thought) = spoken.thinking.filter(|thought| !thought.is_empty()) {
            self.switch(Open::Thinking, events);
            events.push_back(ModelEvent::Thinking(thought));
        }
        if let Some(text) = spoken.content.filter(|text| !text.is_empty()) {
            self.switch(Open::Text, events);
            events.push_back(ModelEvent::Text(text));
        }
        for call in spoken.tool_calls.into_iter().flatten() {
            self.switch(Open::Nothing, events);
            let id = format!("{}{}", self.own_ids, self.calls);
            self.calls += 1;
            events.push_back(ModelEvent::ToolCallStart { id, name: call.function.name });
            events.push_back(ModelEvent::ToolCallArguments(arguments(call.function.arguments)));
            events.push_back(ModelEvent::ToolCallEnd);
        }
    }
}

/// An object as it is; a string is arguments that the server could not read, passed on for the model to mend.
fn arguments(raw: Option<&RawValue>) -> String {
    match raw.map(RawValue::get) {
        None | Some("null") => "{}".to_owned(),
        Some(raw) => serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.to_owned()),
    }
}

impl Decode for Decoder {
    fn frame(&mut self, _name: &str, data: &str, events: &mut VecDeque<ModelEvent>) -> Result<(), ProviderError> {
        let line: Line<'_> = serde_json::from_str(data)
            .map_err(|problem| ProviderError::Unusable(format!("a line is malformed: {problem}")))?;
        if line.error.is_some() {
            return Err(Failure::body(data).into_error());
        }
        if let Some(spoken) = line.message {
            self.say(spoken, events);
        }
        if line.done {
            self.switch(Open::Nothing, events);
            let usage = Usage { input: line.prompt_eval_count, output: line.eval_count, cache_read: 0, cache_write: 0 };
            events.push_back(ModelEvent::Usage(usage));
            events.push_back(ModelEvent::Stop(match line.done_reason.as_deref() {
                Some("length") => StopReason::Length,
                _ if self.calls > 0 => StopReason::ToolUse,
                _ => StopReason::End,
            }));
        }
        Ok(())
    }

    fn end(&mut self, _events: &mut VecDeque<ModelEvent>) -> Result<(), ProviderError> {
        Ok(())
    }
}
