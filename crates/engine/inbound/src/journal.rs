//! The inbox: one row for each event, committed before its network or client is told that it was taken.
//!
//! A row keeps the verdict and the route it was given, so that a restart does not judge again. The unique vendor event
//! drops repeats for two days after it was closed.

use channel::{Inbound, Target};
use ids::{AccountId, AgentId, ChannelKind, EventId, RunId, SessionKey};
use lanes::{QueueMode, Queued, ReplyTo, RunOutcome, TurnFile};
use outbound::Place;
use serde::{Deserialize, Serialize};
use store::{Migration, StoreError, Tx, View, params};

use crate::{Admission, Route, Verdict};

/// This engine's tables.
pub const MIGRATIONS: &[Migration] = &[Migration {
    owner: "inbound",
    version: 1,
    sql: "CREATE TABLE inbox (
              event TEXT PRIMARY KEY,
              channel TEXT NOT NULL,
              account TEXT NOT NULL,
              vendor TEXT NOT NULL,
              at INTEGER NOT NULL,
              body TEXT NOT NULL,
              state TEXT NOT NULL,
              run TEXT,
              outcome TEXT,
              UNIQUE (channel, account, vendor)
          );
          CREATE INDEX inbox_open ON inbox (event) WHERE state <> 'closed';
          CREATE INDEX inbox_by_run ON inbox (run) WHERE run IS NOT NULL;
          CREATE TABLE inbox_told (
              channel TEXT NOT NULL,
              sender TEXT NOT NULL,
              code TEXT NOT NULL,
              PRIMARY KEY (channel, sender, code)
          );",
}];

/// How long a closed row goes on to drop repeats.
const KEPT_MS: i64 = 48 * 3600 * 1000;

/// Something that arrived, with what was decided about it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Item {
    Message(Box<Message>),
    Request(Box<Request>),
}

/// A message from a network.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) channel: ChannelKind,
    pub(crate) account: AccountId,
    pub(crate) inbound: Inbound,
    pub(crate) verdict: Verdict,
    /// `None` for what was not admitted.
    pub(crate) route: Option<Route>,
    /// The run it starts, if it starts one: fixed here, so that a replay is the same run.
    pub(crate) run: RunId,
    /// The reaction that says that it is taken up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ack: Option<String>,
    /// The account's own name at that time, without the sign: what is addressed to it stays so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) me: Option<String>,
}

impl Message {
    /// The conversation that it stands in.
    pub(crate) fn place(&self) -> Place {
        let target = Target { peer: self.inbound.peer.id.clone(), thread: self.inbound.thread.clone() };
        Place { channel: self.channel.clone(), account: self.account.clone(), target }
    }

    /// It is kept unless another part of the same message is admitted: what becomes of it is seen when all are here.
    pub(crate) fn awaits_the_rest(&self) -> bool {
        self.verdict.admission == Admission::Keep && self.inbound.merge.is_some()
    }
}

/// A client's request for a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) run: RunId,
    pub(crate) key: SessionKey,
    /// The client's spelling of the key.
    pub(crate) sent: String,
    pub(crate) agent: AgentId,
    pub(crate) text: String,
    pub(crate) files: Vec<TurnFile>,
    pub(crate) thinking: Option<provider::Thinking>,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) extra_system_prompt: Option<String>,
    pub(crate) reply: ReplyTo,
    pub(crate) style: Style,
    /// The client may change the config.
    #[serde(default)]
    pub(crate) is_admin: bool,
}

/// Which method asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Style {
    /// `chat.send`: a person typed it; commands work.
    Chat,
    /// `agent`: bare text.
    Agent,
}

/// The journal's name for requests of clients.
pub(crate) const CLIENTS: &str = "webchat";

/// How the names of requests that a person typed begin.
pub(crate) const TYPED: &str = "chat:";

