//! From a group of messages, a request or a command to a turn in the place that was taken for it.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use ids::{Chat, EventId, PeerKind, SessionKey};
use lanes::{LaneName, QueueMode, QueueSettings, Queued, ReplyTo, Ticket, Turn, TurnFile, TurnOptions};
use outbound::{Origin as PieceOrigin, Place, Visible};
use tool::{Origin, Provenance, Secrecy};
use tracing::warn;

use super::{Fresh, Inner, answer_name, judge};
use crate::{
    Activation, Directive, ack, allowlist,
    directives::{self, Answer, Given},
    envelope::{self, Surroundings},
    group_history::Heard,
    journal::{self, Message, Request, Style},
};

/// A group of messages of one sender becomes a turn.
pub(super) async fn of_messages(inner: &Arc<Inner>, group: Vec<Fresh>, context: Vec<Heard>, ticket: Ticket) {
    let Some(last) = group.last().cloned() else { return };
    let Some(route) = last.message.route.clone() else { return };
    let (files, notes) = fetch(inner, &group).await;
    let around = Surroundings {
        label: &inner.networks.label(&last.message.channel),
        zone: &inner.zone,
        context,
        system: inner.system_events.take(&route.key),
    };
    let inbounds: Vec<&channel::Inbound> = group.iter().map(|fresh| &fresh.message.inbound).collect();
    let text = envelope::turn_text(&inbounds, &notes, &around);
    let turn = Turn {
        run: last.message.run.clone(),
        key: route.key.clone(),
        agent: route.agent,
        causes: group.iter().map(|fresh| fresh.event.clone()).collect(),
        text,
        files,
        provenance: provenance(&last.message, &last.event),
        reply: reply_to(&last.message),
        lane: LaneName::Main,
        queued: Queued::default(),
        options: TurnOptions {
            extra_system_prompt: group_prompt(inner, &last.message).await,
            ..TurnOptions::default()
        },
    };
    ticket.redeem(turn, settings(inner, last.message.channel.as_str(), &route.key).await);
}

/// Writes the verdicts of parts that awaited the rest of their message.
pub(super) async fn settle(inner: &Inner, parts: Vec<Fresh>) {
    if parts.is_empty() {
        return;
    }
    let written =
        inner.store.write(move |tx| parts.iter().try_for_each(|part| journal::settle(tx, &part.event, &part.message)));
    if let Err(error) = written.await {
        warn!(%error, "the verdicts of a message's parts could not be written: they are judged again after a restart");
    }
}

async fn fetch(inner: &Arc<Inner>, group: &[Fresh]) -> (Vec<TurnFile>, Vec<String>) {
    let wanted = group.iter().flat_map(|fresh| {
        let Message { channel, account, inbound, .. } = &*fresh.message;
        inbound.attachments.iter().map(move |file| (channel.clone(), account.clone(), file.clone()))
    });
    let fetched = join_all(wanted.map(|(channel, account, file)| async move {
        let kind = envelope::kind(file.kind);
        let what = file.name.as_ref().map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}"));
        (what, inner.networks.fetch(channel, account, file).await)
    }));
    let (mut files, mut notes) = (Vec::new(), Vec::new());
    for (what, result) in fetched.await {
        match result {
            Ok(file) => {
                notes.push(envelope::file_note(&file));
                files.push(file);
            }
            Err(problem) => notes.push(format!("[media not available: {what}: {problem}]")),
        }
    }
    (files, notes)
}

fn provenance(message: &Message, event: &EventId) -> Provenance {
    let origin = if message.verdict.trusted { Origin::Paired } else { Origin::GroupMember };
    let by = format!("{}:{}", message.channel, message.inbound.sender.id);
    Provenance::new(origin, Secrecy::Chat).by(by).caused_by(event.clone())
}

fn reply_to(message: &Message) -> ReplyTo {
    let Place { channel, account, target } = message.place();
    ReplyTo::Channel { channel, account, target, message: Some(message.inbound.message.clone()) }
}

async fn group_prompt(inner: &Inner, message: &Message) -> Option<String> {
    let inbound = &message.inbound;
    if inbound.peer.kind == PeerKind::Dm {
        return None;
    }
    let access = inner.config.get().access(message.channel.as_str(), message.account.as_str());
    let rules = access.group(inbound.peer.id.as_str(), inbound.thread.as_ref().map(ids::ThreadId::as_str));
    let chosen = match &message.route {
        Some(route) => judge::activation(inner, &route.key).await.unwrap_or_else(|error| {
            warn!(session = %route.key, %error, "the group's activation could not be read");
            None
        }),
        None => None,
    };
    let title = inbound.peer.title.as_deref().unwrap_or("a group");
    let intro = format!(
        "You are in the {} group “{title}”. Several people write here; each message names its sender. {} Answer the one \
         who addressed you, briefly and like a person, without tables. When nothing needs saying, answer exactly NO_REPLY.",
        inner.networks.label(&message.channel),
        Activation::of(chosen, rules.as_ref()).sentence()
    );
    Some(match rules.and_then(|rules| rules.system_prompt) {
        Some(own) => format!("{intro}\n\n{own}"),
        None => intro,
    })
}

/// What a busy session does with the turn: the session's own wish before the network's rule.
async fn settings(inner: &Inner, channel: &str, key: &SessionKey) -> QueueSettings {
    let mut settings = inner.config.get().queue(channel);
    match inner.sessions.find(key).await {
        Ok(record) => {
            let word = record.as_ref().and_then(|record| record.text("queueMode"));
            if let Some(mode) = word.and_then(|word| QueueMode::from_word(&word)) {
                settings.mode = mode;
            }
        }
        Err(error) => warn!(session = %key, %error, "the session's queue mode could not be read"),
    }
    settings
}

