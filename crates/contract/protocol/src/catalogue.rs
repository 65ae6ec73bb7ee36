//! Every method and event there is, in the order clients are told of them: first those of 2026.1.24 in its order, then
//! our own, last those that are served without being listed.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    Delivery, Effect, Event, Method, Scope, agent, agents, channels, chat, config, connect, device, events, health,
    heartbeat, journal, logs, models, pairing, schema, send, sessions, status, system, usage,
};

/// A method, without its types.
#[derive(Debug, Clone, Copy)]
pub struct MethodFacts {
    pub name: &'static str,
    pub scope: Scope,
    pub effect: Effect,
    pub listed: bool,
    /// Schema of the params.
    pub params: fn() -> Value,
    /// Schema of the reply.
    pub reply: fn() -> Value,
    /// Reads params and writes them again: what survives is what the type knows.
    pub rewrite_params: Rewrite,
    pub rewrite_reply: Rewrite,
}

/// An event, without its type.
#[derive(Debug, Clone, Copy)]
pub struct EventFacts {
    pub name: &'static str,
    pub scope: Option<Scope>,
    pub delivery: Delivery,
    pub payload: fn() -> Value,
    pub rewrite_payload: Rewrite,
}

/// Reads a text as a type and writes it again.
pub type Rewrite = fn(&str) -> Result<String, serde_json::Error>;

fn rewrite<T: Serialize + DeserializeOwned>(text: &str) -> Result<String, serde_json::Error> {
    serde_json::to_string(&serde_json::from_str::<T>(text)?)
}

const fn method<M: Method>() -> MethodFacts {
    MethodFacts {
        name: M::NAME,
        scope: M::SCOPE,
        effect: M::EFFECT,
        listed: M::LISTED,
        params: schema::params::<M>,
        reply: schema::reply::<M>,
        rewrite_params: rewrite::<M::Params>,
        rewrite_reply: rewrite::<M::Reply>,
    }
}

const fn event<E: Event>() -> EventFacts {
    EventFacts {
        name: E::NAME,
        scope: E::SCOPE,
        delivery: E::DELIVERY,
        payload: schema::payload::<E>,
        rewrite_payload: rewrite::<E::Payload>,
    }
}

/// Every method.
pub const METHODS: &[MethodFacts] = &[
    method::<health::Health>(),
    method::<logs::Tail>(),
    method::<channels::Status>(),
    method::<status::Status>(),
    method::<usage::Status>(),
    method::<config::Get>(),
    method::<config::Set>(),
    method::<config::Apply>(),
    method::<config::Patch>(),
    method::<config::Schema>(),
    method::<models::List>(),
    method::<agents::List>(),
    method::<sessions::List>(),
    method::<sessions::Preview>(),
    method::<sessions::Patch>(),
    method::<sessions::Reset>(),
    method::<sessions::Delete>(),
    method::<sessions::Compact>(),
    method::<heartbeat::Last>(),
    method::<device::pair::List>(),
    method::<device::pair::Approve>(),
    method::<device::pair::Reject>(),
    method::<device::token::Rotate>(),
    method::<device::token::Revoke>(),
    method::<system::Presence>(),
    method::<system::Event>(),
    method::<send::Send>(),
    method::<agent::Run>(),
    method::<agent::Identity>(),
    method::<agent::Wait>(),
    method::<chat::History>(),
    method::<chat::Abort>(),
    method::<chat::Send>(),
    method::<journal::Explain>(),
    method::<pairing::List>(),
    method::<pairing::Approve>(),
    method::<chat::HistoryBefore>(),
    method::<pairing::Remove>(),
    method::<connect::Connect>(),
    method::<sessions::Resolve>(),
    method::<chat::Inject>(),
];

/// Every event. `chat` stands here once, though its deltas are delivered differently.
pub const EVENTS: &[EventFacts] = &[
    event::<events::Challenge>(),
    event::<events::Agent>(),
    event::<events::Chat>(),
    event::<events::Presence>(),
    event::<events::Tick>(),
    event::<events::Shutdown>(),
    event::<events::Health>(),
    event::<events::DevicePairRequested>(),
    event::<events::DevicePairResolved>(),
];

/// Names and whether they are listed, apart from the tables: a program that serves the methods holds no code for their
/// schemas and rewriting.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it, and refuses a place that is not there")]
const METHOD_NAMES: [(&str, bool); METHODS.len()] = {
    let mut names = [("", false); METHODS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = (METHODS[at].name, METHODS[at].listed);
        at += 1;
    }
    names
};

#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it, and refuses a place that is not there")]
const EVENT_NAMES: [&str; EVENTS.len()] = {
    let mut names = [""; EVENTS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = EVENTS[at].name;
        at += 1;
    }
    names
};

/// `features.methods` of `hello-ok` for a gateway that serves what `is_served` says.
pub fn listed_methods(is_served: impl Fn(&str) -> bool) -> impl Iterator<Item = &'static str> {
    let listed = METHOD_NAMES.into_iter().filter_map(|(name, is_listed)| is_listed.then_some(name));
    listed.filter(move |name| is_served(name))
}

/// `features.events` of `hello-ok`.
pub fn listed_events() -> impl Iterator<Item = &'static str> {
    EVENT_NAMES.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_in_the_catalogue_twice() {
        let mut names: Vec<_> = METHODS.iter().map(|m| m.name).chain(EVENTS.iter().map(|e| e.name)).collect();
        // `health` is both a method and an event, `agent` too: they are told apart by where they stand.
        let (methods, events) = names.split_at_mut(METHODS.len());
        for list in [methods, events] {
            list.sort_unstable();
            assert!(list.windows(2).all(|pair| pair[0] != pair[1]), "{list:?}");
        }
    }

    #[test]
    fn our_own_methods_come_after_the_known_ones() {
        let listed: Vec<_> = listed_methods(|name| name != "config.schema").collect();
        assert_eq!(listed.first(), Some(&"health"));
        let own = ["journal.explain", "pairing.list", "pairing.approve", "chat.history.before", "pairing.remove"];
        assert_eq!(&listed[listed.len() - own.len()..], own);
        assert!(!listed.contains(&"config.schema") && !listed.contains(&"chat.inject") && !listed.contains(&"connect"));
    }
}
