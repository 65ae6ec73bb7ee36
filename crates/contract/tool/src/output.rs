//! What a call gives back: content for the model, details for screens.

use bytes::Bytes;
use serde_json::{Map, Value};

/// A part of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Text(String),
    /// A picture as it is in its file, of whatever size; the model is shown one that its vendor takes.
    Image(Bytes),
}

/// A finished call.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ToolOutput {
    pub content: Vec<Content>,
    /// For screens and the transcript; the model does not see it.
    pub details: Map<String, Value>,
    /// The call did its work and the news is bad (an exit code that is not zero): the model sees an error result.
    pub is_error: bool,
}

impl ToolOutput {
    /// Text and nothing else.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { content: vec![Content::Text(text.into())], ..Self::default() }
    }

    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.into(), value.into());
        self
    }
}
