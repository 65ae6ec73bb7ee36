//! Takes files in, keeps them for a while, and forgets them.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use channel::{AttachmentRef, Files, MediaKind};
use futures_util::StreamExt as _;
use stdx::{AbsPath, CancellationToken, Clock, OwnedTask, Pool};
use tokio::sync::Semaphore;
use tracing::{debug, warn};
use uuid::Uuid;

use crate::shrink::{Bounds, shrink};
use crate::{MediaError, MediaRef, ModelImage, Sniffed, sniff};

/// Pictures that are worked on at once: each may hold its pixels in memory.
const WORKERS: usize = 1;
const WAITING_WORK: usize = 16;
/// Files that are fetched at once.
const FETCHES: usize = 4;
/// Characters of the sender's name that a file keeps.
const NAME: usize = 60;

/// How long files stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    pub time: Duration,
    /// How often somebody looks.
    pub every: Duration,
}

impl Default for Keep {
    /// As long as the inbox knows its messages: a run that is replayed finds its files.
    fn default() -> Self {
        Self { time: Duration::from_secs(48 * 3600), every: Duration::from_secs(600) }
    }
}

/// Files that people sent.
#[derive(Debug)]
pub struct MediaStore {
    folder: AbsPath,
    clock: Arc<dyn Clock>,
    pool: Pool,
    fetches: Semaphore,
}

impl MediaStore {
    /// Below `<state>/media/inbound`; nothing is created before there is a file.
    #[must_use]
    pub fn new(state: &AbsPath, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            folder: state.join("media").join("inbound"),
            clock,
            pool: Pool::new("media", WORKERS, WAITING_WORK),
            fetches: Semaphore::new(FETCHES),
        })
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Fetches what a message brought and stores it.
    ///
    /// # Errors
    /// It is larger than `limit` bytes, the network does not give it, or the disk does not take it.
    pub async fn fetch(&self, files: &dyn Files, file: &AttachmentRef, limit: u64) -> Result<MediaRef, MediaError> {
        if file.size.is_some_and(|size| size > limit) {
            return Err(MediaError::TooLarge { limit });
        }
        let Ok(_one_of_few) = self.fetches.acquire().await else {
            return Err(MediaError::Disk("the store is closed".to_owned()));
        };
        let mut stream = files.fetch(file).await?;
        let mut content = BytesMut::new();
        while let Some(piece) = stream.next().await {
            let piece = piece?;
            let size = u64::try_from(content.len() + piece.len()).unwrap_or(u64::MAX);
            if size > limit {
                return Err(MediaError::TooLarge { limit });
            }
            content.extend_from_slice(&piece);
        }
        self.keep(file.name.as_deref(), file.mime.as_deref(), content.freeze()).await
    }

    /// Stores what a client sent. Pictures are stored upright and as small as models want them; one that cannot be
    /// read is stored as any file.
    ///
    /// # Errors
    /// The disk does not take it.
    pub async fn keep(
        &self,
        name: Option<&str>,
        claimed: Option<&str>,
        content: Bytes,
    ) -> Result<MediaRef, MediaError> {
        let (folder, name) = (self.folder.clone(), name.map(str::to_owned));
        let found = sniff(&content, claimed, name.as_deref());
        let work = move || {
            let (found, content) =
                if found.kind == MediaKind::Image { small(found, content) } else { (found, content) };
            let path = folder.join(file_name(name.as_deref(), &found.extension));
            write(&path, &content).map_err(|problem| MediaError::Disk(problem.to_string()))?;
            let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
            debug!(mime = found.mime, size, "a file was stored");
            Ok(MediaRef { path, kind: found.kind, mime: found.mime, name, size })
        };
        self.pool.run(work).await?
    }

    /// A stored picture as models take it: upright, at most 2000 pixels wide and 5 MB as base64.
    ///
    /// # Errors
    /// The file is gone or is no picture that can be read.
    pub async fn for_model(&self, path: &AbsPath) -> Result<ModelImage, MediaError> {
        let path = path.clone();
        let work = move || {
            let content = std::fs::read(path.as_path()).map_err(|problem| MediaError::NotAFile(problem.to_string()))?;
            let shrunk = shrink(&Bytes::from(content), Bounds::MODEL)?;
            Ok(ModelImage { mime: shrunk.mime.to_owned(), data: STANDARD.encode(&shrunk.content).into() })
        };
        self.pool.run(work).await?
    }

    /// Shrinks in the pool what is not in a file.
    ///
    /// # Errors
    /// It is no picture that can be read.
    pub async fn shrunk(&self, content: Bytes, bounds: Bounds) -> Result<crate::Shrunk, MediaError> {
        self.pool.run(move || shrink(&content, bounds)).await?
    }

    /// Forgets files that are older than `age`, and says how many.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub async fn sweep(&self, age: Duration) -> Result<usize, MediaError> {
        let folder = self.folder.clone();
        let now = self.clock.now_ms();
        let oldest = now.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let swept = self.pool.run(move || remove_older(&folder, oldest)).await?;
        swept.map_err(|problem| MediaError::Disk(problem.to_string()))
    }

    /// Sweeps now and again for as long as the task is held.
    #[must_use]
    pub fn sweeper(self: &Arc<Self>, keep: Keep, parent: &CancellationToken) -> OwnedTask {
        let store = Arc::clone(self);
        OwnedTask::spawn(parent, |cancel| async move {
            while !cancel.is_cancelled() {
                match store.sweep(keep.time).await {
                    Ok(0) => {}
                    Ok(count) => debug!(count, "old files were forgotten"),
                    Err(error) => warn!(%error, "old files could not be forgotten"),
                }
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = tokio::time::sleep(keep.every) => {}
                }
            }
        })
    }
}

