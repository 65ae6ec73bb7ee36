//! Rows follow their runs: taken up when one starts, closed in the transaction in which it ends.

use std::sync::Arc;

use channel::Target;
use ids::{AccountId, ChannelKind, Chat, RunId};
use lanes::{Committed, ReplyTo, RunOutcome, RunSink, RunStart, StopCause, Turn};
use serde_json::json;
use sessions::{Record, Sessions};
use stdx::{CancellationToken, OwnedTasks};
use store::{Store, StoreError, Tx};
use tracing::warn;

use crate::journal::{self, CLIENTS};

/// Closings that may be under way at once; more wait for the next start, which closes them again.
const CLOSING_CAPACITY: u32 = 64;

/// The journal's side of runs.
#[derive(Debug)]
pub struct Closing {
    store: Store,
    sessions: Arc<Sessions>,
    tasks: OwnedTasks,
}

impl Closing {
    #[must_use]
    pub fn new(store: Store, sessions: Arc<Sessions>, cancel: &CancellationToken) -> Self {
        Self { store, sessions, tasks: OwnedTasks::new("closing of inbox rows", cancel, CLOSING_CAPACITY) }
    }
}

impl RunSink for Closing {
    fn released(&self, turn: &Turn, into: Option<&RunId>) {
        // What was merged is closed with the run it became part of.
        if into.is_some() || turn.causes.is_empty() {
            return;
        }
        let (store, causes, run) = (self.store.clone(), turn.causes.clone(), turn.run.clone());
        let work = async move {
            let closed = store.write(move |tx| {
                causes
                    .iter()
                    .try_for_each(|cause| journal::close(tx, cause, "inbound.dropped", "the session's queue let it go"))
            });
            if let Err(error) = closed.await {
                warn!(%run, %error, "a dropped message could not be closed");
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
                journal::running(tx, &turn.causes, &turn.run, "run.started")?;
                let place = Place::of(tx, turn)?;
                let Some(place) = place else { return Ok(()) };
                self.sessions.note(tx, &turn.key, |record| place.remember(record))
            }
            Committed::Steered { causes } => journal::running(tx, causes, &turn.run, "run.steered"),
            Committed::Ended { outcome: RunOutcome::Aborted { cause: StopCause::Shutdown } } => Ok(()),
            Committed::Ended { outcome } => journal::ended(tx, &turn.causes, &turn.run, outcome),
            Committed::Said { .. } | Committed::ToolStarted { .. } | Committed::ToolEnded { .. } => Ok(()),
        }
    }
}

/// Where the conversation is held, in the fields that other programs read.
#[derive(Debug)]
enum Place<'a> {
    Network(&'a ChannelKind, &'a AccountId, &'a Target, Chat),
    /// A client of the gateway, with a person before it.
    Client,
}

impl<'a> Place<'a> {
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
                let thread = target.thread.as_ref();
                let chat_type = match chat {
                    Chat::Direct => Some("direct"),
                    Chat::Group => Some("group"),
                    Chat::Global | Chat::Unknown => None,
                };
                let mut context = json!({ "channel": channel, "to": to, "accountId": account });
                let mut origin = json!({ "provider": channel, "surface": channel, "to": to, "accountId": account });
                if let Some(word) = chat_type {
                    origin["chatType"] = json!(word);
                }
                if let Some(thread) = thread {
                    context["threadId"] = json!(thread);
                    origin["threadId"] = json!(thread);
                }
                record.put("chatType", chat_type);
                record.set("origin", &origin);
                record.set("deliveryContext", &context);
                record.set("lastChannel", channel);
                record.set("lastTo", &to);
                record.set("lastAccountId", account);
                record.put("lastThreadId", thread);
            }
            // Nothing can be delivered to a client: a conversation that has a place on a network keeps it.
            Self::Client if record.text("lastChannel").is_some_and(|channel| channel != CLIENTS) => {}
            Self::Client => {
                record.set("chatType", "direct");
                record.set("origin", &json!({ "provider": CLIENTS, "surface": CLIENTS, "chatType": "direct" }));
                record.set("deliveryContext", &json!({ "channel": CLIENTS }));
                record.set("lastChannel", CLIENTS);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn value(record: &Record) -> Value {
        serde_json::to_value(record).unwrap()
    }

    #[test]
    fn a_typed_message_says_that_the_conversation_is_held_at_a_client() {
        let mut record = Record::default();
        Place::Client.remember(&mut record);
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
        Place::Network(&channel, &account, &target, Chat::Direct).remember(&mut record);
        let before = value(&record);
        assert_eq!(before["origin"]["chatType"], "direct");
        assert_eq!(before["lastTo"], "telegram:7");
        Place::Client.remember(&mut record);
        assert_eq!(value(&record), before);
    }
}
