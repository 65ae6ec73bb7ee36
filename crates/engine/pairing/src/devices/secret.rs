//! Is this the shared secret? Pure; compared in constant time.

use protocol::connect::{ClientId, ClientMode, Params};
use stdx::Secret;
use subtle::ConstantTimeEq as _;

/// How clients without a device of their own prove that they may come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Auth {
    pub mode: Mode,
    /// `gateway.controlUi.allowInsecureAuth`: the page may come without a device identity.
    pub allow_insecure_page: bool,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Mode {
    #[default]
    None,
    /// `None`: wanted, but not set.
    Token(Option<Secret>),
    Password(Option<Secret>),
}

impl Auth {
    /// Whether the shared secret is right; if not, what the client is told.
    pub(super) fn check(&self, params: &Params) -> Result<(), String> {
        let given = params.auth.as_ref();
        let (what, set, given) = match &self.mode {
            Mode::None => return Ok(()),
            Mode::Token(set) => ("token", set, given.and_then(|auth| auth.token.as_deref())),
            Mode::Password(set) => ("password", set, given.and_then(|auth| auth.password.as_deref())),
        };
        let Some(set) = set else {
            return Err(format!("unauthorized: gateway {what} not configured on gateway (set gateway.auth.{what})"));
        };
        match given.filter(|given| !given.is_empty()) {
            None => Err(format!("unauthorized: gateway {what} missing ({})", hint(what, params))),
            Some(given) if same(given, set.expose()) => Ok(()),
            Some(_) => Err(format!("unauthorized: gateway {what} mismatch ({})", hint(what, params))),
        }
    }
}

/// Compares in a time that tells nothing of where they differ.
pub(super) fn same(given: &str, set: &str) -> bool {
    given.as_bytes().ct_eq(set.as_bytes()).into()
}

fn hint(what: &str, params: &Params) -> String {
    let client = &params.client;
    if client.mode == ClientMode::Cli {
        format!("set gateway.remote.{what} to match gateway.auth.{what}")
    } else if client.id == ClientId::ClawdbotControlUi
        || client.mode == ClientMode::Webchat
        || client.id == ClientId::WebchatUi
    {
        let hint = if what == "token" {
            "open a tokenized dashboard URL or paste token in Control UI settings"
        } else {
            "enter the password in Control UI settings"
        };
        hint.to_owned()
    } else {
        format!("provide gateway auth {what}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(mode: Mode, client: (&str, &str), auth: &str) -> String {
        let (id, mode_word) = client;
        let params = serde_json::from_str(&format!(
            r#"{{"minProtocol":3,"maxProtocol":3,"auth":{auth},
                "client":{{"id":"{id}","version":"1","platform":"x","mode":"{mode_word}"}}}}"#
        ))
        .unwrap();
        let auth = Auth { mode, allow_insecure_page: false };
        auth.check(&params).map_or_else(|message| message, |()| "yes".to_owned())
    }

    #[test]
    fn each_client_is_told_what_to_do_about_its_secret() {
        let token = || Mode::Token(Some("t0k".into()));
        let password = || Mode::Password(Some("pw".into()));
        let (cli, page, other) = (("cli", "cli"), ("clawdbot-control-ui", "webchat"), ("gateway-client", "backend"));
        let table = [
            (Mode::None, other, "{}", "yes"),
            (token(), other, r#"{"token":"t0k"}"#, "yes"),
            (password(), other, r#"{"password":"pw"}"#, "yes"),
            (token(), other, "{}", "unauthorized: gateway token missing (provide gateway auth token)"),
            (
                token(),
                other,
                r#"{"token":"wrong"}"#,
                "unauthorized: gateway token mismatch (provide gateway auth token)",
            ),
            (
                token(),
                cli,
                r#"{"token":"wrong"}"#,
                "unauthorized: gateway token mismatch (set gateway.remote.token to match gateway.auth.token)",
            ),
            (
                token(),
                page,
                "{}",
                "unauthorized: gateway token missing (open a tokenized dashboard URL or paste token in Control UI settings)",
            ),
            (
                password(),
                page,
                r#"{"password":"no"}"#,
                "unauthorized: gateway password mismatch (enter the password in Control UI settings)",
            ),
            (
                Mode::Token(None),
                other,
                "{}",
                "unauthorized: gateway token not configured on gateway (set gateway.auth.token)",
            ),
        ];
        for (mode, client, auth, answer) in table {
            assert_eq!(told(mode, client, auth), answer);
        }
    }
}
