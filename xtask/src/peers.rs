//! `cargo xtask peers`: gets the programs we did not write and test against, pinned, into `target/peers`.
//!
//! A peer that is there already costs nothing. `--without NAME` leaves one out; tests that need it say so and are
//! counted, which `skipped` tells after a test run.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};

/// What comes from npm: its name, and where its `package.json` and lock are.
const PACKAGES: [(&str, &str); 5] = [
    ("node", "testing/foreign/peers/node"),
    ("clawdbot", "testing/foreign/peers/clawdbot"),
    ("aimock", "testing/foreign/peers/aimock"),
    ("telegram-test-api", "testing/foreign/peers/telegram-test-api"),
    ("grammy", "testing/foreign/peers/grammy"),
];

/// What the page's tests import: installed beside them, because that is where a script's imports are looked for.
const PAGE: (&str, &str) = ("page", "testing/foreign/ui");

const CHROMIUM: &str = "chromium";

/// The files that say what is installed.
const PINS: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// In the folder of each peer, once it is whole: the lock it was installed from, or the program's path.
const STAMP: &str = "installed";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn folder() -> PathBuf {
    root().join("target/peers")
}

/// The chore: everything but what `--without` names; `skipped` instead tells what did not run.
pub(crate) fn chore(arguments: &[String]) -> Result<()> {
    if arguments == ["skipped"] {
        return skipped();
    }
    let mut without = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let name = match word.strip_prefix("--without") {
            Some("") => words.next().context("--without needs a name")?,
            Some(rest) => rest.strip_prefix('=').context("--without NAME")?,
            None => bail!("unknown argument {word:?}: --without NAME"),
        };
        ensure!(
            names().any(|known| known == name),
            "unknown peer {name:?}: {}",
            names().collect::<Vec<_>>().join(", ")
        );
        without.push(name.to_owned());
    }
    get(&without)
}

fn names() -> impl Iterator<Item = &'static str> {
    PACKAGES.iter().map(|(name, _)| *name).chain([PAGE.0, CHROMIUM])
}

/// Gets every peer but these, and writes down which were left out.
pub(crate) fn get(without: &[String]) -> Result<()> {
    fs::create_dir_all(folder())?;
    fs::write(folder().join("left-out"), without.iter().map(|name| format!("{name}\n")).collect::<String>())?;
    fs::write(folder().join("skipped"), "")?;
    let mut failed = Vec::new();
    for name in names() {
        let outcome = if without.iter().any(|left| left == name) {
            Ok("left out")
        } else {
            match PACKAGES.iter().find(|(known, _)| *known == name) {
                Some((_, source)) => package(name, &root().join(source), &folder().join(name)),
                None if name == CHROMIUM => chromium(),
                None => page(),
            }
        };
        match outcome {
            Ok(how) => say(&format!("peer {name}: {how}")),
            Err(error) => {
                say(&format!("peer {name}: cannot be had: {error:#} (--without {name} leaves it out)"));
                failed.push(name);
            }
        }
    }
    ensure!(failed.is_empty(), "peers that cannot be had: {}", failed.join(", "));
    Ok(())
}

/// Whether the last `get` was told to do without it.
pub(crate) fn is_left_out(name: &str) -> bool {
    fs::read_to_string(folder().join("left-out")).is_ok_and(|left| left.lines().any(|line| line == name))
}

/// Writes down that something did not run, for want of this.
pub(crate) fn skip(what: &str, needs: &str) -> Result<()> {
    let mut noted = fs::OpenOptions::new().append(true).create(true).open(folder().join("skipped"))?;
    Ok(writeln!(noted, "{what} (needs {needs})")?)
}

/// Tells which tests did not run because their peer was left out, and how many.
pub(crate) fn skipped() -> Result<()> {
    let path = folder().join("skipped");
    let text = if path.exists() { fs::read_to_string(path)? } else { String::new() };
    text.lines().for_each(|line| say(&format!("skipped: {line}")));
    say(&format!("tests skipped: {}", text.lines().count()));
    Ok(())
}

/// What is pinned in `source`, installed in `target`.
fn package(name: &str, source: &Path, target: &Path) -> Result<&'static str> {
    let lock = fs::read_to_string(source.join("package-lock.json")).context("its lock")?;
    let stamp = folder().join(name).join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) && target.join("node_modules").exists() {
        return Ok("is there");
    }
    fs::create_dir_all(target)?;
    if source != target {
        for pin in PINS {
            fs::copy(source.join(pin), target.join(pin)).with_context(|| pin.to_owned())?;
        }
    }
    run(Command::new("npm").args(["install", "--ignore-scripts", "--prefer-offline"]).current_dir(target))?;
    if let Some(parent) = stamp.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(stamp, lock)?;
    Ok("installed")
}

fn page() -> Result<&'static str> {
    let source = root().join(PAGE.1);
    if source.join("package.json").exists() { package(PAGE.0, &source, &source) } else { Ok("nothing asks for it") }
}

/// The machine's own, else Debian's package where this user may install one.
fn chromium() -> Result<&'static str> {
    let (program, how) = match on_path(CHROMIUM) {
        Some(program) => (program, "is there"),
        None => {
            let install = ["install", "--yes", "--no-install-recommends", CHROMIUM];
            if run(apt().args(install)).is_err() {
                run(apt().arg("update"))?;
                run(apt().args(install))?;
            }
            (on_path(CHROMIUM).context("apt-get installed no program of this name")?, "installed")
        }
    };
    let target = folder().join(CHROMIUM);
    fs::create_dir_all(&target)?;
    fs::write(target.join(STAMP), program.display().to_string())?;
    Ok(how)
}

pub(crate) fn apt() -> Command {
    let mut command = Command::new("apt-get");
    // Another installation may be under way.
    command.args(["-o", "DPkg::Lock::Timeout=300"]).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

#[expect(clippy::disallowed_methods, reason = "a chore looks for programs as the shell does")]
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").ok()?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Runs to the end; of a failure the last line of its complaint is told.
fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{program} does not start"))?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let mut lines = errors.lines().map(str::trim).filter(|line| !line.is_empty());
    // The last two lines of npm say only where its log is.
    let line = lines.clone().find(|line| line.contains("error code ") || line.starts_with("E:"));
    bail!("{program}: {}", line.or_else(|| lines.next_back()).unwrap_or("failed without a word"))
}

#[expect(clippy::print_stdout, reason = "a chore says what it did")]
fn say(line: &str) {
    println!("{line}");
}
