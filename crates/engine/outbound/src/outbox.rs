//! The rows of what is to leave: *prepared* before the first byte, *sending* while nobody knows, gone when done; *aside*
//! where this program cannot read them.
//!
//! What became of a row stays in the facts; the row itself only lives while there is work left.

use channel::{Keyboard, Receipt, SendKey, Target};
use ids::{AccountId, AgentId, ChannelKind, MessageId, PeerId, ThreadId};
use serde::{Deserialize, Serialize};
use store::{Migration, Row, StoreError, Tx, View, params};

/// This engine's tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        owner: "outbound",
        version: 1,
        sql: "CREATE TABLE outbox (
              id INTEGER PRIMARY KEY,
              key TEXT NOT NULL UNIQUE,
              place TEXT NOT NULL,
              body TEXT NOT NULL,
              state TEXT NOT NULL,
              attempts INTEGER NOT NULL,
              due INTEGER NOT NULL,
              at INTEGER NOT NULL
          );
          CREATE INDEX outbox_by_place ON outbox (place, id);",
    },
    Migration {
        owner: "outbound",
        version: 2,
        sql: "CREATE TABLE outbox_sent (
              id INTEGER PRIMARY KEY,
              channel TEXT NOT NULL,
              account TEXT NOT NULL,
              peer TEXT NOT NULL,
              message TEXT NOT NULL,
              thread TEXT
          );
          CREATE INDEX outbox_sent_by_message ON outbox_sent (message, peer);",
    },
    Migration {
        owner: "outbound",
        version: 3,
        sql: "CREATE TABLE outbox_blocks (
              run TEXT PRIMARY KEY,
              upto INTEGER NOT NULL,
              digest TEXT NOT NULL,
              blocks INTEGER NOT NULL
          );",
    },
];

/// Messages of ours that are remembered as ours; the oldest go.
const SENT_KEPT: i64 = 10_000;

/// Rows that may wait; more are refused.
pub(crate) const OUTBOX_CAPACITY: usize = 10_000;

/// One conversation on one account: pieces for it leave in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    pub channel: ChannelKind,
    pub account: AccountId,
    pub target: Target,
}

impl Place {
    fn text(&self) -> Result<String, StoreError> {
        Ok(serde_json::to_string(self)?)
    }
}

/// A piece to send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Stable for this piece: staging it twice keeps one.
    pub key: SendKey,
    pub place: Place,
    pub reply_to: Option<MessageId>,
    pub body: Body,
    /// The id of what led to it: a run or an inbound event.
    pub cause: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyboard: Option<Keyboard>,
}

/// What a piece says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Body {
    Text {
        markdown: String,
    },
    /// A file by the name the agent gave it; looked up when it leaves.
    File {
        path: String,
        agent: AgentId,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        caption: String,
    },
    /// Pictures and videos that are shown together.
    Album {
        paths: Vec<String>,
        agent: AgentId,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        caption: String,
    },
    /// Our reaction to a message; `None` takes it back.
    Reaction {
        message: MessageId,
        emoji: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Prepared,
    /// An attempt began; how it ended is not known.
    Sending,
}

/// A row with work left.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) id: i64,
    pub(crate) draft: Draft,
    pub(crate) state: State,
    pub(crate) attempts: u32,
    /// Wall time in milliseconds before which no attempt is made.
    pub(crate) due: i64,
    /// When it was staged, wall time in milliseconds.
    pub(crate) at: i64,
}

/// What comes first of a place.
#[derive(Debug, Clone)]
pub(crate) enum Head {
    Pending(Box<Pending>),
    Unreadable(Unreadable),
}

/// A row that says nothing to this program: damaged, or of a later release.
#[derive(Debug, Clone)]
pub(crate) struct Unreadable {
    id: i64,
    pub(crate) key: SendKey,
    pub(crate) problem: String,
}

/// Adds a piece; `false` when it is already there, was sent before, or the outbox is full.
pub(crate) fn stage(tx: &Tx<'_>, draft: &Draft) -> Result<bool, StoreError> {
    if receipt(tx, &draft.key)?.is_some() {
        return Ok(false);
    }
    if !has_room(tx, 1)? {
        tx.fact(&draft.cause, "outbound.dropped", &Reason { reason: "the outbox is full" })?;
        return Ok(false);
    }
    let added = tx.execute(
        "INSERT OR IGNORE INTO outbox (key, place, body, state, attempts, due, at) VALUES (?1, ?2, ?3, 'prepared', 0, 0, ?4)",
        params![&*draft.key.0, draft.place.text()?, serde_json::to_string(draft)?, tx.now_ms()],
    )?;
    if added == 1 {
        tx.link(&draft.cause, "outbound.prepared", &draft.key.0, &draft.place)?;
    }
    Ok(added == 1)
}

