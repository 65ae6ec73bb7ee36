//! `cargo xtask hooks`: git runs what lies in `.githooks`, in this clone.

use anyhow::Result;

use crate::steps::{root, run};

pub(crate) fn chore() -> Result<()> {
    run("git", &["config", "core.hooksPath", ".githooks"], &root())
}
