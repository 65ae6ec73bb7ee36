//! Forgetting: whole chains, when all of a chain is older than what is kept.

use std::collections::{HashSet, VecDeque};

use store::{StoreError, Tx, View, params};

use crate::config::Keep;

/// Causes looked at in one transaction, so that a message waits for one such step at most.
const STEP: i64 = 200;

/// About what a row takes besides its texts.
const ROW_BYTES: i64 = 64;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// The moment before which chains are forgotten: by age, or earlier facts than fit the size.
pub(crate) fn horizon(view: &View<'_>, keep: Keep, now_ms: i64) -> Result<i64, StoreError> {
    let by_age = now_ms - i64::from(keep.days) * DAY_MS;
    let room = i64::from(keep.megabytes) * 1024 * 1024;
    let (mut taken, mut by_size) = (0, i64::MIN);
    let sql = "SELECT length(body) + length(cause) + length(kind) + coalesce(length(effect), 0), at FROM facts ORDER BY id DESC";
    view.each(sql, [], |row| {
        taken += row.get::<_, i64>(0)? + ROW_BYTES;
        if taken > room {
            by_size = row.get(1)?;
        }
        Ok(taken <= room)
    })?;
    Ok(by_age.max(by_size))
}

/// Forgets chains that ended before the horizon, starting with causes behind `after`. Gives where to go on.
pub(crate) fn forget(tx: &Tx<'_>, horizon: i64, after: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT cause FROM facts WHERE cause > ?1 GROUP BY cause HAVING max(at) < ?2 ORDER BY cause LIMIT ?3";
    let old: Vec<String> = tx.query(sql, params![after, horizon, STEP], |row| row.get(0))?;
    let mut judged = HashSet::new();
    for cause in &old {
        if judged.contains(cause) {
            continue;
        }
        let chain = connected(tx, cause)?;
        if is_before(tx, &chain, horizon)? {
            for id in &chain {
                tx.execute("DELETE FROM facts WHERE cause = ?1", [id])?;
            }
        }
        judged.extend(chain);
    }
    Ok(old.last().cloned())
}

/// Everything that is linked with an id, either way.
fn connected(view: &View<'_>, start: &str) -> Result<HashSet<String>, StoreError> {
    let mut seen = HashSet::from([start.to_owned()]);
    let mut waiting = VecDeque::from([start.to_owned()]);
    let sql = "SELECT effect FROM facts WHERE cause = ?1 AND effect IS NOT NULL UNION SELECT cause FROM facts WHERE effect = ?1";
    while let Some(id) = waiting.pop_front() {
        let near: Vec<String> = view.query(sql, [&id], |row| row.get(0))?;
        waiting.extend(near.into_iter().filter(|id| seen.insert(id.clone())));
    }
    Ok(seen)
}

fn is_before(view: &View<'_>, chain: &HashSet<String>, horizon: i64) -> Result<bool, StoreError> {
    for id in chain {
        let newest: Option<Option<i64>> =
            view.first("SELECT max(at) FROM facts WHERE cause = ?1", [id], |row| row.get(0))?;
        if newest.flatten().is_some_and(|at| at >= horizon) {
            return Ok(false);
        }
    }
    Ok(true)
}
