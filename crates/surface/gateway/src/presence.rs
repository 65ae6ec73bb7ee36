//! Who is here. Pure: time is an argument.
//!
//! Entries end five minutes after their last sign of life, whether their connection still stands or not; that is how
//! the published program shows a silent client, and clients expect it.

use std::{cmp::Reverse, collections::HashMap};

use protocol::{Text, system::PresenceEntry};

/// An entry lives this long after its last sign.
const TTL_MS: u64 = 5 * 60 * 1_000;
const MOST: usize = 200;

/// Everyone who is here, by key.
#[derive(Debug)]
pub(crate) struct Presence {
    own: PresenceEntry,
    entries: HashMap<String, PresenceEntry>,
    version: u64,
}

impl Presence {
    /// `own` is the gateway's entry: always there, always now.
    pub(crate) fn new(own: PresenceEntry) -> Self {
        Self { own, entries: HashMap::new(), version: 1 }
    }

    /// Counts changes.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Puts what is known in place of what was; what is not said anew stays.
    pub(crate) fn put(&mut self, key: &str, new: PresenceEntry, now: u64) {
        let key = key.to_lowercase();
        let old = self.entries.remove(&key).unwrap_or_default();
        let text = new.text.or(old.text);
        let mut entry = PresenceEntry {
            host: new.host.or(old.host),
            ip: new.ip.or(old.ip),
            version: new.version.or(old.version),
            platform: new.platform.or(old.platform),
            device_family: new.device_family.or(old.device_family),
            model_identifier: new.model_identifier.or(old.model_identifier),
            mode: new.mode.or(old.mode),
            last_input_seconds: new.last_input_seconds.or(old.last_input_seconds),
            device_id: new.device_id.or(old.device_id),
            roles: new.roles.or(old.roles),
            scopes: new.scopes.or(old.scopes),
            instance_id: new.instance_id.or(old.instance_id),
            reason: new.reason.or(old.reason),
            tags: None,
            text: None,
            ts: now,
        };
        entry.text = text.or_else(|| {
            let word = |text: &Option<Text>| text.as_ref().map_or("unknown".to_owned(), ToString::to_string);
            Some(format!("Node: {} · mode {}", word(&entry.host), word(&entry.mode)))
        });
        self.entries.insert(key, entry);
        self.prune(now);
        self.version += 1;
    }

    pub(crate) fn get(&self, key: &str) -> Option<&PresenceEntry> {
        self.entries.get(&key.to_lowercase())
    }

    /// Newest first, the gateway before all.
    pub(crate) fn list(&mut self, now: u64) -> Vec<PresenceEntry> {
        self.prune(now);
        let mut own = self.own.clone();
        own.ts = now;
        let mut list: Vec<_> = self.entries.values().cloned().collect();
        list.sort_by_key(|entry| Reverse(entry.ts));
        list.insert(0, own);
        list
    }

    /// When the next entry ends.
    pub(crate) fn next_end(&self) -> Option<u64> {
        self.entries.values().map(|entry| entry.ts + TTL_MS).min()
    }

    fn prune(&mut self, now: u64) {
        self.entries.retain(|_, entry| now.saturating_sub(entry.ts) <= TTL_MS);
        // One beyond the bound makes the oldest go; more than one beyond cannot be.
        while self.entries.len() >= MOST {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.ts).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { break };
            self.entries.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(host: &str) -> PresenceEntry {
        PresenceEntry { host: host.to_owned().try_into().ok(), ..PresenceEntry::default() }
    }

    fn hosts(presence: &mut Presence, now: u64) -> Vec<String> {
        presence.list(now).into_iter().map(|entry| entry.host.unwrap().to_string()).collect()
    }

    #[test]
    fn the_gateway_is_always_here_and_silent_ones_leave_after_five_minutes() {
        let mut presence = Presence::new(named("gateway"));
        presence.put("A", named("a"), 1_000);
        presence.put("b", named("b"), 2_000);
        assert_eq!(hosts(&mut presence, 3_000), ["gateway", "b", "a"]);
        assert_eq!(presence.next_end(), Some(1_000 + TTL_MS));
        assert_eq!(hosts(&mut presence, 1_001 + TTL_MS), ["gateway", "b"]);
    }

    #[test]
    fn keys_differ_only_in_their_letters_not_in_their_case() {
        let mut presence = Presence::new(named("gateway"));
        presence.put("Key", named("a"), 1);
        presence.put("kEY", named("b"), 2);
        assert_eq!(hosts(&mut presence, 2), ["gateway", "b"]);
    }

    #[test]
    fn at_most_two_hundred_are_shown_and_the_oldest_leave() {
        let mut presence = Presence::new(named("gateway"));
        for number in 0..300 {
            presence.put(&number.to_string(), named(&number.to_string()), number);
        }
        let hosts = hosts(&mut presence, 300);
        assert_eq!((hosts.len(), hosts[1].as_str()), (MOST, "299"));
    }

    #[test]
    fn an_entry_without_a_text_gets_one_from_its_name_and_mode() {
        let mut presence = Presence::new(named("gateway"));
        presence.put("a", PresenceEntry { mode: "ui".to_owned().try_into().ok(), ..named("pixel") }, 1);
        assert_eq!(presence.list(1)[1].text.as_deref(), Some("Node: pixel · mode ui"));
    }
}
