//! `cargo xtask check`: formatting, lints and house rules, without running a test.

use anyhow::Result;

use crate::{
    steps::{root, run, timed},
    tidy,
};

pub(crate) fn chore() -> Result<()> {
    let cargo = env!("CARGO");
    timed("formatting", || run(cargo, &["fmt", "--all", "--check"], &root()))?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
    timed("lints", || run(cargo, &clippy, &root()))?;
    timed("house rules", tidy::chore)
}