/// Whether a person typed one of these into a client.
pub(crate) fn is_typed(tx: &Tx<'_>, causes: &[EventId]) -> Result<bool, StoreError> {
    for cause in causes {
        let sql = "SELECT vendor FROM inbox WHERE event = ?1 AND channel = ?2";
        let vendor: Option<String> = tx.first(sql, params![cause.as_str(), CLIENTS], |row| row.get(0))?;
        if vendor.is_some_and(|vendor| vendor.starts_with(TYPED)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A new row.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) event: EventId,
    pub(crate) vendor: String,
    pub(crate) item: Item,
}

impl Draft {
    fn place(&self) -> (&str, &str) {
        match &self.item {
            Item::Message(message) => (message.channel.as_str(), message.account.as_str()),
            Item::Request(_) => (CLIENTS, "default"),
        }
    }

    fn starts_open(&self) -> bool {
        match &self.item {
            Item::Message(message) => message.verdict.admission == Admission::Admit || message.awaits_the_rest(),
            Item::Request(_) => true,
        }
    }
}

/// Writes the row and what was decided; `false` when the event is known.
pub(crate) fn accept(tx: &Tx<'_>, draft: &Draft) -> Result<bool, StoreError> {
    let (channel, account) = draft.place();
    let open = draft.starts_open();
    let body = if open { serde_json::to_string(&draft.item)? } else { String::new() };
    let state = if open { "accepted" } else { "closed" };
    let event = draft.event.as_str();
    let added = tx.execute(
        "INSERT OR IGNORE INTO inbox (event, channel, account, vendor, at, body, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![event, channel, account, draft.vendor, tx.now_ms(), body, state],
    )?;
    if added == 0 {
        let sql = "SELECT event FROM inbox WHERE channel = ?1 AND account = ?2 AND vendor = ?3";
        if let Some(first) = tx.first(sql, params![channel, account, draft.vendor], |row| row.get::<_, String>(0))? {
            tx.fact(&first, "inbound.repeated", &Nothing {})?;
        }
        return Ok(false);
    }
    facts(tx, draft, channel, account)?;
    Ok(true)
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct Received<'a> {
    channel: &'a str,
    account: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    vendor: &'a str,
}

fn facts(tx: &Tx<'_>, draft: &Draft, channel: &str, account: &str) -> Result<(), StoreError> {
    let event = draft.event.as_str();
    let mut received = Received { channel, account, peer: None, sender: None, message: None, vendor: &draft.vendor };
    match &draft.item {
        Item::Message(message) => {
            received.peer = Some(message.inbound.peer.id.as_str());
            received.sender = Some(message.inbound.sender.id.as_str());
            received.message = Some(message.inbound.message.as_str());
            tx.fact(event, "inbound.received", &received)?;
            if !message.awaits_the_rest() {
                tx.fact(event, "inbound.verdict", &message.verdict)?;
            }
            if let Some(route) = &message.route {
                tx.fact(event, "inbound.route", route)?;
            }
        }
        Item::Request(request) => {
            tx.fact(event, "inbound.received", &received)?;
            let rule = "operator.write".to_owned();
            tx.fact(event, "inbound.verdict", &Verdict { admission: Admission::Admit, rule, trusted: true })?;
            let route =
                Route { agent: request.agent.clone(), key: request.key.clone(), matched_by: "client".to_owned() };
            tx.fact(event, "inbound.route", &route)?;
        }
    }
    Ok(())
}

/// A part that awaited the rest has its verdict now: it stays open with it, or is closed as context of its group.
pub(crate) fn settle(tx: &Tx<'_>, event: &EventId, message: &Message) -> Result<(), StoreError> {
    let (state, body) = match message.verdict.admission {
        Admission::Admit => ("accepted", serde_json::to_string(&Item::Message(Box::new(message.clone())))?),
        Admission::Keep | Admission::Note | Admission::Pair | Admission::Ignore => ("closed", String::new()),
    };
    let sql = "UPDATE inbox SET state = ?2, body = ?3 WHERE event = ?1 AND state = 'accepted'";
    if tx.execute(sql, params![event.as_str(), state, body])? == 1 {
        tx.fact(event.as_str(), "inbound.verdict", &message.verdict)?;
    }
    Ok(())
}

/// What is known of a request's key from before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Earlier {
    Open,
    Closed(Option<RunOutcome>),
}

