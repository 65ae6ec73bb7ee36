//! What operators may ask of conversations.

use std::sync::Arc;

use ids::EntryId;
use protocol::{Change, chat, events, sessions};
use rpc::{Call, Events, Methods, RpcError};
use serde_json::value::to_raw_value;
use stdx::AbsPath;
use tool::{Origin, Provenance, Secrecy};

use crate::archive::put_aside;
use crate::peek;
use crate::record::Record;
use crate::sessions::Sessions;
use crate::transcript::entry::NewEntry;
use crate::transcript::message::{AssistantMessage, Message, Part, StopReason, Usage};
use crate::{SessionsError, index, patch as rules};

/// A page of history has at most this many bytes of messages.
const HISTORY_BYTES: usize = 6 * 1024 * 1024;

/// Whoever offers the methods of this crate: the conversations, and where injected messages are announced.
#[derive(Debug)]
struct Desk {
    sessions: Arc<Sessions>,
    events: Events,
}

/// The methods of this crate.
#[must_use]
pub fn methods(sessions: Arc<Sessions>, events: Events) -> Methods {
    let desk = Arc::new(Desk { sessions, events });
    Methods::default()
        .on::<sessions::List, _, _, _>(&desk, list)
        .on::<sessions::Preview, _, _, _>(&desk, preview)
        .on::<sessions::Resolve, _, _, _>(&desk, resolve)
        .on::<sessions::Patch, _, _, _>(&desk, patch)
        .on::<sessions::Reset, _, _, _>(&desk, reset)
        .on::<sessions::Delete, _, _, _>(&desk, delete)
        .on::<sessions::Compact, _, _, _>(&desk, compact)
        .on::<chat::History, _, _, _>(&desk, history)
        .on::<chat::HistoryBefore, _, _, _>(&desk, history_before)
        .on::<chat::Inject, _, _, _>(&desk, inject)
}

async fn list(desk: Arc<Desk>, _: Call, params: sessions::list::Params) -> Result<sessions::list::Reply, RpcError> {
    Ok(desk.sessions.list(params).await?)
}

async fn preview(
    desk: Arc<Desk>,
    _: Call,
    params: sessions::preview::Params,
) -> Result<sessions::preview::Reply, RpcError> {
    use sessions::preview::{PreviewStatus, Reply, SessionPreview};
    let sessions = &desk.sessions;
    let limit = params.limit.map_or(12, protocol::Whole::as_usize).min(50);
    let max_chars = params.max_chars.map_or(240, protocol::Whole::as_usize).min(2000);
    let mut previews = Vec::new();
    for sent in params.keys.iter().take(64) {
        let key = sessions.resolve_key(sent)?;
        let seen = match sessions.readable(&key).await {
            Ok(None) => Ok(None),
            Ok(Some(path)) => {
                let disk = Arc::clone(&sessions.shared.disk);
                let read =
                    sessions.shared.pool.run(move || peek::preview(disk.as_ref(), &path, limit, max_chars)).await;
                read.map_err(|_| SessionsError::Closed)
                    .and_then(|read| read.map_err(|error| SessionsError::Invalid(error.to_string())))
            }
            Err(error) => Err(error),
        };
        let (status, items) = match seen {
            Ok(None) => (PreviewStatus::Missing, Vec::new()),
            Ok(Some(items)) if items.is_empty() => (PreviewStatus::Empty, items),
            Ok(Some(items)) => (PreviewStatus::Ok, items),
            Err(_) => (PreviewStatus::Error, Vec::new()),
        };
        previews.push(SessionPreview { key: sent.as_sent().to_owned(), status, items });
    }
    Ok(Reply { ts: desk.now(), previews })
}

async fn resolve(
    desk: Arc<Desk>,
    _: Call,
    params: sessions::resolve::Params,
) -> Result<sessions::resolve::Reply, RpcError> {
    let key = desk.sessions.resolve(params).await?;
    Ok(sessions::resolve::Reply { ok: true, key })
}

async fn patch(desk: Arc<Desk>, _: Call, params: sessions::patch::Params) -> Result<sessions::patch::Reply, RpcError> {
    let sessions = &desk.sessions;
    let key = sessions.resolve_key(&params.key)?;
    let neighbours = Arc::clone(&sessions.shared.neighbours);
    let model = match &params.model {
        Change::Set(word) => Some(neighbours.choose_model(&key, word).map_err(RpcError::invalid)?),
        Change::Keep | Change::Clear => None,
    };
    let of = key.clone();
    let changed = sessions.change(&key, move |tx, record| {
        match &params.label {
            Change::Keep => {}
            Change::Clear => record.remove("label"),
            Change::Set(label) if label.trim().is_empty() => return Err("invalid label: empty".to_owned()),
            Change::Set(label) => {
                let taken = index::by_label(tx, label.trim()).map_err(|error| error.to_string())?;
                if taken.iter().any(|other| *other != of) {
                    return Err(format!("label already in use: {}", label.trim()));
                }
                record.set("label", label.trim());
            }
        }
        rules::apply(record, &of, &params, model.as_ref(), neighbours.as_ref())
    });
    let entry = raw(&changed.await?)?;
    let agent = sessions.agent_of(&key);
    let path = sessions.shared.places.index_file(&agent, sessions.shared.config.get().store.as_deref());
    Ok(sessions::patch::Reply { ok: true, path: path.to_string(), key, entry })
}

