//! What is on the wire, held against what was recorded and against what is committed.

mod golden;
mod recorded_schema;
