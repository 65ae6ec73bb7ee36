//! `send`: what an operator says to somebody on a channel, without an agent.

use std::sync::Arc;

use channel::{PeerField, Target};
use futures_util::future::BoxFuture;
use ids::{AccountId, ChannelKind, SessionKey};
use protocol::send;
use rpc::{Call, Methods, RpcError};

use crate::{Body, Deliveries, Draft, Origin, OutboundError, Place, outbox, shape};

/// Keeps what was sent in the session it belongs to.
pub trait Mirror: Send + Sync {
    /// `session`: as the caller named it. `place`: where it went.
    fn mirror(&self, session: Option<SessionKey>, place: Place, text: String) -> BoxFuture<'static, ()>;
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
    let run = params.idempotency_key.clone();
    let Some(text) = shape::notice(&params.message) else {
        return Err(RpcError::invalid("send requires text"));
    };
    let name = format!("send:{run}");
    for (number, path) in params.media_url.iter().chain(params.media_urls.iter().flatten()).enumerate() {
        stage_file(&offer.deliveries, &place, &name, number, path).await?;
    }
    let receipt = offer
        .deliveries
        .deliver(place.clone(), Origin { cause: run.as_str(), name: &name }, text.clone())
        .await
        .map_err(refusal)?;
    offer.mirror.mirror(params.session_key, place.clone(), text.as_str().to_owned()).await;
    let field = offer.deliveries.0.outlets.descriptor(&place.channel).map(|network| network.peer_field);
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
    let channel = named.parse::<ChannelKind>().ok().filter(|kind| deliveries.0.outlets.descriptor(kind).is_some());
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

async fn stage_file(
    deliveries: &Deliveries,
    place: &Place,
    name: &str,
    number: usize,
    path: &str,
) -> Result<(), RpcError> {
    let draft = Draft {
        key: channel::SendKey(format!("{name}:file{number}").into()),
        place: place.clone(),
        reply_to: None,
        body: Body::File { path: path.to_owned(), agent: ids::AgentId::main(), caption: String::new() },
        cause: name.to_owned(),
        keyboard: None,
    };
    let staged = deliveries.0.store.write(move |tx| outbox::stage(tx, &draft)).await;
    staged.map_err(|error| refusal(error.into()))?;
    Ok(())
}

fn refusal(error: OutboundError) -> RpcError {
    match error {
        OutboundError::UnknownChannel(_) => RpcError::invalid(error.to_string()),
        OutboundError::Refused(_) | OutboundError::Full { .. } | OutboundError::Store(_) | OutboundError::Stopping => {
            RpcError::unavailable(format!("Error: {error}"))
        }
    }
}
