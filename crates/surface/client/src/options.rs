//! Whom to reach, and as whom.

use std::{sync::Arc, time::Duration};

use protocol::{
    OutOfBounds, Role,
    connect::{Client, ClientId, ClientMode},
};
use stdx::Secret;

use crate::{DeviceTokens, Identity};

/// What proves that we may come.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    pub token: Option<Secret>,
    pub password: Option<Secret>,
}

/// A connection to be made.
#[derive(Debug, Clone)]
pub struct Options {
    /// `ws://host:port` or `wss://…`.
    pub url: String,
    pub client: Client,
    pub role: Role,
    /// As asked for; none asks for everything (operators) or nothing (nodes).
    pub scopes: Vec<String>,
    pub caps: Vec<String>,
    pub commands: Option<Vec<String>>,
    pub credentials: Credentials,
    /// The device's key; without one a shared token is needed.
    pub identity: Option<Arc<Identity>>,
    /// Where the gateway's tokens for this device are kept.
    pub tokens: Option<DeviceTokens>,
    /// Sent with the upgrade.
    pub headers: Vec<(String, String)>,
    /// For the whole handshake.
    pub timeout: Duration,
    /// A gateway that sends no challenge for this long is spoken to without one; zero waits for none.
    pub challenge_wait: Duration,
}

impl Options {
    /// As a program of this kind, with nothing to prove who we are.
    ///
    /// # Errors
    /// The version is empty.
    pub fn new(url: impl Into<String>, id: ClientId, mode: ClientMode, version: &str) -> Result<Self, OutOfBounds> {
        let client = Client {
            id,
            display_name: None,
            version: version.to_owned().try_into()?,
            platform: std::env::consts::OS.to_owned().try_into()?,
            device_family: None,
            model_identifier: None,
            mode,
            instance_id: None,
        };
        Ok(Self {
            url: url.into(),
            client,
            role: Role::Operator,
            scopes: Vec::new(),
            caps: Vec::new(),
            commands: None,
            credentials: Credentials::default(),
            identity: None,
            tokens: None,
            headers: Vec::new(),
            timeout: Duration::from_secs(10),
            challenge_wait: Duration::from_millis(750),
        })
    }

    #[must_use]
    pub fn token(mut self, token: impl Into<Secret>) -> Self {
        self.credentials.token = Some(token.into());
        self
    }

    #[must_use]
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.credentials.password = Some(password.into());
        self
    }

    #[must_use]
    pub fn scopes(mut self, scopes: &[&str]) -> Self {
        self.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self
    }

    #[must_use]
    pub fn identity(mut self, identity: Arc<Identity>) -> Self {
        self.identity = Some(identity);
        self
    }

    #[must_use]
    pub fn tokens(mut self, tokens: DeviceTokens) -> Self {
        self.tokens = Some(tokens);
        self
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}
