//! One request from a frame to its answer: may the caller, did it happen already, what must it not overtake.

pub(crate) mod authorize; // who may call what: pure
pub(crate) mod once; // a repeat does not act again
pub(crate) mod order; // what must not overtake what
pub(crate) mod run; // all of it, for one request
