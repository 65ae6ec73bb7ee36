//! What the journal says after a kill: read from a copy, so that the next start finds the file as the kill left it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::{Connection, Row};
use serde_json::Value;

use crate::mark::Mark;

/// The rows with work left.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) inbox: Vec<Open>,
    /// Open runs and the tool with effects that was at work.
    pub(crate) runs: BTreeMap<String, Option<String>>,
    /// Open runs in which a tool has ended.
    pub(crate) tool_ended: BTreeSet<String>,
    pub(crate) outbox: Vec<Piece>,
}

/// A message whose run is not over.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) marks: Vec<Mark>,
    pub(crate) run: Option<String>,
}

/// A piece that has no receipt.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) key: String,
    pub(crate) attempts: u32,
    pub(crate) is_sending: bool,
    pub(crate) chat: i64,
    pub(crate) text: String,
}

impl Journal {
    pub(crate) fn read(state: &Path) -> anyhow::Result<Self> {
        let copies = tempfile::tempdir()?;
        for name in ["journal.sqlite", "journal.sqlite-wal"] {
            let file = state.join(name);
            if file.exists() {
                std::fs::copy(file, copies.path().join(name))?;
            }
        }
        let copy = Connection::open(copies.path().join("journal.sqlite"))?;
        let inbox = all(&copy, "SELECT body, run FROM inbox WHERE state <> 'closed' ORDER BY rowid", |row| {
            let body: String = row.get(0)?;
            Ok(Open { marks: Mark::all_in(&body), run: row.get(1)? })
        })?;
        let runs =
            all(&copy, "SELECT run, tool FROM runs WHERE ended_at IS NULL", |row| Ok((row.get(0)?, row.get(1)?)))?;
        let ended = "SELECT cause FROM facts JOIN runs ON cause = run WHERE ended_at IS NULL AND kind = 'tool.ended'";
        let tool_ended = all(&copy, ended, |row| row.get(0))?;
        let outbox = all(&copy, "SELECT state, body, key, attempts FROM outbox ORDER BY id", |row| {
            let (state, body): (String, String) = (row.get(0)?, row.get(1)?);
            let body: Value = serde_json::from_str(&body).unwrap_or_default();
            let chat = body["place"]["target"]["peer"].as_str().and_then(|peer| peer.parse().ok()).unwrap_or_default();
            let text = body["body"]["markdown"].as_str().unwrap_or_default().to_owned();
            Ok(Piece { key: row.get(2)?, attempts: row.get(3)?, is_sending: state == "sending", chat, text })
        })?;
        Ok(Self { inbox, runs: runs.into_iter().collect(), tool_ended: tool_ended.into_iter().collect(), outbox })
    }

    /// Nothing is left to do.
    pub(crate) fn is_done(&self) -> bool {
        self.inbox.is_empty() && self.runs.is_empty() && self.outbox.is_empty()
    }
}

fn all<T>(copy: &Connection, sql: &str, read: impl Fn(&Row<'_>) -> rusqlite::Result<T>) -> rusqlite::Result<Vec<T>> {
    copy.prepare(sql)?.query_map([], read)?.collect()
}
