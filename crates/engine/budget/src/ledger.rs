//! The tables of what was reserved and spent. A line is written before the money can be spent and closed after.
//!
//! What a purse holds is kept as a sum a day, in the same transaction as the line: a reservation counts in full until
//! its bill is known, so a crash between the two leaves the worst case standing.

use provider::Usage;
use store::{Migration, StoreError, Tx, View, params};

use crate::money::Money;
use crate::purse::{Period, Purse};

/// The tables of this crate.
pub const MIGRATIONS: &[Migration] = &[Migration {
    owner: "budget",
    version: 1,
    sql: "CREATE TABLE ledger (
              id INTEGER PRIMARY KEY,
              at INTEGER NOT NULL,
              day TEXT NOT NULL,
              cause TEXT NOT NULL,
              what TEXT NOT NULL,
              purses TEXT NOT NULL,
              reserved INTEGER NOT NULL,
              spent INTEGER,
              expired INTEGER NOT NULL DEFAULT 0,
              input INTEGER NOT NULL DEFAULT 0,
              output INTEGER NOT NULL DEFAULT 0,
              cache_read INTEGER NOT NULL DEFAULT 0,
              cache_write INTEGER NOT NULL DEFAULT 0
          );
          CREATE INDEX ledger_open ON ledger (id) WHERE spent IS NULL;
          CREATE INDEX ledger_by_day ON ledger (day);
          CREATE TABLE spending (
              purse TEXT NOT NULL,
              day TEXT NOT NULL,
              amount INTEGER NOT NULL,
              PRIMARY KEY (purse, day)
          ) WITHOUT ROWID;",
}];

/// A line to be written.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub day: &'a str,
    pub cause: &'a str,
    pub what: &'a str,
    pub purses: &'a [Purse],
    pub reserved: Money,
}

/// What a purse holds in a period; `day` is `2026-01-31`.
pub(crate) fn spent(view: &View<'_>, purse: &Purse, period: Period, day: &str) -> Result<Money, StoreError> {
    let from = match period {
        Period::Day => day.to_owned(),
        Period::Month => format!("{}-01", day.get(..7).unwrap_or(day)),
    };
    spent_since(view, purse, &from, day)
}

/// What a purse holds from one day to another.
pub(crate) fn spent_since(view: &View<'_>, purse: &Purse, from: &str, day: &str) -> Result<Money, StoreError> {
    let sum = view.first(
        "SELECT COALESCE(SUM(amount), 0) FROM spending WHERE purse = ?1 AND day BETWEEN ?2 AND ?3",
        params![purse.to_string(), from, day],
        |row| row.get::<_, i64>(0),
    )?;
    Ok(Money::from_micros(sum.unwrap_or_default().max(0).unsigned_abs()))
}

/// Writes an open line and puts its worst case into every purse.
pub(crate) fn open(tx: &Tx<'_>, line: &Line<'_>) -> Result<i64, StoreError> {
    let names: Vec<String> = line.purses.iter().map(ToString::to_string).collect();
    tx.execute(
        "INSERT INTO ledger (at, day, cause, what, purses, reserved) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![tx.now_ms(), line.day, line.cause, line.what, serde_json::to_string(&names)?, signed(line.reserved)],
    )?;
    let id = tx.last_id();
    put(tx, &names, line.day, signed(line.reserved))?;
    Ok(id)
}

/// Closes a line with its bill; the purses get the difference back, or pay it. A line is closed once.
pub(crate) fn close(tx: &Tx<'_>, id: i64, bill: Money, usage: &Usage) -> Result<bool, StoreError> {
    let line =
        tx.first("SELECT day, purses, reserved FROM ledger WHERE id = ?1 AND spent IS NULL", params![id], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })?;
    let Some((day, purses, reserved)) = line else { return Ok(false) };
    let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
    tx.execute(
        "UPDATE ledger SET spent = ?2, input = ?3, output = ?4, cache_read = ?5, cache_write = ?6 WHERE id = ?1",
        params![
            id,
            signed(bill),
            count(usage.input),
            count(usage.output),
            count(usage.cache_read),
            count(usage.cache_write)
        ],
    )?;
    let names: Vec<String> = serde_json::from_str(&purses)?;
    put(tx, &names, &day, signed(bill).saturating_sub(reserved))?;
    Ok(true)
}

/// Closes what an earlier process left open, at its worst case. Gives how many lines and how much.
pub(crate) fn expire(tx: &Tx<'_>) -> Result<Vec<(i64, String, Money)>, StoreError> {
    let open = tx.query("SELECT id, cause, reserved FROM ledger WHERE spent IS NULL", [], |row| {
        Ok((row.get(0)?, row.get(1)?, Money::from_micros(row.get::<_, i64>(2)?.max(0).unsigned_abs())))
    })?;
    tx.execute("UPDATE ledger SET spent = reserved, expired = 1 WHERE spent IS NULL", [])?;
    Ok(open)
}

fn put(tx: &Tx<'_>, purses: &[String], day: &str, amount: i64) -> Result<(), StoreError> {
    if amount == 0 {
        return Ok(());
    }
    for purse in purses {
        tx.execute(
            "INSERT INTO spending (purse, day, amount) VALUES (?1, ?2, ?3)
             ON CONFLICT (purse, day) DO UPDATE SET amount = amount + excluded.amount",
            params![purse, day, amount],
        )?;
    }
    Ok(())
}

/// The database counts in signed numbers; half of all of them is more money than there is.
fn signed(amount: Money) -> i64 {
    i64::try_from(amount.micros()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}
