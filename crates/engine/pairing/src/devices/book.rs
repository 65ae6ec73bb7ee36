//! Who is paired, and who asks to be. Pure: time and fresh names are arguments.

use std::collections::BTreeMap;

use protocol::{Role, connect::Params};

use super::{
    record::{Paired, Pending, Token},
    secret::same,
};

/// A request waits this long for the owner.
pub(super) const PENDING_MS: i64 = 5 * 60 * 1_000;

/// All devices, by request and by device.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(super) pending: BTreeMap<String, Pending>,
    pub(super) paired: BTreeMap<String, Paired>,
}

/// What a device, whose signature was verified, asks for.
#[derive(Debug, Clone)]
pub(super) struct Ask<'a> {
    pub(super) device_id: &'a str,
    /// Normalised.
    pub(super) public_key: &'a str,
    pub(super) params: &'a Params,
    pub(super) role: Role,
    pub(super) scopes: &'a [String],
    pub(super) remote_ip: Option<String>,
}

impl Book {
    /// Whether the device is paired for what it asks.
    pub(super) fn covers(&self, ask: &Ask<'_>) -> bool {
        let Some(paired) = self.paired.get(ask.device_id).filter(|paired| paired.public_key == ask.public_key) else {
            return false;
        };
        let role = ask.role.as_str();
        let has_role = match &paired.roles {
            Some(roles) => roles.iter().any(|known| known == role),
            None => paired.role.as_deref() == Some(role),
        };
        has_role && covers(paired.scopes.as_deref().unwrap_or_default(), ask.scopes)
    }

    /// The request of this device: the one that waits already, or a new one (then `true`).
    pub(super) fn request(&mut self, ask: &Ask<'_>, is_silent: bool, fresh: &str, now: i64) -> (Pending, bool) {
        self.prune(now);
        if let Some(waits) = self.pending.values().find(|pending| pending.device_id == ask.device_id) {
            return (waits.clone(), false);
        }
        let client = &ask.params.client;
        let pending = Pending {
            request_id: fresh.to_owned(),
            device_id: ask.device_id.to_owned(),
            public_key: ask.public_key.to_owned(),
            display_name: client.display_name.as_ref().map(ToString::to_string),
            platform: Some(client.platform.to_string()),
            client_id: Some(client.id.as_str().to_owned()),
            client_mode: Some(client.mode.as_str().to_owned()),
            role: Some(ask.role.as_str().to_owned()),
            roles: Some(vec![ask.role.as_str().to_owned()]),
            scopes: Some(ask.scopes.to_vec()),
            remote_ip: ask.remote_ip.clone(),
            silent: Some(is_silent),
            is_repair: Some(self.paired.contains_key(ask.device_id)),
            ts: now,
            rest: serde_json::Map::new(),
        };
        self.pending.insert(fresh.to_owned(), pending.clone());
        (pending, true)
    }

    /// Lets a device in: its roles and scopes grow, and it gets a new token for the role it asked for.
    pub(super) fn approve(&mut self, request: &str, fresh: &str, now: i64) -> Option<(Pending, Paired)> {
        self.prune(now);
        let pending = self.pending.remove(request)?;
        let old = self.paired.remove(&pending.device_id);
        let mut paired = old.unwrap_or_else(|| Paired { created_at_ms: now, ..Paired::default() });
        paired.device_id.clone_from(&pending.device_id);
        paired.public_key.clone_from(&pending.public_key);
        for (to, from) in [
            (&mut paired.display_name, &pending.display_name),
            (&mut paired.platform, &pending.platform),
            (&mut paired.client_id, &pending.client_id),
            (&mut paired.client_mode, &pending.client_mode),
            (&mut paired.role, &pending.role),
            (&mut paired.remote_ip, &pending.remote_ip),
        ] {
            if from.is_some() {
                to.clone_from(from);
            }
        }
        let asked: Vec<String> = pending.roles.iter().flatten().chain(&pending.role).cloned().collect();
        merge(&mut paired.roles, asked);
        merge(&mut paired.scopes, pending.scopes.clone().unwrap_or_default());
        paired.approved_at_ms = now;
        if let Some(role) = &pending.role {
            let tokens = paired.tokens.get_or_insert_default();
            renew(tokens, role, pending.scopes.clone().unwrap_or_default(), fresh, now);
        }
        self.paired.insert(pending.device_id.clone(), paired.clone());
        Some((pending, paired))
    }

    pub(super) fn reject(&mut self, request: &str, now: i64) -> Option<Pending> {
        self.prune(now);
        self.pending.remove(request)
    }

