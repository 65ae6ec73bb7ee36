//! What scripts call while a gateway runs: the slowest of those commands, each timed from its start to its end.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::{Figures, Scale};
use crate::model::Model;
use crate::process::Running;
use crate::program::Program;
use crate::state::Home;
use crate::statistics::median;

const COMMANDS: [&[&str]; 7] = [
    &["status", "--json"],
    &["health", "--json"],
    &["sessions", "--json"],
    &["models", "list", "--json"],
    &["channels", "status", "--json"],
    &["config", "get", "gateway", "--json"],
    &["doctor", "--json"],
];

pub(super) fn measure(program: &Program, scale: &Scale, figures: &mut Figures) -> Result<()> {
    // The published doctor asks questions and mends things: only what it has in common with ours is compared.
    let count = if program.is_ours() { COMMANDS.len() } else { COMMANDS.len() - 1 };
    let home = Home::new(program, &Model::start()?)?;
    let running = Running::start(program, &home)?;
    let port = running.port.to_string();
    let (mut slowest, mut name) = (0.0, String::new());
    for words in COMMANDS.into_iter().take(count) {
        let mut took = Vec::new();
        for _ in 0..scale.starts + 1 {
            let mut command = program.command(&home, words);
            let began = Instant::now();
            let status = command.env("CLAWDBOT_GATEWAY_PORT", &port).status()?;
            ensure!(status.success(), "{words:?}: {status}");
            took.push(began.elapsed().as_secs_f64() * 1e3);
        }
        // The first one fills the page cache.
        let usual = median(took.get(1..).unwrap_or_default());
        if usual > slowest {
            (slowest, name) = (usual, words.join(" "));
        }
    }
    figures.put_named("command", slowest, name);
    running.stop()
}
