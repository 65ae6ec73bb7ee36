//! Keys on their way to a model call: the log learns each before it is used, so that no error text can tell it.

use std::sync::Arc;

use agent::Keyring;
use credentials::{Candidate, CredentialError, Failure};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ids::AgentId;

use crate::logging::Redactor;

/// A keyring, and who must not say what is on it.
pub(crate) struct Discreet<K> {
    keys: K,
    redactor: Arc<Redactor>,
}

impl<K> Discreet<K> {
    pub(crate) fn new(keys: K, redactor: &Arc<Redactor>) -> Self {
        Self { keys, redactor: Arc::clone(redactor) }
    }
}

impl<K: Keyring> Keyring for Discreet<K> {
    fn candidates<'a>(
        &'a self,
        provider: &'a str,
        agent: &'a AgentId,
    ) -> BoxFuture<'a, Result<Vec<Candidate>, CredentialError>> {
        async move {
            let candidates = self.keys.candidates(provider, agent).await?;
            let keys = candidates.iter().filter_map(|one| one.profile.secret());
            self.redactor.learn(&format!("{provider} for {agent}"), keys);
            Ok(candidates)
        }
        .boxed()
    }

    fn note<'a>(
        &'a self,
        provider: &'a str,
        agent: &'a AgentId,
        profile: &'a str,
        failure: Option<Failure>,
    ) -> BoxFuture<'a, ()> {
        self.keys.note(provider, agent, profile, failure)
    }
}

#[cfg(test)]
mod tests {
    use provider::{Profile, ProfileKind};

    use super::*;

    struct OneKey;

    impl Keyring for OneKey {
        fn candidates<'a>(
            &'a self,
            _: &'a str,
            _: &'a AgentId,
        ) -> BoxFuture<'a, Result<Vec<Candidate>, CredentialError>> {
            let profile = Profile { id: "stored".into(), kind: ProfileKind::ApiKey("k3y-of-today".into()) };
            std::future::ready(Ok(vec![Candidate { profile, rests_until_ms: None }])).boxed()
        }

        fn note<'a>(&'a self, _: &'a str, _: &'a AgentId, _: &'a str, _: Option<Failure>) -> BoxFuture<'a, ()> {
            std::future::ready(()).boxed()
        }
    }

    #[tokio::test]
    async fn a_key_that_was_stored_after_the_start_is_unsayable_once_it_is_used() {
        let redactor = Arc::new(Redactor::default());
        let keyring = Discreet::new(OneKey, &redactor);
        assert_eq!(redactor.clean("k3y-of-today"), "k3y-of-today");
        keyring.candidates("fake", &AgentId::main()).await.unwrap();
        assert_eq!(redactor.clean("refused: k3y-of-today"), "refused: ***");
    }
}