async fn reset(desk: Arc<Desk>, _: Call, params: sessions::reset::Params) -> Result<sessions::reset::Reply, RpcError> {
    let key = desk.sessions.resolve_key(&params.key)?;
    let record = desk.sessions.start_over(&key).await?;
    Ok(sessions::reset::Reply { ok: true, key, entry: raw(&record)? })
}

async fn delete(
    desk: Arc<Desk>,
    _: Call,
    params: sessions::delete::Params,
) -> Result<sessions::delete::Reply, RpcError> {
    let sessions = &desk.sessions;
    let key = sessions.resolve_key(&params.key)?;
    if key.is_main(sessions.shared.config.get().main_key()) {
        return Err(RpcError::invalid(format!("Cannot delete the main session ({key}).")));
    }
    if !sessions.shared.neighbours.end_runs(&key).await {
        return Err(RpcError::unavailable(format!("Session {key} is still active; try again in a moment.")));
    }
    let removed = sessions.delete(&key, params.delete_transcript.unwrap_or(true)).await?;
    let archived = removed.iter().flatten().map(ToString::to_string).collect();
    Ok(sessions::delete::Reply { ok: true, key, deleted: removed.is_some(), archived })
}

async fn compact(
    desk: Arc<Desk>,
    _: Call,
    params: sessions::compact::Params,
) -> Result<sessions::compact::Reply, RpcError> {
    use crate::compact::Compacted;
    let key = desk.sessions.resolve_key(&params.key)?;
    let done = desk.sessions.compact(&key, params.max_lines.map_or(400, protocol::Whole::as_usize)).await?;
    let mut reply =
        sessions::compact::Reply { ok: true, key, compacted: false, reason: None, archived: None, kept: None };
    match done {
        Compacted::NoSession => reply.reason = Some("no sessionId".to_owned()),
        Compacted::NoTranscript => reply.reason = Some("no transcript".to_owned()),
        Compacted::ShortEnough { lines } => reply.kept = u64::try_from(lines).ok(),
        Compacted::Cut { kept, archived } => {
            reply.compacted = true;
            reply.archived = Some(archived.to_string());
            reply.kept = u64::try_from(kept).ok();
        }
    }
    Ok(reply)
}

async fn history(desk: Arc<Desk>, _: Call, params: chat::history::Params) -> Result<chat::history::Reply, RpcError> {
    let sessions = &desk.sessions;
    let key = sessions.resolve_key(&params.session_key)?;
    let record = sessions.find(&key).await?;
    let page = sessions.page(&key, None, params.limit).await?;
    let own = record.as_ref().and_then(|record| record.text("thinkingLevel"));
    Ok(chat::history::Reply {
        session_key: params.session_key.as_sent().to_owned(),
        session_id: record.as_ref().and_then(Record::session),
        messages: page.map_or_else(Vec::new, |page| page.messages),
        thinking_level: own.or_else(|| sessions.shared.neighbours.thinking_default(&key)),
    })
}

async fn history_before(
    desk: Arc<Desk>,
    _: Call,
    params: chat::history_before::Params,
) -> Result<chat::history_before::Reply, RpcError> {
    let sessions = &desk.sessions;
    let key = sessions.resolve_key(&params.session_key)?;
    let record = sessions.find(&key).await?;
    let Some(page) = sessions.page(&key, params.before, params.limit).await? else {
        return Err(RpcError::invalid("the transcript has no such entry: ask for the last messages, without `before`"));
    };
    Ok(chat::history_before::Reply {
        session_key: params.session_key.as_sent().to_owned(),
        session_id: record.as_ref().and_then(Record::session),
        messages: page.messages,
        before: page.before,
    })
}

