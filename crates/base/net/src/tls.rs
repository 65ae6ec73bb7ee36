//! Which cryptography the program's TLS uses.
//!
//! Ring, and only ring: rustls refuses to guess as soon as two providers are linked, so the choice is made here, once.

/// Makes ring the provider of this process. The binary's `main` calls it first; repeating it does nothing.
pub fn install_tls() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Two threads may race to here; the loser finds the same provider installed.
        let _installed_by_another = rustls::crypto::ring::default_provider().install_default();
    }
}
