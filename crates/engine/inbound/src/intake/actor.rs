//! The task between the journal and the lanes: joins quick messages, keeps group context, takes places in line.
//!
//! Places are taken in the order of the journal; what takes time (files, commands) runs beside it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ids::SessionKey;
use stdx::CancellationToken;
use tokio::sync::mpsc;

use super::{Fresh, Inner, Work, turns};
use crate::{
    Admission, Directive, Parsed, admit,
    debounce::{Debounce, Hold, Voice},
    envelope,
    group_history::{GroupHistory, Heard},
    journal::{self, Request, Style},
    parse_directive,
};

pub(super) struct Actor {
    inner: Arc<Inner>,
    debounce: Debounce<Fresh>,
    history: GroupHistory,
    swept: Instant,
}

/// A gateway that runs for months forgets closed rows at least so often, while messages come.
const SWEEP_EVERY: Duration = Duration::from_secs(6 * 3600);

impl Actor {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        let swept = inner.clock.now();
        Self { inner, debounce: Debounce::default(), history: GroupHistory::default(), swept }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Work>, cancel: CancellationToken) {
        loop {
            let wake = self.debounce.next();
            tokio::select! {
                biased;
                // Held messages are rows: the next start takes them up.
                () = cancel.cancelled() => return,
                work = inbox.recv() => match work {
                    Some(Work::Messages(messages)) => for fresh in messages { self.message(fresh).await; },
                    Some(Work::Request(event, request)) => self.request(event, request).await,
                    None => return,
                },
                () = until(wake) => {
                    for group in self.debounce.due(self.inner.clock.now()) {
                        self.begin(group).await;
                    }
                }
            }
            self.sweep().await;
        }
    }

    async fn sweep(&mut self) {
        let now = self.inner.clock.now();
        if now.saturating_duration_since(self.swept) < SWEEP_EVERY {
            return;
        }
        self.swept = now;
        if let Err(error) = self.inner.store.write(journal::sweep).await {
            tracing::warn!(%error, "closed messages could not be forgotten");
        }
    }

    async fn message(&mut self, fresh: Fresh) {
        match fresh.message.verdict.admission {
            Admission::Keep => match fresh.message.inbound.merge.clone() {
                Some(key) => self.hold(fresh, Hold::Parts(key)).await,
                None => self.keep(&fresh),
            },
            Admission::Note => self.note(&fresh),
            Admission::Admit => {
                self.acknowledge(&fresh);
                self.admitted(fresh).await;
            }
            Admission::Pair | Admission::Ignore => {}
        }
    }

    fn keep(&mut self, fresh: &Fresh) {
        let message = &fresh.message;
        let Some(route) = &message.route else { return };
        let limit = self.inner.config.get().access(message.channel.as_str(), message.account.as_str()).history_limit;
        let label = self.inner.networks.label(&message.channel);
        let text = envelope::context_line(&message.inbound, &label, &self.inner.zone);
        self.history.keep(&route.key, Heard { text }, limit);
    }

    /// A line for the session's next turn: of somebody whom nothing is done for, context like their words.
    fn note(&mut self, fresh: &Fresh) {
        let message = &fresh.message;
        let Some(route) = &message.route else { return };
        let label = self.inner.networks.label(&message.channel);
        if !message.verdict.trusted {
            let access = self.inner.config.get().access(message.channel.as_str(), message.account.as_str());
            let text = envelope::reaction_context(&message.inbound, &label, &self.inner.zone);
            self.history.keep(&route.key, Heard { text }, access.history_limit);
            return;
        }
        let line = envelope::reaction_line(&message.inbound, &label);
        self.inner.system_events.push(&route.key, self.inner.clock.now_ms(), &line);
    }

    /// Marks the message, beside everything else: a mark that cannot be set is no loss.
    fn acknowledge(&self, fresh: &Fresh) {
        let Some(emoji) = fresh.message.ack.clone() else { return };
        let (deliveries, place) = (self.inner.deliveries.clone(), fresh.message.place());
        let message = fresh.message.inbound.message.clone();
        let marking = async move {
            if let Err(error) = deliveries.react(&place, &message, &emoji).await {
                tracing::debug!(%error, channel = %place.channel, "a message was not marked as taken up");
            }
        };
        if self.inner.tasks.try_spawn(|_| marking).is_err() {
            tracing::debug!(event = %fresh.event, "too much at once to mark a message as taken up");
        }
    }

    async fn admitted(&mut self, fresh: Fresh) {
        let message = &fresh.message;
        let inbound = &message.inbound;
        let parsed = self.inner.parse(message);
        // Stopping must not wait behind what it stops.
        if parsed == Parsed::Directive(Directive::Stop) && message.verdict.trusted {
            self.command(fresh, Directive::Stop).await;
            return;
        }
        let hold = match (&inbound.merge, &parsed) {
            (Some(key), _) => Hold::Parts(key.clone()),
            (None, Parsed::Text) if inbound.attachments.is_empty() => {
                Hold::Texts(self.inner.config.get().debounce(message.channel.as_str()))
            }
            (None, _) => Hold::No,
        };
        self.hold(fresh, hold).await;
    }

    async fn hold(&mut self, fresh: Fresh, hold: Hold) {
        let message = &fresh.message;
        let inbound = &message.inbound;
        let voice = Voice {
            channel: message.channel.clone(),
            account: message.account.clone(),
            peer: inbound.peer.id.clone(),
            thread: inbound.thread.clone(),
            sender: inbound.sender.id.clone(),
        };
        let now = self.inner.clock.now();
        for group in self.debounce.push(voice, hold, fresh, now) {
            self.begin(group).await;
        }
    }

    /// A group of messages becomes a command or a turn, or context where none of it is admitted.
    async fn begin(&mut self, mut group: Vec<Fresh>) {
        let settled = settle(&mut group);
        let inner = Arc::clone(&self.inner);
        if group.iter().all(|fresh| fresh.message.verdict.admission == Admission::Keep) {
            settled.iter().for_each(|fresh| self.keep(fresh));
            self.inner.tasks.spawn(|_| async move { turns::settle(&inner, settled).await }).await;
            return;
        }
        if let [only] = group.as_slice()
            && let Parsed::Directive(directive) = self.inner.parse(&only.message)
        {
            self.command(only.clone(), directive).await;
            return;
        }
        let Some(key) = group.last().and_then(|last| last.message.route.as_ref()).map(|route| route.key.clone()) else {
            return;
        };
        let context = self.history.take(&key);
        let Ok(ticket) = self.inner.lanes.reserve(key).await else { return };
        let work = async move {
            turns::settle(&inner, settled).await;
            turns::of_messages(&inner, group, context, ticket).await;
        };
        self.inner.tasks.spawn(|_| work).await;
    }

    async fn command(&mut self, fresh: Fresh, directive: Directive) {
        let Some(key) = fresh.message.route.as_ref().map(|route| route.key.clone()) else { return };
        let ticket = self.place_for(&directive, &key).await;
        let inner = Arc::clone(&self.inner);
        let work = move |_| async move { turns::command_of_message(&inner, fresh, directive, ticket).await };
        self.inner.tasks.spawn(work).await;
    }

    /// A command that starts a turn takes its place now.
    async fn place_for(&self, directive: &Directive, key: &SessionKey) -> Option<lanes::Ticket> {
        match directive {
            Directive::New { .. } => self.inner.lanes.reserve(key.clone()).await.ok(),
            _ => None,
        }
    }

    async fn request(&mut self, event: ids::EventId, request: Box<Request>) {
        let parsed = match request.style {
            Style::Chat => parse_directive(&request.text, None),
            Style::Agent => Parsed::Text,
        };
        let inner = Arc::clone(&self.inner);
        match parsed {
            Parsed::Directive(directive) => {
                let ticket = self.place_for(&directive, &request.key).await;
                let work =
                    move |_| async move { turns::command_of_request(&inner, event, *request, directive, ticket).await };
                self.inner.tasks.spawn(work).await;
            }
            Parsed::Text => {
                let Ok(ticket) = self.inner.lanes.reserve(request.key.clone()).await else { return };
                let work = move |_| async move { turns::of_request(&inner, event, *request, ticket).await };
                self.inner.tasks.spawn(work).await;
            }
        }
    }
}

/// Parts that awaited the rest of their message have the verdict of the whole now; these are they.
fn settle(group: &mut [Fresh]) -> Vec<Fresh> {
    let whole = admit::whole(group.iter().map(|fresh| &fresh.message.verdict));
    let mut settled = Vec::new();
    for part in group.iter_mut().filter(|part| part.message.awaits_the_rest()) {
        if let Some(whole) = &whole {
            part.message.verdict = whole.clone();
        }
        settled.push(part.clone());
    }
    settled
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