/// Whether a request's key was taken before.
pub(crate) fn earlier(view: &View<'_>, vendor: &str) -> Result<Option<Earlier>, StoreError> {
    let sql = "SELECT state, outcome FROM inbox WHERE channel = ?1 AND account = 'default' AND vendor = ?2";
    let found = view
        .first(sql, params![CLIENTS, vendor], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)))?;
    Ok(found.map(|(state, outcome)| match state.as_str() {
        "closed" => Earlier::Closed(outcome.and_then(|text| serde_json::from_str(&text).ok())),
        _ => Earlier::Open,
    }))
}

/// A row that a run or an answer is still owed.
#[derive(Debug, Clone)]
pub(crate) struct OpenRow {
    pub(crate) event: EventId,
    /// The run it became part of, if it did.
    pub(crate) run: Option<String>,
    pub(crate) item: Item,
}

/// Rows that a run or an answer is still owed, in the order in which they were taken. Their names say only the
/// millisecond.
pub(crate) fn open(view: &View<'_>) -> Result<Vec<OpenRow>, StoreError> {
    let sql = "SELECT event, run, body FROM inbox WHERE state <> 'closed' ORDER BY rowid";
    let rows = view.query(sql, [], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?, row.get::<_, String>(2)?))
    })?;
    // A row that this version cannot read stays for the one that wrote it.
    Ok(rows
        .into_iter()
        .filter_map(|(event, run, body)| {
            Some(OpenRow { event: event.parse().ok()?, run, item: serde_json::from_str(&body).ok()? })
        })
        .collect())
}

/// What is told of a turn's time in line.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stood {
    queue: QueueMode,
    ahead: usize,
    waited_ms: i64,
}

/// The rows have a run now.
pub(crate) fn running(
    tx: &Tx<'_>,
    causes: &[EventId],
    run: &RunId,
    kind: &str,
    queued: &Queued,
) -> Result<(), StoreError> {
    let waited_ms = tx.now_ms().saturating_sub(queued.since).max(0);
    let stood = Stood { queue: queued.mode, ahead: queued.ahead, waited_ms };
    for cause in causes {
        tx.execute(
            "UPDATE inbox SET state = 'running', run = ?2 WHERE event = ?1",
            params![cause.as_str(), run.as_str()],
        )?;
        tx.link(cause.as_str(), kind, run.as_str(), &stood)?;
    }
    Ok(())
}

/// The messages of a run that were marked when they were taken up.
pub(crate) fn marked(view: &View<'_>, run: &RunId) -> Result<Vec<Message>, StoreError> {
    let sql = "SELECT body FROM inbox WHERE run = ?1 AND state <> 'closed' AND body LIKE '%\"ack\":%' ORDER BY rowid";
    let bodies = view.query(sql, [run.as_str()], |row| row.get::<_, String>(0))?;
    Ok(bodies.iter().filter_map(|body| marked_in(body)).collect())
}

/// The message of this row, if it was marked when it was taken up and has no end yet.
pub(crate) fn marked_by(view: &View<'_>, event: &EventId) -> Result<Option<Message>, StoreError> {
    let sql = "SELECT body FROM inbox WHERE event = ?1 AND state <> 'closed'";
    let body = view.first(sql, [event.as_str()], |row| row.get::<_, String>(0))?;
    Ok(body.and_then(|body| marked_in(&body)))
}

fn marked_in(body: &str) -> Option<Message> {
    match serde_json::from_str(body) {
        Ok(Item::Message(message)) if message.ack.is_some() => Some(*message),
        _ => None,
    }
}

