//! Which conversation a session belongs to, as a parsed key.
//!
//! Canonical keys are lower-case and start with `agent:<id>:`, except `global` and `unknown`. A key remembers the
//! spelling a client sent, because `chat.*` echoes it; equality and hashing look at the canonical form only.

use std::{fmt, hash, str::FromStr, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{AgentId, ParseNameError};

/// What kind of peer a conversation is with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PeerKind {
    Dm,
    Group,
    Channel,
}

impl PeerKind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dm => "dm",
            Self::Group => "group",
            Self::Channel => "channel",
        }
    }
}

/// What the key says about its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chat {
    Direct,
    Group,
    Global,
    Unknown,
}

/// A conversation's memory, by name.
#[derive(Clone)]
pub struct SessionKey {
    canonical: Arc<str>,
    sent: Option<Arc<str>>,
}

const MAX_BYTES: usize = 1024;

impl SessionKey {
    /// `agent:<agent>:<rest>`, lower-cased. `rest` is non-empty text the caller built from parsed ids.
    #[must_use]
    pub fn of_agent(agent: &AgentId, rest: &str) -> Self {
        Self { canonical: format!("agent:{agent}:{}", rest.to_lowercase()).into(), sent: None }
    }

    /// The session of every conversation when `session.scope` is `global`.
    #[must_use]
    pub fn global() -> Self {
        Self { canonical: "global".into(), sent: None }
    }

    /// What a client wrote, resolved: `main` and `main_key` mean the default agent's main session, text without
    /// `agent:` belongs to the default agent. The client's spelling stays in [`SessionKey::as_sent`].
    ///
    /// # Errors
    /// Empty, oversized or control characters.
    pub fn resolve(text: &str, default_agent: &AgentId, main_key: &str) -> Result<Self, ParseNameError> {
        let trimmed = checked(text)?;
        let lower = trimmed.to_lowercase();
        let canonical: Arc<str> = match lower.as_str() {
            "global" | "unknown" => lower.as_str().into(),
            "main" => format!("agent:{default_agent}:{main_key}").into(),
            other if other == main_key => format!("agent:{default_agent}:{main_key}").into(),
            other => match split(other) {
                Some((agent, "main")) => format!("agent:{agent}:{main_key}").into(),
                Some(_) => other.into(),
                None => format!("agent:{default_agent}:{other}").into(),
            },
        };
        Ok(Self { canonical, sent: Some(text.into()) })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.canonical
    }

    /// The spelling the client used, or the canonical one when it was made here.
    #[must_use]
    pub fn as_sent(&self) -> &str {
        self.sent.as_deref().unwrap_or(&self.canonical)
    }

    /// The same key, in the spelling a client used.
    #[must_use]
    pub fn spelled(&self, sent: &str) -> Self {
        Self { canonical: Arc::clone(&self.canonical), sent: Some(sent.into()) }
    }

    /// The agent the key names, if it names one.
    #[must_use]
    pub fn agent(&self) -> Option<AgentId> {
        split(&self.canonical).map(|(agent, _)| AgentId::normalised(agent))
    }

    /// What follows `agent:<id>:`, or the whole key.
    #[must_use]
    pub fn rest(&self) -> &str {
        split(&self.canonical).map_or(&*self.canonical, |(_, rest)| rest)
    }

    #[must_use]
    pub fn is_main(&self, main_key: &str) -> bool {
        self.canonical.as_ref() == "global" || self.rest() == main_key
    }

    #[must_use]
    pub fn chat(&self) -> Chat {
        match self.canonical.as_ref() {
            "global" => Chat::Global,
            "unknown" => Chat::Unknown,
            key if key.contains(":group:") || key.contains(":channel:") => Chat::Group,
            _ => Chat::Direct,
        }
    }

    /// The network and the id of the group that the conversation is held in, as far as it is held in one.
    #[must_use]
    pub fn group(&self) -> Option<(&str, &str)> {
        let (_, rest) = split(self.canonical.get(..self.thread_at())?)?;
        let (channel, place) = rest.split_once(':')?;
        let id = place.strip_prefix("group:").or_else(|| place.strip_prefix("channel:"))?;
        Some((channel, id))
    }

