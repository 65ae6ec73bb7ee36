//! Who waits with a code, in the published format. Pure: time and chance are arguments.

use std::collections::BTreeMap;

use ids::{ChannelKind, SenderId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use stdx::Entropy;

use super::Approved;

/// No letter that can be taken for another: no 0 and O, no 1 and I.
const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const TTL_MS: i64 = 60 * 60 * 1_000;
/// More strangers at once get no code: they could fill the owner's list.
const MOST: usize = 3;

/// What a stranger gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairingOutcome {
    /// A code that was made now: tell it.
    New(String),
    /// The code the stranger has already.
    Known(String),
    /// Too many wait: say nothing.
    Full,
}

/// Somebody who waits with a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub approved: Approved,
    pub code: String,
    /// Milliseconds since 1970.
    pub created_at: i64,
    pub expires_at: i64,
}

/// `<channel>-pairing.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Requests {
    #[serde(default = "version")]
    version: u32,
    #[serde(default)]
    requests: Vec<Request>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    id: String,
    code: String,
    created_at: String,
    last_seen_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<BTreeMap<String, Value>>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

fn version() -> u32 {
    1
}

impl Default for Requests {
    fn default() -> Self {
        Self { version: 1, requests: Vec::new(), rest: Map::new() }
    }
}

impl Requests {
    /// What the stranger gets, and whether the file changed. `fresh` makes codes.
    pub(super) fn request(
        &mut self,
        sender: &SenderId,
        meta: BTreeMap<String, String>,
        now: i64,
        fresh: impl Fn() -> String,
    ) -> (PairingOutcome, bool) {
        let is_pruned = self.prune(now);
        let meta: BTreeMap<_, _> = meta.into_iter().map(|(key, value)| (key, Value::String(value))).collect();
        let meta = (!meta.is_empty()).then_some(meta);
        if let Some(known) = self.requests.iter_mut().find(|request| request.id == sender.as_str()) {
            known.last_seen_at = iso(now);
            if meta.is_some() {
                known.meta = meta;
            }
            return (PairingOutcome::Known(known.code.clone()), true);
        }
        if self.requests.len() >= MOST {
            return (PairingOutcome::Full, is_pruned);
        }
        let code = loop {
            let code = fresh();
            if self.requests.iter().all(|request| !request.code.eq_ignore_ascii_case(&code)) {
                break code;
            }
        };
        self.requests.push(Request {
            id: sender.to_string(),
            code: code.clone(),
            created_at: iso(now),
            last_seen_at: iso(now),
            meta,
            rest: Map::new(),
        });
        (PairingOutcome::New(code), true)
    }

    pub(super) fn waiting(&self, channel: &ChannelKind, now: i64) -> Vec<Waiting> {
        self.requests
            .iter()
            .filter(|request| request.is_alive(now))
            .filter_map(|request| request.waiting(channel))
            .collect()
    }

    /// Who has this code; letters in either case.
    pub(super) fn find(&self, channel: &ChannelKind, code: &str, now: i64) -> Option<Approved> {
        let request = self.requests.iter().find(|request| request.has(code) && request.is_alive(now))?;
        request.waiting(channel).map(|waiting| waiting.approved)
    }

    pub(super) fn remove(&mut self, code: &str, now: i64) {
        self.prune(now);
        self.requests.retain(|request| !request.has(code));
    }

    /// Drops what a sender asked; says whether there was anything.
    pub(super) fn forget(&mut self, sender: &SenderId) -> bool {
        let before = self.requests.len();
        self.requests.retain(|request| request.id != sender.as_str());
        before != self.requests.len()
    }

    fn prune(&mut self, now: i64) -> bool {
        let before = self.requests.len();
        self.requests.retain(|request| request.is_alive(now));
        before != self.requests.len()
    }
}

impl Request {
    fn has(&self, code: &str) -> bool {
        self.code.eq_ignore_ascii_case(code.trim())
    }

    fn created_ms(&self) -> Option<i64> {
        self.created_at.parse().ok().map(Timestamp::as_millisecond)
    }

    /// Without a readable date it has ended: a code must not live for ever.
    fn is_alive(&self, now: i64) -> bool {
        self.created_ms().is_some_and(|created| now - created <= TTL_MS)
    }

