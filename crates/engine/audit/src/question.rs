//! What a person asks by: an id, its beginning, a run, `last`, or an address. Pure.

use std::str::FromStr;

/// Which chain is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The last message, of all or of one channel or session.
    Last(Scope),
    /// An id or the beginning of an event's.
    Id(String),
    /// A vendor's message.
    Address { channel: String, account: Option<String>, peer: String, message: String },
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    pub session: Option<String>,
    pub channel: Option<String>,
}

/// The fewest characters of an event's id that name it, `m_` included.
pub(crate) const SHORTEST_PREFIX: usize = 8;

/// The words meant nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no message id, run id, `last` or <channel>[/<account>]:<peer>:<message>")]
pub struct NoQuestion(String);

impl FromStr for Question {
    type Err = NoQuestion;

    fn from_str(text: &str) -> Result<Self, NoQuestion> {
        let text = text.trim();
        if text.is_empty() || text == "last" {
            return Ok(Self::Last(Scope::default()));
        }
        // Peers may hold colons, messages and channels do not.
        if let Some((place, rest)) = text.split_once(':')
            && let Some((peer, message)) = rest.rsplit_once(':')
        {
            let (channel, account) = match place.split_once('/') {
                Some((channel, account)) => (channel, Some(account.to_owned())),
                None => (place, None),
            };
            if [channel, peer, message].iter().any(|part| part.is_empty()) || account.as_deref() == Some("") {
                return Err(NoQuestion(text.to_owned()));
            }
            let (channel, peer, message) = (channel.to_owned(), peer.to_owned(), message.to_owned());
            return Ok(Self::Address { channel, account, peer, message });
        }
        if text.chars().any(|c| c.is_whitespace() || c == ':') || text.len() < SHORTEST_PREFIX {
            return Err(NoQuestion(text.to_owned()));
        }
        Ok(Self::Id(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_told_by_its_shape() {
        let address = |account: Option<&str>, peer: &str| Question::Address {
            channel: "telegram".into(),
            account: account.map(Into::into),
            peer: peer.into(),
            message: "17".into(),
        };
        for (text, question) in [
            ("last", Question::Last(Scope::default())),
            ("m_01hkg0", Question::Id("m_01hkg0".into())),
            ("5c5b8e3e-0000-4000-8000-000000000001", Question::Id("5c5b8e3e-0000-4000-8000-000000000001".into())),
            ("telegram:42:17", address(None, "42")),
            ("telegram/work:-100:topic:5:17", address(Some("work"), "-100:topic:5")),
        ] {
            assert_eq!(text.parse(), Ok(question), "{text}");
        }
    }

    #[test]
    fn what_is_too_short_or_half_an_address_is_refused_with_advice() {
        for text in ["m_01h", "telegram:42", ":1:2", "telegram/:1:2", "a b c d e f"] {
            assert!(text.parse::<Question>().unwrap_err().to_string().contains("is no message id"), "{text}");
        }
    }
}
