//! Gathers what a verdict is made from, and asks the pure rules.

use std::{collections::HashMap, sync::Arc};

use accounts::Arrived;
use channel::Change;
use ids::{AgentId, PeerKind, SessionKey};
use parking_lot::Mutex;
use tracing::warn;

use super::Inner;
use crate::ack::ack;
use crate::admit::needs_mention;
use crate::{
    Activation, Admission, Config, Facts, InboundError, Parsed, Patterns, Route, Verdict, admit, parse_directive, route,
};

/// What is decided on a message when it comes.
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    /// Where it belongs, whether it is admitted or not.
    pub(super) route: Route,
    /// The mark it gets when it is taken up.
    pub(super) ack: Option<String>,
    /// The account's own name.
    pub(super) me: Option<String>,
}

/// Compiled mention patterns, made anew when the config changes.
#[derive(Debug, Default)]
pub(super) struct Judge {
    compiled: Mutex<Option<Compiled>>,
}

#[derive(Debug)]
struct Compiled {
    of: Arc<Config>,
    by_agent: HashMap<AgentId, Arc<Patterns>>,
}

impl Judge {
    /// The verdict on a message and what goes with it.
    pub(super) async fn judge(
        &self,
        inner: &Inner,
        config: &Arc<Config>,
        arrived: &Arrived,
        is_ours: bool,
    ) -> Result<Judged, InboundError> {
        let Arrived { channel, account, inbound } = arrived;
        let route = route(config, channel.as_str(), account.as_str(), inbound);
        let access = config.access(channel.as_str(), account.as_str());
        let patterns = self.patterns(config, &route.agent);
        let (activation, takes_part) = match inbound.peer.kind {
            PeerKind::Dm => (None, false),
            PeerKind::Group | PeerKind::Channel => {
                (activation(inner, &route.key).await?, takes_part(inner, &route, inbound).await?)
            }
        };
        let me = inner.networks.username(channel, account);
        let facts = Facts {
            message: inbound,
            access: &access,
            is_paired: inner.people.is_paired(channel, &inbound.sender.id),
            patterns: &patterns,
            activation,
            takes_part: if inbound.change == Change::Reacted { is_ours } else { takes_part },
            is_command: parse_directive(&inbound.text, me.as_deref()) != Parsed::Text,
        };
        let verdict = admit(&facts);
        let is_taken_up = verdict.admission == Admission::Admit && inbound.change == Change::New;
        let mark = || ack(&config.messages, emoji(config, &route.agent), inbound.peer.kind, needs_mention(&facts));
        let ack = is_taken_up.then(mark).flatten();
        Ok(Judged { verdict, route, ack, me })
    }

    fn patterns(&self, config: &Arc<Config>, agent: &AgentId) -> Arc<Patterns> {
        let mut compiled = self.compiled.lock();
        let current = match compiled.take() {
            Some(current) if Arc::ptr_eq(&current.of, config) => current,
            _ => Compiled { of: Arc::clone(config), by_agent: HashMap::new() },
        };
        let current = compiled.insert(current);
        Arc::clone(current.by_agent.entry(agent.clone()).or_insert_with(|| Arc::new(compile(config, agent))))
    }
}

fn emoji<'a>(config: &'a Config, agent: &AgentId) -> Option<&'a str> {
    let entry = config.agents.list.iter().find(|entry| AgentId::normalised(&entry.id) == *agent);
    entry?.identity.as_ref()?.emoji.as_deref()
}

fn compile(config: &Config, agent: &AgentId) -> Patterns {
    let entry = config.agents.list.iter().find(|entry| AgentId::normalised(&entry.id) == *agent);
    let own = entry.and_then(|entry| entry.group_chat.as_ref()).and_then(|chat| chat.mention_patterns.as_ref());
    match own.or(config.messages.group_chat.mention_patterns.as_ref()) {
        Some(patterns) => {
            let (compiled, refused) = Patterns::new(patterns);
            for pattern in refused {
                warn!(%agent, %pattern, "a mention pattern is no regular expression and is ignored");
            }
            compiled
        }
        None => {
            let identity = entry.and_then(|entry| entry.identity.as_ref());
            let name = identity.and_then(|identity| identity.name.as_deref()).or(entry.and_then(|e| e.name.as_deref()));
            Patterns::of_identity(name, identity.and_then(|identity| identity.emoji.as_deref()))
        }
    }
}

/// `/activation` of a topic, else of its group.
pub(super) async fn activation(inner: &Inner, key: &SessionKey) -> Result<Option<Activation>, InboundError> {
    for key in [key.clone(), key.without_thread()] {
        let record = inner.sessions.find(&key).await?;
        let word = record.and_then(|record| record.text("groupActivation"));
        if let Some(activation) = word.and_then(|word| Activation::from_word(&word)) {
            return Ok(Some(activation));
        }
    }
    Ok(None)
}

/// A run has answered in the thread that the message stands in; a room's main line is no thread.
async fn takes_part(inner: &Inner, route: &Route, inbound: &channel::Inbound) -> Result<bool, InboundError> {
    if !inbound.is_in_thread() {
        return Ok(false);
    }
    Ok(inner.sessions.find(&route.key).await?.is_some_and(|record| record.text("lastChannel").is_some()))
}
