//! What operators send by hand is kept in the session it belongs to, so that the agent knows of it.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ids::{AgentId, SessionKey};
use outbound::Mirror;
use sessions::{AssistantMessage, Message, NewEntry, Part, Sessions, StopReason, Usage};
use tool::{Origin, Provenance, Secrecy};

/// Appends to the transcript.
#[derive(Debug)]
pub(crate) struct KeepSent {
    sessions: Arc<Sessions>,
}

impl KeepSent {
    pub(crate) fn new(sessions: Arc<Sessions>) -> Self {
        Self { sessions }
    }
}

impl Mirror for KeepSent {
    fn agent(&self, session: Option<&SessionKey>) -> AgentId {
        let key = session.and_then(|sent| self.sessions.resolve_key(sent).ok());
        key.map_or_else(|| self.sessions.default_agent(), |key| self.sessions.agent_of(&key))
    }

    fn mirror(&self, sent: SessionKey, text: String) -> BoxFuture<'static, ()> {
        let sessions = Arc::clone(&self.sessions);
        async move {
            if let Err(error) = keep(&sessions, &sent, text).await {
                tracing::warn!(session = %sent, %error, "what was sent could not be kept in its session");
            }
        }
        .boxed()
    }
}

async fn keep(sessions: &Sessions, sent: &SessionKey, text: String) -> Result<(), sessions::SessionsError> {
    let key = sessions.resolve_key(sent)?;
    let Some((session, record)) = sessions.existing(&key).await? else { return Ok(()) };
    let message = Message::Assistant(AssistantMessage {
        content: vec![Part::text(text)],
        api: "openai-responses".into(),
        provider: "clawdbot".into(),
        model: "delivery-mirror".into(),
        usage: Usage::default(),
        stop_reason: StopReason::Stop,
        error_message: None,
        timestamp: record.updated_at(),
    });
    session.append(vec![NewEntry::message(message, Provenance::new(Origin::Owner, Secrecy::Chat))]).await?;
    Ok(())
}
