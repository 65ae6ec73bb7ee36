//! One call of the Bot API and its answer.
//!
//! The token is a part of every address, so no address reaches an error or a log from here.

use std::sync::Arc;
use std::time::Duration;

use channel::{ByteStream, ChannelError};
use futures_util::StreamExt as _;
use net::{Egress, Http, Multipart, NetError, Request, Timeouts};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use stdx::Secret;

/// The largest answer read: a hundred updates with long texts and captions are far below it.
const LARGEST: usize = 16 << 20;

/// The Bot API for one bot.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    http: Http,
    root: Arc<str>,
    token: Arc<Secret<String>>,
    patience: Duration,
}

/// Why a call gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CallError {
    Net(NetError),
    /// Telegram answered and refused.
    Refused {
        code: i64,
        description: String,
        retry_after: Option<Duration>,
        moved_to: Option<i64>,
    },
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(default)]
    ok: bool,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error_code: Option<i64>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

impl Api {
    pub(crate) fn new(http: Http, root: &str, token: Secret<String>, patience: Duration) -> Self {
        Self { http, root: root.into(), token: Arc::new(token), patience }
    }

    pub(crate) async fn call<T: DeserializeOwned>(&self, method: &str, params: &Value) -> Result<T, CallError> {
        self.finish(self.request(method).json(params)).await
    }

    /// A call whose answer says nothing.
    pub(crate) async fn tell(&self, method: &str, params: &Value) -> Result<(), CallError> {
        self.call::<serde::de::IgnoredAny>(method, params).await.map(|_| ())
    }

    pub(crate) async fn upload<T: DeserializeOwned>(&self, method: &str, form: Multipart) -> Result<T, CallError> {
        let uploads = Timeouts { first_byte: self.patience.max(Duration::from_secs(120)), idle: self.patience };
        self.finish(self.request(method).multipart(form).timeouts(uploads)).await
    }

    /// A call that Telegram holds open for up to `hold` until there is something to say.
    pub(crate) async fn wait<T: DeserializeOwned>(
        &self,
        method: &str,
        params: &Value,
        hold: Duration,
    ) -> Result<T, CallError> {
        let patience = Timeouts { first_byte: hold + Duration::from_secs(15), idle: Duration::from_secs(30) };
        self.finish(self.request(method).json(params).timeouts(patience)).await
    }

    /// The content of a file, at most `limit` bytes of it.
    pub(crate) async fn download(&self, path: &str, limit: u64) -> Result<ByteStream, CallError> {
        let url = format!("{}/file/bot{}/{path}", self.root, self.token.expose());
        let response = self.http.send(Request::get(Egress::Configured, &url)).await?;
        if !response.is_success() {
            let code = i64::from(response.status());
            let description = "the file cannot be fetched".to_owned();
            return Err(CallError::Refused { code, description, retry_after: response.retry_after(), moved_to: None });
        }
        let mut left = limit;
        let pieces = response.into_chunks().map(move |piece| {
            let piece = piece.map_err(|error| ChannelError::from(CallError::Net(error)))?;
            let size = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            left = left.checked_sub(size).ok_or_else(|| too_large(limit))?;
            Ok(piece)
        });
        Ok(Box::pin(pieces))
    }

    fn request(&self, method: &str) -> Request {
        let url = format!("{}/bot{}/{method}", self.root, self.token.expose());
        let patience = Timeouts { first_byte: self.patience, idle: self.patience };
        Request::post(Egress::Configured, &url).timeouts(patience)
    }

