//! Follows the file: the system tells of changes, and a slow look at the files finds what the system does not tell.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use stdx::CancellationToken;
use tokio::sync::mpsc;
use tracing::{debug, warn};

use crate::configuration::Configuration;

/// Editors write in several steps: wait until they are done.
const DEBOUNCE: Duration = Duration::from_millis(300);
/// Some file systems tell nothing.
const LOOK: Duration = Duration::from_secs(5);
/// One waiting hint is as good as many; further ones are dropped.
const HINTS: usize = 1;

pub(crate) async fn follow(configuration: Arc<Configuration>, cancel: CancellationToken) {
    let (hint, mut hints) = mpsc::channel(HINTS);
    let mut files = files(&configuration);
    let mut _watcher = watcher(&files, hint.clone());
    let mut seen = look(&files);
    // What changed between the first reading and this moment was told to nobody.
    configuration.reload();
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            _ = hints.recv() => {
                tokio::select! {
                    () = cancel.cancelled() => return,
                    () = tokio::time::sleep(DEBOUNCE) => {}
                }
                let _ = hints.try_recv();
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
            _watcher = watcher(&files, hint.clone());
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
fn watcher(files: &BTreeSet<PathBuf>, hint: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let ours = files.clone();
    let on_event = move |event: notify::Result<notify::Event>| match event {
        Ok(event) if event.kind.is_access() => {}
        Ok(event) => {
            if event.need_rescan() || event.paths.iter().any(|path| ours.contains(path)) {
                // Full means that a hint already waits.
                let _ = hint.try_send(());
            }
        }
        Err(error) => debug!(%error, "config watch hiccup"),
    };
    let started = notify::recommended_watcher(on_event).and_then(|mut watcher| {
        let folders: BTreeSet<_> = files.iter().filter_map(|file| file.parent()).collect();
        for folder in folders {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        Ok(watcher)
    });
    started.inspect_err(|error| warn!(%error, "config changes are found by looking every few seconds")).ok()
}

/// What tells one version of a file from the next, without reading it.
fn look(files: &BTreeSet<PathBuf>) -> Vec<Option<(SystemTime, u64)>> {
    let look = |file: &PathBuf| {
        let facts = std::fs::metadata(file).ok()?;
        Some((facts.modified().ok()?, facts.len()))
    };
    files.iter().map(look).collect()
}