/// The run is over: its rows are closed.
pub(crate) fn ended(tx: &Tx<'_>, causes: &[EventId], run: &RunId, outcome: &RunOutcome) -> Result<(), StoreError> {
    let text = serde_json::to_string(outcome)?;
    let sql = "UPDATE inbox SET state = 'closed', body = '', outcome = ?2 WHERE run = ?1 AND state <> 'closed'";
    tx.execute(sql, params![run.as_str(), text])?;
    for cause in causes {
        let sql = "UPDATE inbox SET state = 'closed', body = '', outcome = ?2 WHERE event = ?1 AND state <> 'closed'";
        tx.execute(sql, params![cause.as_str(), text])?;
    }
    tx.fact(run.as_str(), "run.ended", outcome)?;
    Ok(())
}

/// The event needs no run: it was answered, or dropped, and why.
pub(crate) fn close(tx: &Tx<'_>, event: &EventId, kind: &str, why: &str) -> Result<(), StoreError> {
    let sql = "UPDATE inbox SET state = 'closed', body = '' WHERE event = ?1 AND state <> 'closed'";
    if tx.execute(sql, [event.as_str()])? == 1 {
        tx.fact(event.as_str(), kind, &Why { why })?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Why<'a> {
    why: &'a str,
}

/// Whether this sender is told of this code for the first time.
pub(crate) fn tells_code(tx: &Tx<'_>, channel: &str, sender: &str, code: &str) -> Result<bool, StoreError> {
    let sql = "INSERT OR IGNORE INTO inbox_told (channel, sender, code) VALUES (?1, ?2, ?3)";
    Ok(tx.execute(sql, [channel, sender, code])? == 1)
}

/// Forgets rows that closed long ago.
pub(crate) fn sweep(tx: &Tx<'_>) -> Result<usize, StoreError> {
    tx.execute("DELETE FROM inbox WHERE state = 'closed' AND at < ?1", [tx.now_ms() - KEPT_MS])
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use channel::{Addressed, Change, MergeKey, Peer, Sender};
    use ids::PeerKind;
    use stdx::ManualClock;
    use store::Store;

    use super::*;

    fn request(event: u128, run: &str) -> Draft {
        let run: RunId = run.parse().unwrap();
        let request = Request {
            run: run.clone(),
            key: "agent:main:main".parse().unwrap(),
            sent: "main".to_owned(),
            agent: AgentId::main(),
            text: "hello".to_owned(),
            files: Vec::new(),
            thinking: None,
            timeout_ms: None,
            extra_system_prompt: None,
            reply: ReplyTo::Operators,
            style: Style::Agent,
            is_admin: false,
        };
        let vendor = run.to_string();
        Draft { event: EventId::new(5, event), vendor, item: Item::Request(Box::new(request)) }
    }

    #[tokio::test]
    async fn open_rows_of_one_millisecond_come_in_the_order_in_which_they_were_taken() {
        let store = Store::memory(MIGRATIONS, Arc::new(ManualClock::new(5))).unwrap();
        let (late, early) = (request(9, "first"), request(1, "second"));
        let names = [late.event.clone(), early.event.clone()];
        store.write(move |tx| Ok((accept(tx, &late)?, accept(tx, &early)?))).await.unwrap();
        let rows = store.read(open).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.event.clone()).collect::<Vec<_>>(), names);
    }

    #[tokio::test]
    async fn an_open_row_says_which_run_it_became_part_of() {
        let store = Store::memory(MIGRATIONS, Arc::new(ManualClock::new(5))).unwrap();
        let draft = request(1, "own");
        let event = draft.event.clone();
        store.write(move |tx| accept(tx, &draft)).await.unwrap();
        assert_eq!(store.read(open).await.unwrap()[0].run, None);
        store
            .write(move |tx| running(tx, &[event], &"other".parse().unwrap(), "run.steered", &Queued::default()))
            .await
            .unwrap();
        assert_eq!(store.read(open).await.unwrap()[0].run.as_deref(), Some("other"));
    }

    fn part(event: u128, admission: Admission) -> (EventId, Message) {
        let inbound = Inbound {
            event: event.to_string(),
            message: event.to_string().parse().unwrap(),
            peer: Peer {
                id: "-100".parse().unwrap(),
                kind: PeerKind::Group,
                title: None,
                is_forum: false,
                main_line: None,
                space: None,
            },
            thread: None,
            sender: Sender { id: "42".parse().unwrap(), name: None, username: None, is_bot: false },
            text: String::new(),
            attachments: Vec::new(),
            spans: Vec::new(),
            addressed: Addressed::Nobody,
            reply_to: None,
            merge: Some(MergeKey::Album("a".to_owned())),
            change: Change::New,
            at: 0,
        };
        let message = Message {
            channel: "net".parse().unwrap(),
            account: AccountId::default_account(),
            inbound,
            verdict: Verdict { admission, rule: "a rule".to_owned(), trusted: true },
            route: None,
            run: "r".parse().unwrap(),
            ack: None,
            me: None,
        };
        (EventId::new(5, event), message)
    }

    async fn admissions(store: &Store) -> Vec<Admission> {
        let open = store.read(open).await.unwrap();
        let message = |row: OpenRow| match row.item {
            Item::Message(message) => message.verdict.admission,
            Item::Request(_) => panic!("a message"),
        };
        open.into_iter().map(message).collect()
    }

    #[tokio::test]
    async fn a_part_that_awaits_the_rest_survives_a_crash_and_is_judged_once() {
        let store = Store::memory(MIGRATIONS, Arc::new(ManualClock::new(5))).unwrap();
        for number in 1..=3 {
            let (event, message) = part(number, Admission::Keep);
            let (vendor, item) = (message.inbound.event.clone(), Item::Message(Box::new(message)));
            store.write(move |tx| accept(tx, &Draft { event, vendor, item })).await.unwrap();
        }
        assert_eq!(admissions(&store).await, [Admission::Keep; 3]);
        let (joined, kept) = (part(1, Admission::Admit), part(2, Admission::Keep));
        let write = move |tx: &Tx<'_>| {
            settle(tx, &joined.0, &joined.1)?;
            settle(tx, &kept.0, &kept.1)?;
            settle(tx, &kept.0, &kept.1)
        };
        store.write(write).await.unwrap();
        assert_eq!(admissions(&store).await, [Admission::Admit, Admission::Keep], "the third still waits");
        let verdicts = |view: &View<'_>| {
            let sql = "SELECT cause FROM facts WHERE kind = 'inbound.verdict' ORDER BY id";
            view.query(sql, [], |row| row.get::<_, String>(0))
        };
        let events = [EventId::new(5, 1).to_string(), EventId::new(5, 2).to_string()];
        assert_eq!(store.read(verdicts).await.unwrap(), events);
    }

    #[tokio::test]
    async fn a_closed_row_drops_repeats_for_two_days_and_an_open_one_stays() {
        let clock = Arc::new(ManualClock::new(5));
        let store = Store::memory(MIGRATIONS, Arc::clone(&clock) as _).unwrap();
        let (done, waiting) = (request(1, "done"), request(2, "waiting"));
        let closed = done.event.clone();
        store.write(move |tx| Ok((accept(tx, &done)?, accept(tx, &waiting)?))).await.unwrap();
        store
            .write(move |tx| tx.execute("UPDATE inbox SET state = 'closed' WHERE event = ?1", [closed.as_str()]))
            .await
            .unwrap();
        clock.advance(std::time::Duration::from_millis(KEPT_MS.unsigned_abs()));
        assert_eq!(store.write(sweep).await.unwrap(), 0);
        clock.advance(std::time::Duration::from_millis(1));
        assert_eq!(store.write(sweep).await.unwrap(), 1);
        assert_eq!(store.read(open).await.unwrap().len(), 1);
    }
}
