//! What engines ask of others through ports, answered in the shortest way that is true.

use std::sync::Arc;

use agent::{Agents, Keyring, WorldSource};
use channel::{AttachmentRef, ChannelError};
use credentials::{Candidate, CredentialError, Failure};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ids::{AccountId, AgentId, ChannelKind, RunId, SenderId, SessionKey};
use inbound::Pairing;
use lanes::TurnFile;
use protocol::sessions::list::Defaults;
use provider::{Profile, ProfileKind};
use sessions::{Fresh, ModelChoice, Opening, Sessions};
use stdx::AbsPath;
use tool::World;

use crate::tools::Nowhere;

/// One for all the small ports.
#[derive(Debug)]
pub(crate) struct Neighbour;

impl sessions::Neighbours for Neighbour {
    fn default_agent(&self) -> AgentId {
        AgentId::main()
    }

    fn defaults(&self) -> Defaults {
        serde_json::from_str(r#"{"modelProvider":"fake","model":"m","contextTokens":50000}"#).expect("good defaults")
    }

    fn thinking_default(&self, _: &SessionKey) -> Option<String> {
        None
    }

    fn choose_model(&self, _: &SessionKey, word: &str) -> Result<ModelChoice, String> {
        Err(word.to_owned())
    }

    fn end_runs(&self, _: &SessionKey) -> BoxFuture<'static, bool> {
        std::future::ready(true).boxed()
    }
}

impl inbound::People for Neighbour {
    fn is_paired(&self, _: &ChannelKind, _: &SenderId) -> bool {
        true
    }

    fn request(&self, _: ChannelKind, _: AccountId, _: channel::Sender) -> BoxFuture<'_, Result<Pairing, String>> {
        std::future::ready(Ok(Pairing::Full)).boxed()
    }
}

impl inbound::AllowLists for Neighbour {
    fn paired(&self, _: &ChannelKind) -> Vec<String> {
        Vec::new()
    }

    fn pair(&self, _: ChannelKind, _: SenderId, _: bool) -> BoxFuture<'_, Result<bool, String>> {
        std::future::ready(Ok(false)).boxed()
    }

    fn change(&self, _: inbound::ListChange) -> BoxFuture<'_, Result<Option<String>, String>> {
        std::future::ready(Err("nothing is written".to_owned())).boxed()
    }
}

impl inbound::Networks for Neighbour {
    fn label(&self, _: &ChannelKind) -> String {
        "Net".to_owned()
    }

    fn username(&self, _: &ChannelKind, _: &AccountId) -> Option<String> {
        None
    }

    fn id_label(&self, _: &ChannelKind) -> &'static str {
        "netUserId"
    }

    fn fetch(&self, _: ChannelKind, _: AccountId, _: AttachmentRef) -> BoxFuture<'_, Result<TurnFile, String>> {
        std::future::ready(Err(ChannelError::Ended.to_string())).boxed()
    }

    fn keep(&self, _: Option<String>, _: Option<String>, _: Vec<u8>) -> BoxFuture<'_, Result<TurnFile, String>> {
        std::future::ready(Err("nothing is kept".to_owned())).boxed()
    }
}

impl inbound::Shown for Neighbour {
    fn answer(&self, _: &RunId, _: &str, _: Option<&str>) {}
}

impl outbound::Door for Neighbour {
    fn admit(&self, _: &AgentId, _: &str) -> BoxFuture<'static, Result<channel::Attachment, String>> {
        std::future::ready(Err("there are no files".to_owned())).boxed()
    }
}

impl Keyring for Neighbour {
    fn candidates<'a>(
        &'a self,
        provider: &'a str,
        _: &'a AgentId,
    ) -> BoxFuture<'a, Result<Vec<Candidate>, CredentialError>> {
        let profile = Profile { id: format!("{provider}:1").into(), kind: ProfileKind::None };
        std::future::ready(Ok(vec![Candidate { profile, rests_until_ms: None }])).boxed()
    }

    fn note<'a>(&'a self, _: &'a str, _: &'a AgentId, _: &'a str, _: Option<Failure>) -> BoxFuture<'a, ()> {
        std::future::ready(()).boxed()
    }
}

impl WorldSource for Neighbour {
    fn host(&self, _: AbsPath) -> Arc<dyn World> {
        Arc::new(Nowhere)
    }
}

/// What chat commands do: as in the program, a fresh start is a new transcript.
#[derive(Debug)]
pub(crate) struct Commands {
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) agents: Agents,
}

impl inbound::Conversation for Commands {
    fn cost(&self, _: SessionKey) -> BoxFuture<'_, String> {
        std::future::ready(String::new()).boxed()
    }

    fn card(&self, key: SessionKey) -> BoxFuture<'_, String> {
        std::future::ready(format!("Session: {key}")).boxed()
    }

    fn model(&self, _: SessionKey) -> BoxFuture<'_, String> {
        std::future::ready("fake/m".to_owned()).boxed()
    }

    fn choose_model(&self, _: SessionKey, word: String) -> BoxFuture<'_, Result<String, String>> {
        std::future::ready(Err(word)).boxed()
    }

    fn compact(&self, _: SessionKey, _: Option<String>) -> BoxFuture<'_, Result<String, String>> {
        std::future::ready(Err("not here".to_owned())).boxed()
    }

    fn start_over(&self, key: SessionKey) -> BoxFuture<'_, Result<(), String>> {
        async move {
            let workspace = self.agents.workspace(&self.sessions.agent_of(&key));
            let opening = Opening { channel: None, workspace, fresh: Fresh::Always };
            self.sessions.open(&key, opening).await.map(drop).map_err(|error| error.to_string())
        }
        .boxed()
    }
}