pub(crate) fn stage_all(tx: &Tx<'_>, drafts: &[Draft]) -> Result<(), StoreError> {
    drafts.iter().try_for_each(|draft| stage(tx, draft).map(drop))
}

/// Whether all these pieces have room, besides those that wait already.
pub(crate) fn takes(view: &View<'_>, drafts: &[Draft]) -> Result<bool, StoreError> {
    let mut fresh = 0;
    for draft in drafts {
        let waits = view.first("SELECT 1 FROM outbox WHERE key = ?1", [&*draft.key.0], |_| Ok(()))?;
        fresh += usize::from(waits.is_none());
    }
    has_room(view, fresh)
}

/// The network's receipt of a piece that was sent before: its row is gone, its fact is not.
pub(crate) fn receipt(view: &View<'_>, key: &SendKey) -> Result<Option<Receipt>, StoreError> {
    let sql = "SELECT body FROM facts WHERE cause = ?1 AND kind = 'outbound.sent'";
    let body = view.first(sql, [&*key.0], |row| row.get::<_, String>(0))?;
    Ok(body.and_then(|body| serde_json::from_str(&body).ok()))
}

/// Whether a piece has left, or waits to.
pub(crate) fn is_said(view: &View<'_>, key: &SendKey) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM outbox WHERE key = ?1 AND state <> 'aside'";
    let waits = view.first(sql, [&*key.0], |row| row.get::<_, i64>(0))?;
    Ok(waits.is_some() || receipt(view, key)?.is_some())
}

/// How many rows wait.
pub(crate) fn count(view: &View<'_>) -> Result<u64, StoreError> {
    let count: i64 =
        view.first("SELECT count(*) FROM outbox WHERE state <> 'aside'", [], |row| row.get(0))?.unwrap_or(0);
    Ok(count.unsigned_abs())
}

/// Whether so many more rows may wait.
pub(crate) fn has_room(view: &View<'_>, rows: usize) -> Result<bool, StoreError> {
    let most = i64::try_from(OUTBOX_CAPACITY.saturating_sub(rows)).unwrap_or(i64::MAX);
    let sql = "SELECT 1 FROM outbox WHERE state <> 'aside' LIMIT 1 OFFSET ?1";
    Ok(view.first(sql, [most], |_| Ok(()))?.is_none())
}

#[derive(Serialize)]
struct Reason<'a> {
    reason: &'a str,
}

/// The place's first row with work left.
pub(crate) fn head(view: &View<'_>, place: &Place) -> Result<Option<Head>, StoreError> {
    let sql = "SELECT id, body, state, attempts, due, at, key FROM outbox \
               WHERE place = ?1 AND state <> 'aside' ORDER BY id LIMIT 1";
    let read = |row: &Row<'_>| Ok((row.get::<_, String>(1)?, row.get::<_, String>(6)?, pending(row)?));
    let found = view.first(sql, [place.text()?], read)?;
    Ok(found.map(|(body, key, (id, state, attempts, due, at))| match serde_json::from_str(&body) {
        Ok(draft) => Head::Pending(Box::new(Pending { id, draft, state, attempts, due, at })),
        Err(problem) => Head::Unreadable(Unreadable { id, key: SendKey(key.into()), problem: problem.to_string() }),
    }))
}

/// The row stays, for a release that can read it, and what is behind it goes on.
pub(crate) fn set_aside(tx: &Tx<'_>, row: &Unreadable) -> Result<(), StoreError> {
    tx.execute("UPDATE outbox SET state = 'aside' WHERE id = ?1", [row.id])?;
    tx.fact(&row.key.0, "outbound.aside", &Reason { reason: &row.problem })?;
    Ok(())
}

fn pending(row: &Row<'_>) -> Result<(i64, State, u32, i64, i64), store::SqlError> {
    let get = |index| row.get_ref(index).map_err(|_| store::types::FromSqlError::InvalidType);
    let state = if get(2)?.as_str()? == "sending" { State::Sending } else { State::Prepared };
    Ok((
        get(0)?.as_i64()?,
        state,
        u32::try_from(get(3)?.as_i64()?).unwrap_or(u32::MAX),
        get(4)?.as_i64()?,
        get(5)?.as_i64()?,
    ))
}

/// Every place that has work left.
pub(crate) fn places(view: &View<'_>) -> Result<Vec<Place>, StoreError> {
    let sql = "SELECT DISTINCT place FROM outbox WHERE state <> 'aside' ORDER BY id";
    let texts = view.query(sql, [], |row| row.get::<_, String>(0))?;
    Ok(texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect())
}

