//! `cargo xtask bench`: builds the release binary and measures it; every further word is the measurement's own.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

pub(crate) fn bench() -> Result<()> {
    cargo(&["build", "--release", "--locked", "--package", "clawdbot"], &[])?;
    let words: Vec<String> = std::env::args().skip(2).collect();
    cargo(&["run", "--quiet", "--release", "--locked", "--package", "bench", "--"], &words)
}

fn cargo(arguments: &[&str], words: &[String]) -> Result<()> {
    let status = Command::new(env!("CARGO")).args(arguments).args(words).status().context("cargo")?;
    if !status.success() {
        bail!("cargo {}: {status}", arguments.join(" "));
    }
    Ok(())
}
