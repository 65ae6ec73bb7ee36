//! Tests that cannot run here: each is noted down, and counted when all have run.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::PathBuf,
};

/// Where the programs lie that tests run against.
#[must_use]
pub fn peers() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/peers")
}

/// Notes that this thread's test passes without having run, for want of something.
///
/// # Errors
/// It cannot be noted.
pub fn skip(needs: &str) -> io::Result<()> {
    let thread = std::thread::current();
    skip_named(thread.name().unwrap_or("a test"), needs)
}

/// As [`skip`], for what has no thread of its own.
///
/// # Errors
/// As [`skip`].
pub fn skip_named(what: &str, needs: &str) -> io::Result<()> {
    let folder = peers();
    std::fs::create_dir_all(&folder)?;
    // Tests run side by side: one write is one line.
    let line = format!("{what} (needs {needs})\n");
    OpenOptions::new().append(true).create(true).open(folder.join("skipped"))?.write_all(line.as_bytes())
}
