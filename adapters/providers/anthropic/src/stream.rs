//! Reads the answer's events: <https://docs.anthropic.com/en/docs/build-with-claude/streaming>.

use std::collections::VecDeque;
use std::sync::Arc;

use provider::{Decode, Failure, ModelEvent, ProviderError, StopReason, ToolSchema, Usage};
use serde::Deserialize;

use crate::names::inward;
use crate::vendor::Face;

/// Marks a signature that stands for reasoning the vendor sends only encrypted.
pub(crate) const REDACTED: &str = "redacted:";

#[derive(Debug)]
pub(crate) struct Decoder {
    tools: Arc<[ToolSchema]>,
    face: Face,
    open: Open,
    signature: String,
    /// The open call has arguments; one without any means an empty object.
    has_arguments: bool,
    usage: Usage,
    stop: StopReason,
}

/// The block that is being streamed. They come one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Text,
    Thinking,
    ToolCall,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Frame {
    MessageStart {
        message: Start,
    },
    ContentBlockStart {
        content_block: Block,
    },
    ContentBlockDelta {
        delta: Delta,
    },
    ContentBlockStop,
    MessageDelta {
        delta: Closing,
        #[serde(default)]
        usage: Tokens,
    },
    MessageStop,
    Error,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Start {
    #[serde(default)]
    usage: Tokens,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        #[serde(default)]
        text: String,
    },
    Thinking {
        #[serde(default)]
        thinking: String,
        #[serde(default)]
        signature: String,
    },
    RedactedThinking {
        data: String,
    },
    ToolUse {
        id: String,
        name: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Delta {
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: String },
    #[serde(rename = "signature_delta")]
    Signature { signature: String },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: String },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Closing {
    stop_reason: Option<String>,
}

#[derive(Deserialize, Default)]
struct Tokens {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
}

impl Decoder {
    pub(crate) fn new(tools: Arc<[ToolSchema]>, face: Face) -> Self {
        Self {
            tools,
            face,
            open: Open::Nothing,
            signature: String::new(),
            has_arguments: false,
            usage: Usage::default(),
            stop: StopReason::End,
        }
    }

    fn begin(&mut self, block: Block, events: &mut VecDeque<ModelEvent>) {
        self.close(events);
        match block {
            Block::Text { text } => {
                self.open = Open::Text;
                self.piece(text, ModelEvent::Text, events);
            }
            Block::Thinking { thinking, signature } => {
                self.open = Open::Thinking;
                self.signature = signature;
                self.piece(thinking, ModelEvent::Thinking, events);
            }
            Block::RedactedThinking { data } => {
                self.open = Open::Thinking;
                self.signature = format!("{REDACTED}{data}");
            }
            Block::ToolUse { id, name } => {
                self.open = Open::ToolCall;
                self.has_arguments = false;
                let name = match self.face {
                    Face::Own => name,
                    Face::CommandLine => inward(&name, &self.tools).to_owned(),
                };
                events.push_back(ModelEvent::ToolCallStart { id, name });
            }
            Block::Other => {}
        }
    }

    fn piece(&self, piece: String, event: fn(String) -> ModelEvent, events: &mut VecDeque<ModelEvent>) {
        if !piece.is_empty() {
            events.push_back(event(piece));
        }
    }

    fn add(&mut self, delta: Delta, events: &mut VecDeque<ModelEvent>) {
        match delta {
            Delta::Text { text } => self.piece(text, ModelEvent::Text, events),
            Delta::Thinking { thinking } => self.piece(thinking, ModelEvent::Thinking, events),
            Delta::Signature { signature } => self.signature.push_str(&signature),
            Delta::InputJson { partial_json } => {
                self.has_arguments |= !partial_json.is_empty();
                self.piece(partial_json, ModelEvent::ToolCallArguments, events);
            }
            Delta::Other => {}
        }
    }

    fn close(&mut self, events: &mut VecDeque<ModelEvent>) {
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => {}
            Open::Text => events.push_back(ModelEvent::TextEnd),
            Open::Thinking => {
                let signature = Some(std::mem::take(&mut self.signature)).filter(|signature| !signature.is_empty());
                events.push_back(ModelEvent::ThinkingEnd { signature });
            }
            Open::ToolCall => {
                if !self.has_arguments {
                    events.push_back(ModelEvent::ToolCallArguments("{}".to_owned()));
                }
                events.push_back(ModelEvent::ToolCallEnd);
            }
        }
    }

    fn count(&mut self, tokens: &Tokens, events: &mut VecDeque<ModelEvent>) {
        let usage = &mut self.usage;
        usage.input = tokens.input_tokens.unwrap_or(usage.input);
        usage.output = tokens.output_tokens.unwrap_or(usage.output);
        usage.cache_read = tokens.cache_read_input_tokens.unwrap_or(usage.cache_read);
        usage.cache_write = tokens.cache_creation_input_tokens.unwrap_or(usage.cache_write);
        events.push_back(ModelEvent::Usage(*usage));
    }
}

impl Decode for Decoder {
    fn frame(&mut self, _name: &str, data: &str, events: &mut VecDeque<ModelEvent>) -> Result<(), ProviderError> {
        let frame: Frame = serde_json::from_str(data)
            .map_err(|problem| ProviderError::Unusable(format!("an event is malformed: {problem}")))?;
        match frame {
            Frame::MessageStart { message } => self.count(&message.usage, events),
            Frame::ContentBlockStart { content_block } => self.begin(content_block, events),
            Frame::ContentBlockDelta { delta } => self.add(delta, events),
            Frame::ContentBlockStop => self.close(events),
            Frame::MessageDelta { delta, usage } => {
                if let Some(reason) = delta.stop_reason {
                    self.stop = stop_reason(&reason);
                }
                self.count(&usage, events);
            }
            Frame::MessageStop => {
                self.close(events);
                events.push_back(ModelEvent::Stop(self.stop));
            }
            Frame::Error => return Err(Failure::body(data).into_error()),
            Frame::Other => {}
        }
        Ok(())
    }

    fn end(&mut self, _events: &mut VecDeque<ModelEvent>) -> Result<(), ProviderError> {
        Ok(())
    }
}

fn stop_reason(reason: &str) -> StopReason {
    match reason {
        "max_tokens" | "model_context_window_exceeded" => StopReason::Length,
        "tool_use" => StopReason::ToolUse,
        "refusal" => StopReason::Refusal,
        _ => StopReason::End,
    }
}
