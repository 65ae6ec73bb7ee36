//! A gateway that does nothing, some seconds after its start.

use std::time::Duration;

use anyhow::Result;

use super::{Figures, Scale};
use crate::model::Model;
use crate::process::Running;
use crate::program::Program;
use crate::state::Home;

pub(super) fn measure(program: &Program, scale: &Scale, figures: &mut Figures) -> Result<()> {
    let home = Home::new(program, &Model::start()?)?;
    let running = Running::start(program, &home)?;
    std::thread::sleep(Duration::from_secs(scale.settle));
    figures.put("idle-memory", running.memory() / 1024.0);
    running.stop()
}
