//! `cargo xtask simulate`: schedules of the simulation, optimised, as many as one likes.
//!
//! What stands behind the chore's name is for the simulation: `--seeds N --from S`, `--trace SEED`, `--faults`.

use std::process::Command;

use anyhow::{Result, ensure};

pub(crate) fn chore(words: &[String]) -> Result<()> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--package", "simulation", "--profile", "sim", "--"]).args(words);
    ensure!(cargo.status()?.success(), "the simulation found something, or could not be run");
    Ok(())
}