    /// A paired device came again: what it says of itself replaces what it said, also where it says nothing now.
    /// Whether anything changed.
    pub(super) fn met(&mut self, ask: &Ask<'_>) -> bool {
        let Some(paired) = self.paired.get_mut(ask.device_id) else { return false };
        let client = &ask.params.client;
        let mut is_changed = false;
        for (to, from) in [
            (&mut paired.display_name, client.display_name.as_ref().map(ToString::to_string)),
            (&mut paired.platform, Some(client.platform.to_string())),
            (&mut paired.client_id, Some(client.id.as_str().to_owned())),
            (&mut paired.client_mode, Some(client.mode.as_str().to_owned())),
            (&mut paired.role, Some(ask.role.as_str().to_owned())),
            (&mut paired.remote_ip, ask.remote_ip.clone()),
        ] {
            if *to != from {
                *to = from;
                is_changed = true;
            }
        }
        is_changed
    }

    /// The token of a paired device for its role: one that covers what it asks, or a new one (then `true`).
    pub(super) fn token(&mut self, ask: &Ask<'_>, fresh: &str, now: i64) -> (Option<Token>, bool) {
        let Some(paired) = self.paired.get_mut(ask.device_id) else { return (None, false) };
        let role = ask.role.as_str();
        let tokens = paired.tokens.get_or_insert_default();
        if let Some(token) = tokens.get(role)
            && token.revoked_at_ms.is_none()
            && covers(&token.scopes, ask.scopes)
        {
            return (Some(token.clone()), false);
        }
        let token = renew(tokens, role, ask.scopes.to_vec(), fresh, now);
        (Some(token), true)
    }

    /// Whether this is the device's own token for its role and covers these scopes.
    pub(super) fn is_token(&mut self, device: &str, token: &str, asked: (Role, &[String]), now: i64) -> bool {
        let (role, scopes) = asked;
        let tokens = self.paired.get_mut(device).and_then(|paired| paired.tokens.as_mut());
        let Some(known) = tokens.and_then(|tokens| tokens.get_mut(role.as_str())) else { return false };
        let is_good = known.revoked_at_ms.is_none() && same(token, &known.token) && covers(&known.scopes, scopes);
        if is_good {
            known.last_used_at_ms = Some(now);
        }
        is_good
    }

    /// A new token in place of the old one of this device and role; its scopes stay unless others are given, which the
    /// device is then held to.
    pub(super) fn rotate(
        &mut self,
        which: (&str, &str),
        scopes: Option<Vec<String>>,
        new: (&str, i64),
    ) -> Option<Token> {
        let ((device, role), (fresh, now)) = (which, new);
        let paired = self.paired.get_mut(device)?;
        if scopes.is_some() {
            paired.scopes.clone_from(&scopes);
        }
        let tokens = paired.tokens.get_or_insert_default();
        let scopes = scopes.or_else(|| tokens.get(role).map(|token| token.scopes.clone()));
        let scopes = scopes.or_else(|| paired.scopes.clone()).unwrap_or_default();
        Some(renew(tokens, role, scopes, fresh, now))
    }

    pub(super) fn revoke(&mut self, device: &str, role: &str, now: i64) -> Option<i64> {
        let token = self.paired.get_mut(device)?.tokens.as_mut()?.get_mut(role)?;
        token.revoked_at_ms = Some(now);
        Some(now)
    }

    pub(super) fn prune(&mut self, now: i64) {
        self.pending.retain(|_, pending| now - pending.ts <= PENDING_MS);
    }
}

/// Everything asked for is held. Nothing is held where nothing is stored.
fn covers(held: &[String], asked: &[String]) -> bool {
    asked.iter().all(|scope| held.contains(scope))
}

fn merge(held: &mut Option<Vec<String>>, asked: Vec<String>) {
    let merged = held.get_or_insert_default();
    for word in asked {
        if !merged.contains(&word) {
            merged.push(word);
        }
    }
    if merged.is_empty() {
        *held = None;
    }
}

