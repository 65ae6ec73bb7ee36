//! What turns leave behind in memory.

use std::time::Duration;

use anyhow::Result;

use super::{Figures, Scale};
use crate::model::Model;
use crate::process::Running;
use crate::program::Program;
use crate::state::Home;

/// Turns of one session; then the next session begins.
const PER_SESSION: usize = 25;

pub(super) fn measure(program: &Program, scale: &Scale, figures: &mut Figures) -> Result<()> {
    let model = Model::start()?;
    let home = Home::new(program, &model)?;
    let running = Running::start(program, &home)?;
    let mut talk = running.talk()?;
    let (first, then) = scale.growth;
    let mut before = 0.0;
    for turn in 0..first + then {
        if turn == first {
            std::thread::sleep(Duration::from_secs(scale.rest));
            before = running.memory();
        }
        talk.turn(&format!("agent:main:growth-{}", turn / PER_SESSION))?;
    }
    std::thread::sleep(Duration::from_secs(scale.rest));
    let grown = running.memory() - before;
    let count = f64::from(u32::try_from(then)?);
    figures.put_sized("growth", grown / count, scale, format!("{then} turns after {first}"));
    drop(talk);
    running.stop()
}