async fn inject(desk: Arc<Desk>, _: Call, params: chat::inject::Params) -> Result<chat::inject::Reply, RpcError> {
    let sessions = &desk.sessions;
    let key = sessions.resolve_key(&params.session_key)?;
    let Some((session, _)) = sessions.existing(&key).await? else {
        return Err(RpcError::invalid("session not found"));
    };
    if sessions.shared.disk.stat(session.path()).is_err() {
        return Err(RpcError::invalid("transcript file not found"));
    }
    let label = params.label.as_deref().map(str::trim).filter(|label| !label.is_empty());
    let text = label.map_or_else(|| params.message.to_string(), |label| format!("[{label}]\n\n{}", params.message));
    let at = sessions.shared.clock.now_ms();
    let message = Message::Assistant(AssistantMessage {
        content: vec![Part::text(text.as_str())],
        api: "".into(),
        provider: "".into(),
        model: "".into(),
        usage: Usage::default(),
        stop_reason: StopReason::Injected,
        error_message: None,
        timestamp: at,
    });
    let entry = NewEntry::message(message, Provenance::new(Origin::System, Secrecy::Chat));
    let id = session.append(vec![entry]).await?.into_iter().next().ok_or(SessionsError::Closed)?;
    session.settle().await?;
    let run = format!("inject-{id}").parse().map_err(|_| RpcError::unavailable("Error: run id"))?;
    desk.events.publish::<events::Chat>(&events::chat::Payload {
        run_id: run,
        session_key: params
            .session_key
            .as_sent()
            .to_owned()
            .try_into()
            .map_err(|_| RpcError::invalid("session not found"))?,
        seq: 0,
        state: events::chat::ChatState::Final,
        message: Some(events::chat::ChatMessage::injected(text, at.unsigned_abs())),
        error_message: None,
        stop_reason: None,
    });
    Ok(chat::inject::Reply { ok: true, message_id: id })
}

impl Desk {
    fn now(&self) -> u64 {
        self.sessions.shared.clock.now_ms().unsigned_abs()
    }
}

impl Sessions {
    /// The messages before an entry, or the last ones. `None` where the transcript has no such entry.
    async fn page(
        &self,
        key: &ids::SessionKey,
        before: Option<EntryId>,
        limit: Option<protocol::Whole<1, 1000>>,
    ) -> Result<Option<peek::Page>, SessionsError> {
        let Some(path) = self.readable(key).await? else {
            return Ok(before.is_none().then(peek::Page::default));
        };
        let limit = limit.map_or(200, protocol::Whole::as_usize);
        let (disk, at) = (Arc::clone(&self.shared.disk), path.clone());
        let read = self.shared.pool.run(move || peek::page(disk.as_ref(), &at, before.as_ref(), limit, HISTORY_BYTES));
        let read = read.await.map_err(|_| SessionsError::Closed)?;
        read.map_err(|error| SessionsError::transcript(&path, &error))
    }

    /// The transcript of a session, with everything committed in it. `None` where there is no session.
    async fn readable(&self, key: &ids::SessionKey) -> Result<Option<AbsPath>, SessionsError> {
        let Some(record) = self.find(key).await? else { return Ok(None) };
        let Some(place) = self.place(key, &record, &self.shared.places.state) else { return Ok(None) };
        // Only a transcript in use can be behind.
        let active = self.shared.active.lock().get(&place.path).cloned();
        if let Some(active) = active {
            let session = crate::session::Session {
                key: key.clone(),
                agent: self.agent_of(key),
                active,
                shared: Arc::clone(&self.shared),
            };
            session.settle().await?;
            return Ok(Some(place.path));
        }
        Ok(Some(place.readable()))
    }

    /// Ends a session. Gives what became of its transcripts; `None` where there was no session.
    pub async fn delete(
        &self,
        key: &ids::SessionKey,
        transcript_too: bool,
    ) -> Result<Option<Vec<AbsPath>>, SessionsError> {
        let Some((session, _)) = self.existing(key).await? else { return Ok(None) };
        session.flush().await?;
        let path = session.path().clone();
        let (of, shared, at) = (key.clone(), Arc::clone(&self.shared), path.to_string());
        let removed = self.shared.store.write(move |tx| {
            let existed = shared.remove(tx, &of)?;
            tx.execute("DELETE FROM pending_entries WHERE path = ?1", [at])?;
            tx.fact(of.as_str(), "session.deleted", &of)?;
            Ok(existed)
        });
        removed.await?;
        self.shared.active.lock().remove(&path);
        let mut archived = Vec::new();
        if transcript_too {
            let (disk, at, now_ms) = (Arc::clone(&self.shared.disk), path.clone(), self.shared.clock.now_ms());
            let moved = self.shared.pool.run(move || put_aside(disk.as_ref(), &at, "deleted", now_ms)).await;
            let moved = moved.map_err(|_| SessionsError::Closed)?;
            archived.extend(moved.map_err(|error| SessionsError::transcript(&path, &error))?);
        }
        Ok(Some(archived))
    }
}

fn raw(record: &Record) -> Result<Box<serde_json::value::RawValue>, SessionsError> {
    Ok(to_raw_value(record).map_err(store::StoreError::from)?)
}
