//! What survives a crash: a row per command, open from before its start until after its end.

use serde_json::json;
use store::{Migration, Store, StoreError, Tx, params};
use tool::ProcessId;

use crate::processes::Interrupted;

/// The tables of this crate.
pub const MIGRATIONS: &[Migration] = &[Migration {
    owner: "sandbox",
    version: 1,
    sql: "CREATE TABLE commands (
              mark TEXT PRIMARY KEY,
              name TEXT NOT NULL,
              agent TEXT NOT NULL,
              session TEXT NOT NULL,
              run TEXT NOT NULL,
              command TEXT NOT NULL,
              started_at INTEGER NOT NULL,
              ended_at INTEGER,
              outcome TEXT
          ) WITHOUT ROWID;
          CREATE INDEX commands_open ON commands (started_at) WHERE ended_at IS NULL;
          CREATE INDEX commands_ended ON commands (ended_at) WHERE ended_at IS NOT NULL",
}];

/// Rows of ended commands are kept this long.
const KEPT_MS: i64 = 7 * 24 * 3_600_000;
/// More of a command line than this is not needed to recognise it.
const COMMAND_BYTES: usize = 2_000;

/// A command that is about to start.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) mark: String,
    pub(super) id: ProcessId,
    pub(super) agent: String,
    pub(super) session: String,
    pub(super) run: String,
    pub(super) command: String,
}

/// A command whose end nobody recorded.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) mark: String,
    pub(super) run: String,
    name: String,
    agent: String,
    session: String,
    command: String,
    started_ms: i64,
}

impl Open {
    /// What its session is told. A row that names nobody we know is closed all the same.
    pub(super) fn interrupted(&self) -> Option<Interrupted> {
        Some(Interrupted {
            id: ProcessId(self.name.clone()),
            agent: self.agent.parse().ok()?,
            session: self.session.parse().ok()?,
            run: self.run.parse().ok()?,
            command: self.command.clone(),
            started_ms: self.started_ms,
            killed: 0,
            mark: self.mark.clone(),
        })
    }
}

pub(super) async fn open(store: &Store, mut row: Started) -> Result<(), StoreError> {
    row.command.truncate(row.command.floor_char_boundary(COMMAND_BYTES));
    store
        .write(move |tx| {
            tx.execute(
                "INSERT INTO commands (mark, name, agent, session, run, command, started_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![row.mark, row.id.0, row.agent, row.session, row.run, row.command, tx.now_ms()],
            )?;
            tx.fact(&row.run, "command.started", &json!({"name": row.id.0})).map(drop)
        })
        .await
}

pub(super) async fn close(store: &Store, mark: &str, run: &str, outcome: &str) -> Result<(), StoreError> {
    let (mark, run, outcome) = (mark.to_owned(), run.to_owned(), outcome.to_owned());
    store
        .write(move |tx| {
            tx.execute(
                "UPDATE commands SET ended_at = ?2, outcome = ?3 WHERE mark = ?1",
                params![mark, tx.now_ms(), outcome],
            )?;
            tx.fact(&run, "command.ended", &json!({"outcome": outcome})).map(drop)
        })
        .await
}

/// Rows whose commands a crash cut off.
pub(super) async fn still_open(store: &Store) -> Result<Vec<Open>, StoreError> {
    store
        .read(|view| {
            view.query(
                "SELECT mark, name, agent, session, run, command, started_at FROM commands
                 WHERE ended_at IS NULL ORDER BY started_at",
                [],
                |row| {
                    Ok(Open {
                        mark: row.get(0)?,
                        name: row.get(1)?,
                        agent: row.get(2)?,
                        session: row.get(3)?,
                        run: row.get(4)?,
                        command: row.get(5)?,
                        started_ms: row.get(6)?,
                    })
                },
            )
        })
        .await
}

/// Closes a row as interrupted, unless it is closed.
pub(super) fn close_interrupted(tx: &Tx<'_>, mark: &str, run: &str) -> Result<(), StoreError> {
    let closed = tx.execute(
        "UPDATE commands SET ended_at = ?2, outcome = 'interrupted' WHERE mark = ?1 AND ended_at IS NULL",
        params![mark, tx.now_ms()],
    )?;
    if closed > 0 {
        tx.fact(run, "command.ended", &json!({"outcome": "interrupted"}))?;
    }
    Ok(())
}

/// Closes these rows (mark and run) as interrupted; forgets rows of long ago.
pub(super) async fn tidy(store: &Store, marks: Vec<(String, String)>) -> Result<(), StoreError> {
    store
        .write(move |tx| {
            for (mark, run) in &marks {
                close_interrupted(tx, mark, run)?;
            }
            tx.execute("DELETE FROM commands WHERE ended_at < ?1", [tx.now_ms() - KEPT_MS]).map(drop)
        })
        .await
}
