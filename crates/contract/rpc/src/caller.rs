//! Who calls, as far as a method may know.

use std::sync::Arc;

use ids::{ConnId, DeviceId};
use protocol::{Role, Scope};

/// An authenticated connection.
#[derive(Debug, Clone)]
pub struct Caller {
    pub conn: ConnId,
    pub role: Role,
    /// Scopes of an operator; empty for a node.
    pub scopes: Arc<[Scope]>,
    pub device: Option<DeviceId>,
    /// `client.id` of the handshake.
    pub client_id: Arc<str>,
    /// `client.mode` of the handshake.
    pub client_mode: Arc<str>,
    pub display_name: Option<Arc<str>>,
    /// On this machine, by the rules of the handshake.
    pub is_local: bool,
}

impl Caller {
    /// Whether the caller may do what needs `scope`. Admin passes everything; writers may read.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        match (self.role, scope) {
            (Role::Node, scope) => scope == Scope::Node,
            (Role::Operator, Scope::Node) => false,
            (Role::Operator, Scope::Read) => self.has(Scope::Read) || self.has(Scope::Write) || self.has(Scope::Admin),
            (Role::Operator, scope) => self.has(scope) || self.has(Scope::Admin),
        }
    }

    fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}
