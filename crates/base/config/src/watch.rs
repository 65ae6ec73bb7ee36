//! Follows the file: the system tells of changes, and a slow look at the files finds what the system does not tell.

#[cfg_attr(target_os = "linux", path = "watch/hints.rs")]
#[cfg_attr(not(target_os = "linux"), path = "watch/no_hints.rs")]
mod hints; // what the system tells

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use stdx::CancellationToken;
use tracing::warn;

use crate::configuration::Configuration;
use hints::Hints;

/// Editors write in several steps: wait until they are done.
const DEBOUNCE: Duration = Duration::from_millis(300);
/// Some file systems tell nothing.
const LOOK: Duration = Duration::from_secs(5);

pub(crate) async fn follow(configuration: Arc<Configuration>, cancel: CancellationToken) {
    let mut files = files(&configuration);
    let mut hints = hints(&files);
    let mut seen = look(&files);
    // What changed between the first reading and this moment was told to nobody.
    configuration.reload();
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            () = hint(hints.as_ref(), &files) => {
                tokio::select! {
                    () = cancel.cancelled() => return,
                    () = tokio::time::sleep(DEBOUNCE) => {}
                }
            }
            () = tokio::time::sleep(LOOK) => {
                if look(&files) == seen {
                    continue;
                }
            }
        }
        seen = look(&files);
        configuration.reload();
        let now = self::files(&configuration);
        if now != files {
            files = now;
            hints = self::hints(&files);
            seen = look(&files);
        }
    }
}

/// The file and what it includes.
fn files(configuration: &Configuration) -> BTreeSet<PathBuf> {
    let current = configuration.current();
    let includes = current.includes.iter().map(|file| file.to_path_buf());
    includes.chain([configuration.file().path().to_path_buf()]).collect()
}

/// Watches folders, because a file that is replaced is another file.
fn hints(files: &BTreeSet<PathBuf>) -> Option<Hints> {
    let folders: BTreeSet<_> = files.iter().filter_map(|file| file.parent()).collect();
    let started = Hints::of(folders);
    started.inspect_err(|error| warn!(%error, "config changes are found by looking every few seconds")).ok()
}

async fn hint(hints: Option<&Hints>, files: &BTreeSet<PathBuf>) {
    match hints {
        Some(hints) => hints.next(files).await,
        None => std::future::pending().await,
    }
}

/// What tells one version of a file from the next, without reading it.
fn look(files: &BTreeSet<PathBuf>) -> Vec<Option<(SystemTime, u64)>> {
    let look = |file: &PathBuf| {
        let facts = std::fs::metadata(file).ok()?;
        Some((facts.modified().ok()?, facts.len()))
    };
    files.iter().map(look).collect()
}
