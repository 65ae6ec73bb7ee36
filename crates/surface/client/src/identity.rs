//! The device's key, in the file format of 2026.1.24.

use std::io;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ed25519_dalek::{Signer as _, SigningKey, pkcs8::DecodePrivateKey as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use stdx::{AbsPath, AtomicFile, Clock, Entropy};

/// What comes before the raw key in DER: PKCS#8 version 1, and SPKI. Both are constant for Ed25519 (RFC 8410).
const PRIVATE_PREFIX: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const PUBLIC_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/// An Ed25519 key and the name that follows from it.
pub struct Identity {
    key: SigningKey,
    id: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    version: u32,
    device_id: String,
    public_key_pem: String,
    private_key_pem: String,
    created_at_ms: i64,
}

impl Identity {
    /// A fresh key.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut secret = [0; 32];
        entropy.fill(&mut secret);
        Self::new(SigningKey::from_bytes(&secret))
    }

    fn new(key: SigningKey) -> Self {
        let id = hex::encode(Sha256::digest(key.verifying_key().as_bytes()));
        Self { key, id }
    }

    /// The key in `<state>/identity/device.json`, made there where there is none. A file that cannot be read is an
    /// error, and is not written over: its key may be what a gateway knows.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn load_or_create(state_dir: &AbsPath, clock: &dyn Clock, entropy: &dyn Entropy) -> io::Result<Self> {
        let file = AtomicFile::real(state_dir.join("identity").join("device.json"));
        if let Some(bytes) = file.read()? {
            let unreadable = |error: &dyn std::fmt::Display| {
                io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", file.path()))
            };
            let stored: Stored = serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))?;
            let key = SigningKey::from_pkcs8_pem(stored.private_key_pem.trim()).map_err(|error| unreadable(&error))?;
            return Ok(Self::new(key));
        }
        let identity = Self::generate(entropy);
        let stored = Stored {
            version: 1,
            device_id: identity.id.clone(),
            public_key_pem: pem("PUBLIC KEY", &PUBLIC_PREFIX, identity.key.verifying_key().as_bytes()),
            private_key_pem: pem("PRIVATE KEY", &PRIVATE_PREFIX, identity.key.as_bytes()),
            created_at_ms: clock.now_ms(),
        };
        let mut bytes = serde_json::to_vec_pretty(&stored)?;
        bytes.push(b'\n');
        file.write(&bytes)?;
        Ok(identity)
    }

    /// Lower-case hex SHA-256 of the public key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// base64url of the raw public key.
    #[must_use]
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes())
    }

    /// base64url of the signature.
    #[must_use]
    pub fn sign(&self, payload: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.key.sign(payload.as_bytes()).to_bytes())
    }
}

fn pem(label: &str, prefix: &[u8], raw: &[u8]) -> String {
    // Both are shorter than a line of PEM.
    let body = STANDARD.encode([prefix, raw].concat());
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{VerifyingKey, pkcs8::DecodePublicKey as _};
    use stdx::{ManualClock, SeededEntropy};

    use super::*;

    #[test]
    fn a_key_is_made_once_and_its_file_is_read_as_pem() {
        let folder = tempfile::tempdir().unwrap();
        let state_dir = AbsPath::new(folder.path()).unwrap();
        let (clock, entropy) = (ManualClock::new(5), SeededEntropy::new(1));
        let made = Identity::load_or_create(&state_dir, &clock, &entropy).unwrap();
        let read = Identity::load_or_create(&state_dir, &clock, &entropy).unwrap();
        assert_eq!((made.id(), made.public_key()), (read.id(), read.public_key()));
        let stored: Stored =
            serde_json::from_slice(&std::fs::read(folder.path().join("identity/device.json")).unwrap()).unwrap();
        let public = VerifyingKey::from_public_key_pem(&stored.public_key_pem).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(public.as_bytes()), made.public_key());
        assert_eq!((stored.device_id.as_str(), stored.created_at_ms), (made.id(), 5));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("identity")).unwrap();
        std::fs::write(folder.path().join("identity/device.json"), "{").unwrap();
        let state_dir = AbsPath::new(folder.path()).unwrap();
        assert!(Identity::load_or_create(&state_dir, &ManualClock::new(5), &SeededEntropy::new(1)).is_err());
        assert_eq!(std::fs::read(folder.path().join("identity/device.json")).unwrap(), b"{");
    }
}
