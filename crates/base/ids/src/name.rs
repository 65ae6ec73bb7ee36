//! The plain names: opaque text from a vendor, a client or ourselves, kept apart by type.

use std::{fmt, str::FromStr, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// Why a text is not a name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {problem}")]
pub struct ParseNameError {
    pub(crate) what: &'static str,
    pub(crate) problem: &'static str,
}

const MAX_BYTES: usize = 512;

fn check(what: &'static str, text: &str) -> Result<(), ParseNameError> {
    let problem = if text.is_empty() {
        "must not be empty"
    } else if text.len() > MAX_BYTES {
        "is longer than 512 bytes"
    } else if text.chars().any(char::is_control) {
        "contains a control character"
    } else {
        return Ok(());
    };
    Err(ParseNameError { what, problem })
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident = $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline, transparent, extend("minLength" = 1))]
        pub struct $name(Arc<str>);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseNameError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                check($what, text)?;
                Ok(Self(text.into()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseNameError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                check($what, &text)?;
                Ok(Self(text.into()))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.try_into().map_err(serde::de::Error::custom)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )*};
}

names! {
    /// One login on a channel; `default` where the owner configured only one.
    AccountId = "account id";
    /// A messaging network, in lower case, as it is written under `channels` in the config.
    ChannelKind = "channel kind";
    /// Whom a conversation is with, in the vendor's spelling.
    PeerId = "peer id";
    /// The person who wrote a message, in the vendor's spelling.
    SenderId = "sender id";
    /// A sub-conversation inside a peer.
    ThreadId = "thread id";
    /// The vendor's name of a message: what is edited or replied to.
    MessageId = "message id";
    /// One execution of an agent; for requests from clients their idempotency key.
    RunId = "run id";
    /// A transcript: the uuid in its file name.
    SessionId = "session id";
    /// One entry of a transcript: the first eight hex digits of a uuid.
    EntryId = "entry id";
    /// A model's name for one of its tool calls.
    ToolCallId = "tool call id";
    /// A paired device that executes commands.
    NodeId = "node id";
    /// A device identity: lower-case hex SHA-256 of its public key.
    DeviceId = "device id";
    /// One WebSocket connection.
    ConnId = "connection id";
    /// A question that waits for a person's or a rule's answer.
    ApprovalId = "approval id";
}

impl AccountId {
    /// The account of a channel that has only one.
    #[must_use]
    pub fn default_account() -> Self {
        Self("default".into())
    }
}

impl RunId {
    /// A run nobody outside named.
    #[must_use]
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().to_string().into())
    }
}

impl SessionId {
    /// A fresh transcript's name.
    #[must_use]
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().to_string().into())
    }
}

impl ConnId {
    /// A fresh connection's name.
    #[must_use]
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().to_string().into())
    }
}

impl EntryId {
    /// Eight hex digits; the caller retries when the transcript already has them.
    #[must_use]
    pub fn random() -> Self {
        let hex = uuid::Uuid::new_v4().simple().to_string();
        Self(hex.chars().take(8).collect::<String>().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_empty_or_has_control_characters_is_refused() {
        assert_eq!("".parse::<PeerId>().unwrap_err().to_string(), "peer id must not be empty");
        assert!("a\u{7}b".parse::<PeerId>().is_err());
        assert!("x".repeat(513).parse::<PeerId>().is_err());
        assert_eq!("-100200".parse::<PeerId>().unwrap().as_str(), "-100200");
    }

    #[test]
    fn an_entry_id_has_eight_hex_digits() {
        let id = EntryId::random();
        assert_eq!(id.as_str().len(), 8);
        assert!(id.as_str().bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
