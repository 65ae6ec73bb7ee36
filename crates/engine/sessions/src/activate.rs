//! Taking a transcript into use: mend its end, append what was committed but not written, find its leaf.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use ids::EntryId;
use stdx::{AbsPath, AppendFile, AtomicFile, Disk, Repair};
use store::{StoreError, View, params};
use tracing::{info, warn};

use crate::SessionsError;
use crate::active::{Active, Place, open_or_create};
use crate::shared::Shared;
use crate::transcript::earlier;
use crate::transcript::line::{Line, is_whole};
use crate::transcript::tail::LinesBackwards;

/// The first line of a transcript is far shorter.
const HEADER_BYTES: usize = 4096;

/// A committed line that may not be in its file.
#[derive(Debug)]
struct Pending {
    row: i64,
    entry: EntryId,
    line: Vec<u8>,
}

/// What was found at the end of a file.
#[derive(Debug)]
struct Opened {
    file: Option<AppendFile>,
    leaf: Option<EntryId>,
    repair: Repair,
    appended: usize,
}

impl Shared {
    /// The transcript in use; taken into use if it is not.
    pub(crate) async fn activate(self: &Arc<Self>, place: Place) -> Result<Arc<Active>, SessionsError> {
        if let Some(active) = self.in_use(&place) {
            return Ok(active);
        }
        // One at a time: two that append the same missing lines would double them.
        let _turn = self.opening.acquire().await.map_err(|_| SessionsError::Closed)?;
        if let Some(active) = self.in_use(&place) {
            return Ok(active);
        }
        let path = place.path.to_string();
        let pending = self.store.read(move |view| pending(view, &path)).await?;
        let newest = pending.last().map(|pending| pending.row);
        let (disk, now_ms, at) = (Arc::clone(&self.disk), self.clock.now_ms(), place.clone());
        let opened =
            self.pool.run(move || open(&disk, &at, &pending, now_ms)).await.map_err(|_| SessionsError::Closed)?;
        let opened = opened.map_err(|error| SessionsError::transcript(&place.path, &error))?;
        self.tell(&place, &opened, newest).await?;
        let active = Arc::new(Active::new(place.clone(), opened.leaf, opened.file));
        self.active.lock().insert(place.path, Arc::clone(&active));
        self.upkeep.notify_one();
        Ok(active)
    }

    fn in_use(&self, place: &Place) -> Option<Arc<Active>> {
        let active = self.active.lock().get(&place.path).cloned()?;
        active.touch();
        Some(active)
    }

    /// What was mended is reported, and what is now in the file leaves the database.
    async fn tell(&self, place: &Place, opened: &Opened, newest: Option<i64>) -> Result<(), SessionsError> {
        let cut = match opened.repair {
            Repair::Cut { bytes } => bytes,
            Repair::Nothing | Repair::Ended => 0,
        };
        if cut > 0 {
            warn!(path = %place.path, bytes = cut, "torn last line of a transcript was cut off");
        }
        if opened.appended > 0 {
            info!(path = %place.path, entries = opened.appended, "committed entries were added to a transcript");
        }
        if cut == 0 && newest.is_none() {
            return Ok(());
        }
        let (path, session, appended) = (place.path.to_string(), place.session.clone(), opened.appended);
        let told = self.store.write(move |tx| {
            if let Some(newest) = newest {
                tx.execute("DELETE FROM pending_entries WHERE path = ?1 AND id <= ?2", params![path, newest])?;
            }
            if cut > 0 || appended > 0 {
                let body = serde_json::json!({ "path": path, "cutBytes": cut, "addedEntries": appended });
                tx.fact(session.as_str(), "transcript.mended", &body)?;
            }
            Ok(())
        });
        Ok(told.await?)
    }
}

fn pending(view: &View<'_>, path: &str) -> Result<Vec<Pending>, StoreError> {
    let sql = "SELECT id, entry, line FROM pending_entries WHERE path = ?1 ORDER BY id";
    let rows: Vec<(i64, String, Vec<u8>)> =
        view.query(sql, [path], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let parsed =
        rows.into_iter().filter_map(|(row, entry, line)| Some(Pending { row, entry: entry.parse().ok()?, line }));
    Ok(parsed.collect())
}

fn open(disk: &Arc<dyn Disk>, place: &Place, pending: &[Pending], now_ms: i64) -> io::Result<Opened> {
    let exists = disk.is_taken(&place.path)? || copy_here(disk, place)?;
    if !exists && pending.is_empty() {
        return Ok(Opened { file: None, leaf: None, repair: Repair::Nothing, appended: 0 });
    }
    if exists {
        renew(disk, &place.path)?;
    }
    let (mut file, repair) = if pending.is_empty() {
        AppendFile::open(disk, &place.path, is_whole)?
    } else {
        open_or_create(disk, place, now_ms)?
    };
    let written = if pending.is_empty() { HashSet::new() } else { ids_in(disk.as_ref(), place)? };
    let mut appended = 0;
    for missing in pending.iter().filter(|pending| !written.contains(&pending.entry)) {
        file.append(&missing.line)?;
        appended += 1;
    }
    // Also what the last process wrote and did not sync, because its rows leave the database now.
    file.sync_all()?;
    let leaf = leaf(disk.as_ref(), place)?;
    Ok(Opened { file: Some(file), leaf, repair, appended })
}

/// Copies a transcript that is only below another state folder, so that nothing is added to it there.
fn copy_here(disk: &Arc<dyn Disk>, place: &Place) -> io::Result<bool> {
    let Some(origin) = &place.origin else { return Ok(false) };
    let Some(text) = AtomicFile::new(Arc::clone(disk), origin.clone()).read()? else { return Ok(false) };
    AtomicFile::new(Arc::clone(disk), place.path.clone()).write(&text)?;
    info!(from = %origin, to = %place.path, "transcript of another state folder was copied");
    Ok(true)
}

/// A file of an older version is written anew before anything is added to it; it stays beside as it was.
fn renew(disk: &Arc<dyn Disk>, path: &AbsPath) -> io::Result<()> {
    let start = disk.read(path, 0, HEADER_BYTES)?;
    let Some(version) = start.split(|byte| *byte == b'\n').next().and_then(earlier::version) else { return Ok(()) };
    let text = disk.read(path, 0, usize::MAX)?;
    let kept = path.with_suffix(&format!(".version-{version}"));
    AtomicFile::new(Arc::clone(disk), kept.clone()).write(&text)?;
    AtomicFile::new(Arc::clone(disk), path.clone()).write(&earlier::renewed(&text, version))?;
    info!(path = %path, version, kept = %kept, "transcript of an older version was written anew");
    Ok(())
}

fn ids_in(disk: &dyn Disk, place: &Place) -> io::Result<HashSet<EntryId>> {
    let mut ids = HashSet::new();
    let mut lines = LinesBackwards::new(disk, &place.path)?;
    while let Some(line) = lines.next()? {
        ids.extend(Line::parse(&line).and_then(|line| line.id));
    }
    Ok(ids)
}

/// The last entry of the file.
fn leaf(disk: &dyn Disk, place: &Place) -> io::Result<Option<EntryId>> {
    let mut lines = LinesBackwards::new(disk, &place.path)?;
    while let Some(bytes) = lines.next()? {
        if let Some(line) = Line::parse(&bytes).filter(Line::is_entry) {
            return Ok(line.id);
        }
    }
    Ok(None)
}
