//! The config in force: the last good reading of the file, handed out as live sections.
//!
//! A broken file changes nothing: the last good reading stays, and whoever listens is told what is wrong.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use stdx::{CancellationToken, OwnedTask};

use crate::diff::diff;
use crate::edit::Edit;
use crate::file::{Base, ConfigFile, WriteError};
use crate::issue::{Issue, Issues};
use crate::live::Live;
use crate::path::ConfigPath;
use crate::section::{Reload, Section};
use crate::snapshot::Snapshot;
use crate::watch;

/// The config in force. One per process.
pub struct Configuration {
    file: ConfigFile,
    current: ArcSwap<Snapshot>,
    /// What is wrong with the file as it is now, if anything.
    broken: ArcSwap<Issues>,
    sections: Mutex<Vec<Update>>,
    listeners: Mutex<Vec<Listener>>,
    /// Held while a reading is taken over, so that two do not overtake each other.
    accepting: Mutex<()>,
}

type Update = Box<dyn Fn(&Snapshot) + Send + Sync>;
type Listener = Arc<dyn Fn(&Notice) + Send + Sync>;

/// What came of a new reading.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A good reading with other values; live sections already hold them.
    Changed(Change),
    /// The file is broken; the last good reading stays in force.
    Broken(Issues),
    /// The file is whole again and says what was in force all the time.
    Mended,
}

/// A change of the config in force.
#[derive(Clone, Debug)]
pub struct Change {
    pub snapshot: Arc<Snapshot>,
    /// The changed places, each with what it costs.
    pub places: Vec<(ConfigPath, Reload)>,
}

impl Change {
    /// The dearest of the changes.
    #[must_use]
    pub fn cost(&self) -> Reload {
        self.places.iter().map(|(_, cost)| *cost).max().unwrap_or(Reload::Now)
    }

    /// Whether anything at or below `path` changed, or the whole of what it lies in.
    #[must_use]
    pub fn touches(&self, path: &ConfigPath) -> bool {
        self.places.iter().any(|(place, _)| place.is_within(path) || path.is_within(place))
    }
}

impl Configuration {
    /// Takes the file as it is.
    ///
    /// # Errors
    /// The broken reading, whose issues say why the program cannot start on it.
    pub fn open(file: ConfigFile) -> Result<Arc<Self>, Box<Snapshot>> {
        let snapshot = file.load();
        if !snapshot.is_valid() {
            return Err(Box::new(snapshot));
        }
        Ok(Arc::new(Self {
            file,
            current: ArcSwap::from_pointee(snapshot),
            broken: ArcSwap::default(),
            sections: Mutex::default(),
            listeners: Mutex::default(),
            accepting: Mutex::default(),
        }))
    }

    #[must_use]
    pub fn file(&self) -> &ConfigFile {
        &self.file
    }

    /// The last good reading.
    #[must_use]
    pub fn current(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// What is wrong with the file now; empty if it is what is in force.
    #[must_use]
    pub fn issues(&self) -> Arc<Issues> {
        self.broken.load_full()
    }

    /// A section that follows the file.
    ///
    /// # Errors
    /// If what is written does not fit; a file checked with the section's schema fits.
    pub fn live<T: Section>(&self) -> Result<Live<T>, Issue> {
        self.live_with(|snapshot| snapshot.section::<T>())
    }

    /// A value computed from the file anew whenever it changes: a section resolved into what it means, or the part an
    /// adapter owns.
    ///
    /// # Errors
    /// If the first reading gives none. Later readings that give none leave the last value in force.
    pub fn live_with<T: Send + Sync + 'static, E>(
        &self,
        read: impl Fn(&Snapshot) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Live<T>, E> {
        let _accepting = self.accepting.lock();
        let (setter, live) = Live::new(read(&self.current())?);
        self.sections.lock().push(Box::new(move |snapshot| {
            if let Ok(value) = read(snapshot) {
                setter.set(value);
            }
        }));
        Ok(live)
    }

    /// Calls `listener` after each new reading, on the thread that took it. It must not wait.
    pub fn listen(&self, listener: impl Fn(&Notice) + Send + Sync + 'static) {
        self.listeners.lock().push(Arc::new(listener));
    }

    /// Reads the file again.
    pub fn reload(&self) -> Option<Notice> {
        let notice = {
            let _accepting = self.accepting.lock();
            self.accept(self.file.load())
        };
        self.tell(notice)
    }

    /// Changes the file and takes the change over at once.
    ///
    /// # Errors
    /// See [`WriteError`]: nothing changed then.
    pub fn write(&self, edits: &[Edit], base: &Base) -> Result<Arc<Snapshot>, WriteError> {
        self.write_with(base, |_| Ok(Some(edits.to_vec())))
    }

    /// The same with edits that are decided from what the file says at that moment; `None` writes nothing.
    ///
    /// # Errors
    /// See [`ConfigFile::write_with`]: nothing changed then.
    pub fn write_with<E: From<WriteError>>(
        &self,
        base: &Base,
        decide: impl FnOnce(&Snapshot) -> Result<Option<Vec<Edit>>, E>,
    ) -> Result<Arc<Snapshot>, E> {
        let notice = {
            let _accepting = self.accepting.lock();
            let snapshot = self.file.write_with(base, decide)?;
            self.accept(snapshot)
        };
        self.tell(notice);
        Ok(self.current())
    }

    /// Follows the file until the task is dropped.
    pub fn watch(self: &Arc<Self>, cancel: &CancellationToken) -> OwnedTask {
        let configuration = Arc::clone(self);
        OwnedTask::spawn(cancel, |cancel| watch::follow(configuration, cancel))
    }

    fn accept(&self, snapshot: Snapshot) -> Option<Notice> {
        if !snapshot.is_valid() {
            let news = **self.broken.load() != snapshot.issues;
            self.broken.store(Arc::new(snapshot.issues.clone()));
            return news.then_some(Notice::Broken(snapshot.issues));
        }
        let was_broken = !self.broken.swap(Arc::default()).is_empty();
        let before = self.current();
        let snapshot = Arc::new(snapshot);
        self.current.store(Arc::clone(&snapshot));
        let schema = self.file.schema();
        let places: Vec<_> = diff(&before.effective, &snapshot.effective)
            .into_iter()
            .map(|place| (place.clone(), schema.cost(&place)))
            .collect();
        if places.is_empty() {
            return was_broken.then_some(Notice::Mended);
        }
        for update in self.sections.lock().iter() {
            update(&snapshot);
        }
        Some(Notice::Changed(Change { snapshot, places }))
    }

    fn tell(&self, notice: Option<Notice>) -> Option<Notice> {
        let notice = notice?;
        let listeners = self.listeners.lock().clone();
        for listener in listeners {
            listener(&notice);
        }
        Some(notice)
    }
}

impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Configuration").field("current", &self.current()).finish_non_exhaustive()
    }
}
