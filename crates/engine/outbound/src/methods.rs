//! `send`: what an operator says to somebody on a channel, without an agent.

use std::sync::Arc;

use channel::{PeerField, Target};
use futures_util::future::BoxFuture;
use ids::{AccountId, AgentId, ChannelKind, SessionKey};
use protocol::send;
use rpc::{Call, Methods, RpcError};

use crate::{
    Deliveries, OutboundError, Part, Place,
    compose::compose,
    deliveries::{Said, drafts},
    shape,
};

/// The session that what was sent belongs to.
pub trait Mirror: Send + Sync {
    /// Whose workspace files are named from. `session`: as the caller named it.
    fn agent(&self, session: Option<&SessionKey>) -> AgentId;

    /// Keeps what was sent.
    fn mirror(&self, session: SessionKey, text: String) -> BoxFuture<'static, ()>;
}

struct Offer {
    deliveries: Deliveries,
    mirror: Arc<dyn Mirror>,
}

/// `send`.
#[must_use]
pub fn methods(deliveries: &Deliveries, mirror: Arc<dyn Mirror>) -> Methods {
    let offer = Arc::new(Offer { deliveries: deliveries.clone(), mirror });
    Methods::default().on::<protocol::send::Send, _, _, _>(&offer, send)
}

async fn send(offer: Arc<Offer>, _call: Call, params: send::Params) -> Result<send::Reply, RpcError> {
    let place = place(&offer.deliveries, &params)?;
    let run = params.idempotency_key;
    let text = shape::notice(&params.message).map(Part::Text);
    let files: Vec<String> = params.media_url.into_iter().chain(params.media_urls.into_iter().flatten()).collect();
    let kept = kept(&params.message, &files);
    let parts: Vec<Part> = text.into_iter().chain(files.into_iter().map(Part::Media)).collect();
    if parts.is_empty() {
        return Err(RpcError::invalid("send requires text or media"));
    }
    let agent = offer.mirror.agent(params.session_key.as_ref());
    let (cause, name) = (run.as_str(), format!("send:{run}"));
    let said = Said { cause, name: &name, agent: Some(&agent), quote: None, footer: None };
    let bodies = compose(parts, said.agent, offer.deliveries.room(&place.channel));
    let receipt = offer.deliveries.deliver(drafts(bodies, &place, &said)).await.map_err(refusal)?;
    // Without a session the message belongs to none of ours.
    if let Some(session) = params.session_key {
        offer.mirror.mirror(session, kept).await;
    }
    let field = offer.deliveries.0.ways.descriptor(&place.channel).map(|network| network.peer_field);
    let under = |wanted| (field == Some(wanted)).then(|| receipt.peer.clone());
    Ok(send::Reply {
        run_id: run,
        message_id: receipt.message.to_string(),
        channel: place.channel.to_string(),
        chat_id: under(PeerField::ChatId),
        channel_id: under(PeerField::ChannelId),
        to_jid: under(PeerField::ToJid),
        conversation_id: under(PeerField::ConversationId),
    })
}

fn place(deliveries: &Deliveries, params: &send::Params) -> Result<Place, RpcError> {
    // The channel that is meant when none is named is part of the protocol.
    let named = params.channel.as_deref().map_or("whatsapp", str::trim).to_lowercase();
    let channel = named.parse::<ChannelKind>().ok().filter(|kind| deliveries.0.ways.descriptor(kind).is_some());
    let channel = channel.ok_or_else(|| RpcError::invalid(format!("unsupported channel: {named}")))?;
    let account = match params.account_id.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
        Some(id) => id.parse().map_err(|_| RpcError::invalid(format!("unknown account: {id}")))?,
        None => AccountId::default_account(),
    };
    let to = params.to.trim();
    let to = to.strip_prefix(&format!("{channel}:")).unwrap_or(to);
    let peer = to.parse().map_err(|error| RpcError::invalid(format!("invalid target: {error}")))?;
    Ok(Place { channel, account, target: Target { peer, thread: None } })
}

/// What the session keeps of it: the words, else the names of the files.
fn kept(message: &str, files: &[String]) -> String {
    let names = || files.iter().map(|path| path.rsplit('/').next().unwrap_or(path)).collect::<Vec<_>>().join(", ");
    Some(message.trim()).filter(|words| !words.is_empty()).map_or_else(names, str::to_owned)
}

fn refusal(error: OutboundError) -> RpcError {
    RpcError::unavailable(format!("Error: {error}"))
}
