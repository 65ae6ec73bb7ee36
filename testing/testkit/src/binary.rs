//! Which binary is tested.

use std::path::PathBuf;

use anyhow::{Context as _, bail};

/// The binary under test: `CLAWDBOT_BIN`, else the one cargo built beside the running test.
///
/// # Errors
/// There is none; the text says how to build it.
pub fn binary() -> anyhow::Result<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests are told by the environment what to run")]
    if let Ok(path) = std::env::var("CLAWDBOT_BIN") {
        return Ok(path.into());
    }
    let test = std::env::current_exe().context("where this test runs from")?;
    let profile = test.ancestors().nth(2).context("target folder")?;
    let path = profile.join("clawdbot");
    if !path.exists() {
        bail!("{} is missing: build it with `cargo build -p clawdbot`", path.display());
    }
    Ok(path)
}
