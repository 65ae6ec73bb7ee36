//! Reads the answer's chunks: <https://platform.openai.com/docs/api-reference/chat-streaming>.

use std::collections::VecDeque;

use provider::{Decode, Failure, ModelEvent, ModelRequest, ProviderError, StopReason, Usage};
use serde::Deserialize;

/// Where servers put reasoning, in the order of trust. The name is kept as the signature.
pub(crate) const REASONING_FIELDS: [&str; 3] = ["reasoning_content", "reasoning", "reasoning_text"];

#[derive(Debug)]
pub(crate) struct Decoder {
    open: Open,
    /// Calls seen, in order.
    calls: usize,
    /// Where ids of our own making begin, for servers that give none.
    own_ids: String,
    stop: Option<StopReason>,
    called: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Text,
    Thinking(&'static str),
    ToolCall { index: u64, id: String, has_arguments: bool },
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Tokens>,
    error: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize, Default)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    reasoning_content: Option<String>,
    reasoning: Option<String>,
    reasoning_text: Option<String>,
    tool_calls: Option<Vec<CallPart>>,
}

#[derive(Deserialize)]
struct CallPart {
    index: Option<u64>,
    id: Option<String>,
    function: Option<FunctionPart>,
}

#[derive(Deserialize, Default)]
struct FunctionPart {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
}

impl Decoder {
    pub(crate) fn new(request: &ModelRequest) -> Self {
        Self { open: Open::Nothing, calls: 0, own_ids: request.unused_call_prefix(), stop: None, called: false }
    }

    fn close(&mut self, events: &mut VecDeque<ModelEvent>) {
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => {}
            Open::Text => events.push_back(ModelEvent::TextEnd),
            Open::Thinking(field) => {
                events.push_back(ModelEvent::ThinkingEnd { signature: Some(field.to_owned()) });
            }
            Open::ToolCall { has_arguments, .. } => {
                if !has_arguments {
                    events.push_back(ModelEvent::ToolCallArguments("{}".to_owned()));
                }
                events.push_back(ModelEvent::ToolCallEnd);
            }
        }
    }

    fn switch(&mut self, to: Open, events: &mut VecDeque<ModelEvent>) {
        if self.open != to {
            self.close(events);
            self.open = to;
        }
    }

    fn add(&mut self, delta: Delta, events: &mut VecDeque<ModelEvent>) -> Result<(), ProviderError> {
        let thoughts = [delta.reasoning_content, delta.reasoning, delta.reasoning_text];
        let thought = REASONING_FIELDS
            .into_iter()
            .zip(thoughts)
            .find_map(|(field, thought)| thought.filter(|thought| !thought.is_empty()).map(|thought| (field, thought)));
        if let Some((field, thought)) = thought {
            self.switch(Open::Thinking(field), events);
            events.push_back(ModelEvent::Thinking(thought));
        }
        for text in [delta.content, delta.refusal].into_iter().flatten().filter(|text| !text.is_empty()) {
            self.switch(Open::Text, events);
            events.push_back(ModelEvent::Text(text));
        }
        delta.tool_calls.into_iter().flatten().try_for_each(|part| self.add_call(part, events))
    }

    fn add_call(&mut self, part: CallPart, events: &mut VecDeque<ModelEvent>) -> Result<(), ProviderError> {
        let given = part.id.unwrap_or_default();
        let function = part.function.unwrap_or_default();
        let continues = match &self.open {
            Open::ToolCall { index, id, .. } => {
                part.index.is_none_or(|part| part == *index) && (given.is_empty() || given == *id)
            }
            _ => false,
        };
        if !continues {
            let Some(name) = function.name.filter(|name| !name.is_empty()) else {
                return Err(ProviderError::Unusable("the parts of its tool calls are out of order".to_owned()));
            };
            self.close(events);
            let id = if given.is_empty() { format!("{}{}", self.own_ids, self.calls) } else { given };
            let index = part.index.unwrap_or(self.calls as u64);
            self.calls += 1;
            self.called = true;
            events.push_back(ModelEvent::ToolCallStart { id: id.clone(), name });
            self.open = Open::ToolCall { index, id, has_arguments: false };
        }
        if let Some(arguments) = function.arguments.filter(|arguments| !arguments.is_empty()) {
            if let Open::ToolCall { has_arguments, .. } = &mut self.open {
                *has_arguments = true;
            }
            events.push_back(ModelEvent::ToolCallArguments(arguments));
        }
        Ok(())
    }

    fn finish(&mut self, events: &mut VecDeque<ModelEvent>) {
        self.close(events);
        if let Some(stop) = self.stop.take() {
            events.push_back(ModelEvent::Stop(stop));
        }
    }
}

impl Decode for Decoder {
    fn frame(&mut self, _name: &str, data: &str, events: &mut VecDeque<ModelEvent>) -> Result<(), ProviderError> {
        if data.trim() == "[DONE]" {
            let said = self.stop.unwrap_or(if self.called { StopReason::ToolUse } else { StopReason::End });
            self.stop = Some(said);
            self.finish(events);
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_str(data)
            .map_err(|problem| ProviderError::Unusable(format!("a chunk is malformed: {problem}")))?;
        if chunk.error.is_some() {
            return Err(Failure::body(data).into_error());
        }
        if let Some(choice) = chunk.choices.into_iter().next() {
            self.add(choice.delta.unwrap_or_default(), events)?;
            if let Some(reason) = choice.finish_reason {
                self.close(events);
                self.stop = Some(stop_reason(&reason, self.called));
            }
        }
        if let Some(tokens) = chunk.usage {
            let cached = tokens.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or(0);
            events.push_back(ModelEvent::Usage(Usage {
                input: tokens.prompt_tokens.saturating_sub(cached),
                output: tokens.completion_tokens,
                cache_read: cached,
                cache_write: 0,
            }));
        }
        Ok(())
    }

    /// Some servers leave out the closing word; a stop reason says as much.
    fn end(&mut self, events: &mut VecDeque<ModelEvent>) -> Result<(), ProviderError> {
        self.finish(events);
        Ok(())
    }
}

/// Several servers say `stop` after a tool call.
fn stop_reason(reason: &str, called: bool) -> StopReason {
    match reason {
        "length" | "max_tokens" => StopReason::Length,
        "content_filter" => StopReason::Refusal,
        _ if called => StopReason::ToolUse,
        _ => StopReason::End,
    }
}
