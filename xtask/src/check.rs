//! `cargo xtask check`: formatting, lints and house rules, without running a test.

use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use crate::{
    peers,
    steps::{root, run, say, timed},
    tidy,
};

const FORMATTING: &[&str] = &["fmt", "--all", "--check"];
const LINTS: &[&str] = &["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];

/// What a toolchain may come without: the chore it stands for, cargo's name for it, and rustup's.
const PARTS: [(&str, &[&str], &str); 2] = [("formatting", FORMATTING, "rustfmt"), ("lints", LINTS, "clippy")];

/// The chore: a toolchain without one of its parts cannot do it.
pub(crate) fn chore() -> Result<()> {
    for (name, _, part) in PARTS.iter().filter(|(_, words, _)| !can(words)) {
        ensure!(false, "no {name} with this toolchain: `rustup component add {part}`");
    }
    everything()
}

/// As the tests' first step: what the toolchain cannot do is counted as skipped, since the tests do not need it.
pub(crate) fn everything() -> Result<()> {
    for (name, words, part) in PARTS {
        if can(words) {
            timed(name, || run(env!("CARGO"), words, &root()))?;
        } else {
            say(&format!("── {name}: left out, `rustup component add {part}` brings it"));
            peers::skip(name, part)?;
        }
    }
    timed("house rules", tidy::chore)
}

/// Whether the toolchain has the part that a command is of.
fn can(words: &[&str]) -> bool {
    let part = words.first().copied().unwrap_or_default();
    let asked =
        Command::new(env!("CARGO")).args([part, "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}