    fn waiting(&self, channel: &ChannelKind) -> Option<Waiting> {
        let created_at = self.created_ms()?;
        let told = |key: &str| {
            let value = self.meta.as_ref()?.get(key)?.as_str()?.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let full = || match (told("firstName"), told("lastName")) {
            (Some(first), Some(last)) => Some(format!("{first} {last}")),
            (first, last) => first.or(last),
        };
        let approved = Approved {
            channel: channel.clone(),
            account: told("accountId").and_then(|account| account.parse().ok()),
            sender: self.id.parse().ok()?,
            name: told("name").or_else(full).or_else(|| told("username")),
        };
        Some(Waiting { approved, code: self.code.clone(), created_at, expires_at: created_at + TTL_MS })
    }
}

pub(super) fn code(length: usize, entropy: &dyn Entropy) -> String {
    let bound = u64::try_from(ALPHABET.len()).unwrap_or(u64::MAX);
    let letter = || ALPHABET.get(usize::try_from(entropy.below(bound)).unwrap_or(0)).copied().unwrap_or(b'A');
    (0..length.clamp(4, 32)).map(|_| char::from(letter())).collect()
}

/// As JavaScript writes dates.
fn iso(ms: i64) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use stdx::SeededEntropy;

    use super::*;

    const NOW: i64 = 1_795_166_309_450;

    fn asks(requests: &mut Requests, sender: &str, now: i64) -> PairingOutcome {
        let entropy = SeededEntropy::new(u64::try_from(now).unwrap());
        requests.request(&sender.parse().unwrap(), BTreeMap::new(), now, || code(6, &entropy)).0
    }

    #[test]
    fn a_stranger_keeps_its_code_for_an_hour_and_a_fourth_gets_none() {
        let mut requests = Requests::default();
        let PairingOutcome::New(code) = asks(&mut requests, "1", NOW) else { panic!("a new code") };
        assert_eq!(code.len(), 6);
        assert_eq!(asks(&mut requests, "1", NOW + TTL_MS), PairingOutcome::Known(code));
        assert!(matches!(asks(&mut requests, "2", NOW + 1), PairingOutcome::New(_)));
        assert!(matches!(asks(&mut requests, "3", NOW + 1), PairingOutcome::New(_)));
        assert_eq!(asks(&mut requests, "4", NOW + 2), PairingOutcome::Full);
        assert!(matches!(asks(&mut requests, "4", NOW + TTL_MS + 1), PairingOutcome::New(_)), "the first has ended");
    }

    #[test]
    fn a_code_of_the_published_program_is_found_in_either_case() {
        let channel: ChannelKind = "telegram".parse().unwrap();
        let text = r#"{"version":1,"requests":[{"id":"42","code":"ABCDEFGH","createdAt":"2026-11-20T08:00:00.000Z",
            "lastSeenAt":"2026-11-20T08:00:00.000Z","meta":{"username":"ann","accountId":"default"},"x":1}],"y":2}"#;
        let requests: Requests = serde_json::from_str(text).unwrap();
        let now = "2026-11-20T08:59:00Z".parse::<Timestamp>().unwrap().as_millisecond();
        let found = requests.find(&channel, " abcdefgh ", now).unwrap();
        assert_eq!((found.sender.as_str(), found.name.as_deref()), ("42", Some("ann")));
        assert_eq!(requests.find(&channel, "ABCDEFGH", now + 120_000), None, "an hour has passed");
        let written: Value = serde_json::to_value(&requests).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(text).unwrap(), "unknown fields are kept");
    }

    #[test]
    fn dates_are_written_as_javascript_writes_them() {
        assert_eq!(iso(1_795_166_309_450), "2026-11-20T09:18:29.450Z");
        assert_eq!(iso(0), "1970-01-01T00:00:00.000Z");
    }

    proptest! {
        #[test]
        fn codes_are_unambiguous_and_never_repeat_among_those_who_wait(seed: u64, length in 4..9_usize) {
            let entropy = SeededEntropy::new(seed);
            let mut requests = Requests::default();
            for sender in ["a", "b", "c"] {
                requests.request(&sender.parse().unwrap(), BTreeMap::new(), NOW, || code(length, &entropy));
            }
            let codes: std::collections::BTreeSet<_> = requests.requests.iter().map(|request| &request.code).collect();
            prop_assert_eq!(codes.len(), 3);
            for code in codes {
                prop_assert_eq!(code.len(), length);
                prop_assert!(code.bytes().all(|letter| ALPHABET.contains(&letter)));
            }
        }
    }
}
