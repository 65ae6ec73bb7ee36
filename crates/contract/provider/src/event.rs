//! What a model says, as it says it.

use std::pin::Pin;

use futures_util::Stream;

use crate::{ProviderError, Usage};

/// The answer as it streams. After `Stop` nothing follows.
pub type ModelStream = Pin<Box<dyn Stream<Item = Result<ModelEvent, ProviderError>> + Send>>;

/// One step of the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelEvent {
    /// More text of the current text block.
    Text(String),
    /// The current text block is over; a following `Text` starts a new one.
    TextEnd,
    /// More reasoning.
    Thinking(String),
    /// The current reasoning block is over, with the vendor's signature if it gave one.
    ThinkingEnd {
        signature: Option<String>,
    },
    ToolCallStart {
        id: String,
        name: String,
    },
    /// More of the arguments' JSON text of the call that started last.
    ToolCallArguments(String),
    /// The call is whole; the arguments' text may still be broken JSON.
    ToolCallEnd,
    /// The latest known bill of this call; later ones replace earlier ones.
    Usage(Usage),
    Stop(StopReason),
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// It said what it wanted.
    End,
    /// The answer's token limit.
    Length,
    /// It waits for tool results.
    ToolUse,
    /// The vendor's safety rules cut it.
    Refusal,
}
