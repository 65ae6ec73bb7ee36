//! A hash chain over the facts: whoever changes the past breaks every seal behind it.
//!
//! A seal covers the facts since the one before and that seal itself. Facts that were forgotten by age leave their
//! seal standing: its place in the chain is still proved, its content no longer. A young seal must be whole.

use sha2::{Digest as _, Sha256};
use store::{StoreError, Tx, View, params};

/// Facts under one seal.
const MOST: i64 = 1_000;

/// What a check of the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All seals hold; of these facts were forgotten in the meantime.
    Sound { seals: usize, thinned: usize },
    /// The first seal that does not hold: something at or before this fact was changed.
    Broken { last: i64 },
}

/// Seals what is not sealed yet; `false` when there was nothing.
pub(crate) fn seal(tx: &Tx<'_>) -> Result<bool, StoreError> {
    let (before, previous) = newest(tx)?;
    let Block { count, last, oldest, hash } = digest(tx, before, None, &previous)?;
    if count == 0 {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO audit_seals (last, count, oldest, hash) VALUES (?1, ?2, ?3, ?4)",
        params![last, count, oldest, hash],
    )?;
    Ok(true)
}

/// Checks every seal against the facts; what is older than the horizon may have been forgotten.
pub(crate) fn verify(view: &View<'_>, horizon: i64) -> Result<Verdict, StoreError> {
    let sql = "SELECT last, count, oldest, hash FROM audit_seals ORDER BY last";
    let seals = view.query(sql, [], |row| {
        Ok(Block { last: row.get(0)?, count: row.get(1)?, oldest: row.get(2)?, hash: row.get(3)? })
    })?;
    let (mut before, mut previous, mut thinned) = (0, String::new(), 0);
    for seal in &seals {
        let found = digest(view, before, Some(seal.last), &previous)?;
        if found.count < seal.count && seal.oldest < horizon {
            thinned += 1;
        } else if found.hash != seal.hash {
            return Ok(Verdict::Broken { last: seal.last });
        }
        before = seal.last;
        previous.clone_from(&seal.hash);
    }
    Ok(Verdict::Sound { seals: seals.len(), thinned })
}

fn newest(view: &View<'_>) -> Result<(i64, String), StoreError> {
    let sql = "SELECT last, hash FROM audit_seals ORDER BY last DESC LIMIT 1";
    Ok(view.first(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?.unwrap_or_default())
}

/// The facts of one seal.
#[derive(Debug)]
struct Block {
    count: i64,
    last: i64,
    /// When its first fact happened.
    oldest: i64,
    hash: String,
}

/// The facts behind `before`, hashed with the seal before.
fn digest(view: &View<'_>, before: i64, last: Option<i64>, previous: &str) -> Result<Block, StoreError> {
    let mut digest = Sha256::new();
    digest.update(previous.as_bytes());
    let mut block = Block { count: 0, last: before, oldest: i64::MAX, hash: String::new() };
    let sql = "SELECT id, cause, kind, coalesce(effect, ''), at, body FROM facts
               WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3";
    view.each(sql, params![before, last.unwrap_or(i64::MAX), MOST], |row| {
        let at: i64 = row.get(4)?;
        block.last = row.get(0)?;
        block.count += 1;
        block.oldest = block.oldest.min(at);
        digest.update(block.last.to_le_bytes());
        digest.update(at.to_le_bytes());
        for column in [1, 2, 3, 5] {
            let text = row.get_ref(column)?.as_bytes()?;
            // With their lengths, so that no text can pass for two.
            digest.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
            digest.update(text);
        }
        Ok(true)
    })?;
    block.hash = hex::encode(digest.finalize());
    Ok(block)
}
