//! What a run needs of others and reaches through small traits, so that tests and simulations can stand in.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ids::{AgentId, SessionKey};
use std::sync::Arc;
use stdx::AbsPath;
use tool::World;

use credentials::{Candidate, CredentialError, Credentials, Failure};

/// Finds credentials and remembers how they fared.
pub trait Keyring: Send + Sync {
    /// The profiles to try for a provider, best first; never none.
    fn candidates<'a>(
        &'a self,
        provider: &'a str,
        agent: &'a AgentId,
    ) -> BoxFuture<'a, Result<Vec<Candidate>, CredentialError>>;

    /// How a call with a profile went; `None` is well. What cannot be written down is lost.
    fn note<'a>(
        &'a self,
        provider: &'a str,
        agent: &'a AgentId,
        profile: &'a str,
        failure: Option<Failure>,
    ) -> BoxFuture<'a, ()>;
}

impl Keyring for Credentials {
    fn candidates<'a>(
        &'a self,
        provider: &'a str,
        agent: &'a AgentId,
    ) -> BoxFuture<'a, Result<Vec<Candidate>, CredentialError>> {
        self.resolve(provider, agent).boxed()
    }

    fn note<'a>(
        &'a self,
        provider: &'a str,
        agent: &'a AgentId,
        profile: &'a str,
        failure: Option<Failure>,
    ) -> BoxFuture<'a, ()> {
        async move {
            let noted = match failure {
                Some(failure) => self.failed(provider, agent, profile, failure).await,
                None => self.succeeded(provider, agent, profile).await,
            };
            if let Err(error) = noted {
                tracing::warn!(profile, %error, "how a call went could not be noted");
            }
        }
        .boxed()
    }
}

impl<K: Keyring> Keyring for Arc<K> {
    fn candidates<'a>(
        &'a self,
        provider: &'a str,
        agent: &'a AgentId,
    ) -> BoxFuture<'a, Result<Vec<Candidate>, CredentialError>> {
        (**self).candidates(provider, agent)
    }

    fn note<'a>(
        &'a self,
        provider: &'a str,
        agent: &'a AgentId,
        profile: &'a str,
        failure: Option<Failure>,
    ) -> BoxFuture<'a, ()> {
        (**self).note(provider, agent, profile, failure)
    }
}

/// Gives runs the world their tools act in.
pub trait WorldSource: Send + Sync {
    /// This machine, with relative paths below the workspace.
    fn host(&self, workspace: AbsPath) -> Arc<dyn World>;
}

impl WorldSource for sandbox::Worlds {
    fn host(&self, workspace: AbsPath) -> Arc<dyn World> {
        Self::host(self, workspace)
    }
}

/// How much of a conversation its model is sent, where the config of its channel says so.
pub trait HistoryLimits: Send + Sync {
    /// The last words of a person that are sent, with all that follows them; `None` sends everything.
    fn turns(&self, key: &SessionKey) -> Option<usize>;
}

/// Everything is sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHistoryLimits;

impl HistoryLimits for NoHistoryLimits {
    fn turns(&self, _: &SessionKey) -> Option<usize> {
        None
    }
}
