//! Our own name for one inbound event: what the owner types after `clawdbot explain`.
//!
//! `m_` and 26 characters of Crockford base 32 over a time-ordered uuid, so that ids sort by arrival.

use std::{fmt, str::FromStr, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::ParseNameError;

/// An event in the inbox journal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, transparent, extend("minLength" = 1))]
pub struct EventId(Arc<str>);

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const DIGITS: usize = 26;

impl EventId {
    /// The id of something that arrives at `at_ms` (Unix milliseconds); `entropy` keeps ids of one millisecond apart.
    #[must_use]
    pub fn new(at_ms: u64, entropy: u128) -> Self {
        const RANDOM_BITS: u32 = 80;
        let mut bits = (u128::from(at_ms) << RANDOM_BITS) | (entropy & ((1 << RANDOM_BITS) - 1));
        let mut digits = [b'0'; DIGITS];
        for digit in digits.iter_mut().rev() {
            let index = usize::try_from(bits & 31).unwrap_or(0);
            *digit = ALPHABET.get(index).copied().unwrap_or(b'0');
            bits >>= 5;
        }
        let text: String = "m_".chars().chain(digits.iter().map(|d| char::from(*d))).collect();
        Self(text.into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EventId {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let good = text
            .strip_prefix("m_")
            .is_some_and(|rest| rest.len() == DIGITS && rest.bytes().all(|b| ALPHABET.contains(&b)));
        if good {
            Ok(Self(text.into()))
        } else {
            Err(ParseNameError { what: "event id", problem: "must be m_ and 26 characters" })
        }
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_ids_sort_by_the_time_they_arrived() {
        let early = EventId::new(1_000, u128::MAX);
        let late = EventId::new(1_001, 0);
        assert!(early < late);
        assert_eq!(early.as_str().len(), 28);
        assert_eq!(early.as_str().parse::<EventId>().unwrap(), early);
    }
}
