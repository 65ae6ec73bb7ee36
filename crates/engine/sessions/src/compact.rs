//! Cutting a transcript down to its last lines. The whole of it is put aside; the header stays the first line.

use std::io;
use std::sync::Arc;

use ids::SessionKey;
use stdx::{AbsPath, Disk};

use crate::SessionsError;
use crate::archive::put_aside;
use crate::sessions::Sessions;
use crate::transcript::line::Line;
use crate::transcript::tail::LinesBackwards;

/// What became of a transcript that was to be cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compacted {
    NoSession,
    NoTranscript,
    ShortEnough { lines: usize },
    Cut { kept: usize, archived: AbsPath },
}

impl Sessions {
    /// Keeps the last lines of a transcript.
    pub async fn compact(&self, key: &SessionKey, max_lines: usize) -> Result<Compacted, SessionsError> {
        let Some((session, _)) = self.existing(key).await? else { return Ok(Compacted::NoSession) };
        session.flush().await?;
        let (disk, active, now_ms) =
            (Arc::clone(&self.shared.disk), Arc::clone(&session.active), self.shared.clock.now_ms());
        let cut = self.shared.pool.run(move || {
            let path = active.place.path.clone();
            active.rewrite(|| cut(disk.as_ref(), &path, max_lines, now_ms))
        });
        let cut = cut.await.map_err(|_| SessionsError::Closed)?;
        let cut = cut.map_err(|error| SessionsError::transcript(session.path(), &error))?;
        if matches!(cut, Compacted::Cut { .. }) {
            let forget = self.change(key, |_, record| {
                for field in ["inputTokens", "outputTokens", "totalTokens"] {
                    record.remove(field);
                }
                Ok(())
            });
            forget.await?;
        }
        Ok(cut)
    }
}

fn cut(disk: &dyn Disk, path: &AbsPath, max_lines: usize, now_ms: i64) -> io::Result<Compacted> {
    let mut lines = Vec::new();
    let mut backwards = LinesBackwards::new(disk, path)?;
    while let Some(line) = backwards.next()? {
        lines.push(line);
    }
    let count = lines.len();
    if count == 0 {
        return Ok(Compacted::NoTranscript);
    }
    if count <= max_lines {
        return Ok(Compacted::ShortEnough { lines: count });
    }
    let header = lines.pop().filter(|line| Line::parse(line).is_some_and(|line| line.is_header()));
    // The header counts as a line, but the last entry stays in any case.
    let room = if header.is_some() { max_lines.saturating_sub(1).max(1) } else { max_lines };
    lines.truncate(room);
    let kept = lines.len() + usize::from(header.is_some());
    let Some(archived) = put_aside(disk, path, "bak", now_ms)? else { return Ok(Compacted::NoTranscript) };
    disk.replace(path, &mut |out| {
        for line in header.iter().chain(lines.iter().rev()) {
            out.write_all(line)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    })?;
    Ok(Compacted::Cut { kept, archived })
}
