//! The proof of a device identity, right or wrong in one way.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::Bindings;

/// Replaces `"device":{"sign":NAME,"how":HOW}` of a `connect` by the proof, and binds the device's names.
pub(crate) fn prove(frame: &mut Value, nonce: &str, now_ms: i64, bindings: &mut Bindings) {
    let wanted = frame["params"]["device"].clone();
    let Some(name) = wanted["sign"].as_str() else { return };
    let how = wanted["how"].as_str().unwrap_or("v2");
    // The key needs no secrecy, only a name: the same device is the same key through all stories.
    let key = SigningKey::from_bytes(&Sha256::digest(format!("device {name}")).into());
    let public = key.verifying_key().to_bytes();
    let id = hex::encode(Sha256::digest(public));
    let public = URL_SAFE_NO_PAD.encode(public);
    bindings.bind(&format!("device:{name}"), &id);
    bindings.bind(&format!("key:{name}"), &public);

    const STALE_MS: i64 = 11 * 60 * 1000;
    let id = if how == "other-id" { "0".repeat(64) } else { id };
    let signed_at = if how == "stale" { now_ms - STALE_MS } else { now_ms };
    let payload = signed_text(&frame["params"], &id, signed_at, (how != "v1").then_some(nonce));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(payload.as_bytes()).to_bytes());
    let signature = if how == "bad-signature" { "AAAA".to_owned() } else { signature };
    let mut proof = json!({ "id": id, "publicKey": public, "signature": signature, "signedAt": signed_at });
    if how != "v1" {
        proof["nonce"] = json!(if how == "other-nonce" { "not-the-nonce" } else { nonce });
    }
    frame["params"]["device"] = proof;
}

fn signed_text(params: &Value, id: &str, signed_at: i64, nonce: Option<&str>) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let scopes: Vec<String> = params["scopes"].as_array().into_iter().flatten().map(text).collect();
    let version = if nonce.is_some() { "v2" } else { "v1" };
    let mut parts = vec![
        version.to_owned(),
        id.to_owned(),
        text(&params["client"]["id"]),
        text(&params["client"]["mode"]),
        text(&params["role"]),
        scopes.join(","),
        signed_at.to_string(),
        text(&params["auth"]["token"]),
    ];
    parts.extend(nonce.map(str::to_owned));
    parts.join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_text_has_every_part_in_its_place() {
        let params = json!({ "client": { "id": "cli", "mode": "cli" }, "role": "operator",
            "scopes": ["operator.admin", "operator.read"], "auth": { "token": "t" } });
        assert_eq!(
            signed_text(&params, "abc", 5, Some("n")),
            "v2|abc|cli|cli|operator|operator.admin,operator.read|5|t|n"
        );
        assert_eq!(signed_text(&json!({}), "abc", 5, None), "v1|abc|||||5|");
    }

    #[test]
    fn the_same_device_has_the_same_key_and_knows_its_own_names() {
        let mut bindings = Bindings::default();
        let frame = json!({ "params": { "device": { "sign": "1", "how": "v1" } } });
        let (mut one, mut two) = (frame.clone(), frame);
        prove(&mut one, "n", 1, &mut bindings);
        prove(&mut two, "n", 2, &mut bindings);
        assert_eq!(one["params"]["device"]["id"], two["params"]["device"]["id"]);
        assert_eq!(bindings.get("device:1"), one["params"]["device"]["id"].as_str());
        assert!(one["params"]["device"].get("nonce").is_none());
    }
}