/// Rows whose place nobody can read: no worker would ever see them.
pub(crate) fn nowhere(view: &View<'_>) -> Result<Vec<Unreadable>, StoreError> {
    let sql = "SELECT id, key, place FROM outbox WHERE state <> 'aside' ORDER BY id";
    let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?));
    let rows = view.query(sql, [], read)?;
    let unreadable = |(id, key, place): (i64, String, String)| {
        let problem = serde_json::from_str::<Place>(&place).err()?.to_string();
        Some(Unreadable { id, key: SendKey(key.into()), problem })
    };
    Ok(rows.into_iter().filter_map(unreadable).collect())
}

/// An attempt begins: synced before the first byte leaves.
pub(crate) fn begin(tx: &Tx<'_>, pending: &Pending) -> Result<(), StoreError> {
    tx.execute("UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = ?1", [pending.id])?;
    tx.fact(&pending.draft.key.0, "outbound.sending", &Attempt { attempt: pending.attempts + 1 })?;
    Ok(())
}

#[derive(Serialize)]
struct Attempt {
    attempt: u32,
}

/// The network took it.
pub(crate) fn sent(tx: &Tx<'_>, pending: &Pending, receipt: &Receipt) -> Result<(), StoreError> {
    tx.execute("DELETE FROM outbox WHERE id = ?1", [pending.id])?;
    tx.fact(&pending.draft.key.0, "outbound.sent", receipt)?;
    if matches!(pending.draft.body, Body::Reaction { .. }) {
        return Ok(());
    }
    let Place { channel, account, target } = &pending.draft.place;
    let thread = target.thread.as_ref().map(ThreadId::as_str);
    for message in [&receipt.message].into_iter().chain(&receipt.others) {
        tx.execute(
            "INSERT INTO outbox_sent (channel, account, peer, message, thread) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![channel.as_str(), account.as_str(), receipt.peer, message.as_str(), thread],
        )?;
    }
    tx.execute("DELETE FROM outbox_sent WHERE id <= (SELECT MAX(id) FROM outbox_sent) - ?1", [SENT_KEPT])?;
    Ok(())
}

/// The thread that a message of ours stands in; `None` when it is none of ours, as far as is remembered.
pub(crate) fn sent_in(
    view: &View<'_>,
    (channel, account): (&ChannelKind, &AccountId),
    peer: &PeerId,
    message: &MessageId,
) -> Result<Option<Option<ThreadId>>, StoreError> {
    let sql = "SELECT thread FROM outbox_sent WHERE message = ?1 AND peer = ?2 AND channel = ?3 AND account = ?4";
    let named = params![message.as_str(), peer.as_str(), channel.as_str(), account.as_str()];
    let found = view.first(sql, named, |row| row.get::<_, Option<String>>(0))?;
    Ok(found.map(|thread| thread.and_then(|thread| thread.parse().ok())))
}

/// Another attempt follows, not before `due`.
pub(crate) fn again(tx: &Tx<'_>, pending: &Pending, due: i64, why: &str, unknown: bool) -> Result<(), StoreError> {
    tx.execute("UPDATE outbox SET state = 'prepared', due = ?2 WHERE id = ?1", params![pending.id, due])?;
    let kind = if unknown { "outbound.unknown" } else { "outbound.retry" };
    tx.fact(&pending.draft.key.0, kind, &Reason { reason: why })?;
    Ok(())
}

/// Whether it was taken is still not known: asked again, not before `due`.
pub(crate) fn unknown(tx: &Tx<'_>, pending: &Pending, due: i64, why: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE outbox SET due = ?2 WHERE id = ?1", params![pending.id, due])?;
    tx.fact(&pending.draft.key.0, "outbound.unknown", &Reason { reason: why })?;
    Ok(())
}

/// Other pieces take its place: what waits behind it stays behind them.
pub(crate) fn replace(tx: &Tx<'_>, pending: &Pending, by: &[Draft], why: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM outbox WHERE id = ?1", [pending.id])?;
    tx.fact(&pending.draft.key.0, "outbound.replaced", &Reason { reason: why })?;
    let place = pending.draft.place.text()?;
    let behind = tx.query("SELECT id FROM outbox WHERE place = ?1 ORDER BY id", [place], |row| row.get::<_, i64>(0))?;
    for draft in by {
        stage(tx, draft)?;
    }
    for id in behind {
        tx.execute("UPDATE outbox SET id = (SELECT MAX(id) + 1 FROM outbox) WHERE id = ?1", [id])?;
    }
    Ok(())
}

/// It will never be sent.
pub(crate) fn failed(tx: &Tx<'_>, pending: &Pending, why: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM outbox WHERE id = ?1", [pending.id])?;
    tx.fact(&pending.draft.key.0, "outbound.failed", &Reason { reason: why })?;
    Ok(())
}
