//! What operators may ask of people.

use std::sync::Arc;

use protocol::pairing::{self as wire, list::PairingRequest};
use rpc::{Call, Methods, RpcError};

use super::{ApproveError, Pairing, Tell, Waiting};

#[derive(Debug)]
struct Desk {
    pairing: Arc<Pairing>,
    tell: Arc<dyn Tell>,
}

pub(super) fn methods(pairing: &Arc<Pairing>, tell: Arc<dyn Tell>) -> Methods {
    let desk = Arc::new(Desk { pairing: Arc::clone(pairing), tell });
    Methods::default()
        .on::<wire::List, _, _, _>(&desk, list)
        .on::<wire::Approve, _, _, _>(&desk, approve)
        .on::<wire::Remove, _, _, _>(&desk, remove)
}

async fn list(desk: Arc<Desk>, _: Call, params: wire::list::Params) -> Result<wire::list::Reply, RpcError> {
    let waiting = desk.pairing.waiting(params.channel.as_ref()).await;
    let waiting = waiting.map_err(|error| RpcError::unavailable(format!("Error: {error}")))?;
    let request = |waiting: Waiting| PairingRequest {
        channel: waiting.approved.channel,
        account_id: waiting.approved.account,
        code: waiting.code,
        sender: waiting.approved.sender,
        name: waiting.approved.name,
        created_at: u64::try_from(waiting.created_at).unwrap_or(0),
        expires_at: u64::try_from(waiting.expires_at).unwrap_or(0),
    };
    Ok(wire::list::Reply { requests: waiting.into_iter().map(request).collect() })
}

async fn approve(desk: Arc<Desk>, _: Call, params: wire::approve::Params) -> Result<wire::approve::Reply, RpcError> {
    let approved = desk.pairing.approve(&params.channel, &params.code).await.map_err(|error| match error {
        ApproveError::UnknownCode => RpcError::invalid(error.to_string()),
        ApproveError::Store(_) => RpcError::unavailable(format!("Error: {error}")),
    })?;
    if params.notify.unwrap_or(true) {
        desk.tell.approved(&approved).await;
    }
    Ok(wire::approve::Reply {
        channel: approved.channel,
        account_id: approved.account,
        sender: approved.sender,
        name: approved.name,
    })
}

async fn remove(desk: Arc<Desk>, _: Call, params: wire::remove::Params) -> Result<wire::remove::Reply, RpcError> {
    let wire::remove::Params { channel, sender } = params;
    let removed = desk.pairing.remove(&channel, &sender).await;
    let removed = removed.map_err(|error| RpcError::unavailable(format!("Error: {error}")))?;
    Ok(wire::remove::Reply { channel, sender, removed })
}
