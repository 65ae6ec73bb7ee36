//! Where an admitted message goes: which agent, which session, and which rule said so. Pure.

use channel::{Peer, SpaceKind};
use ids::{AgentId, PeerKind, SessionKey};
use serde::{Deserialize, Serialize};

use crate::{Config, DmScope, Match, PeerMatch, Scope};

/// A message's destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    pub agent: AgentId,
    pub key: SessionKey,
    /// `binding.peer`, `.guild`, `.team`, `.account` or `.channel`, else `default`.
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

/// What a binding is about, closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tier {
    Peer,
    Guild,
    Team,
    Account,
    Channel,
}

impl Tier {
    fn matched_by(self) -> &'static str {
        match self {
            Self::Peer => "binding.peer",
            Self::Guild => "binding.guild",
            Self::Team => "binding.team",
            Self::Account => "binding.account",
            Self::Channel => "binding.channel",
        }
    }
}

/// The closest binding; of those that are equally close, the first.
fn match_binding(config: &Config, channel: &str, account: &str, message: &channel::Inbound) -> (AgentId, &'static str) {
    let matching = config.bindings.iter().filter(|binding| {
        let matches = &binding.matches;
        matches.channel.eq_ignore_ascii_case(channel)
            && is_of_account(matches, account)
            && is_of_place(matches, &message.peer)
    });
    matching.min_by_key(|binding| tier(&binding.matches)).map_or_else(
        || (config.default_agent(), "default"),
        |binding| (AgentId::normalised(&binding.agent_id), tier(&binding.matches).matched_by()),
    )
}

fn tier(matches: &Match) -> Tier {
    if matches.peer.is_some() {
        Tier::Peer
    } else if given(&matches.guild_id).is_some() {
        Tier::Guild
    } else if given(&matches.team_id).is_some() {
        Tier::Team
    } else if given(&matches.account_id) == Some("*") {
        Tier::Channel
    } else {
        Tier::Account
    }
}

fn is_of_account(matches: &Match, account: &str) -> bool {
    match given(&matches.account_id) {
        None => account == "default",
        Some("*") => true,
        Some(id) => id == account,
    }
}

fn is_of_place(matches: &Match, peer: &Peer) -> bool {
    let is_peer = |wanted: &PeerMatch| wanted.kind == peer.kind && wanted.id == peer.id.as_str();
    let is_in = |kind: SpaceKind, wanted: &Option<String>| {
        let space = peer.space.as_ref().filter(|space| space.kind == kind);
        given(wanted).is_none_or(|wanted| space.is_some_and(|space| space.id == wanted))
    };
    matches.peer.as_ref().is_none_or(is_peer)
        && is_in(SpaceKind::Guild, &matches.guild_id)
        && is_in(SpaceKind::Team, &matches.team_id)
}

/// An empty text is as good as none.
fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
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
    use channel::{Addressed, Change, Inbound, Sender, Space};

    use super::*;

    fn message(kind: PeerKind, peer: &str, thread: Option<&str>) -> Inbound {
        Inbound {
            event: "1".into(),
            message: "7".parse().unwrap(),
            peer: Peer {
                id: peer.parse().unwrap(),
                kind,
                title: None,
                is_forum: thread.is_some(),
                main_line: None,
                space: None,
            },
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

    const BINDINGS: &str = r#"{"agents":{"list":[{"id":"main"},{"id":"net"},{"id":"acc"},{"id":"work"},{"id":"team"},
        {"id":"guild"},{"id":"room"},{"id":"ann"},{"id":"elsewhere"}]},"bindings":[
        {"agentId":"net","match":{"channel":"net","accountId":"*"}},
        {"agentId":"acc","match":{"channel":"net"}},
        {"agentId":"work","match":{"channel":"Net","accountId":"work"}},
        {"agentId":"team","match":{"channel":"net","accountId":"*","teamId":"T1"}},
        {"agentId":"guild","match":{"channel":"net","guildId":"G1"}},
        {"agentId":"room","match":{"channel":"net","peer":{"kind":"group","id":"-100"}}},
        {"agentId":"ann","match":{"channel":"net","accountId":"*","peer":{"kind":"dm","id":"42"}}},
        {"agentId":"elsewhere","match":{"channel":"other","accountId":"*"}}]}"#;

    #[test]
    fn the_closest_binding_wins_and_is_named() {
        let config: Config = serde_json::from_str(BINDINGS).unwrap();
        let space = |kind, id: &str| Some(Space { kind, id: id.to_owned() });
        let (guild, team) = (space(SpaceKind::Guild, "G1"), space(SpaceKind::Team, "T1"));
        let rows = [
            ("default", PeerKind::Group, "-100", guild.clone(), "room", "binding.peer"),
            ("work", PeerKind::Group, "-100", None, "work", "binding.account"),
            ("default", PeerKind::Dm, "42", None, "ann", "binding.peer"),
            ("work", PeerKind::Dm, "42", None, "ann", "binding.peer"),
            // A room with a person's number is not the person.
            ("default", PeerKind::Group, "42", None, "acc", "binding.account"),
            ("default", PeerKind::Channel, "c", guild.clone(), "guild", "binding.guild"),
            // The binding of the guild is one of the account `default`.
            ("work", PeerKind::Channel, "c", guild, "work", "binding.account"),
            ("default", PeerKind::Channel, "c", team.clone(), "team", "binding.team"),
            ("work", PeerKind::Channel, "c", team, "team", "binding.team"),
            // A team is not a guild of the same name.
            ("default", PeerKind::Channel, "c", space(SpaceKind::Team, "G1"), "acc", "binding.account"),
            ("default", PeerKind::Dm, "7", None, "acc", "binding.account"),
            ("work", PeerKind::Dm, "7", None, "work", "binding.account"),
            ("third", PeerKind::Dm, "7", None, "net", "binding.channel"),
        ];
        for (account, kind, peer, space, agent, matched_by) in rows {
            let mut message = message(kind, peer, None);
            message.peer.space = space;
            let route = route(&config, "net", account, &message);
            assert_eq!((route.agent.as_str(), route.matched_by.as_str()), (agent, matched_by), "{account} {peer}");
        }
    }

    #[test]
    fn what_no_binding_catches_and_what_names_no_agent_goes_to_the_default_one() {
        let dm = message(PeerKind::Dm, "42", None);
        let elsewhere = r#"{"bindings":[{"agentId":"main","match":{"channel":"other"}}]}"#;
        assert_eq!(routed(elsewhere, &dm).1, "default");
        let unknown = r#"{"bindings":[{"agentId":"ghost","match":{"channel":"net","accountId":"*"}}]}"#;
        assert_eq!(routed(unknown, &dm), ("agent:main:main".into(), "binding.channel".into()));
    }
}
