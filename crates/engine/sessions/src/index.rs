//! The session index: one row each, so that a message touches one row however many there are.
//!
//! The row that `sessions.list` shows is rendered when it is written, because it is read far more often.

use ids::{AgentId, SessionId, SessionKey};
use protocol::sessions::SessionKind;
use serde::Serialize;
use serde_json::value::RawValue;
use store::{Migration, StoreError, Tx, View, params};

use crate::record::Record;

pub(crate) const MIGRATION: Migration = Migration {
    owner: "sessions",
    version: 1,
    sql: "CREATE TABLE sessions (
              id INTEGER PRIMARY KEY,
              key TEXT NOT NULL UNIQUE,
              agent TEXT NOT NULL,
              session TEXT NOT NULL,
              updated_at INTEGER NOT NULL,
              label TEXT,
              spawned_by TEXT,
              haystack TEXT NOT NULL,
              shown TEXT NOT NULL,
              record TEXT NOT NULL
          );
          CREATE INDEX sessions_by_use ON sessions (updated_at);
          CREATE INDEX sessions_by_session ON sessions (session);
          CREATE INDEX sessions_by_label ON sessions (label) WHERE label IS NOT NULL;
          CREATE TABLE pending_entries (
              id INTEGER PRIMARY KEY,
              path TEXT NOT NULL,
              session TEXT NOT NULL,
              entry TEXT NOT NULL,
              cwd TEXT NOT NULL,
              line BLOB NOT NULL
          );
          CREATE INDEX pending_by_path ON pending_entries (path, id);
          CREATE TABLE session_exports (
              agent TEXT PRIMARY KEY,
              path TEXT NOT NULL,
              len INTEGER NOT NULL,
              modified_ms INTEGER NOT NULL,
              hash TEXT NOT NULL,
              newest INTEGER NOT NULL
          );",
};

/// Which index of an older layout was merged, by what was in it.
pub(crate) const MERGED: Migration = Migration {
    owner: "sessions",
    version: 2,
    sql: "CREATE TABLE merged_indexes (path TEXT PRIMARY KEY, hash TEXT NOT NULL);",
};

pub(crate) fn was_merged(view: &View<'_>, path: &str, hash: &str) -> Result<bool, StoreError> {
    let merged: Option<String> =
        view.first("SELECT hash FROM merged_indexes WHERE path = ?1", [path], |row| row.get(0))?;
    Ok(merged.is_some_and(|merged| merged == hash))
}

pub(crate) fn note_merged(tx: &Tx<'_>, path: &str, hash: &str) -> Result<(), StoreError> {
    tx.execute("INSERT OR REPLACE INTO merged_indexes (path, hash) VALUES (?1, ?2)", params![path, hash])?;
    Ok(())
}

/// The record of a session.
pub(crate) fn find(view: &View<'_>, key: &SessionKey) -> Result<Option<Record>, StoreError> {
    let text: Option<String> =
        view.first("SELECT record FROM sessions WHERE key = ?1", [key.as_str()], |row| row.get(0))?;
    text.map(|text| parse(&text)).transpose()
}

/// Writes the record of a session, new or not.
pub(crate) fn save(tx: &Tx<'_>, key: &SessionKey, agent: &AgentId, record: &Record) -> Result<(), StoreError> {
    let session = record.text("sessionId").unwrap_or_default();
    let (label, spawned_by) = (record.text("label"), record.text("spawnedBy"));
    tx.execute(
        "INSERT INTO sessions (key, agent, session, updated_at, label, spawned_by, haystack, shown, record)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (key) DO UPDATE SET agent = ?2, session = ?3, updated_at = ?4, label = ?5, spawned_by = ?6,
             haystack = ?7, shown = ?8, record = ?9",
        params![
            key.as_str(),
            agent.as_str(),
            session,
            record.updated_at(),
            label,
            spawned_by,
            haystack(key, record),
            shown(key, record)?,
            serde_json::to_string(record)?
        ],
    )?;
    Ok(())
}

pub(crate) fn remove(tx: &Tx<'_>, key: &SessionKey) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM sessions WHERE key = ?1", [key.as_str()])? > 0)
}

