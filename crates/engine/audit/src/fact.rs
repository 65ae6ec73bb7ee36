//! One fact, and how facts are read.

use serde_json::Value;
use store::{Migration, Row, SqlError, StoreError, View, params};

/// Something that happened, with what led to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    pub id: i64,
    pub cause: String,
    pub kind: String,
    /// What came of it, if that has facts of its own.
    pub effect: Option<String>,
    /// Wall time in milliseconds.
    pub at: i64,
    pub body: Value,
}

pub(crate) const MIGRATION: Migration = Migration {
    owner: "audit",
    version: 1,
    sql: "CREATE TABLE audit_seals (
              last INTEGER PRIMARY KEY,
              count INTEGER NOT NULL,
              oldest INTEGER NOT NULL,
              hash TEXT NOT NULL
          );
          CREATE INDEX audit_arrivals ON facts (json_extract(body, '$.message')) WHERE kind = 'inbound.received'",
};

const COLUMNS: &str = "id, cause, kind, effect, at, body";

impl Fact {
    fn read(row: &Row<'_>) -> Result<Self, SqlError> {
        let body: String = row.get(5)?;
        Ok(Self {
            id: row.get(0)?,
            cause: row.get(1)?,
            kind: row.get(2)?,
            effect: row.get(3)?,
            at: row.get(4)?,
            // A body is always JSON; one that is not is shown as the text it is.
            body: serde_json::from_str(&body).unwrap_or(Value::String(body)),
        })
    }

    /// A text in the body.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field)?.as_str()
    }

    /// The facts with this cause.
    pub(crate) fn of_cause(view: &View<'_>, cause: &str) -> Result<Vec<Self>, StoreError> {
        view.query(&format!("SELECT {COLUMNS} FROM facts WHERE cause = ?1 ORDER BY id"), [cause], Self::read)
    }

    /// The facts that this came of.
    pub(crate) fn of_effect(view: &View<'_>, effect: &str) -> Result<Vec<Self>, StoreError> {
        view.query(&format!("SELECT {COLUMNS} FROM facts WHERE effect = ?1 ORDER BY id"), [effect], Self::read)
    }

    /// Arrivals, the newest first, until `visit` says `false`.
    pub(crate) fn arrivals(view: &View<'_>, kind: &str, mut visit: impl FnMut(Self) -> bool) -> Result<(), StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM facts WHERE kind = ?1 ORDER BY id DESC");
        view.each(&sql, [kind], |row| Ok(visit(Self::read(row)?)))
    }

    /// Arrivals of a vendor's message, the newest first.
    pub(crate) fn of_message(view: &View<'_>, message: &str) -> Result<Vec<Self>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM facts
             WHERE kind = 'inbound.received' AND json_extract(body, '$.message') = ?1 ORDER BY id DESC"
        );
        view.query(&sql, params![message], Self::read)
    }
}
