//! A conversation as a file of lines, in the published format (version 3).
//!
//! History is only ever appended to: what the model should no longer see is said by a compaction entry.

pub(crate) mod earlier;
pub(crate) mod entry;
pub(crate) mod history;
pub(crate) mod line;
pub(crate) mod mend;
pub(crate) mod message;
pub(crate) mod path_walk;
pub(crate) mod tail;
