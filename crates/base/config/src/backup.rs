//! Keeps the last five versions of a file beside it: `.bak` is the newest, `.bak.4` the oldest.

use std::io;

use stdx::{AbsPath, AtomicFile};

const SUFFIXES: [&str; 5] = [".bak", ".bak.1", ".bak.2", ".bak.3", ".bak.4"];

/// Makes room and copies the file as it is now. The file itself stays where it is.
pub(crate) fn rotate(path: &AbsPath) -> io::Result<()> {
    for (newer, older) in SUFFIXES.iter().zip(SUFFIXES.iter().skip(1)).rev() {
        match std::fs::rename(path.with_suffix(newer), path.with_suffix(older)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    match AtomicFile::real(path.clone()).read()? {
        Some(content) => AtomicFile::real(path.with_suffix(".bak")).write(&content),
        None => Ok(()),
    }
}
