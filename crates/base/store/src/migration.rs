//! Tables come and grow, they never change or go: so the previous and the next release open the same file.
//!
//! Each engine numbers its own migrations. One that this program does not know was added by a later release and is
//! left alone. A layout that is no longer additive raises `LAYOUT`, and older programs refuse the file.

use rusqlite::{Connection, params};

use crate::StoreError;

/// Raised only by a change that older releases cannot live with.
const LAYOUT: u32 = 1;

/// Marks the file as one of ours (SQLite's `application_id`).
const APPLICATION: i32 = 0x636c_7701;

/// A step of one owner's tables. Numbers start at 1 and a step that was released is never edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    pub owner: &'static str,
    pub version: u32,
    /// Statements that add: `CREATE TABLE`, `CREATE INDEX`, `ALTER TABLE … ADD COLUMN`, `INSERT`.
    pub sql: &'static str,
}

const OWN: &[Migration] = &[Migration {
    owner: "store",
    version: 1,
    sql: "CREATE TABLE facts (
              id INTEGER PRIMARY KEY,
              cause TEXT NOT NULL,
              kind TEXT NOT NULL,
              effect TEXT,
              at INTEGER NOT NULL,
              body TEXT NOT NULL
          );
          CREATE INDEX facts_by_cause ON facts (cause);
          CREATE INDEX facts_by_effect ON facts (effect) WHERE effect IS NOT NULL;
          CREATE TABLE fence (id INTEGER PRIMARY KEY, token INTEGER NOT NULL);
          INSERT INTO fence (id, token) VALUES (1, 0);",
}];

/// Whether this file may be opened by this program, asked before anything is written.
pub(crate) fn check_layout(connection: &Connection) -> Result<(), StoreError> {
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables = tables(connection)?;
    if tables > 0 && application != APPLICATION {
        return Err(StoreError::Damaged("it belongs to another program".to_owned()));
    }
    if found > LAYOUT {
        return Err(StoreError::TooNew { found, known: LAYOUT });
    }
    Ok(())
}

/// Adds what is missing and takes the next fencing token, in one transaction.
pub(crate) fn prepare(connection: &mut Connection, migrations: &[Migration]) -> Result<u64, StoreError> {
    check_layout(connection)?;
    for migration in migrations {
        check_additive(migration)?;
    }
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    if tables(&transaction)? == 0 {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", LAYOUT)?;
        transaction.execute_batch(
            "CREATE TABLE migrations (owner TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (owner, version)) WITHOUT ROWID",
        )?;
    }
    let note = "INSERT OR IGNORE INTO migrations (owner, version) VALUES (?1, ?2)";
    for migration in OWN.iter().chain(migrations) {
        let is_new = transaction.prepare_cached(note)?.execute(params![migration.owner, migration.version])?;
        if is_new == 1 {
            transaction.execute_batch(migration.sql)?;
        }
    }
    let next = "UPDATE fence SET token = token + 1 WHERE id = 1 RETURNING token";
    let token: i64 = transaction.prepare_cached(next)?.query_row([], |row| row.get(0))?;
    transaction.commit()?;
    Ok(token.unsigned_abs())
}

fn tables(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT count(*) FROM sqlite_schema")?.query_row([], |row| row.get(0))
}

fn check_additive(migration: &Migration) -> Result<(), StoreError> {
    for statement in migration.sql.split(';') {
        let words: Vec<String> = statement.split_whitespace().map(str::to_uppercase).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let adds = matches!(
            words.as_slice(),
            [] | ["CREATE", "TABLE" | "INDEX", ..]
                | ["CREATE", "UNIQUE", "INDEX", ..]
                | ["ALTER", "TABLE", _, "ADD", "COLUMN", ..]
                | ["INSERT", ..]
        );
        if !adds {
            let Migration { owner, version, .. } = *migration;
            return Err(StoreError::NotAdditive { owner, version, statement: statement.trim().to_owned() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_that_drops_something_is_refused_by_name() {
        let sql = "CREATE TABLE a (b); DROP TABLE c";
        let refused = check_additive(&Migration { owner: "lanes", version: 3, sql }).unwrap_err();
        assert_eq!(refused.to_string(), "migration lanes 3 does more than add: `DROP TABLE c`");
    }

    #[test]
    fn a_new_column_is_an_addition() {
        let sql = "alter table a add column b text; create unique index c on a (b);";
        assert_eq!(check_additive(&Migration { owner: "lanes", version: 3, sql }), Ok(()));
    }
}