/// The keys of sessions with this id.
pub(crate) fn by_session(view: &View<'_>, session: &SessionId) -> Result<Vec<SessionKey>, StoreError> {
    keys(view, "SELECT key FROM sessions WHERE session = ?1 ORDER BY updated_at DESC", session.as_str())
}

/// The keys of sessions with this label.
pub(crate) fn by_label(view: &View<'_>, label: &str) -> Result<Vec<SessionKey>, StoreError> {
    keys(view, "SELECT key FROM sessions WHERE label = ?1 ORDER BY updated_at DESC", label)
}

fn keys(view: &View<'_>, sql: &str, value: &str) -> Result<Vec<SessionKey>, StoreError> {
    let texts: Vec<String> = view.query(sql, [value], |row| row.get(0))?;
    Ok(texts.iter().filter_map(|text| text.parse().ok()).collect())
}

pub(crate) fn parse(text: &str) -> Result<Record, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged(format!("a session's record: {error}")))
}

/// What a search looks through.
fn haystack(key: &SessionKey, record: &Record) -> String {
    let fields = ["displayName", "label", "subject", "sessionId"];
    let mut text: Vec<String> = fields.iter().filter_map(|field| record.text(field)).collect();
    text.push(key.to_string());
    // A line end is in none of them, so no search matches across two.
    text.join("\n").to_lowercase()
}

const SHOWN_FIELDS: &[&str] = &[
    "label",
    "displayName",
    "channel",
    "subject",
    "groupChannel",
    "space",
    "chatType",
    "origin",
    "updatedAt",
    "sessionId",
    "systemSent",
    "abortedLastRun",
    "thinkingLevel",
    "verboseLevel",
    "reasoningLevel",
    "elevatedLevel",
    "sendPolicy",
    "inputTokens",
    "outputTokens",
    "totalTokens",
    "responseUsage",
    "modelProvider",
    "model",
    "contextTokens",
    "deliveryContext",
    "lastChannel",
    "lastTo",
    "lastAccountId",
];

/// The row as `sessions.list` shows it.
fn shown(key: &SessionKey, record: &Record) -> Result<String, StoreError> {
    struct Shown<'a>(&'a SessionKey, &'a Record);
    impl Serialize for Shown<'_> {
        fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeMap as _;
            let Self(key, record) = self;
            let mut map = to.serialize_map(None)?;
            map.serialize_entry("key", key)?;
            map.serialize_entry("kind", &kind(key, record))?;
            for field in SHOWN_FIELDS {
                match record.raw(field).filter(|value| value.get() != "null") {
                    Some(value) => map.serialize_entry(field, value)?,
                    None if *field == "updatedAt" => map.serialize_entry(field, &None::<u64>)?,
                    None if *field == "totalTokens" => map.serialize_entry(field, &total_tokens(record))?,
                    None => {}
                }
            }
            map.end()
        }
    }
    Ok(serde_json::to_string(&Shown(key, record))?)
}

fn total_tokens(record: &Record) -> u64 {
    let tokens = |field| record.get::<u64>(field).unwrap_or(0);
    tokens("inputTokens") + tokens("outputTokens")
}

pub(crate) fn kind(key: &SessionKey, record: &Record) -> SessionKind {
    let chat_type = record.raw("chatType").map(RawValue::get);
    match SessionKind::from(key.chat()) {
        SessionKind::Direct if matches!(chat_type, Some(r#""group""# | r#""channel""#)) => SessionKind::Group,
        kind => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_row_is_what_the_list_promises() {
        let text = r#"{"sessionId":"a","updatedAt":5,"chatType":"group","future":1,"inputTokens":3,"outputTokens":4,"label":null}"#;
        let row = shown(&"agent:main:x".parse().unwrap(), &parse(text).unwrap()).unwrap();
        assert_eq!(
            row,
            r#"{"key":"agent:main:x","kind":"group","chatType":"group","updatedAt":5,"sessionId":"a","inputTokens":3,"outputTokens":4,"totalTokens":7}"#
        );
        serde_json::from_str::<protocol::sessions::list::Row>(&row).unwrap();
    }
}
