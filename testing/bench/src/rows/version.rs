//! `--version`: what every command pays before it does anything.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::{Figures, Scale};
use crate::model::Model;
use crate::program::Program;
use crate::state::Home;
use crate::statistics::median;

pub(super) fn measure(program: &Program, scale: &Scale, figures: &mut Figures) -> Result<()> {
    let home = Home::new(program, &Model::start()?)?;
    let mut took = Vec::new();
    for _ in 0..scale.starts + 1 {
        let began = Instant::now();
        let status = program.command(&home, &["--version"]).status()?;
        ensure!(status.success(), "--version: {status}");
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    // The first one fills the page cache.
    figures.put("version", median(took.get(1..).unwrap_or_default()));
    Ok(())
}
