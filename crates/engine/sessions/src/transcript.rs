//! A conversation as a file of lines, in the published format (version 3).
//!
//! History is only ever appended to: what the model should no longer see is said by a compaction entry.

pub(crate) mod entry; // one line, as we write it
pub(crate) mod history; // the lines a model sees, mended
pub(crate) mod line; // one line, as anybody wrote it
pub(crate) mod mend; // no call without its result: pure
pub(crate) mod message; // what people, models and tools said
pub(crate) mod path_walk; // from the leaf to the root: pure
pub(crate) mod tail; // reading a file backwards