fn small(found: Sniffed, content: Bytes) -> (Sniffed, Bytes) {
    match shrink(&content, Bounds::MODEL) {
        Ok(shrunk) => {
            let extension = match shrunk.mime {
                "image/jpeg" => "jpg".to_owned(),
                other => other.trim_start_matches("image/").to_owned(),
            };
            (Sniffed { mime: shrunk.mime.to_owned(), extension, ..found }, shrunk.content)
        }
        Err(error) => {
            debug!(%error, mime = found.mime, "a picture stays a file");
            let mime = "application/octet-stream".to_owned();
            (Sniffed { kind: MediaKind::Document, mime, ..found }, content)
        }
    }
}

/// `<name>---<uuid>.<extension>`, or without a name where there is none worth keeping.
fn file_name(name: Option<&str>, extension: &str) -> String {
    let stem = name.map(|name| name.rsplit_once('.').map_or(name, |(stem, _)| stem)).unwrap_or_default();
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let stem: String = stem.chars().map(|c| if allowed(c) { c } else { '_' }).take(NAME).collect();
    let stem = stem.trim_matches('_');
    let id = Uuid::new_v4();
    if stem.is_empty() { format!("{id}.{extension}") } else { format!("{stem}---{id}.{extension}") }
}

/// The name is new, so nobody reads the file before it is whole; readable by its owner alone.
fn write(path: &AbsPath, content: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    stdx::create_private_dir(&path.parent())?;
    let written = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path.as_path());
    let done = written.and_then(|mut file| file.write_all(content));
    if done.is_err() {
        // A part of a file is of no use, and its error is the one that counts.
        let _best_effort = std::fs::remove_file(path.as_path());
    }
    done
}

fn remove_older(folder: &AbsPath, oldest_ms: i64) -> io::Result<usize> {
    let entries = match std::fs::read_dir(folder.as_path()) {
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut count = 0;
    for entry in entries {
        let entry = entry?;
        let about = entry.metadata()?;
        let modified = about.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let modified = i64::try_from(modified.as_millis()).unwrap_or(i64::MAX);
        if about.is_file() && modified < oldest_ms {
            std::fs::remove_file(entry.path())?;
            count += 1;
        }
    }
    Ok(count)
}
