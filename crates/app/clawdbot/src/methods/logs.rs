//! `logs.tail`: the end of the log, and what was added since a cursor.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use protocol::logs::tail::{Params, Reply};
use rpc::{Call, RpcError};
use stdx::AbsPath;

use crate::config::LoggingSection;
use crate::logging::newest_file;

const LINES: usize = 500;
const BYTES: u64 = 250_000;

/// Where the log is.
#[derive(Debug, Clone)]
pub(crate) struct LogPlace {
    folder: AbsPath,
    fixed: Option<AbsPath>,
}

impl LogPlace {
    pub(crate) fn new(folder: AbsPath, section: &LoggingSection) -> Self {
        let fixed = section.file.as_ref().map(|path| folder.join(path));
        Self { folder, fixed }
    }

    /// The file that is written now.
    pub(crate) fn file(&self) -> Option<AbsPath> {
        self.fixed.clone().or_else(|| newest_file(&self.folder))
    }
}

/// Answers `logs.tail`.
pub(crate) async fn tail(place: Arc<LogPlace>, _: Call, params: Params) -> Result<Reply, RpcError> {
    read(&place, &params).map_err(|error| RpcError::unavailable(format!("log read failed: {error}")))
}

/// The end of the log, or what is behind the cursor.
pub(crate) fn read(place: &LogPlace, params: &Params) -> io::Result<Reply> {
    let limit = params.limit.map_or(LINES, protocol::Whole::as_usize);
    let most = params.max_bytes.map_or(BYTES, protocol::Whole::get);
    let path = place.file().unwrap_or_else(|| place.folder.clone());
    let nothing = || reply(&path, (0, 0), Vec::new(), Cut::Nowhere);
    let mut file = match File::open(&path) {
        Ok(file) if file.metadata()?.is_file() => file,
        Ok(_) => return nothing(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return nothing(),
        Err(error) => return Err(error),
    };
    let size = file.metadata()?.len();
    let cursor = params.cursor.map(protocol::Whole::get);
    // A cursor beyond the end is of another file; one too far behind would send too much.
    let is_reset = cursor.is_some_and(|cursor| cursor > size || size - cursor > most);
    let from = cursor.filter(|_| !is_reset).unwrap_or_else(|| size.saturating_sub(most));
    let is_cut = is_reset || (cursor.is_none() && from > 0);
    let (lines, end) = lines(&mut file, from, size, is_cut)?;
    let skipped = lines.len().saturating_sub(limit);
    let lines = lines.into_iter().skip(skipped).collect();
    let cut = match (is_reset, is_cut || skipped > 0) {
        (true, _) => Cut::Reset,
        (false, true) => Cut::Front,
        (false, false) => Cut::Nowhere,
    };
    reply(&path, (end, size), lines, cut)
}

/// The whole lines between two places. A line that is still being written is left for the next time.
fn lines(file: &mut File, from: u64, size: u64, is_cut: bool) -> io::Result<(Vec<String>, u64)> {
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(size - from).read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end = from + u64::try_from(whole).unwrap_or(0);
    bytes.truncate(whole);
    let text = String::from_utf8_lossy(&bytes);
    // The first line may be the end of a longer one.
    let skip = usize::from(is_cut && from > 0);
    Ok((text.lines().skip(skip).filter(|line| !line.is_empty()).map(str::to_owned).collect(), end))
}

/// What of the file is not in the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    Nowhere,
    /// Older lines.
    Front,
    /// Older lines, and what the client holds is stale.
    Reset,
}

fn reply(path: &AbsPath, (cursor, size): (u64, u64), lines: Vec<String>, cut: Cut) -> io::Result<Reply> {
    let file = path.to_string().try_into().map_err(io::Error::other)?;
    let (truncated, reset) = (Some(cut != Cut::Nowhere), Some(cut == Cut::Reset));
    Ok(Reply { file, cursor, size, lines, truncated, reset })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_gives_what_was_added_and_a_wrong_one_starts_over() {
        let folder = tempfile::tempdir().unwrap();
        let folder = AbsPath::new(folder.path()).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("clawdbot-2026-01-24.log");
        std::fs::write(&path, "one\ntwo\nthr").unwrap();
        let place = LogPlace { folder: folder.clone(), fixed: None };
        let ask = |cursor: Option<u64>, max_bytes: Option<u64>| {
            let params = Params {
                cursor: cursor.map(|cursor| cursor.try_into().unwrap()),
                limit: None,
                max_bytes: max_bytes.map(|bytes| bytes.try_into().unwrap()),
            };
            let reply = read(&place, &params).unwrap();
            (reply.lines.join(","), reply.cursor, reply.reset.unwrap())
        };
        assert_eq!(ask(None, None), ("one,two".to_owned(), 8, false));
        std::fs::write(&path, "one\ntwo\nthree\n").unwrap();
        assert_eq!(ask(Some(8), None), ("three".to_owned(), 14, false));
        assert_eq!(ask(Some(99), None), ("one,two,three".to_owned(), 14, true));
        assert_eq!(ask(Some(0), Some(9)), ("three".to_owned(), 14, true));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