fn renew(tokens: &mut BTreeMap<String, Token>, role: &str, mut scopes: Vec<String>, fresh: &str, now: i64) -> Token {
    scopes.sort_unstable();
    scopes.dedup();
    let old = tokens.remove(role);
    let token = Token {
        token: fresh.to_owned(),
        role: role.to_owned(),
        scopes,
        created_at_ms: old.as_ref().map_or(now, |old| old.created_at_ms),
        rotated_at_ms: old.is_some().then_some(now),
        revoked_at_ms: None,
        last_used_at_ms: old.as_ref().and_then(|old| old.last_used_at_ms),
        rest: old.map(|old| old.rest).unwrap_or_default(),
    };
    tokens.insert(role.to_owned(), token.clone());
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params() -> Params {
        serde_json::from_str(
            r#"{"minProtocol":3,"maxProtocol":3,
                "client":{"id":"clawdbot-android","version":"1","platform":"android","mode":"ui","displayName":"Pixel"}}"#,
        )
        .unwrap()
    }

    fn ask<'a>(params: &'a Params, key: &'a str, role: Role, scopes: &'a [String]) -> Ask<'a> {
        Ask { device_id: "d", public_key: key, params, role, scopes, remote_ip: None }
    }

    fn scopes(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_device_is_covered_only_for_the_key_role_and_scopes_it_was_approved_for() {
        let (params, read, more) = (params(), scopes(&["operator.read"]), scopes(&["operator.read", "operator.admin"]));
        let mut book = Book::default();
        let asks = ask(&params, "key", Role::Operator, &read);
        assert!(!book.covers(&asks));
        book.request(&asks, false, "r", 0);
        book.approve("r", "token", 1).unwrap();
        assert!(book.covers(&asks));
        assert!(!book.covers(&ask(&params, "other", Role::Operator, &read)), "another key");
        assert!(!book.covers(&ask(&params, "key", Role::Node, &[])), "another role");
        assert!(!book.covers(&ask(&params, "key", Role::Operator, &more)), "more scopes");
    }

    #[test]
    fn a_device_that_asks_again_keeps_its_request_for_five_minutes() {
        let (params, read) = (params(), scopes(&["operator.read"]));
        let mut book = Book::default();
        let asks = ask(&params, "key", Role::Operator, &read);
        assert!(book.request(&asks, false, "r1", 0).1);
        let (again, is_new) = book.request(&asks, true, "r2", PENDING_MS);
        assert_eq!((again.request_id.as_str(), again.silent, is_new), ("r1", Some(false), false));
        let (anew, is_new) = book.request(&asks, true, "r3", PENDING_MS + 1);
        assert_eq!((anew.request_id.as_str(), is_new), ("r3", true));
        assert!(book.approve("r1", "t", PENDING_MS + 1).is_none());
    }

    #[test]
    fn approving_adds_roles_and_scopes_and_marks_a_repair() {
        let (params, read, write) = (params(), scopes(&["operator.read"]), scopes(&["operator.write"]));
        let mut book = Book::default();
        book.request(&ask(&params, "key", Role::Operator, &read), false, "r1", 0);
        book.approve("r1", "t1", 1).unwrap();
        let (pending, _) = book.request(&ask(&params, "key", Role::Operator, &write), false, "r2", 2);
        assert_eq!(pending.is_repair, Some(true));
        let (_, paired) = book.approve("r2", "t2", 3).unwrap();
        assert_eq!(paired.scopes.unwrap(), ["operator.read", "operator.write"]);
        assert_eq!((paired.created_at_ms, paired.approved_at_ms), (1, 3));
        let token = &paired.tokens.unwrap()["operator"];
        assert_eq!((token.token.as_str(), token.created_at_ms, token.rotated_at_ms), ("t2", 1, Some(3)));
    }

    #[test]
    fn a_token_works_until_it_is_revoked_and_is_then_replaced() {
        let (params, read, none) = (params(), scopes(&["operator.read"]), scopes(&[]));
        let mut book = Book::default();
        let asks = ask(&params, "key", Role::Operator, &read);
        book.request(&asks, false, "r", 0);
        book.approve("r", "t1", 1).unwrap();
        assert!(book.is_token("d", "t1", (Role::Operator, &read), 2));
        assert!(book.is_token("d", "t1", (Role::Operator, &none), 2), "fewer scopes");
        assert!(!book.is_token("d", "t1", (Role::Operator, &scopes(&["operator.admin"])), 2), "more scopes");
        assert!(!book.is_token("d", "t1", (Role::Node, &none), 2), "another role");
        assert!(!book.token(&asks, "t2", 3).1, "kept while it covers");
        book.revoke("d", "operator", 4).unwrap();
        assert!(!book.is_token("d", "t1", (Role::Operator, &read), 5));
        let (token, is_new) = book.token(&asks, "t2", 6);
        assert_eq!((token.unwrap().token.as_str(), is_new), ("t2", true));
    }

    #[test]
    fn a_token_with_fewer_scopes_holds_the_device_to_them() {
        let (params, read) = (params(), scopes(&["operator.read"]));
        let both = scopes(&["operator.read", "operator.write"]);
        let mut book = Book::default();
        book.request(&ask(&params, "key", Role::Operator, &both), false, "r", 0);
        book.approve("r", "t", 1).unwrap();
        book.rotate(("d", "operator"), None, ("t2", 2)).unwrap();
        assert!(book.covers(&ask(&params, "key", Role::Operator, &both)));
        book.rotate(("d", "operator"), Some(read.clone()), ("t3", 3)).unwrap();
        assert!(book.covers(&ask(&params, "key", Role::Operator, &read)));
        assert!(!book.covers(&ask(&params, "key", Role::Operator, &both)));
    }

    #[test]
    fn what_a_device_says_of_itself_is_written_only_when_it_changed() {
        let (mut params, read) = (params(), scopes(&["operator.read"]));
        let mut book = Book::default();
        book.request(&ask(&params, "key", Role::Operator, &read), false, "r", 0);
        book.approve("r", "t", 1).unwrap();
        assert!(!book.met(&ask(&params, "key", Role::Operator, &read)));
        params.client.platform = "android 16".to_owned().try_into().unwrap();
        params.client.display_name = None;
        assert!(book.met(&ask(&params, "key", Role::Operator, &read)));
        let paired = &book.paired["d"];
        assert_eq!((paired.platform.as_deref(), paired.display_name.as_deref()), (Some("android 16"), None));
    }
}
