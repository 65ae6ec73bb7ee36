//! `cargo xtask test [--without PEER] …`: everything that is tested, in a clean clone with an empty home.

use std::process::Command;

use anyhow::Result;

use crate::{peers, steps};
use steps::{finish, root, run, say, timed};

pub(crate) fn chore(arguments: &[String]) -> Result<()> {
    timed("programs we did not write", || peers::chore(arguments))?;
    timed("page", steps::page)?;
    let ui = root().join("ui");
    if ui.join("package.json").exists() {
        timed("page: types", || run("npm", &["run", "--silent", "check"], &ui))?;
        timed("page: unit tests", || run("npm", &["test", "--silent"], &ui))?;
    }
    let binary = timed("release binary", steps::binary)?;
    let workspace = timed("workspace tests", || {
        let mut command = Command::new(env!("CARGO"));
        command.args(["test", "--workspace", "--locked", "--no-fail-fast"]).current_dir(root());
        finish(command.env("CLAWDBOT_BIN", &binary))
    });
    let page = page_tests(arguments, &binary);
    peers::skipped()?;
    workspace.and(page)
}

/// The page in a real browser, against the real gateway.
fn page_tests(arguments: &[String], binary: &std::path::Path) -> Result<()> {
    let tests = root().join("testing/foreign/ui");
    let left_out = |name: &str| arguments.iter().any(|word| word == name || *word == format!("--without={name}"));
    if !tests.join("package.json").exists() || left_out("page") || left_out("chromium") {
        say("── page in a browser: left out");
        return Ok(());
    }
    timed("page in a browser", || {
        let mut command = Command::new("npm");
        command.args(["test", "--silent"]).current_dir(&tests);
        finish(command.env("CLAWDBOT_BIN", binary))
    })
}
