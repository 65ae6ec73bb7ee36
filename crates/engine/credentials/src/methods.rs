//! What operators may ask of credentials.

use std::collections::BTreeMap;
use std::sync::Arc;

use protocol::usage::{Status, status};
use rpc::{Call, Methods, RpcError};

use crate::config::Mode;
use crate::credentials::{Credentials, ProfileFacts};

/// The methods of this crate.
#[must_use]
pub fn methods(credentials: &Arc<Credentials>) -> Methods {
    Methods::default().on::<Status, _, _, _>(credentials, usage_status)
}

async fn usage_status(
    credentials: Arc<Credentials>,
    _call: Call,
    _params: status::Params,
) -> Result<status::Reply, RpcError> {
    let profiles = credentials
        .profiles(credentials.default_agent())
        .await
        .map_err(|error| RpcError::unavailable(error.to_string()))?;
    Ok(report(profiles, credentials.now_ms()))
}

/// Only subscriptions have a share that is used up; keys are billed by use and are not listed.
fn report(profiles: Vec<ProfileFacts>, now_ms: i64) -> status::Reply {
    let mut providers = BTreeMap::new();
    for profile in profiles.into_iter().filter(|profile| profile.mode == Mode::Oauth) {
        let is_over = profile.expires_ms.is_some_and(|expires| expires <= now_ms);
        let is_usable = providers.entry(profile.provider).or_insert(false);
        *is_usable |= !is_over;
    }
    let providers = providers
        .into_iter()
        .map(|(provider, is_usable)| status::ProviderUsage {
            display_name: provider.clone(),
            provider,
            windows: Vec::new(),
            plan: None,
            error: (!is_usable).then(|| "Token expired".to_owned()),
        })
        .collect();
    status::Reply { updated_at: now_ms.unsigned_abs(), providers }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_sign_ins_are_listed_and_expired_ones_say_so() {
        let profile = |id: &str, mode, expires_ms| ProfileFacts {
            id: id.to_owned(),
            provider: id.split(':').next().unwrap_or_default().to_owned(),
            mode,
            expires_ms,
            rests_until_ms: None,
        };
        let profiles = vec![
            profile("a:key", Mode::ApiKey, None),
            profile("b:old", Mode::Oauth, Some(1)),
            profile("c:old", Mode::Oauth, Some(1)),
            profile("c:new", Mode::Oauth, Some(9)),
        ];
        let expected = json!({"updatedAt": 5, "providers": [
            {"provider": "b", "displayName": "b", "windows": [], "error": "Token expired"},
            {"provider": "c", "displayName": "c", "windows": []},
        ]});
        assert_eq!(serde_json::to_value(report(profiles, 5)).unwrap(), expected);
    }
}