    async fn finish<T: DeserializeOwned>(&self, request: Request) -> Result<T, CallError> {
        let response = self.http.send(request).await?;
        let (status, wait) = (response.status(), response.retry_after());
        let body = response.bytes(LARGEST).await?;
        let answer: Answer<'_> = match serde_json::from_slice(&body) {
            Ok(answer) => answer,
            Err(_) if !(200..300).contains(&status) => {
                let description = format!("status {status}");
                let code = i64::from(status);
                return Err(CallError::Refused { code, description, retry_after: wait, moved_to: None });
            }
            Err(problem) => return Err(NetError::Malformed(problem.to_string()).into()),
        };
        if !answer.ok {
            return Err(CallError::Refused {
                code: answer.error_code.unwrap_or_else(|| i64::from(status)),
                retry_after: answer.parameters.retry_after.map(Duration::from_secs).or(wait),
                moved_to: answer.parameters.migrate_to_chat_id,
                description: answer.description,
            });
        }
        let result = answer.result.map_or("null", RawValue::get);
        serde_json::from_str(result).map_err(|problem| NetError::Malformed(problem.to_string()).into())
    }
}

pub(crate) fn too_large(limit: u64) -> ChannelError {
    ChannelError::Rejected(format!("the file {}", too_large_text(limit)))
}

pub(crate) fn too_large_text(limit: u64) -> String {
    let tenths = limit.saturating_mul(10) >> 20;
    let (whole, part) = (tenths / 10, tenths % 10);
    if part == 0 { format!("is larger than {whole} MB") } else { format!("is larger than {whole}.{part} MB") }
}

impl CallError {
    /// Telegram refused the text's formatting, not the text.
    pub(crate) fn is_about_formatting(&self) -> bool {
        self.says("can't parse entities") || self.says("can't find end")
    }

    pub(crate) fn says(&self, part: &str) -> bool {
        matches!(self, Self::Refused { description, .. } if description.to_lowercase().contains(part))
    }
}

impl From<NetError> for CallError {
    fn from(error: NetError) -> Self {
        Self::Net(error)
    }
}

impl From<CallError> for ChannelError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Net(error) if error.request_left_host() => Self::Unknown(error.to_string()),
            CallError::Net(error) => Self::Unreachable(error.to_string()),
            CallError::Refused { code, description, retry_after, .. } => match code {
                // A token that Telegram does not know makes an address that it does not know.
                401 | 404 => Self::Auth(format!("Telegram does not accept the bot token ({code})")),
                409 => Self::Conflict(description),
                429 => Self::RateLimited { after: retry_after },
                // A gateway before the API failed: the API may have taken the request all the same.
                500.. => Self::Unknown(format!("{code} {description}")),
                _ => Self::Rejected(description),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use net::Recorded;

    use super::*;

    async fn refusal(status: u16, body: &'static str) -> ChannelError {
        let http = Http::replay([Recorded::status(status).piece(body)]);
        let api = Api::new(http, "http://127.0.0.1:1", "1:SECRET".into(), Duration::from_secs(1));
        api.tell("getMe", &Value::Null).await.unwrap_err().into()
    }

    #[tokio::test]
    async fn every_refusal_becomes_what_the_host_can_do_about_it() {
        let wait = r#"{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":7}}"#;
        assert_eq!(refusal(429, wait).await, ChannelError::RateLimited { after: Some(Duration::from_secs(7)) });
        let auth = r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#;
        assert!(matches!(refusal(401, auth).await, ChannelError::Auth(_)));
        assert!(matches!(refusal(502, "<html>").await, ChannelError::Unknown(_)));
        let conflict = r#"{"ok":false,"error_code":409,"description":"Conflict: x"}"#;
        assert_eq!(refusal(409, conflict).await, ChannelError::Conflict("Conflict: x".to_owned()));
        let bad = r#"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#;
        assert_eq!(refusal(400, bad).await, ChannelError::Rejected("Bad Request: chat not found".to_owned()));
    }

    #[tokio::test]
    async fn no_error_and_no_debug_form_shows_the_token() {
        let http = Http::new(net::HttpConfig::default());
        let api = Api::new(http, "http://127.0.0.1:1", "1:SECRET".into(), Duration::from_secs(1));
        let error = api.tell("getMe", &Value::Null).await.unwrap_err();
        let shown = format!("{api:?} {error:?} {}", ChannelError::from(error.clone()));
        assert!(!shown.contains("SECRET"), "{shown}");
    }
}
