//! What several chores do: run a program in the repository, build the page, build the binary.

use std::{
    ffi::OsStr,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};

pub(crate) fn root() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    folder.parent().map_or_else(|| folder.clone(), Path::to_path_buf)
}

/// Runs a program to its end; what it prints is shown.
pub(crate) fn run(program: &str, arguments: &[impl AsRef<OsStr>], folder: &Path) -> Result<()> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    finish(&mut command)
}

/// As [`run`], for a command with more to it.
pub(crate) fn finish(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} cannot be started: is it installed?"))?;
    let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
    ensure!(status.success(), "`{name} {}` failed: {status}", arguments.join(" "));
    Ok(())
}

/// Runs a step and says how long it took.
pub(crate) fn timed<T>(name: &str, step: impl FnOnce() -> Result<T>) -> Result<T> {
    say(&format!("── {name}"));
    let began = Instant::now();
    let outcome = step();
    let word = if outcome.is_ok() { "done" } else { "FAILED" };
    say(&format!("── {name}: {word} in {:.1} s", began.elapsed().as_secs_f64()));
    outcome
}

pub(crate) fn say(line: &str) {
    // A reader that went away is no error.
    let _gone = writeln!(std::io::stderr(), "{line}");
}

/// Builds the page into `ui/dist`, which the binary embeds. Nothing is fetched when the lock did not change.
pub(crate) fn page() -> Result<()> {
    let ui = root().join("ui");
    if !ui.join("package.json").exists() {
        return Ok(());
    }
    let lock = std::fs::read(ui.join("package-lock.json")).context("ui/package-lock.json")?;
    let stamp = ui.join("node_modules").join(".installed-lock");
    if std::fs::read(&stamp).ok().as_deref() != Some(&lock) {
        run("npm", &["ci", "--no-audit", "--no-fund", "--prefer-offline"], &ui)?;
        std::fs::write(stamp, lock)?;
    }
    run("npm", &["run", "--silent", "build"], &ui)
}

/// Builds the release binary and gives its path.
pub(crate) fn binary() -> Result<PathBuf> {
    run(env!("CARGO"), &["build", "--release", "--locked", "--package", "clawdbot"], &root())?;
    Ok(target().join("release").join("clawdbot"))
}

/// Where cargo builds. The running program lies in `<target>/<profile>`.
pub(crate) fn target() -> PathBuf {
    let own = std::env::current_exe().ok();
    own.and_then(|path| Some(path.parent()?.parent()?.to_path_buf())).unwrap_or_else(|| root().join("target"))
}
