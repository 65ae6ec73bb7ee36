//! Putting transcripts aside under the published program's names: never gone, never in the way.

use std::io;

use stdx::{AbsPath, Disk};

use crate::transcript::entry::iso;

/// A moment as it stands in a file name.
pub(crate) fn stamp(now_ms: i64) -> String {
    iso(now_ms).replace(':', "-")
}

/// When a transcript was put aside, by the name it got then; `None` for any other file.
pub(crate) fn put_aside_at(name: &str) -> Option<i64> {
    let (_, rest) = name.split_once(".jsonl.")?;
    let time = rest.strip_prefix("deleted.").or_else(|| rest.strip_prefix("reset."))?;
    let (day, hours) = time.split_once('T')?;
    let at: jiff::Timestamp = format!("{day}T{}", hours.replace('-', ":")).parse().ok()?;
    Some(at.as_millisecond())
}

/// Renames a file to `<file>.<reason>.<time>`; `None` where there is none.
pub(crate) fn put_aside(disk: &dyn Disk, path: &AbsPath, reason: &str, now_ms: i64) -> io::Result<Option<AbsPath>> {
    let aside = path.with_suffix(&format!(".{reason}.{}", stamp(now_ms)));
    match disk.rename(path, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        renamed => renamed.map(|()| Some(aside)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_put_aside_says_when_and_no_other_does() {
        let at = 1_769_248_800_123;
        assert_eq!(put_aside_at(&format!("a.jsonl.deleted.{}", stamp(at))), Some(at));
        assert_eq!(put_aside_at(&format!("a-topic-7.jsonl.reset.{}", stamp(at))), Some(at));
        for other in
            ["a.jsonl", "a.jsonl.bak", "a.jsonl.deleted.soon", "sessions.json.damaged.2026-01-24T10-00-00.000Z"]
        {
            assert_eq!(put_aside_at(other), None, "{other}");
        }
    }
}
