//! Reading a file whole and replacing it whole. Everything here blocks.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::Path;

use bytes::Bytes;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tool::{FileStamp, WorldError};

/// The content and its stamp.
pub(super) fn read(path: &Path, limit: u64) -> Result<(Bytes, FileStamp), WorldError> {
    let failed = |e: io::Error| failure(path, &e);
    // Looked at before it is opened: opening a pipe would wait for its other end.
    let found = fs::metadata(path).map_err(failed)?;
    if !found.is_file() {
        return Err(WorldError::NotAFile(path.display().to_string()));
    }
    let mut content = Vec::new();
    File::open(path).map_err(failed)?.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(failed)?;
    let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
    if size > limit {
        return Err(WorldError::TooLarge { path: path.display().to_string(), size: found.len().max(size), limit });
    }
    let stamp = FileStamp { size, hash: Some(Sha256::digest(&content).into()), ..stamp_of(path, &found) };
    Ok((content.into(), stamp))
}

/// What the file is now.
pub(super) fn stamp(path: &Path) -> Result<Option<FileStamp>, WorldError> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(Some(stamp_of(path, &found))),
        Ok(_) => Err(WorldError::NotAFile(path.display().to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failure(path, &error)),
    }
}

/// Replaces the file: whoever reads sees the old content or the new. Keeps the mode of a file that was there.
pub(super) fn replace(
    path: &Path,
    content: &[u8],
    over: Option<&FileStamp>,
    replacing: &Mutex<()>,
) -> Result<FileStamp, WorldError> {
    let failed = |e: io::Error| failure(path, &e);
    let folder = path.parent().ok_or_else(|| WorldError::NotAFile(path.display().to_string()))?;
    fs::create_dir_all(folder).map_err(failed)?;
    if stamp(path)?.is_some() {
        // Renaming over a file asks the folder alone; a file that may not be written must stay.
        OpenOptions::new().write(true).open(path).map_err(failed)?;
    }
    let _alone = replacing.lock();
    if over.is_some_and(|over| !is_still(path, over)) {
        return Err(WorldError::Changed(path.display().to_string()));
    }
    let beside = Beside::new(path, folder).map_err(failed)?;
    beside.fill(path, content).map_err(failed)?;
    fs::rename(&beside.0, path).map_err(failed)?;
    // A file system that cannot sync a folder has still renamed the file.
    drop(File::open(folder).and_then(|folder| folder.sync_all()));
    let found = fs::metadata(path).map_err(failed)?;
    Ok(FileStamp { hash: Some(Sha256::digest(content).into()), ..stamp_of(path, &found) })
}

fn is_still(path: &Path, over: &FileStamp) -> bool {
    read(path, over.size).is_ok_and(|(_, now)| now.is_same(over))
}

/// A temporary file beside the one it replaces, gone when it was not needed.
struct Beside(std::path::PathBuf);

impl Beside {
    fn new(path: &Path, folder: &Path) -> io::Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name: String = name.chars().take(60).collect();
        let beside = folder.join(format!(".{name}.{:016x}.tmp", stdx::Entropy::next_u64(&stdx::OsEntropy)));
        OpenOptions::new().write(true).create_new(true).mode(0o666).open(&beside)?;
        Ok(Self(beside))
    }

    fn fill(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(&self.0)?;
        if let Ok(old) = fs::metadata(path) {
            let made = file.metadata()?;
            if (made.uid(), made.gid()) != (old.uid(), old.gid()) {
                // Giving a file to somebody else is for root; others keep what they made.
                let _ = fchown(&file, Some(old.uid()), Some(old.gid()));
            }
            file.set_permissions(old.permissions())?;
        }
        file.write_all(content)?;
        file.sync_all()
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // After the rename there is nothing to remove.
        drop(fs::remove_file(&self.0));
    }
}

fn stamp_of(path: &Path, found: &fs::Metadata) -> FileStamp {
    let seconds = u128::try_from(found.mtime()).unwrap_or(0);
    let modified_ns = seconds * 1_000_000_000 + u128::try_from(found.mtime_nsec()).unwrap_or(0);
    FileStamp { path: path.display().to_string(), size: found.len(), modified_ns, hash: None }
}

fn failure(path: &Path, error: &io::Error) -> WorldError {
    let path = path.display().to_string();
    match error.kind() {
        io::ErrorKind::NotFound => WorldError::NotFound(path),
        io::ErrorKind::StorageFull => WorldError::Io { path, reason: "the disk is full".to_owned() },
        _ => WorldError::Io { path, reason: error.to_string() },
    }
}
