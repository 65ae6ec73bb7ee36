//! Rows follow their runs: taken up when one starts, closed in the transaction in which it ends.

use std::collections::HashMap;
use std::sync::Arc;

use ::config::Live;
use channel::Target;
use ids::{AccountId, ChannelKind, Chat, EventId, RunId, ThreadId};
use lanes::{Committed, ReplyTo, RunOutcome, RunSink, RunStart, StopCause, Turn};
use outbound::{Deliveries, Place};
use parking_lot::Mutex;
use serde::Serialize;
use sessions::{Record, Sessions};
use stdx::{CancellationToken, OwnedTasks};
use store::{Store, StoreError, Tx};
use tracing::warn;

use crate::Config;
use crate::ack;
use crate::journal::{self, CLIENTS};

/// Closings that may be under way at once; more wait for the next start, which closes them again.
const CLOSING_CAPACITY: u32 = 64;

/// The journal's side of runs.
#[derive(Debug)]
pub struct Closing {
    store: Store,
    sessions: Arc<Sessions>,
    deliveries: Deliveries,
    config: Live<Config>,
    tasks: OwnedTasks,
    staged: Staged,
}

impl Closing {
    #[must_use]
    pub fn new(
        store: Store,
        sessions: Arc<Sessions>,
        deliveries: Deliveries,
        config: Live<Config>,
        cancel: &CancellationToken,
    ) -> Self {
        let tasks = OwnedTasks::new("closing of inbox rows", cancel, CLOSING_CAPACITY);
        Self { store, sessions, deliveries, config, tasks, staged: Staged::default() }
    }

    fn take_marks_back(&self, tx: &Tx<'_>, run: &RunId) -> Result<(), StoreError> {
        let config = self.config.get();
        for message in journal::marked(tx, run)? {
            ack::take_back(tx, (&self.deliveries, &config), run.as_str(), &message)?;
            self.staged.add(run, message.place());
        }
        Ok(())
    }
}

/// Closes the rows of a turn that was let go; the places of their messages.
fn drop_rows(tx: &Tx<'_>, marks: (&Deliveries, &Config), causes: &[EventId]) -> Result<Vec<Place>, StoreError> {
    let mut places = Vec::new();
    for cause in causes {
        if let Some(message) = journal::marked_by(tx, cause)? {
            ack::take_back(tx, marks, cause.as_str(), &message)?;
            places.push(message.place());
        }
        journal::close(tx, cause, "inbound.dropped", "the session's queue let it go")?;
    }
    Ok(places)
}

impl RunSink for Closing {
    fn released(&self, turn: &Turn, into: Option<&RunId>) {
        // What was merged is closed with the run it became part of.
        if into.is_some() || turn.causes.is_empty() {
            return;
        }
        let (store, causes, run) = (self.store.clone(), turn.causes.clone(), turn.run.clone());
        let (deliveries, config) = (self.deliveries.clone(), self.config.get());
        let work = async move {
            let staging = deliveries.clone();
            let closed = store.write(move |tx| drop_rows(tx, (&staging, &config), &causes));
            match closed.await {
                Ok(places) => places.iter().for_each(|place| deliveries.wake(place)),
                Err(error) => warn!(%run, %error, "a dropped message could not be closed"),
            }
        };
        if self.tasks.try_spawn(|_| work).is_err() {
            warn!(run = %turn.run, "too many dropped messages at once: this one is taken up again after a restart");
        }
    }

    fn commit(&self, tx: &Tx<'_>, start: &RunStart, step: &Committed) -> Result<(), StoreError> {
        let turn = &start.turn;
        match step {
            Committed::Started { .. } => {
                journal::running(tx, &turn.causes, &turn.run, "run.started", &turn.queued)?;
                let place = Whereabouts::of(tx, turn)?;
                let Some(place) = place else { return Ok(()) };
                self.sessions.note(tx, &turn.key, |record| place.remember(record))
            }
            Committed::Steered { causes, queued, .. } => journal::running(tx, causes, &turn.run, "run.steered", queued),
            Committed::Ended { outcome: RunOutcome::Aborted { cause: StopCause::Shutdown } } => Ok(()),
            Committed::Ended { outcome } => {
                self.take_marks_back(tx, &turn.run)?;
                journal::ended(tx, &turn.causes, &turn.run, outcome)
            }
            Committed::Said { .. }
            | Committed::Noted { .. }
            | Committed::Called { .. }
            | Committed::Answered { .. }
            | Committed::ToolStarted { .. }
            | Committed::ToolEnded { .. } => Ok(()),
        }
    }

    fn committed(&self, start: &RunStart, _step: &Committed) {
        self.staged.take(start.run()).iter().for_each(|place| self.deliveries.wake(place));
    }
}

