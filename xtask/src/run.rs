//! `cargo xtask run [command …]`: builds the page and the release binary and becomes it; without a command it is the
//! gateway.

use std::{os::unix::process::CommandExt as _, process::Command};

use anyhow::{Context as _, Result};

use crate::steps;

pub(crate) fn chore(arguments: &[String]) -> Result<()> {
    steps::page()?;
    let binary = steps::binary()?;
    let mut command = Command::new(&binary);
    if arguments.is_empty() {
        command.arg("gateway");
    }
    // From here on this process is the binary: signals and the terminal are its own.
    Err(command.args(arguments).exec()).with_context(|| binary.display().to_string())
}
