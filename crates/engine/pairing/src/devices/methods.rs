//! What operators may ask of devices.

use std::{cmp::Reverse, sync::Arc};

use protocol::device::{pair, token};
use rpc::{Call, Methods, RpcError};

use super::{Devices, fresh_token};

pub(super) fn methods(devices: &Arc<Devices>) -> Methods {
    Methods::default()
        .on::<pair::List, _, _, _>(devices, list)
        .on::<pair::Approve, _, _, _>(devices, approve)
        .on::<pair::Reject, _, _, _>(devices, reject)
        .on::<token::Rotate, _, _, _>(devices, rotate)
        .on::<token::Revoke, _, _, _>(devices, revoke)
}

async fn list(devices: Arc<Devices>, _: Call, _: pair::list::Params) -> Result<pair::list::Reply, RpcError> {
    let mut book = devices.book.lock();
    book.prune(devices.clock.now_ms());
    let mut pending: Vec<_> = book.pending.values().filter_map(super::record::Pending::on_the_wire).collect();
    let mut paired: Vec<_> = book.paired.values().filter_map(super::record::Paired::on_the_wire).collect();
    pending.sort_by_key(|pending| Reverse(pending.ts));
    paired.sort_by_key(|paired| Reverse(paired.approved_at_ms));
    Ok(pair::list::Reply { pending, paired })
}

async fn approve(
    devices: Arc<Devices>,
    _: Call,
    params: pair::approve::Params,
) -> Result<pair::approve::Reply, RpcError> {
    let now = devices.clock.now_ms();
    let approved = devices.book.lock().approve(&params.request_id, &fresh_token(), now);
    let (pending, paired) = approved.ok_or_else(unknown_request)?;
    devices.save().await?;
    devices.resolved(&pending, "approved");
    let device = paired.on_the_wire().ok_or_else(unknown_request)?;
    Ok(pair::approve::Reply { request_id: params.request_id, device })
}

async fn reject(devices: Arc<Devices>, _: Call, params: pair::reject::Params) -> Result<pair::reject::Reply, RpcError> {
    let now = devices.clock.now_ms();
    let pending = devices.book.lock().reject(&params.request_id, now).ok_or_else(unknown_request)?;
    devices.save().await?;
    devices.resolved(&pending, "rejected");
    let device_id = pending.device_id.parse().map_err(|_| unknown_request())?;
    Ok(pair::reject::Reply { request_id: params.request_id, device_id })
}

async fn rotate(
    devices: Arc<Devices>,
    _: Call,
    params: token::rotate::Params,
) -> Result<token::rotate::Reply, RpcError> {
    let now = devices.clock.now_ms();
    let scopes = params.scopes.map(|scopes| scopes.iter().map(ToString::to_string).collect());
    let rotated = devices.book.lock().rotate((params.device_id.as_str(), &params.role), scopes, (&fresh_token(), now));
    let token = rotated.ok_or_else(unknown_device)?;
    devices.save().await?;
    Ok(token::rotate::Reply {
        device_id: params.device_id,
        role: params.role,
        token: token.token,
        scopes: token.scopes.into_iter().filter_map(|scope| scope.try_into().ok()).collect(),
        rotated_at_ms: u64::try_from(token.rotated_at_ms.unwrap_or(token.created_at_ms)).unwrap_or(0),
    })
}

async fn revoke(
    devices: Arc<Devices>,
    _: Call,
    params: token::revoke::Params,
) -> Result<token::revoke::Reply, RpcError> {
    let now = devices.clock.now_ms();
    let revoked = devices.book.lock().revoke(params.device_id.as_str(), &params.role, now);
    let at = revoked.ok_or_else(unknown_device)?;
    devices.save().await?;
    Ok(token::revoke::Reply {
        device_id: params.device_id,
        role: params.role,
        revoked_at_ms: u64::try_from(at).unwrap_or(0),
    })
}

fn unknown_request() -> RpcError {
    RpcError::invalid("unknown requestId")
}

fn unknown_device() -> RpcError {
    RpcError::invalid("unknown deviceId/role")
}
