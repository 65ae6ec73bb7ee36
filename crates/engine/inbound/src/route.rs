//! Where an admitted message goes: which agent, which session, and which rule said so. Pure.

use ids::{AgentId, PeerKind, SessionKey};
use serde::{Deserialize, Serialize};

use crate::{Binding, Config, DmScope, Scope};

/// A message's destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    pub agent: AgentId,
    pub key: SessionKey,
    /// `binding.peer`, `binding.account`, `binding.channel` or `default`.
    pub matched_by: String,
}

/// Decides.
#[must_use]
pub fn route(config: &Config, channel: &str, account: &str, message: &channel::Inbound) -> Route {
    let (agent, matched_by) = match_binding(config, channel, account, message);
    let agent = if config.has_agent(&agent) { agent } else { config.default_agent() };
    let key = session_key(config, &agent, channel, message);
    Route { agent, key, matched_by: matched_by.to_owned() }
}

fn match_binding(config: &Config, channel: &str, account: &str, message: &channel::Inbound) -> (AgentId, &'static str) {
    let here = |binding: &&Binding| binding.matches.channel.eq_ignore_ascii_case(channel);
    let same_account = |binding: &&Binding| match binding.matches.account_id.as_deref().map(str::trim) {
        None | Some("") => account == "default",
        Some("*") => true,
        Some(id) => id == account,
    };
    let by_peer = config.bindings.iter().filter(here).filter(same_account).find(|binding| {
        let peer = binding.matches.peer.as_ref();
        peer.is_some_and(|peer| peer.kind == message.peer.kind && peer.id == message.peer.id.as_str())
    });
    if let Some(binding) = by_peer {
        return (AgentId::normalised(&binding.agent_id), "binding.peer");
    }
    let without_peer = |binding: &&Binding| binding.matches.peer.is_none();
    let any_account = |binding: &Binding| binding.matches.account_id.as_deref().map(str::trim) == Some("*");
    let mut whole = config.bindings.iter().filter(here).filter(same_account).filter(without_peer);
    let found: Vec<&Binding> = whole.by_ref().collect();
    if let Some(binding) = found.iter().find(|binding| !any_account(binding)) {
        return (AgentId::normalised(&binding.agent_id), "binding.account");
    }
    if let Some(binding) = found.first() {
        return (AgentId::normalised(&binding.agent_id), "binding.channel");
    }
    (config.default_agent(), "default")
}

fn session_key(config: &Config, agent: &AgentId, channel: &str, message: &channel::Inbound) -> SessionKey {
    if config.session.scope == Scope::Global {
        return SessionKey::global();
    }
    let peer = message.peer.id.as_str();
    let base = match message.peer.kind {
        PeerKind::Dm => match config.session.dm_scope {
            DmScope::Main => config.main_key(),
            DmScope::PerPeer => format!("dm:{}", linked(config, channel, peer)),
            DmScope::PerChannelPeer => format!("{channel}:dm:{}", linked(config, channel, peer)),
        },
        kind @ (PeerKind::Group | PeerKind::Channel) => format!("{channel}:{}:{peer}", kind.as_str()),
    };
    let key = SessionKey::of_agent(agent, &base);
    match &message.thread {
        Some(thread) if message.peer.is_forum => key.with_thread("topic", thread.as_str()),
        Some(thread) if message.peer.kind != PeerKind::Dm => key.with_thread("thread", thread.as_str()),
        _ => key,
    }
}

/// The one name of a person who is known under several ids.
fn linked<'a>(config: &'a Config, channel: &str, peer: &'a str) -> &'a str {
    let full = format!("{channel}:{peer}").to_lowercase();
    let bare = peer.to_lowercase();
    let links = &config.session.identity_links;
    let found =
        links.iter().find(|(_, ids)| ids.iter().any(|id| id.to_lowercase() == full || id.to_lowercase() == bare));
    found.map_or(peer, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use channel::{Addressed, Change, Inbound, Peer, Sender};

    use super::*;

    fn message(kind: PeerKind, peer: &str, thread: Option<&str>) -> Inbound {
        Inbound {
            event: "1".into(),
            message: "7".parse().unwrap(),
            peer: Peer { id: peer.parse().unwrap(), kind, title: None, is_forum: thread.is_some() },
            thread: thread.map(|thread| thread.parse().unwrap()),
            sender: Sender { id: "42".parse().unwrap(), name: None, username: None, is_bot: false },
            text: String::new(),
            attachments: Vec::new(),
            spans: Vec::new(),
            addressed: Addressed::Nobody,
            reply_to: None,
            merge: None,
            change: Change::New,
            at: 0,
        }
    }

    fn routed(config: &str, message: &Inbound) -> (String, String) {
        let config: Config = serde_json::from_str(config).unwrap();
        let route = route(&config, "net", "default", message);
        (route.key.to_string(), route.matched_by)
    }

    #[test]
    fn a_direct_chat_goes_to_the_main_session_unless_scoped_otherwise() {
        let dm = message(PeerKind::Dm, "42", None);
        assert_eq!(routed("{}", &dm), ("agent:main:main".into(), "default".into()));
        assert_eq!(routed(r#"{"session":{"dmScope":"per-peer"}}"#, &dm).0, "agent:main:dm:42");
        assert_eq!(routed(r#"{"session":{"dmScope":"per-channel-peer"}}"#, &dm).0, "agent:main:net:dm:42");
        let linked = r#"{"session":{"dmScope":"per-peer","identityLinks":{"ann":["net:42"]}}}"#;
        assert_eq!(routed(linked, &dm).0, "agent:main:dm:ann");
        assert_eq!(routed(r#"{"session":{"scope":"global"}}"#, &dm).0, "global");
    }

    #[test]
    fn groups_and_topics_have_sessions_of_their_own() {
        assert_eq!(routed("{}", &message(PeerKind::Group, "-100", None)).0, "agent:main:net:group:-100");
        assert_eq!(routed("{}", &message(PeerKind::Group, "-100", Some("7"))).0, "agent:main:net:group:-100:topic:7");
    }

    #[test]
    fn the_closest_binding_wins_and_is_named() {
        let config = r#"{"agents":{"list":[{"id":"main"},{"id":"a"},{"id":"b"},{"id":"c"}]},"bindings":[
            {"agentId":"c","match":{"channel":"net","accountId":"*"}},
            {"agentId":"b","match":{"channel":"net"}},
            {"agentId":"a","match":{"channel":"net","peer":{"kind":"group","id":"-100"}}}]}"#;
        let by_peer = routed(config, &message(PeerKind::Group, "-100", None));
        assert_eq!(by_peer, ("agent:a:net:group:-100".into(), "binding.peer".into()));
        let by_account = routed(config, &message(PeerKind::Dm, "42", None));
        assert_eq!(by_account, ("agent:b:main".into(), "binding.account".into()));
        let unknown = r#"{"bindings":[{"agentId":"ghost","match":{"channel":"net","accountId":"*"}}]}"#;
        assert_eq!(
            routed(unknown, &message(PeerKind::Dm, "42", None)),
            ("agent:main:main".into(), "binding.channel".into())
        );
    }
}
