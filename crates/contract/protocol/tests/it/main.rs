//! What is on the wire, held against what was recorded and against what is committed.

#[cfg(test)]
mod golden;
#[cfg(test)]
mod recorded_schema;
