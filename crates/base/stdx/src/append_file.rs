//! A file of lines that only grows. One write per entry; what was synced is never lost.
//!
//! A line is whole or it is not there: a torn last line is mended when the file is opened and after a failed write.

use std::io;
use std::sync::Arc;

use crate::{AbsPath, Disk, DiskFile};

/// How much is read at once when looking backwards for the end of the last whole line.
const STEP: usize = 64 * 1024;

/// What opening had to mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// The file ended with a whole line, or is new.
    Nothing,
    /// The last line was whole but had no line end; it has one now.
    Ended,
    /// The last line was torn: this many bytes were cut off.
    Cut { bytes: u64 },
}

/// A file of lines, opened for appending by its only writer.
#[derive(Debug)]
pub struct AppendFile {
    file: Box<dyn DiskFile>,
    /// Where the last whole line ends.
    end: u64,
    /// A failed write may have left a piece of a line behind `end`.
    is_torn: bool,
    is_dirty: bool,
    line: Vec<u8>,
}

impl AppendFile {
    /// Opens or creates the file. `is_whole` says of a last line without a line end whether it is complete.
    pub fn open(
        disk: &Arc<dyn Disk>,
        path: &AbsPath,
        is_whole: impl FnOnce(&[u8]) -> bool,
    ) -> io::Result<(Self, Repair)> {
        let mut file = disk.open(path)?;
        let len = file.len()?;
        let tail = last_line(disk.as_ref(), path, len)?;
        let tail_len = u64::try_from(tail.len()).unwrap_or(u64::MAX);
        let (end, repair) = if tail.is_empty() {
            (len, Repair::Nothing)
        } else if is_whole(&tail) {
            file.append(b"\n")?;
            file.sync()?;
            (len + 1, Repair::Ended)
        } else {
            file.truncate(len - tail_len)?;
            (len - tail_len, Repair::Cut { bytes: tail_len })
        };
        Ok((Self { file, end, is_torn: false, is_dirty: false, line: Vec::new() }, repair))
    }

    /// Appends one line with a single write. The line must hold no line end of its own.
    /// After an error the file still ends with the last whole line, or does so before the next append.
    pub fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if line.contains(&b'\n') {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a line with a line end inside"));
        }
        if self.is_torn {
            self.file.truncate(self.end)?;
            self.is_torn = false;
        }
        self.line.clear();
        self.line.extend_from_slice(line);
        self.line.push(b'\n');
        self.is_dirty = true;
        if let Err(error) = self.file.append(&self.line) {
            self.is_torn = self.file.truncate(self.end).is_err();
            return Err(error);
        }
        self.end += u64::try_from(self.line.len()).unwrap_or(u64::MAX);
        if self.line.capacity() > STEP {
            self.line = Vec::new();
        }
        Ok(())
    }

    /// Returns when all that was appended survives a crash. Free when nothing was.
    pub fn sync(&mut self) -> io::Result<()> {
        if self.is_dirty {
            self.file.sync()?;
            self.is_dirty = false;
        }
        Ok(())
    }

    /// As [`AppendFile::sync`], also for what an earlier process appended and may not have synced.
    pub fn sync_all(&mut self) -> io::Result<()> {
        self.is_dirty = true;
        self.sync()
    }

    /// The length of the file up to its last whole line.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.end
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.end == 0
    }
}

/// The bytes behind the last line end.
fn last_line(disk: &dyn Disk, path: &AbsPath, len: u64) -> io::Result<Vec<u8>> {
    let mut tail = Vec::new();
    let mut from = len;
    while from > 0 {
        let step = from.min(u64::try_from(STEP).unwrap_or(u64::MAX));
        from -= step;
        let mut piece = disk.read(path, from, usize::try_from(step).unwrap_or(STEP))?;
        if let Some(at) = piece.iter().rposition(|byte| *byte == b'\n') {
            piece.drain(..=at);
            from = 0;
        }
        piece.append(&mut tail);
        tail = piece;
    }
    Ok(tail)
}
