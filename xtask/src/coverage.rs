//! `cargo xtask coverage [WORDS]`: which lines of the program the tests run, as text and LCOV, in `target/coverage`.
//!
//! Further words go to `cargo test` (`-p sandbox`, a filter). Without any, at least [`LEAST`] % of the lines must have
//! run. The programs that tests start count as well; one that is killed with `kill -9` takes its counts with it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::peers::{apt, on_path};
use crate::steps::{finish, root, target, timed};

/// Percent of the lines.
const LEAST: &str = "70";
/// Drives the compiler's own coverage.
const DRIVER: (&str, &str) = ("cargo-llvm-cov", "0.9.1");
/// What is no part of the program.
const NOT_THE_PROGRAM: &str = "/(testing|xtask)/|/tests/|/tests\\.rs$";
/// Kills of the crash test: their programs count nothing anyway.
const KILLS: &str = "20";

pub(crate) fn chore(words: &[String]) -> Result<()> {
    let tools = Tools::get()?;
    let reports = target().join("coverage");
    std::fs::create_dir_all(&reports)?;
    timed("tests, counted", || {
        tools.run(&["clean", "--workspace"])?;
        // Tests start the program that lies beside them.
        tools.run(&["run", "--no-report", "--locked", "--package", "clawdbot", "--", "--version"])?;
        let mut command = tools.command(&["test", "--no-report", "--no-clean", "--locked", "--no-fail-fast"]);
        if words.is_empty() {
            command.arg("--workspace");
        }
        finish(command.args(words).env("KILLS", KILLS))
    })?;
    let lcov = reports.join("lcov.info");
    let text = reports.join("lines.txt");
    for (form, file) in [("--lcov", &lcov), ("--text", &text)] {
        let file = file.display().to_string();
        tools.run(&["report", form, "--output-path", &file, "--ignore-filename-regex", NOT_THE_PROGRAM])?;
    }
    let mut summary = tools.command(&["report", "--summary-only", "--ignore-filename-regex", NOT_THE_PROGRAM]);
    if words.is_empty() {
        summary.args(["--fail-under-lines", LEAST]);
    }
    finish(&mut summary)
}

/// The driver, and the readers of the compiler's format.
struct Tools {
    driver: PathBuf,
    readers: Option<[PathBuf; 2]>,
}

impl Tools {
    fn get() -> Result<Self> {
        let tools = target().join("tools");
        let (name, version) = DRIVER;
        let driver = tools.join("bin").join(name);
        if !driver.exists() {
            let mut install = Command::new(env!("CARGO"));
            install.args(["install", "--quiet", "--locked", "--root"]).arg(&tools);
            finish(install.arg(format!("{name}@{version}")))?;
        }
        Ok(Self { driver, readers: readers()? })
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.driver);
        command.arg("llvm-cov").args(words).current_dir(root());
        if let Some([show, merge]) = &self.readers {
            command.env("LLVM_COV", show).env("LLVM_PROFDATA", merge);
        }
        command
    }

    fn run(&self, words: &[&str]) -> Result<()> {
        finish(&mut self.command(words))
    }
}

/// The toolchain's own when it has them, else Debian's of the same version; `None` leaves it to the toolchain.
fn readers() -> Result<Option<[PathBuf; 2]>> {
    let sysroot = output("rustc", &["--print", "sysroot"])?;
    let about = output("rustc", &["-vV"])?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    if PathBuf::from(sysroot.trim()).join("lib/rustlib").join(host).join("bin/llvm-cov").exists() {
        return Ok(None);
    }
    let version = about.lines().find_map(|line| line.strip_prefix("LLVM version: ")).context("the compiler's LLVM")?;
    let major = version.split('.').next().unwrap_or(version);
    let names = [format!("llvm-cov-{major}"), format!("llvm-profdata-{major}")];
    let found = || names.each_ref().map(|name| on_path(name));
    if found().iter().any(Option::is_none) {
        let package = format!("llvm-{major}");
        let installed = apt().args(["install", "--yes", "--no-install-recommends", &package]).status();
        let advice = "no reader of the compiler's coverage: `rustup component add llvm-tools`, or install ";
        ensure!(installed.is_ok_and(|status| status.success()), "{advice}{package}");
    }
    let [show, merge] = found();
    Ok(show.zip(merge).map(<[PathBuf; 2]>::from))
}

fn output(program: &str, words: &[&str]) -> Result<String> {
    let output = Command::new(program).args(words).output().with_context(|| program.to_owned())?;
    Ok(String::from_utf8(output.stdout)?)
}
