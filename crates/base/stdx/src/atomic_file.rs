//! A small file that is always whole: readers see the old content or the new, and so does the next start.

use std::io::{self, Write};
use std::sync::Arc;

use crate::{AbsPath, Disk, RealDisk};

/// A file replaced as a whole: temporary file, sync, rename, sync of the folder. Readable by its owner alone.
#[derive(Debug, Clone)]
pub struct AtomicFile {
    disk: Arc<dyn Disk>,
    path: AbsPath,
}

impl AtomicFile {
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>, path: AbsPath) -> Self {
        Self { disk, path }
    }

    /// On the machine's own file system.
    #[must_use]
    pub fn real(path: AbsPath) -> Self {
        Self::new(Arc::new(RealDisk), path)
    }

    #[must_use]
    pub const fn path(&self) -> &AbsPath {
        &self.path
    }

    /// The whole content; `None` where there is no file.
    pub fn read(&self) -> io::Result<Option<Vec<u8>>> {
        match self.disk.read(&self.path, 0, usize::MAX) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.disk.replace(&self.path, &mut |out| out.write_all(bytes))
    }

    /// Writes piece by piece, for content that need not be in memory at once.
    pub fn write_with(&self, fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        self.disk.replace(&self.path, fill)
    }
}
