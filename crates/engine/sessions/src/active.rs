//! One transcript in use: what was committed and is not in the file yet, and what a model sees of it.
//!
//! Rows are committed first and appended to the file in the same order; a row leaves the database only when the file
//! is synced behind it. The newest row stays until the session rests: it says what the next entry's parent is.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use ids::{EntryId, SessionId};
use parking_lot::Mutex;
use stdx::{AbsPath, AppendFile, Disk, Repair};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::transcript::entry::{NewEntry, header};
use crate::transcript::history::History;
use crate::transcript::line::is_whole;

/// How far the file is behind the database, by row ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) committed: i64,
    pub(crate) appended: i64,
    pub(crate) synced: i64,
    /// Why the file cannot be written at the moment.
    pub(crate) failure: Option<Arc<str>>,
}

/// A committed line on its way to the file.
#[derive(Debug)]
struct Waiting {
    row: i64,
    line: Vec<u8>,
}

/// Which transcript, and what the header of a new file says.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) path: AbsPath,
    /// Where the file is as long as it is not at its path: copied from there before it is used.
    pub(crate) origin: Option<AbsPath>,
    pub(crate) session: SessionId,
    pub(crate) cwd: Arc<str>,
}

impl Place {
    /// Where to read without taking it into use.
    pub(crate) fn readable(self) -> AbsPath {
        self.origin.unwrap_or(self.path)
    }
}

/// A transcript in use.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) place: Place,
    /// The last entry of the file when it was opened.
    pub(crate) leaf_at_open: Option<EntryId>,
    pub(crate) progress: watch::Sender<Progress>,
    state: Mutex<State>,
    // Held while the file is written or synced, which may take a while.
    file: Mutex<Option<AppendFile>>,
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Waiting>,
    history: Option<Arc<History>>,
    weight: usize,
    used: Instant,
}

impl Active {
    pub(crate) fn new(place: Place, leaf: Option<EntryId>, file: Option<AppendFile>) -> Self {
        let state = State { waiting: VecDeque::new(), history: None, weight: 0, used: Instant::now() };
        Self {
            place,
            leaf_at_open: leaf,
            progress: watch::Sender::new(Progress::default()),
            state: Mutex::new(state),
            file: Mutex::new(file),
        }
    }

    /// A row was committed. Called in the order of commits, and short.
    pub(crate) fn committed(&self, row: i64, line: Vec<u8>, entry: &NewEntry, id: &EntryId) {
        let mut state = self.state.lock();
        if let Some(history) = &mut state.history {
            let history = Arc::make_mut(history);
            history.push(entry, id);
            state.weight += line.len() + 256;
        }
        state.waiting.push_back(Waiting { row, line });
        self.progress.send_modify(|progress| progress.committed = row);
    }

    /// Appends what waits. What could not be written waits on.
    pub(crate) fn append(&self, disk: &Arc<dyn Disk>, now_ms: i64) -> io::Result<()> {
        let mut file = self.file.lock();
        loop {
            // Taken out one by one, so that a commit meanwhile does not wait for the disk.
            let Some(next) = self.state.lock().waiting.pop_front() else { break };
            let written = self.open_file(disk, &mut file, now_ms).and_then(|file| file.append(&next.line));
            if let Err(error) = written {
                self.state.lock().waiting.push_front(next);
                self.progress.send_modify(|progress| progress.failure = Some(error.to_string().into()));
                return Err(error);
            }
            self.progress.send_modify(|progress| {
                progress.appended = next.row;
                progress.failure = None;
            });
        }
        Ok(())
    }

    /// Syncs what was appended.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let mut file = self.file.lock();
        let appended = self.progress.borrow().appended;
        if let Some(file) = file.as_mut() {
            file.sync()?;
        }
        self.progress.send_modify(|progress| progress.synced = progress.synced.max(appended));
        Ok(())
    }

    /// Whether everything committed is synced in the file.
    pub(crate) fn is_settled(&self) -> bool {
        let progress = self.progress.borrow();
        progress.synced == progress.committed
    }

    pub(crate) fn needs_sync(&self) -> bool {
        let progress = self.progress.borrow();
        progress.synced < progress.appended
    }

    pub(crate) fn history(&self) -> Option<Arc<History>> {
        self.state.lock().history.clone()
    }

    /// Keeps a history that was read while the last committed row was this one; refused when more came meanwhile.
    pub(crate) fn keep_history(&self, history: &Arc<History>, committed: i64) -> bool {
        let mut state = self.state.lock();
        let is_current = self.progress.borrow().committed == committed;
        if is_current {
            state.weight = history.weight();
            state.history = Some(Arc::clone(history));
        }
        is_current
    }

    pub(crate) fn forget_history(&self) {
        let mut state = self.state.lock();
        state.history = None;
        state.weight = 0;
    }

    /// Bytes the kept history takes.
    pub(crate) fn weight(&self) -> usize {
        self.state.lock().weight
    }

    pub(crate) fn touch(&self) {
        self.state.lock().used = Instant::now();
    }

    pub(crate) fn used(&self) -> Instant {
        self.state.lock().used
    }

    /// Puts another file in place of the old one while nobody writes. The next line goes to the new file.
    pub(crate) fn rewrite<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut file = self.file.lock();
        *file = None;
        let done = work();
        self.forget_history();
        done
    }

    fn open_file<'a>(
        &self,
        disk: &Arc<dyn Disk>,
        file: &'a mut Option<AppendFile>,
        now_ms: i64,
    ) -> io::Result<&'a mut AppendFile> {
        let opened = match file.take() {
            Some(opened) => opened,
            None => open_or_create(disk, &self.place, now_ms)?.0,
        };
        Ok(file.insert(opened))
    }
}

/// Opens a transcript; a new one gets its header.
pub(crate) fn open_or_create(disk: &Arc<dyn Disk>, place: &Place, now_ms: i64) -> io::Result<(AppendFile, Repair)> {
    let (mut file, repair) = AppendFile::open(disk, &place.path, is_whole)?;
    if file.is_empty() {
        file.append(&header(&place.session, &place.cwd, now_ms)?)?;
    }
    Ok((file, repair))
}
