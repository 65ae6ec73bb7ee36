//! Putting transcripts aside under the published program's names: never gone, never in the way.

use std::io;

use stdx::{AbsPath, Disk};

use crate::transcript::entry::iso;

/// A moment as it stands in a file name.
pub(crate) fn stamp(now_ms: i64) -> String {
    iso(now_ms).replace(':', "-")
}

/// Renames a file to `<file>.<reason>.<time>`; `None` where there is none.
pub(crate) fn put_aside(disk: &dyn Disk, path: &AbsPath, reason: &str, now_ms: i64) -> io::Result<Option<AbsPath>> {
    let aside = path.with_suffix(&format!(".{reason}.{}", stamp(now_ms)));
    match disk.rename(path, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        renamed => renamed.map(|()| Some(aside)),
    }
}
