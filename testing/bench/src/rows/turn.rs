//! One turn after the other with a model that answers at once: what the gateway itself takes.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::{Figures, Scale};
use crate::model::Model;
use crate::process::Running;
use crate::program::Program;
use crate::state::Home;
use crate::statistics::{median, percentile};
use crate::talk::Turn;

/// Turns at the start of each session that do not count.
const WARM: usize = 3;
/// Between turns, as a person would pause.
const GAP: Duration = Duration::from_millis(50);

pub(super) fn measure(program: &Program, scale: &Scale, figures: &mut Figures) -> Result<()> {
    let model = Model::start()?;
    let home = Home::new(program, &model)?;
    let running = Running::start(program, &home)?;
    let mut talk = running.talk()?;
    let (mut times, mut first, mut cpu) = (Vec::new(), Vec::new(), 0.0);
    for block in 0..scale.blocks {
        let session = format!("agent:main:turns-{block}");
        for _ in 0..WARM {
            talk.turn(&session)?;
            std::thread::sleep(GAP);
        }
        let before = running.cpu();
        for _ in 0..scale.turns_per_block {
            let turn = talk.turn(&session)?;
            times.push(own_time(&turn, &model)?);
            first.push((turn.began - turn.sent).as_secs_f64() * 1e3);
            std::thread::sleep(GAP);
        }
        cpu += running.cpu() - before;
    }
    let count = f64::from(u32::try_from(times.len())?);
    figures.put("turn-p50", median(&times));
    figures.put("turn-p99", percentile(&times, 0.99));
    figures.put("turn-cpu", cpu / count);
    figures.put("first-delta", median(&first));
    drop(talk);
    running.stop()
}

/// From the request to the last word, without the model's own time, in milliseconds.
fn own_time(turn: &Turn, model: &Model) -> Result<f64> {
    let took = model.took(&turn.mark).context("the model did not see the turn")?;
    Ok((turn.ended - turn.sent).saturating_sub(took).as_secs_f64() * 1e3)
}
