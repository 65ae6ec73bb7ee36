//! `hello-ok`, put together from parts that are kept serialised.

use std::borrow::Cow;

use ids::ConnId;
use protocol::{
    PROTOCOL_VERSION, StateVersion,
    connect::{Grant, SessionDefaults},
};
use rpc::Outcome;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::{conn::outbox::OUTBOX_BYTES, shared::Shared};

/// The largest message a client may send.
pub(crate) const MAX_MESSAGE: usize = 524_288;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Hello<'a> {
    r#type: &'static str,
    protocol: u32,
    server: Server<'a>,
    features: Option<&'a RawValue>,
    snapshot: Snapshot<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth: Option<Grant>,
    policy: Policy,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Server<'a> {
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    host: &'a str,
    conn_id: &'a ConnId,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot<'a> {
    presence: &'a RawValue,
    health: &'a RawValue,
    state_version: StateVersion,
    uptime_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    config_path: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_dir: Option<Cow<'a, str>>,
    session_defaults: &'a SessionDefaults,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Policy {
    max_payload: usize,
    max_buffered_bytes: usize,
    tick_interval_ms: u64,
}

/// The payload of the first response of a connection.
pub(crate) fn hello(shared: &Shared, conn: &ConnId, auth: Option<Grant>) -> Outcome {
    let (presence, health, state_version) = shared.state.texts();
    let identity = &shared.config.identity;
    let defaults = shared.config.session_defaults.get();
    let uptime = shared.clock.now().saturating_duration_since(shared.started);
    let hello = Hello {
        r#type: "hello-ok",
        protocol: PROTOCOL_VERSION,
        server: Server {
            version: &identity.version,
            commit: identity.commit.as_deref(),
            host: &identity.host,
            conn_id: conn,
        },
        features: shared.features(),
        snapshot: Snapshot {
            presence: &presence,
            health: &health,
            state_version,
            uptime_ms: u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX),
            config_path: identity.config_path.as_deref().map(Cow::Borrowed),
            state_dir: identity.state_dir.as_deref().map(Cow::Borrowed),
            session_defaults: &defaults,
        },
        auth,
        policy: Policy {
            max_payload: MAX_MESSAGE,
            max_buffered_bytes: OUTBOX_BYTES,
            tick_interval_ms: u64::try_from(shared.config.tick.as_millis()).unwrap_or(u64::MAX),
        },
    };
    to_raw_value(&hello).map_err(|error| rpc::RpcError::unavailable(format!("Error: {error}")))
}
