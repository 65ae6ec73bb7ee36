//! Tokens the gateway gave this device, in the file format of 2026.1.24.

use std::io;

use protocol::{Role, connect::Grant};
use serde_json::{Map, Value, json};
use stdx::{AbsPath, AtomicFile, Secret};

/// `<state>/identity/device-auth.json`.
#[derive(Debug, Clone)]
pub struct DeviceTokens {
    file: AtomicFile,
}

impl DeviceTokens {
    #[must_use]
    pub fn new(state_dir: &AbsPath) -> Self {
        Self { file: AtomicFile::real(state_dir.join("identity").join("device-auth.json")) }
    }

    /// The token of this device for its role. What cannot be read is no token.
    #[must_use]
    pub fn get(&self, device: &str, role: Role) -> Option<Secret> {
        let stored = self.read(device)?;
        let token = stored.get("tokens")?.get(role.as_str())?.get("token")?.as_str()?;
        (!token.is_empty()).then(|| token.into())
    }

    /// Remembers a token; writes only what is new.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn put(&self, device: &str, grant: &Grant, now_ms: i64) -> io::Result<()> {
        let mut stored = self.read(device).unwrap_or_default();
        let mut tokens = take(&mut stored);
        let scopes: Vec<&str> = grant.scopes.iter().map(|scope| scope.as_str()).collect();
        let known = tokens.get(grant.role.as_str());
        let is_known = known.is_some_and(|known| {
            known.get("token").and_then(Value::as_str) == Some(grant.device_token.as_str())
                && known.get("scopes") == Some(&json!(scopes))
        });
        if is_known {
            return Ok(());
        }
        let token = json!({
            "token": grant.device_token, "role": grant.role, "scopes": scopes, "updatedAtMs": now_ms,
        });
        tokens.insert(grant.role.to_string(), token);
        self.write(stored, device, tokens)
    }

    /// Forgets a token that was refused.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn forget(&self, device: &str, role: Role) -> io::Result<()> {
        let Some(mut stored) = self.read(device) else { return Ok(()) };
        let mut tokens = take(&mut stored);
        if tokens.remove(role.as_str()).is_some() { self.write(stored, device, tokens) } else { Ok(()) }
    }

    /// The file, unless it belongs to another device.
    fn read(&self, device: &str) -> Option<Map<String, Value>> {
        let bytes = self.file.read().ok().flatten()?;
        let stored: Map<String, Value> = serde_json::from_slice(&bytes).ok()?;
        (stored.get("deviceId").and_then(Value::as_str) == Some(device)).then_some(stored)
    }

    fn write(&self, mut stored: Map<String, Value>, device: &str, tokens: Map<String, Value>) -> io::Result<()> {
        stored.entry("version").or_insert(json!(1));
        stored.entry("deviceId").or_insert(json!(device));
        stored.insert("tokens".to_owned(), Value::Object(tokens));
        let mut bytes = serde_json::to_vec_pretty(&stored)?;
        bytes.push(b'\n');
        self.file.write(&bytes)
    }
}

fn take(stored: &mut Map<String, Value>) -> Map<String, Value> {
    match stored.remove("tokens") {
        Some(Value::Object(tokens)) => tokens,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_for_its_device_and_role_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = DeviceTokens::new(&AbsPath::new(folder.path()).unwrap());
        let grant: Grant =
            serde_json::from_value(json!({"deviceToken": "abc", "role": "operator", "scopes": ["operator.read"]}))
                .unwrap();
        tokens.put("d", &grant, 7).unwrap();
        assert_eq!(tokens.get("d", Role::Operator), Some("abc".into()));
        assert_eq!(tokens.get("other", Role::Operator), None);
        assert_eq!(tokens.get("d", Role::Node), None);
        let stored: Value =
            serde_json::from_slice(&std::fs::read(folder.path().join("identity/device-auth.json")).unwrap()).unwrap();
        let token = json!({"token": "abc", "role": "operator", "scopes": ["operator.read"], "updatedAtMs": 7});
        assert_eq!(stored, json!({"version": 1, "deviceId": "d", "tokens": {"operator": token}}));
        tokens.forget("d", Role::Operator).unwrap();
        assert_eq!(tokens.get("d", Role::Operator), None);
    }
}
