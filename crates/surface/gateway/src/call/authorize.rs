//! Who may call what. Pure.
//!
//! Asked before it is known whether the method exists: whoever is no admin learns nothing about unknown names.

use protocol::{Role, Scope};
use rpc::{Caller, RpcError};

/// Whether the caller may call a method with this scope; `None` where no such method exists.
pub(crate) fn authorize(caller: &Caller, scope: Option<Scope>) -> Result<(), RpcError> {
    match (caller.role, scope) {
        (Role::Node, Some(Scope::Node)) => Ok(()),
        (Role::Node, _) | (Role::Operator, Some(Scope::Node)) => {
            Err(RpcError::invalid(format!("unauthorized role: {}", caller.role.as_str())))
        }
        (Role::Operator, scope) => {
            let scope = scope.unwrap_or(Scope::Admin);
            if caller.may(scope) {
                Ok(())
            } else {
                Err(RpcError::invalid(format!("missing scope: {}", scope.as_str())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ids::ConnId;

    use super::*;

    fn asked(role: Role, scopes: &[Scope], scope: Option<Scope>) -> String {
        let caller = Caller {
            conn: ConnId::random(),
            role,
            scopes: scopes.into(),
            device: None,
            client_id: "test".into(),
            client_mode: "test".into(),
            display_name: None,
            is_local: true,
        };
        authorize(&caller, scope).map_or_else(|error| error.message.into_owned(), |()| "yes".into())
    }

    #[test]
    fn each_role_and_scope_gets_what_is_its_own() {
        use Role::{Node, Operator};
        use Scope::{Admin, Approvals, Pairing, Read, Write};
        let table: [(Role, &[Scope], Option<Scope>, &str); 12] = [
            (Operator, &[Admin], Some(Pairing), "yes"),
            (Operator, &[Admin], None, "yes"),
            (Operator, &[Read], Some(Read), "yes"),
            (Operator, &[Write], Some(Read), "yes"),
            (Operator, &[Read], Some(Write), "missing scope: operator.write"),
            (Operator, &[Read], None, "missing scope: operator.admin"),
            (Operator, &[Approvals], Some(Pairing), "missing scope: operator.pairing"),
            (Operator, &[], Some(Read), "missing scope: operator.read"),
            (Operator, &[Admin], Some(Scope::Node), "unauthorized role: operator"),
            (Node, &[], Some(Scope::Node), "yes"),
            (Node, &[], Some(Read), "unauthorized role: node"),
            (Node, &[], None, "unauthorized role: node"),
        ];
        for (role, scopes, scope, answer) in table {
            assert_eq!(asked(role, scopes, scope), answer, "{role:?} {scopes:?} {scope:?}");
        }
    }
}
