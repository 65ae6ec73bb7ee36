//! What clients ask for: checked, journalled, answered; the run follows by itself.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ids::{AgentId, RunId, SessionKey};
use lanes::{ReplyTo, RunOutcome, StopCause, TurnFile};
use protocol::Attachment;
use provider::Thinking;

use crate::{
    InboundError,
    directive::is_stop,
    intake::{Inner, Work, hand_on_with},
    journal::{self, Draft, Earlier, Item, Request, Style},
};

/// Bytes of one decoded picture.
const PICTURE_BYTES: usize = 5_000_000;

/// A request as its method parsed it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) run: RunId,
    pub(crate) key: SessionKey,
    pub(crate) sent: String,
    pub(crate) agent: AgentId,
    pub(crate) text: String,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) thinking: Option<String>,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) extra_system_prompt: Option<String>,
    pub(crate) reply: ReplyTo,
    pub(crate) style: Style,
    pub(crate) is_admin: bool,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Taken {
    Started,
    InFlight,
    Done,
    Failed(String),
    /// It was a stop word: these runs were told to stop.
    Stopped(Vec<RunId>),
}

/// Takes a request; resolves when it is on disk.
pub(crate) async fn take(inner: &Inner, asked: Asked) -> Result<Taken, InboundError> {
    let thinking = asked.thinking.as_deref().filter(|word| !word.trim().is_empty());
    let thinking = thinking.map(str::parse::<Thinking>).transpose();
    let thinking = thinking.map_err(|refusal| InboundError::Invalid(format!("invalid thinking: {refusal}")))?;
    let files = pictures(inner, &asked.attachments).await?;
    let record = inner.sessions.find(&asked.key).await?;
    if record.is_some_and(|record| record.text("sendPolicy").as_deref() == Some("deny")) {
        return Err(InboundError::Invalid("send blocked by session policy".to_owned()));
    }
    if asked.style == Style::Chat && is_stop(&asked.text) {
        return Ok(Taken::Stopped(inner.lanes.stop_session(asked.key, StopCause::Stop).await));
    }
    inner.gate.passed().await;
    let vendor = vendor(asked.style, &asked.run);
    let event = inner.new_event();
    let request = Request {
        run: asked.run,
        key: asked.key,
        sent: asked.sent,
        agent: asked.agent,
        text: asked.text,
        files,
        thinking,
        timeout_ms: asked.timeout_ms,
        extra_system_prompt: asked.extra_system_prompt,
        reply: asked.reply,
        style: asked.style,
        is_admin: asked.is_admin,
    };
    let draft = Draft { event: event.clone(), vendor: vendor.clone(), item: Item::Request(Box::new(request.clone())) };
    let (run, session) = (request.run.clone(), request.key.clone());
    let (work, room) = (Work::Request(event.clone(), Box::new(request)), inner.room().await);
    let accepted = inner
        .store
        .write(move |tx| {
            if !journal::accept(tx, &draft)? {
                return journal::earlier(tx, &vendor);
            }
            hand_on_with(tx, room, work);
            Ok(None)
        })
        .await?;
    match accepted {
        None => {
            tracing::info!(%event, %run, %session, "a request was taken");
            Ok(Taken::Started)
        }
        Some(Earlier::Open) => Ok(Taken::InFlight),
        Some(Earlier::Closed(Some(RunOutcome::Failed { message }))) => Ok(Taken::Failed(message)),
        Some(Earlier::Closed(_)) => Ok(Taken::Done),
    }
}

/// The journal's name for a request: the same key of two methods is two requests.
fn vendor(style: Style, run: &RunId) -> String {
    match style {
        Style::Chat => format!("{}{run}", journal::TYPED),
        Style::Agent => format!("agent:{run}"),
    }
}

async fn pictures(inner: &Inner, attachments: &[Attachment]) -> Result<Vec<TurnFile>, InboundError> {
    let mut files = Vec::new();
    for (number, attachment) in attachments.iter().enumerate() {
        let label = [&attachment.file_name, &attachment.kind].into_iter().flatten().next().cloned();
        let label = label.unwrap_or_else(|| format!("attachment-{}", number + 1));
        let refuse = |what: &str| InboundError::Invalid(format!("Error: attachment {label}: {what}"));
        let content = attachment.content.as_deref().ok_or_else(|| refuse("content must be base64 string"))?;
        let (mime, data) = split_data_url(content);
        let bytes = STANDARD.decode(data.trim()).map_err(|_| refuse("invalid base64 content"))?;
        if bytes.len() > PICTURE_BYTES {
            return Err(refuse(&format!("exceeds size limit ({} > {PICTURE_BYTES} bytes)", bytes.len())));
        }
        let mime = mime.map(str::to_owned).or_else(|| attachment.mime_type.clone());
        match inner.networks.keep(attachment.file_name.clone(), mime, bytes).await {
            Ok(file) if file.mime.starts_with("image/") => files.push(file),
            Ok(_) => tracing::warn!(attachment = %label, "only pictures are taken from clients: this file is left out"),
            Err(problem) => tracing::warn!(attachment = %label, %problem, "an attachment is left out"),
        }
    }
    Ok(files)
}

fn split_data_url(content: &str) -> (Option<&str>, &str) {
    let parts = content.strip_prefix("data:").and_then(|rest| rest.split_once(','));
    parts.map_or((None, content), |(head, data)| (head.split(';').next().filter(|mime| !mime.is_empty()), data))
}
