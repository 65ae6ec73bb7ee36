//! Reads the answer's events: <https://platform.openai.com/docs/api-reference/responses-streaming>.

use std::collections::VecDeque;

use provider::{Decode, Failure, ModelEvent, ProviderError, StopReason, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Debug, Default)]
pub(crate) struct Decoder {
    open: Open,
    called: bool,
    /// The open call's arguments came as deltas.
    has_arguments: bool,
    /// The open reasoning has a part already; the next one is a paragraph of its own.
    has_summary: bool,
}

/// The item that is being streamed. They come one after the other.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Open {
    #[default]
    Nothing,
    Message,
    Reasoning,
    Call,
}

#[derive(Deserialize)]
struct Frame<'a> {
    r#type: &'a str,
    #[serde(borrow)]
    item: Option<&'a RawValue>,
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
    response: Option<Response>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Item {
    Message,
    Reasoning,
    FunctionCall {
        #[serde(default)]
        id: String,
        call_id: String,
        name: String,
        #[serde(default)]
        arguments: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Response {
    usage: Option<Tokens>,
    incomplete_details: Option<Incomplete>,
}

#[derive(Deserialize)]
struct Incomplete {
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
    input_tokens_details: Option<InputDetails>,
}

#[derive(Deserialize)]
struct InputDetails {
    cached_tokens: Option<u64>,
}

/// What a failed response says, in the shape of every other failure.
#[derive(Deserialize)]
struct Failed<'a> {
    #[serde(borrow)]
    response: &'a RawValue,
}

impl Decoder {
    fn added(&mut self, item: Item, events: &mut VecDeque<ModelEvent>) {
        self.close(None, events);
        self.open = match item {
            Item::Message => Open::Message,
            Item::Reasoning => {
                self.has_summary = false;
                Open::Reasoning
            }
            Item::FunctionCall { id, call_id, name, .. } => {
                self.called = true;
                self.has_arguments = false;
                let id = if id.is_empty() { call_id } else { format!("{call_id}|{id}") };
                events.push_back(ModelEvent::ToolCallStart { id, name });
                Open::Call
            }
            Item::Other => Open::Nothing,
        };
    }

    /// Ends the open item; `done` is the whole of it.
    fn close(&mut self, done: Option<(&RawValue, &Item)>, events: &mut VecDeque<ModelEvent>) {
        match std::mem::take(&mut self.open) {
            Open::Nothing => {}
            Open::Message => events.push_back(ModelEvent::TextEnd),
            Open::Reasoning => {
                let signature = done.map(|(raw, _)| raw.get().to_owned());
                events.push_back(ModelEvent::ThinkingEnd { signature });
            }
            Open::Call => {
                if !self.has_arguments {
                    let whole = match done {
                        Some((_, Item::FunctionCall { arguments, .. })) if !arguments.is_empty() => arguments,
                        _ => "{}",
                    };
                    events.push_back(ModelEvent::ToolCallArguments(whole.to_owned()));
                }
                events.push_back(ModelEvent::ToolCallEnd);
            }
        }
    }

    fn stop(&mut self, response: Option<Response>, incomplete: bool, events: &mut VecDeque<ModelEvent>) {
        self.close(None, events);
        let (usage, details) =
            response.map(|response| (response.usage, response.incomplete_details)).unwrap_or_default();
        if let Some(tokens) = usage {
            let cached = tokens.input_tokens_details.and_then(|details| details.cached_tokens).unwrap_or(0);
            events.push_back(ModelEvent::Usage(Usage {
                input: tokens.input_tokens.saturating_sub(cached),
                output: tokens.output_tokens,
                cache_read: cached,
                cache_write: 0,
            }));
        }
        let filtered = details.and_then(|details| details.reason).is_some_and(|reason| reason == "content_filter");
        events.push_back(ModelEvent::Stop(match (incomplete, filtered, self.called) {
            (true, true, _) => StopReason::Refusal,
            (true, false, _) => StopReason::Length,
            (false, _, true) => StopReason::ToolUse,
            (false, _, false) => StopReason::End,
        }));
    }
}

fn malformed(problem: &serde_json::Error) -> ProviderError {
    ProviderError::Unusable(format!("an event is malformed: {problem}"))
}

impl Decode for Decoder {
    fn frame(&mut self, _name: &str, data: &str, events: &mut VecDeque<ModelEvent>) -> Result<(), ProviderError> {
        if data.trim() == "[DONE]" {
            return Ok(());
        }
        let frame: Frame<'_> = serde_json::from_str(data).map_err(|problem| malformed(&problem))?;
        let delta = frame.delta.and_then(|delta| serde_json::from_str::<String>(delta.get()).ok());
        let delta = delta.filter(|delta| !delta.is_empty());
        match (frame.r#type, delta, frame.item) {
            ("response.output_item.added", _, Some(item)) => {
                let item = serde_json::from_str(item.get()).map_err(|problem| malformed(&problem))?;
                self.added(item, events);
            }
            ("response.output_item.done", _, Some(raw)) => {
                let item: Item = serde_json::from_str(raw.get()).map_err(|problem| malformed(&problem))?;
                self.close(Some((raw, &item)), events);
            }
            ("response.output_text.delta" | "response.refusal.delta", Some(text), _) => {
                events.push_back(ModelEvent::Text(text));
            }
            ("response.reasoning_summary_text.delta" | "response.reasoning_text.delta", Some(thought), _) => {
                events.push_back(ModelEvent::Thinking(thought));
            }
            ("response.reasoning_summary_part.added", _, _) if !self.has_summary => self.has_summary = true,
            ("response.reasoning_summary_part.added", _, _) => {
                events.push_back(ModelEvent::Thinking("\n\n".to_owned()));
            }
            ("response.function_call_arguments.delta", Some(arguments), _) => {
                self.has_arguments = true;
                events.push_back(ModelEvent::ToolCallArguments(arguments));
            }
            ("response.completed" | "response.done", _, _) => self.stop(frame.response, false, events),
            ("response.incomplete", _, _) => self.stop(frame.response, true, events),
            ("response.failed", _, _) => {
                let inner = serde_json::from_str::<Failed<'_>>(data).map_or(data, |failed| failed.response.get());
                return Err(Failure::body(inner).into_error());
            }
            ("error", _, _) => return Err(Failure::body(data).into_error()),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, _events: &mut VecDeque<ModelEvent>) -> Result<(), ProviderError> {
        Ok(())
    }
}
