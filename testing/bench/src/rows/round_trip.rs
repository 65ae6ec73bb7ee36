//! One client that asks a small thing and waits: what the wire and a call's way through the gateway take.

use std::time::Instant;

use anyhow::Result;
use serde_json::json;

use super::{Figures, Scale};
use crate::model::Model;
use crate::process::Running;
use crate::program::Program;
use crate::state::Home;
use crate::statistics::percentile;

/// Calls that do not count.
const WARM: usize = 20;
/// Calls for each one that other rows make.
const MORE: usize = 10;

pub(super) fn measure(program: &Program, scale: &Scale, figures: &mut Figures) -> Result<()> {
    let home = Home::new(program, &Model::start()?)?;
    let running = Running::start(program, &home)?;
    let mut talk = running.talk()?;
    let mut took = Vec::new();
    for _ in 0..WARM + scale.calls * MORE {
        let began = Instant::now();
        talk.call("health", &json!({}))?;
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    figures.put("round-trip", percentile(took.get(WARM..).unwrap_or_default(), 0.95));
    drop(talk);
    running.stop()
}
