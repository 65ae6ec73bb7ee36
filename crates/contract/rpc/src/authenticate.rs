//! Who is this? Asked once for each connection, after the form of its first request was checked.

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use ids::ConnId;
use protocol::{
    Role,
    connect::{Grant, Params},
};

use crate::{Caller, RpcError};

/// A connection that wants in.
#[derive(Debug)]
pub struct Attempt<'a> {
    pub conn: ConnId,
    /// Valid, and for a protocol version we speak.
    pub params: &'a Params,
    /// `params.role`, parsed.
    pub role: Role,
    /// The nonce of the challenge we sent.
    pub nonce: &'a str,
    /// The client's address, by the rules of trusted proxies.
    pub address: IpAddr,
    pub is_local: bool,
    /// The peer is no trusted proxy and yet sent proxy headers.
    pub has_untrusted_proxy_headers: bool,
}

/// Let in.
#[derive(Debug)]
pub struct Connected {
    pub caller: Arc<Caller>,
    /// `hello-ok.auth` for clients with a device identity.
    pub auth: Option<Grant>,
}

/// Kept out: the response, and how the socket is closed.
#[derive(Debug)]
pub struct Refusal {
    pub error: RpcError,
    pub close_code: u16,
    /// At most 120 bytes reach the wire.
    pub close_reason: String,
}

/// Implemented by whoever knows devices, tokens and passwords.
#[async_trait]
pub trait Authenticate: Send + Sync {
    async fn authenticate(&self, attempt: Attempt<'_>) -> Result<Connected, Refusal>;
}
