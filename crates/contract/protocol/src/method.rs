//! What a method of the gateway is.

use ids::SessionKey;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

/// One method: everything about it that is not behaviour.
pub trait Method: 'static {
    const NAME: &'static str;
    const SCOPE: Scope;
    const EFFECT: Effect = Effect::Free;
    /// Whether `hello-ok` lists it. A few are served without being listed.
    const LISTED: bool = true;
    type Params: DeserializeOwned + Serialize + JsonSchema + Send + 'static;
    type Reply: Serialize + DeserializeOwned + JsonSchema + Send + 'static;

    /// What this call must not overtake.
    fn order(_params: &Self::Params) -> Order {
        Order::Free
    }
}

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Read,
    Write,
    Admin,
    Pairing,
    Approvals,
    /// Only connections with the node role.
    Node,
}

impl Scope {
    /// The scope's name on the wire; nodes have a role instead.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "operator.read",
            Self::Write => "operator.write",
            Self::Admin => "operator.admin",
            Self::Pairing => "operator.pairing",
            Self::Approvals => "operator.approvals",
            Self::Node => "node",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Read, Self::Write, Self::Admin, Self::Pairing, Self::Approvals].into_iter().find(|s| s.as_str() == name)
    }
}

/// What a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Operator,
    Node,
}

impl Role {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Node => "node",
        }
    }
}

/// Whether a repeat with the same idempotency key may act again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Acts each time it is called.
    Free,
    /// Acts once for a key; [`Twin`] says what a repeat gets while the first still runs.
    Once(Twin),
}

/// What a repeat gets while the first call still runs. After its end it gets the stored reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twin {
    /// `{runId, status: "in_flight"}`.
    InFlight,
    /// The interim reply that the first got.
    Stored,
    /// The first one's reply, when it comes.
    Wait,
}

/// What a call must not overtake.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Order {
    Free,
    Session(SessionKey),
    Global(&'static str),
}