    /// The conversation that this is a thread or topic of; itself when it is none.
    #[must_use]
    pub fn without_thread(&self) -> Self {
        match self.canonical.get(..self.thread_at()) {
            Some(whole) if whole.len() < self.canonical.len() => Self { canonical: whole.into(), sent: None },
            _ => self.clone(),
        }
    }

    /// Where the name of the thread begins, else the end.
    fn thread_at(&self) -> usize {
        let at = |label| self.canonical.rfind(label);
        at(":topic:").or_else(|| at(":thread:")).unwrap_or(self.canonical.len())
    }

    /// This conversation's sub-conversation.
    #[must_use]
    pub fn with_thread(&self, label: &str, thread: &str) -> Self {
        Self { canonical: format!("{}:{label}:{}", self.canonical, thread.to_lowercase()).into(), sent: None }
    }
}

fn checked(text: &str) -> Result<&str, ParseNameError> {
    let trimmed = text.trim();
    let problem = if trimmed.is_empty() {
        "must not be empty"
    } else if trimmed.len() > MAX_BYTES {
        "is longer than 1024 bytes"
    } else if trimmed.chars().any(char::is_control) {
        "contains a control character"
    } else {
        return Ok(trimmed);
    };
    Err(ParseNameError { what: "session key", problem })
}

fn split(key: &str) -> Option<(&str, &str)> {
    let (agent, rest) = key.strip_prefix("agent:")?.split_once(':')?;
    (!agent.is_empty() && !rest.is_empty()).then_some((agent, rest))
}

/// Parses as it stands: no alias is resolved. Use [`SessionKey::resolve`] for what a client typed.
impl FromStr for SessionKey {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = checked(text)?;
        Ok(Self { canonical: trimmed.to_lowercase().into(), sent: Some(text.into()) })
    }
}

impl PartialEq for SessionKey {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for SessionKey {}

impl hash::Hash for SessionKey {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.canonical.hash(state);
    }
}

impl PartialOrd for SessionKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SessionKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.canonical.cmp(&other.canonical)
    }
}

impl Serialize for SessionKey {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.canonical)
    }
}

impl<'de> Deserialize<'de> for SessionKey {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for SessionKey {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SessionKey".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "minLength": 1 })
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical)
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionKey({})", self.canonical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> String {
        SessionKey::resolve(text, &AgentId::main(), "main").unwrap().to_string()
    }

    #[test]
    fn the_aliases_of_the_main_session_all_mean_the_same_key() {
        assert_eq!(resolved("main"), "agent:main:main");
        assert_eq!(resolved("Agent:Work:Main"), "agent:work:main");
        assert_eq!(resolved("notes"), "agent:main:notes");
        assert_eq!(resolved("global"), "global");
        let key = SessionKey::resolve("main", &AgentId::main(), "main").unwrap();
        assert_eq!(key.as_sent(), "main");
    }

    #[test]
    fn a_group_key_is_told_from_a_direct_one() {
        let group: SessionKey = "agent:main:telegram:group:-100".parse().unwrap();
        assert_eq!(group.chat(), Chat::Group);
        assert_eq!(group.agent().unwrap().as_str(), "main");
        assert_eq!(group.rest(), "telegram:group:-100");
        assert_eq!("agent:main:main".parse::<SessionKey>().unwrap().chat(), Chat::Direct);
    }

    #[test]
    fn a_thread_knows_its_group_and_the_conversation_it_is_part_of() {
        let key = |text: &str| text.parse::<SessionKey>().unwrap();
        for text in ["agent:main:net:group:-100", "agent:main:net:group:-100:topic:7"] {
            assert_eq!(key(text).group(), Some(("net", "-100")), "{text}");
            assert_eq!(key(text).without_thread(), key("agent:main:net:group:-100"), "{text}");
        }
        let thread = key("agent:work:net:channel:!room:server.org:thread:t1");
        assert_eq!(thread.group(), Some(("net", "!room:server.org")));
        assert_eq!(thread.without_thread(), key("agent:work:net:channel:!room:server.org"));
        for text in ["agent:main:main", "agent:main:net:dm:42", "global"] {
            assert_eq!((key(text).group(), key(text).without_thread()), (None, key(text)), "{text}");
        }
    }
}
