//! In which order profiles are tried: pure.
//!
//! An order a person chose holds; without one, sign-ins go before tokens before keys, the least recently used first.
//! Whoever rests goes to the end, the one that wakes first before the others.

use crate::config::{Auth, Mode};
use crate::stored::{Credential, Stored, milliseconds};

/// The ids of a provider's profiles, best first.
pub(crate) fn order(provider: &str, stored: &Stored, auth: &Auth, now_ms: i64) -> Vec<String> {
    let mut ids = match stored.order.get(provider).or_else(|| auth.order.get(provider)) {
        Some(chosen) => chosen.iter().filter(|id| belongs(id, provider, stored)).cloned().collect(),
        None => by_kind_and_use(provider, stored, auth),
    };
    // A stable sort: those that may be tried now keep their order.
    ids.sort_by_key(|id| rests_until(id, stored, now_ms));
    ids.dedup();
    ids
}

pub(crate) fn rests_until(id: &str, stored: &Stored, now_ms: i64) -> Option<i64> {
    stored.usage.get(id).and_then(|usage| usage.rests_until(now_ms))
}

fn by_kind_and_use(provider: &str, stored: &Stored, auth: &Auth) -> Vec<String> {
    let declared = auth.profiles.iter().filter(|(_, profile)| profile.provider == provider);
    let declared: Vec<_> = declared.map(|(id, profile)| (id, profile.mode)).collect();
    let is_wanted = |id: &String| declared.is_empty() || declared.iter().any(|(wanted, _)| *wanted == id);
    let mut ids: Vec<String> =
        stored.profiles.keys().filter(|id| belongs(id, provider, stored) && is_wanted(id)).cloned().collect();
    ids.sort_by_key(|id| {
        let used = stored.usage.get(id).and_then(|usage| usage.last_used).map_or(0, milliseconds);
        (rank(id, stored), used)
    });
    ids
}

fn belongs(id: &str, provider: &str, stored: &Stored) -> bool {
    stored.profiles.get(id).is_some_and(|profile| profile.provider.eq_ignore_ascii_case(provider))
}

fn rank(id: &str, stored: &Stored) -> u8 {
    match stored.profiles.get(id).map(|profile| mode(&profile.credential)) {
        Some(Mode::Oauth) => 0,
        Some(Mode::Token) => 1,
        Some(Mode::ApiKey) | None => 2,
    }
}

pub(crate) fn mode(credential: &Credential) -> Mode {
    match credential {
        Credential::ApiKey { .. } => Mode::ApiKey,
        Credential::Token { .. } => Mode::Token,
        Credential::Oauth { .. } => Mode::Oauth,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_000_000;

    fn stored() -> Stored {
        Stored::parse(&json!({
            "profiles": {
                "a:key": {"type": "api_key", "provider": "a", "key": "k"},
                "a:old": {"type": "token", "provider": "a", "token": "t"},
                "a:new": {"type": "token", "provider": "a", "token": "t"},
                "a:sign-in": {"type": "oauth", "provider": "a", "access": "x", "refresh": "y", "expires": 1},
                "b:key": {"type": "api_key", "provider": "b", "key": "k"},
                "a:strange": {"type": "carrier_pigeon", "provider": "a"},
            },
            "usageStats": {"a:new": {"lastUsed": 900}, "a:old": {"lastUsed": 100}},
        }))
    }

    #[test]
    fn without_a_chosen_order_kind_and_use_decide() {
        assert_eq!(order("a", &stored(), &Auth::default(), NOW), ["a:sign-in", "a:old", "a:new", "a:key"]);
    }

    #[test]
    fn a_resting_profile_goes_to_the_end_of_a_chosen_order_too() {
        let mut stored = stored();
        stored.order.insert("a".into(), vec!["a:new".into(), "a:gone".into(), "a:key".into(), "a:old".into()]);
        stored.usage.get_mut("a:new").unwrap().cooldown_until = Some(2_000_000.0);
        stored.usage.get_mut("a:old").unwrap().disabled_until = Some(1_500_000.0);
        assert_eq!(order("a", &stored, &Auth::default(), NOW), ["a:key", "a:old", "a:new"]);
    }

    #[test]
    fn profiles_named_in_the_config_shut_out_the_others() {
        let auth: Auth = serde_json::from_value(json!({
            "profiles": {"a:key": {"provider": "a", "mode": "api_key"}, "b:x": {"provider": "b", "mode": "token"}},
        }))
        .unwrap();
        assert_eq!(order("a", &stored(), &auth, NOW), ["a:key"]);
    }
}
