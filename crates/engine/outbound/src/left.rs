//! How much of the answer that is being written has left already: the rest is all that still has to.
//!
//! Kept in the transaction that stages a block, so that a restart in between repeats nothing: a model that is asked
//! again and begins its answer with the same words goes on behind them. One that says something else is heard whole.

use sha2::{Digest as _, Sha256};
use store::{StoreError, Tx, View, params};

/// What has left of a run's current answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Left {
    /// Bytes of it, and their digest.
    upto: usize,
    digest: String,
    /// Blocks of the run so far.
    blocks: u32,
}

/// Where the part of `text` begins that has not left, and how many blocks of the run have.
pub(crate) fn left_of(view: &View<'_>, run: &str, text: &str) -> Result<(usize, u32), StoreError> {
    let left = read(view, run)?;
    let is_same = text.get(..left.upto).is_some_and(|begin| digest(begin) == left.digest);
    Ok((if is_same { left.upto } else { 0 }, left.blocks))
}

/// Whether `text` may still turn out to begin with what has left.
pub(crate) fn may_catch_up(view: &View<'_>, run: &str, text: &str) -> Result<bool, StoreError> {
    Ok(text.len() < read(view, run)?.upto)
}

/// All of this beginning of the answer has left now, with one block more.
pub(crate) fn left(tx: &Tx<'_>, run: &str, begin: &str) -> Result<(), StoreError> {
    let upto = i64::try_from(begin.len()).unwrap_or(i64::MAX);
    tx.execute(
        "INSERT INTO outbox_blocks (run, upto, digest, blocks) VALUES (?1, ?2, ?3, 1)
         ON CONFLICT (run) DO UPDATE SET upto = ?2, digest = ?3, blocks = blocks + 1",
        params![run, upto, digest(begin)],
    )?;
    Ok(())
}

/// The answer is an entry: the next one begins anew.
pub(crate) fn answered(tx: &Tx<'_>, run: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE outbox_blocks SET upto = 0, digest = '' WHERE run = ?1", [run]).map(drop)
}

/// The run is over.
pub(crate) fn forget(tx: &Tx<'_>, run: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM outbox_blocks WHERE run = ?1", [run]).map(drop)
}

fn read(view: &View<'_>, run: &str) -> Result<Left, StoreError> {
    let sql = "SELECT upto, digest, blocks FROM outbox_blocks WHERE run = ?1";
    let left = view.first(sql, [run], |row| {
        let upto = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
        Ok(Left { upto, digest: row.get(1)?, blocks: row.get(2)? })
    })?;
    Ok(left.unwrap_or_default())
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
