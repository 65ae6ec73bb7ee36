//! What the store and the disk say at the end, read once.

use std::collections::{BTreeMap, BTreeSet};

use lanes::RunOutcome;
use serde_json::Value;
use stdx::{AbsPath, Disk as _, MemoryDisk};
use store::{Store, StoreError, View};

/// A fact of the journal.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) cause: String,
    pub(super) kind: String,
    pub(super) effect: Option<String>,
    pub(super) body: Value,
}

#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) reserved: i64,
    pub(super) spent: Option<i64>,
}

#[derive(Debug)]
pub(super) struct Records {
    pub(super) facts: Vec<Fact>,
    /// Run and whether its row is closed.
    pub(super) runs: Vec<(String, bool)>,
    /// Rows still open in the inbox, and rows still in the outbox.
    pub(super) left: Vec<String>,
    pub(super) ledger: Vec<Ledger>,
    pub(super) spending: i64,
    /// By path: lines of the file, then committed ones that are not in it.
    pub(super) transcripts: BTreeMap<String, Vec<Vec<u8>>>,
}

impl Records {
    pub(super) fn read(store: &Store, disk: &MemoryDisk) -> Result<Self, StoreError> {
        store.read_blocking(|view| {
            let facts = view.query("SELECT cause, kind, effect, body FROM facts ORDER BY id", [], |row| {
                let body: String = row.get(3)?;
                let body = serde_json::from_str(&body).unwrap_or_default();
                Ok(Fact { cause: row.get(0)?, kind: row.get(1)?, effect: row.get(2)?, body })
            })?;
            let left = "SELECT 'inbox ' || event FROM inbox WHERE state <> 'closed' UNION ALL SELECT key FROM outbox";
            Ok(Self {
                facts,
                runs: view
                    .query("SELECT run, ended_at IS NOT NULL FROM runs", [], |row| Ok((row.get(0)?, row.get(1)?)))?,
                left: view.query(left, [], |row| row.get(0))?,
                ledger: view.query("SELECT reserved, spent FROM ledger", [], |row| {
                    Ok(Ledger { reserved: row.get(0)?, spent: row.get(1)? })
                })?,
                spending: view
                    .first("SELECT sum(amount) FROM spending WHERE purse = 'all'", [], |row| {
                        row.get::<_, Option<i64>>(0)
                    })?
                    .flatten()
                    .unwrap_or_default(),
                transcripts: transcripts(view, disk)?,
            })
        })
    }

    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Fact> {
        self.facts.iter().filter(move |fact| fact.kind == kind)
    }

    /// The journal's names of an update of the network; more than one when it was taken twice.
    pub(super) fn events(&self, number: usize) -> Vec<&str> {
        let is_it = |fact: &&Fact| {
            let vendor = fact.body["vendor"].as_str().unwrap_or_default();
            vendor == format!("u{number}") || vendor.starts_with(&format!("u{number}-"))
        };
        self.of_kind("inbound.received").filter(is_it).map(|fact| fact.cause.as_str()).collect()
    }

    /// The runs an event became part of.
    pub(super) fn runs_of(&self, event: &str) -> BTreeSet<&str> {
        let linked = |fact: &&Fact| fact.cause == event && matches!(&*fact.kind, "run.started" | "run.steered");
        self.facts.iter().filter(linked).filter_map(|fact| fact.effect.as_deref()).collect()
    }

    pub(super) fn has(&self, cause: &str, kind: &str) -> bool {
        self.of_kind(kind).any(|fact| fact.cause == cause)
    }

    /// How many entries of the model hold these words.
    pub(super) fn said(&self, words: &str) -> usize {
        let lines = self.transcripts.values().flatten().map(|line| String::from_utf8_lossy(line));
        lines.filter(|line| line.contains("\"role\":\"assistant\"") && line.contains(words)).count()
    }

    /// How a run ended.
    pub(super) fn outcome(&self, run: &str) -> Option<RunOutcome> {
        let ended = self.of_kind("run.ended").find(|fact| fact.cause == run)?;
        serde_json::from_value(ended.body.clone()).ok()
    }
}

fn transcripts(view: &View<'_>, disk: &MemoryDisk) -> Result<BTreeMap<String, Vec<Vec<u8>>>, StoreError> {
    let mut all: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    let folder = AbsPath::new("/state/agents/main/sessions").map_err(StoreError::abandoned)?;
    for name in disk.list(&folder)?.iter().filter(|name| name.ends_with(".jsonl")) {
        let path = folder.join(name);
        let bytes = disk.read(&path, 0, 64 << 20)?;
        // What a crash tore off is cut away when the file is opened next.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines = bytes[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        all.insert(path.to_string(), lines.map(<[u8]>::to_vec).collect());
    }
    let sql = "SELECT path, entry, line FROM pending_entries ORDER BY id";
    let pending: Vec<(String, String, Vec<u8>)> =
        view.query(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for (path, entry, line) in pending {
        let lines = all.entry(path).or_default();
        let id = format!("\"id\":\"{entry}\"");
        if !lines.iter().any(|line| String::from_utf8_lossy(line).contains(&id)) {
            lines.push(line);
        }
    }
    Ok(all)
}