/// Places that get work with a run's commit that is under way, and are woken after it. Each run has its own: woken by
/// another's commit, they would find nothing yet.
#[derive(Debug, Default)]
struct Staged(Mutex<HashMap<RunId, Vec<Place>>>);

impl Staged {
    fn add(&self, run: &RunId, place: Place) {
        self.0.lock().entry(run.clone()).or_default().push(place);
    }

    fn take(&self, run: &RunId) -> Vec<Place> {
        self.0.lock().remove(run).unwrap_or_default()
    }
}

/// Where the conversation is held, in the fields that other programs read.
#[derive(Debug)]
enum Whereabouts<'a> {
    Network(&'a ChannelKind, &'a AccountId, &'a Target, Chat),
    /// A client of the gateway, with a person before it.
    Client,
}

impl<'a> Whereabouts<'a> {
    /// `None` for runs that programs ask for: they say nothing of where people are.
    fn of(tx: &Tx<'_>, turn: &'a Turn) -> Result<Option<Self>, StoreError> {
        Ok(match &turn.reply {
            ReplyTo::Channel { channel, account, target, .. } => {
                Some(Self::Network(channel, account, target, turn.key.chat()))
            }
            ReplyTo::Operators => journal::is_typed(tx, &turn.causes)?.then_some(Self::Client),
        })
    }

    fn remember(&self, record: &mut Record) {
        match self {
            Self::Network(channel, account, target, chat) => {
                let to = format!("{channel}:{}", target.peer);
                let chat_type = match chat {
                    Chat::Direct => Some("direct"),
                    Chat::Group => Some("group"),
                    Chat::Global | Chat::Unknown => None,
                };
                let thread = target.thread.as_ref();
                let ways = Ways { to: Some(&to), account_id: Some(account), thread_id: thread };
                write(record, channel.as_str(), chat_type, &ways);
            }
            // Nothing can be delivered to a client: a conversation that has a place on a network keeps it.
            Self::Client if record.text("lastChannel").is_some_and(|channel| channel != CLIENTS) => {}
            Self::Client => write(record, CLIENTS, Some("direct"), &Ways::default()),
        }
    }
}

/// How a place on a network is reached.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Ways<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_id: Option<&'a ThreadId>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Origin<'a> {
    provider: &'a str,
    surface: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_type: Option<&'a str>,
    #[serde(flatten)]
    ways: &'a Ways<'a>,
}

#[derive(Serialize)]
struct Context<'a> {
    channel: &'a str,
    #[serde(flatten)]
    ways: &'a Ways<'a>,
}

fn write(record: &mut Record, channel: &str, chat_type: Option<&str>, ways: &Ways<'_>) {
    record.put("chatType", chat_type);
    record.set("origin", &Origin { provider: channel, surface: channel, chat_type, ways });
    record.set("deliveryContext", &Context { channel, ways });
    record.set("lastChannel", channel);
    record.put("lastTo", ways.to);
    record.put("lastAccountId", ways.account_id);
    record.put("lastThreadId", ways.thread_id);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn value(record: &Record) -> Value {
        serde_json::to_value(record).unwrap()
    }

    #[test]
    fn what_one_run_stages_is_not_woken_by_the_commit_of_another() {
        let staged = Staged::default();
        let (one, other): (RunId, RunId) = ("one".parse().unwrap(), "other".parse().unwrap());
        let target = Target { peer: "7".parse().unwrap(), thread: None };
        let place = Place { channel: "telegram".parse().unwrap(), account: "default".parse().unwrap(), target };
        staged.add(&one, place.clone());
        assert_eq!(staged.take(&other), []);
        assert_eq!(staged.take(&one), [place]);
        assert_eq!(staged.take(&one), []);
    }

    #[test]
    fn a_typed_message_says_that_the_conversation_is_held_at_a_client() {
        let mut record = Record::default();
        Whereabouts::Client.remember(&mut record);
        let expected = json!({
            "chatType": "direct",
            "origin": { "provider": "webchat", "surface": "webchat", "chatType": "direct" },
            "deliveryContext": { "channel": "webchat" },
            "lastChannel": "webchat",
        });
        assert_eq!(value(&record), expected);
    }

    #[test]
    fn a_conversation_on_a_network_keeps_its_place_when_its_owner_types_at_a_client() {
        let mut record = Record::default();
        let target = Target { peer: "7".parse().unwrap(), thread: None };
        let (channel, account) = ("telegram".parse().unwrap(), "default".parse().unwrap());
        Whereabouts::Network(&channel, &account, &target, Chat::Direct).remember(&mut record);
        let before = value(&record);
        assert_eq!(before["origin"]["chatType"], "direct");
        assert_eq!(before["lastTo"], "telegram:7");
        Whereabouts::Client.remember(&mut record);
        assert_eq!(value(&record), before);
    }
}
