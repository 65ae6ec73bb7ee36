//! One tool call, from what the model wrote to what it reads: prepare, gate, run, finish.

pub(crate) mod finish; // what becomes of the output
pub(crate) mod gate; // who may
pub(crate) mod offer; // which tools a run is shown: pure
pub(crate) mod prepare; // what the model wrote, parsed

use std::sync::Arc;

use serde_json::value::RawValue;
use sessions::Part;

/// What the model and the screens are told of a call that is over.
#[derive(Debug, Clone)]
pub(crate) struct Finished {
    pub id: Arc<str>,
    pub name: Arc<str>,
    pub content: Vec<Part>,
    pub details: Option<Arc<RawValue>>,
    pub is_error: bool,
    /// It was stopped in the middle: nobody knows how far it came.
    pub was_cancelled: bool,
}

impl Finished {
    /// A call that gave nothing but words about why.
    pub(crate) fn failed(id: &Arc<str>, name: &Arc<str>, why: impl Into<Arc<str>>) -> Self {
        let content = vec![Part::text(why)];
        Self {
            id: Arc::clone(id),
            name: Arc::clone(name),
            content,
            details: None,
            is_error: true,
            was_cancelled: false,
        }
    }

    /// Its words.
    pub(crate) fn text(&self) -> String {
        let texts = self.content.iter().filter_map(|part| match part {
            Part::Text { text, .. } => Some(&**text),
            _ => None,
        });
        texts.collect::<Vec<_>>().join("\n")
    }
}
