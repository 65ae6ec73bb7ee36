//! `health`: the health snapshot, refreshed.

use crate::{Event, health::Snapshot};

#[derive(Debug)]
pub struct Health;

impl Event for Health {
    const NAME: &'static str = "health";
    type Payload = Snapshot;
}
