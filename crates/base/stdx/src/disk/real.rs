//! The machine's own file system.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Disk, DiskFile, FileStat};
use crate::AbsPath;

/// Files of this program are readable by its owner alone.
const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_DIR: u32 = 0o700;

/// Creates a folder and those above it, for its owner alone. Folders that exist keep their mode.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(PRIVATE_DIR).create(path)
}

/// The machine's own file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, path: &AbsPath) -> io::Result<Box<dyn DiskFile>> {
        let open = || OpenOptions::new().append(true).create(true).read(true).mode(PRIVATE_FILE).open(path);
        let is_new = !path.exists();
        let file = match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create_private_dir(&path.parent())?;
                open()?
            }
            opened => opened?,
        };
        Ok(Box::new(RealFile { file, folder_to_sync: is_new.then(|| path.parent()) }))
    }

    fn read(&self, path: &AbsPath, from: u64, max: usize) -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        let left = file.metadata()?.len().saturating_sub(from);
        let mut bytes = Vec::with_capacity(max.min(usize::try_from(left).unwrap_or(max)));
        file.take(u64::try_from(max).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn stat(&self, path: &AbsPath) -> io::Result<FileStat> {
        let metadata = std::fs::metadata(path)?;
        let since = metadata.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Ok(FileStat { len: metadata.len(), modified_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX) })
    }

    fn is_taken(&self, path: &AbsPath) -> io::Result<bool> {
        match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            metadata => metadata.map(|_| true),
        }
    }

    fn replace(&self, path: &AbsPath, fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        static TURN: AtomicU64 = AtomicU64::new(0);
        // Through a link the file it points to is replaced, so that the link stays.
        let path = &path.canonicalize().ok().and_then(|real| AbsPath::new(real).ok()).unwrap_or_else(|| path.clone());
        let temporary =
            path.with_suffix(&format!(".{}.{}.tmp", std::process::id(), TURN.fetch_add(1, Ordering::Relaxed)));
        let folder = path.parent();
        create_private_dir(&folder)?;
        let mut write = || {
            let file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(PRIVATE_FILE).open(&temporary)?;
            let mut buffered = BufWriter::new(file);
            fill(&mut buffered)?;
            buffered.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            std::fs::rename(&temporary, path)
        };
        let written = write();
        if written.is_err() {
            // The first error is the one to report; a file that was never made need not be removed.
            drop(std::fs::remove_file(&temporary));
        }
        written?;
        sync_folder(&folder)
    }

    fn rename(&self, from: &AbsPath, to: &AbsPath) -> io::Result<()> {
        match std::fs::rename(from, to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && from.exists() => {
                create_private_dir(&to.parent())?;
                std::fs::rename(from, to)?;
            }
            renamed => renamed?,
        }
        sync_folder(&to.parent())
    }

    fn remove(&self, path: &AbsPath) -> io::Result<()> {
        std::fs::remove_file(path)?;
        sync_folder(&path.parent())
    }

    fn list(&self, folder: &AbsPath) -> io::Result<Vec<String>> {
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry?.file_name().into_string());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn remove_folder(&self, folder: &AbsPath) -> io::Result<()> {
        std::fs::remove_dir(folder)
    }
}

#[derive(Debug)]
struct RealFile {
    file: File,
    // A new file's name is in its folder only once the folder was synced too.
    folder_to_sync: Option<AbsPath>,
}

impl DiskFile for RealFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        if let Some(folder) = &self.folder_to_sync {
            sync_folder(folder)?;
            self.folder_to_sync = None;
        }
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)?;
        self.file.sync_all()
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
}

fn sync_folder(folder: &AbsPath) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