/// A client's request becomes a turn.
pub(super) async fn of_request(inner: &Arc<Inner>, event: EventId, request: Request, ticket: Ticket) {
    let settings = settings(inner, journal::CLIENTS, &request.key).await;
    ticket.redeem(request_turn(inner, event, request), settings);
}

fn request_turn(inner: &Inner, event: EventId, request: Request) -> Turn {
    let mut text = envelope::system_lines(&inner.system_events.take(&request.key), &inner.zone);
    text.push_str(&request.text);
    if request.style == Style::Chat {
        text.push_str(&format!("\n[message_id: {}]", request.run));
    }
    Turn {
        run: request.run,
        // Events name the session as the client did.
        key: request.key.spelled(&request.sent),
        agent: request.agent,
        causes: vec![event.clone()],
        text,
        files: request.files,
        provenance: Provenance::new(Origin::Owner, Secrecy::Chat).caused_by(event),
        reply: request.reply,
        lane: LaneName::Main,
        queued: Queued::default(),
        options: TurnOptions {
            thinking: request.thinking,
            timeout: request.timeout_ms.filter(|ms| *ms > 0).map(Duration::from_millis),
            extra_system_prompt: request.extra_system_prompt,
            resume: false,
        },
    }
}

/// A command that a person gave on a network.
pub(super) async fn command_of_message(inner: &Arc<Inner>, fresh: Fresh, directive: Directive, ticket: Option<Ticket>) {
    let message = &fresh.message;
    let Some(route) = message.route.clone() else { return };
    if !message.verdict.trusted {
        close_message(inner, &fresh, None, "inbound.command-refused", "the sender may not give commands").await;
        return;
    }
    let who = format!(
        "{}: {}\nSender: {}",
        inner.networks.label(&message.channel),
        message.account,
        message.inbound.sender.id
    );
    // What is set in a room's main line holds for the room; what is set in a topic holds for the topic.
    let inbound = &message.inbound;
    let settings_of = || if inbound.is_in_thread() { route.key.clone() } else { route.key.without_thread() };
    let group = (inbound.peer.kind != PeerKind::Dm).then(settings_of);
    let access = inner.config.get().access(message.channel.as_str(), message.account.as_str());
    let here = allowlist::Here { channel: message.channel.clone(), account: message.account.clone() };
    let by = allowlist::By::Person { here, is_owner: allowlist::is_owner(&access, inbound) };
    let given = Given { key: route.key.clone(), who, group, by };
    match answer(inner, &given, directive).await {
        Answer::Say(text) => {
            let text = outbound::notice(&text);
            close_message(inner, &fresh, text, "inbound.answered", "a command").await;
        }
        Answer::StartOver(text) => {
            let Some(ticket) = ticket else { return };
            let mut first = fresh.clone();
            first.message.inbound.text = text;
            of_messages(inner, vec![first], Vec::new(), ticket).await;
        }
    }
}

/// A command that a person typed into a client.
pub(super) async fn command_of_request(
    inner: &Arc<Inner>,
    event: EventId,
    request: Request,
    directive: Directive,
    ticket: Option<Ticket>,
) {
    let who = "Operator: this gateway's owner".to_owned();
    let group = (request.key.chat() == Chat::Group).then(|| request.key.clone());
    let by = allowlist::By::Operator { is_admin: request.is_admin };
    let given = Given { key: request.key.clone(), who, group, by };
    match answer(inner, &given, directive).await {
        Answer::Say(text) => {
            close_request(inner, &event).await;
            inner.shown.answer(&request.run, &request.sent, Some(&text));
        }
        Answer::StartOver(text) => {
            let Some(ticket) = ticket else { return };
            let started = Request { text, style: Style::Agent, ..request };
            of_request(inner, event, started, ticket).await;
        }
    }
}

async fn answer(inner: &Arc<Inner>, given: &Given, directive: Directive) -> Answer {
    match directives::carry_out(inner, given, directive).await {
        Ok(Answer::StartOver(text)) => match inner.conversation.start_over(given.key.clone()).await {
            Ok(()) => Answer::StartOver(text),
            Err(why) => Answer::Say(format!("⚠️ The session could not be started over: {why}")),
        },
        Ok(answer) => answer,
        Err(error) => Answer::Say(format!("⚠️ {error}")),
    }
}

/// The answer, the end of the row and the end of its mark are one commit.
async fn close_message(inner: &Inner, fresh: &Fresh, answer: Option<Visible>, kind: &'static str, why: &'static str) {
    let (deliveries, config, closed) = (inner.deliveries.clone(), inner.config.get(), fresh.clone());
    let written = inner.store.write(move |tx| {
        let Fresh { event, message } = &closed;
        if let Some(text) = answer {
            let name = answer_name(event);
            deliveries.stage(tx, &message.place(), PieceOrigin { cause: event.as_str(), name: &name }, &text)?;
        }
        ack::take_back(tx, (&deliveries, &config), event.as_str(), message)?;
        journal::close(tx, event, kind, why)
    });
    match written.await {
        Ok(()) => inner.deliveries.wake(&fresh.message.place()),
        Err(error) => warn!(event = %fresh.event, %error, "a message could not be closed with its answer"),
    }
}

async fn close_request(inner: &Inner, event: &EventId) {
    let closed = event.clone();
    let written = inner.store.write(move |tx| journal::close(tx, &closed, "inbound.answered", "a command"));
    if let Err(error) = written.await {
        warn!(%event, %error, "a request could not be closed");
    }
}
