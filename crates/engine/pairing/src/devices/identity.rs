//! Is this signature the device's own? Pure.
//!
//! A signature covers who asks for what, when, and (from afar) our challenge, so that it cannot be used again.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use ed25519_dalek::{Signature, VerifyingKey, pkcs8::DecodePublicKey as _};
use protocol::connect::{Device, Params};
use rpc::Attempt;
use sha2::{Digest as _, Sha256};

/// How far a signature's time may be from ours.
const MAX_SKEW_MS: u64 = 600_000;

/// The device's key, normalised; or what the client is told. The first failure counts.
pub(super) fn verify(device: &Device, attempt: &Attempt<'_>, now: i64) -> Result<String, &'static str> {
    let raw = public_key(&device.public_key).ok_or("device identity mismatch")?;
    if hex::encode(Sha256::digest(raw)) != device.id.as_str() {
        return Err("device identity mismatch");
    }
    let signed_at = i64::try_from(device.signed_at.get()).unwrap_or(i64::MAX);
    if now.abs_diff(signed_at) > MAX_SKEW_MS {
        return Err("device signature expired");
    }
    let nonce = device.nonce.as_ref().map(|nonce| nonce.trim()).filter(|nonce| !nonce.is_empty());
    match nonce {
        None if !attempt.is_local => return Err("device nonce required"),
        Some(nonce) if nonce != attempt.nonce => return Err("device nonce mismatch"),
        _ => {}
    }
    let key = VerifyingKey::from_bytes(&raw).map_err(|_| "device signature invalid")?;
    let signature = base64(&device.signature).and_then(|bytes| Signature::from_slice(&bytes).ok());
    let payload = payload(device, attempt.params, attempt.role.as_str(), nonce);
    let is_valid = signature.is_some_and(|signature| {
        use ed25519_dalek::Verifier as _;
        key.verify(payload.as_bytes(), &signature).is_ok()
    });
    if is_valid { Ok(URL_SAFE_NO_PAD.encode(raw)) } else { Err("device signature invalid") }
}

/// What was signed: version 2 exactly when there is a nonce. Scopes as they were asked for.
fn payload(device: &Device, params: &Params, role: &str, nonce: Option<&str>) -> String {
    let scopes: Vec<&str> = params.scopes.iter().flatten().map(|scope| scope.as_str()).collect();
    let token = params.auth.as_ref().and_then(|auth| auth.token.as_deref()).unwrap_or_default();
    let version = if nonce.is_some() { "v2" } else { "v1" };
    let mut payload = format!(
        "{version}|{}|{}|{}|{role}|{}|{}|{token}",
        device.id,
        params.client.id.as_str(),
        params.client.mode.as_str(),
        scopes.join(","),
        device.signed_at.get(),
    );
    if let Some(nonce) = nonce {
        payload.push('|');
        payload.push_str(nonce);
    }
    payload
}

/// The raw key of a base64url text or of an SPKI PEM.
fn public_key(text: &str) -> Option<[u8; 32]> {
    if text.contains("BEGIN") {
        return VerifyingKey::from_public_key_pem(text.trim()).ok().map(|key| key.to_bytes());
    }
    base64(text)?.try_into().ok()
}

/// Either alphabet, with or without padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let plain: String = text
        .trim()
        .trim_end_matches('=')
        .chars()
        .map(|letter| match letter {
            '-' => '+',
            '_' => '/',
            letter => letter,
        })
        .collect();
    STANDARD_NO_PAD.decode(plain).ok()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use ids::ConnId;
    use protocol::Role;

    use super::*;

    // From a recorded handshake of 2026.1.24.
    const CONNECT: &str = r#"{"minProtocol":3,"maxProtocol":3,"client":{"id":"gateway-client","version":"0.0.1",
        "platform":"linux","mode":"backend","displayName":"cap-cli","instanceId":"inst-1"},"role":"operator",
        "scopes":["operator.admin","operator.approvals","operator.pairing"],"caps":[],"auth":{"token":"t0k"},
        "device":{"id":"b2d5770e006b669bfb4b6a41b4bfe65dbefc326a7a336724b817a59cf332ab11",
        "publicKey":"Ld-nqHRKWL--mdPELydzTFgys9rlx-_q_5xmsH8I0Ho",
        "signature":"TJX3yadrhR8ihoTrvIjedN-c49N8MfNmiGVqebjQu7tld50vKWHlhaCDiXseEoE-kIdamRC-5yvu22SGUOSNBQ",
        "signedAt":1795166309450,"nonce":"06b65f0c-7f83-49b1-ba1c-25c0802c9b97"}}"#;
    const NONCE: &str = "06b65f0c-7f83-49b1-ba1c-25c0802c9b97";
    const NOW: i64 = 1_795_166_309_500;

    fn told(change: impl Fn(&mut Params), nonce: &str, is_local: bool, now: i64) -> Result<String, &'static str> {
        let mut params: Params = serde_json::from_str(CONNECT).unwrap();
        change(&mut params);
        let attempt = Attempt {
            conn: ConnId::random(),
            params: &params,
            role: Role::Operator,
            nonce,
            address: Ipv4Addr::LOCALHOST.into(),
            is_local,
            has_untrusted_proxy_headers: false,
        };
        verify(params.device.as_ref().unwrap(), &attempt, now)
    }

    fn device(params: &mut Params) -> &mut Device {
        params.device.as_mut().unwrap()
    }

    fn text(text: &str) -> protocol::Text {
        text.to_owned().try_into().unwrap()
    }

    #[test]
    fn a_recorded_signature_of_the_published_program_is_valid() {
        let key = "Ld-nqHRKWL--mdPELydzTFgys9rlx-_q_5xmsH8I0Ho";
        assert_eq!(told(|_| (), NONCE, false, NOW).as_deref(), Ok(key));
    }

    #[test]
    fn whatever_is_wrong_is_told_in_the_published_order() {
        let other_id = |params: &mut Params| device(params).id = text(&"0".repeat(64));
        assert_eq!(told(other_id, NONCE, true, NOW), Err("device identity mismatch"));
        assert_eq!(told(|_| (), NONCE, true, NOW + 600_001), Err("device signature expired"));
        assert_eq!(told(|params| device(params).nonce = None, NONCE, false, NOW), Err("device nonce required"));
        assert_eq!(told(|_| (), "another", true, NOW), Err("device nonce mismatch"));
        assert_eq!(
            told(|params| device(params).signature = text("AAAA"), NONCE, true, NOW),
            Err("device signature invalid")
        );
        assert_eq!(told(|params| params.scopes = None, NONCE, true, NOW), Err("device signature invalid"));
        // Local and without a nonce it is read as version 1, which was not what was signed.
        assert_eq!(told(|params| device(params).nonce = None, NONCE, true, NOW), Err("device signature invalid"));
    }

    #[test]
    fn a_key_may_come_as_pem_or_in_either_alphabet() {
        let raw = public_key("Ld-nqHRKWL--mdPELydzTFgys9rlx-_q_5xmsH8I0Ho").unwrap();
        assert_eq!(public_key("Ld+nqHRKWL++mdPELydzTFgys9rlx+/q/5xmsH8I0Ho="), Some(raw));
        use ed25519_dalek::pkcs8::EncodePublicKey as _;
        let pem = VerifyingKey::from_bytes(&raw).unwrap().to_public_key_pem(Default::default()).unwrap();
        assert_eq!(public_key(&pem), Some(raw));
        assert_eq!(public_key("short"), None);
    }
}
