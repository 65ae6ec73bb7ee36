//! `cargo xtask test [--live] [--without PEER] …`: everything that is tested, in a clean clone with an empty home.
//!
//! With `--live` also what needs real accounts: their keys are taken from the environment.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result};

use crate::{check, peers, steps};
use steps::{finish, root, run, say, timed};

pub(crate) fn chore(arguments: &[String]) -> Result<()> {
    let (live, arguments): (Vec<String>, Vec<String>) = arguments.iter().cloned().partition(|word| word == "--live");
    timed("programs we did not write", || peers::chore(&arguments))?;
    check::everything()?;
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
        if !live.is_empty() {
            command.env("CLAWDBOT_LIVE_TEST", "1");
        }
        finish(command.env("CLAWDBOT_BIN", &binary))
    });
    let page = page_tests(&binary);
    peers::skipped()?;
    workspace.and(page)
}

/// The page in a real browser, against the real gateway.
fn page_tests(binary: &Path) -> Result<()> {
    let tests = root().join("testing/foreign/ui");
    if let Some(missing) = ["page", "chromium"].into_iter().find(|peer| peers::is_left_out(peer)) {
        say("── page in a browser: left out");
        return browser_tests(&tests.join("tests"))?.iter().try_for_each(|test| peers::skip(test, missing));
    }
    timed("page in a browser", || {
        let mut command = Command::new("npm");
        command.args(["test", "--silent"]).current_dir(&tests);
        finish(command.env("CLAWDBOT_BIN", binary))
    })
}

/// The tests by name; one that is run for several cases is one.
fn browser_tests(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for file in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        names.extend(names_in(&fs::read_to_string(file?.path())?));
    }
    names.sort();
    Ok(names)
}

fn names_in(script: &str) -> Vec<String> {
    let name = |line: &str| {
        let declared = line.trim_start().strip_prefix("test(")?;
        let quote = declared.chars().next().filter(|quote| matches!(quote, '"' | '`'))?;
        declared.split(quote).nth(1).map(str::to_owned)
    };
    script.lines().filter_map(name).collect()
}

#[cfg(test)]
mod held {
    use super::*;

    #[test]
    fn every_browser_test_is_counted_when_it_is_left_out() {
        let script =
            "test(\"one thing\", async () => {});\n  test(`in ${theme}`, run);\n// test(\"not this\")\ntested(1);\n";
        assert_eq!(names_in(script), ["one thing", "in ${theme}"]);
        assert!(browser_tests(&root().join("testing/foreign/ui/tests")).unwrap().len() > 20);
    }
}
