//! Who we are: from the socket to `hello-ok`.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{
    ErrorShape, EventFrame, OutOfBounds, PROTOCOL_VERSION, Response, Text,
    connect::{Auth, Device, Grant, HelloOk, Params},
    events::challenge,
};
use serde_json::value::RawValue;
use stdx::{Clock as _, SystemClock};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{
        self, Message,
        client::IntoClientRequest as _,
        http::{HeaderName, HeaderValue},
        protocol::WebSocketConfig,
    },
};

use crate::{Closed, Options};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The largest message we take.
const MAX_MESSAGE: usize = 25 * 1024 * 1024;
const BUFFER: usize = 16 * 1024;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nobody answers there, or not as a WebSocket.
    #[error("cannot reach the gateway at {url}: {source}")]
    Unreachable { url: String, source: Box<tungstenite::Error> },
    /// The gateway says no.
    #[error("{}", error.message)]
    Refused { error: Box<ErrorShape>, closed: Option<Closed> },
    /// It closed without a word.
    #[error("the gateway closed the connection: {0}")]
    Closed(Closed),
    #[error("the gateway did not answer in time")]
    Timeout,
    #[error("not a gateway: {0}")]
    NotAGateway(String),
}

impl From<OutOfBounds> for ConnectError {
    fn from(_: OutOfBounds) -> Self {
        Self::NotAGateway("an empty text where the protocol wants one".to_owned())
    }
}

/// A connection that was let in.
pub(crate) async fn connect(options: &Options) -> Result<(Socket, HelloOk), ConnectError> {
    let handshake = tokio::time::timeout(options.timeout, attempts(options));
    handshake.await.unwrap_or(Err(ConnectError::Timeout))
}

/// A device's own token first; when it is refused it is forgotten, and the shared secret tried.
async fn attempts(options: &Options) -> Result<(Socket, HelloOk), ConnectError> {
    let device = options.identity.as_ref().map(|identity| identity.id());
    let stored = options.tokens.as_ref().zip(device);
    if let Some((tokens, device)) = stored
        && let Some(token) = tokens.get(device, options.role)
    {
        let refused = match attempt(options, Some(token.expose())).await {
            Ok(connected) => return remember(options, connected),
            Err(error @ ConnectError::Refused { .. }) => error,
            Err(error) => return Err(error),
        };
        if let Err(error) = tokens.forget(device, options.role) {
            tracing::warn!(%error, "a refused token could not be forgotten");
        }
        if options.credentials.token.is_none() && options.credentials.password.is_none() {
            return Err(refused);
        }
    }
    let token = options.credentials.token.as_ref().map(|token| token.expose().as_str());
    remember(options, attempt(options, token).await?)
}

fn remember(options: &Options, connected: (Socket, HelloOk)) -> Result<(Socket, HelloOk), ConnectError> {
    let device = options.identity.as_ref().map(|identity| identity.id());
    let grant: Option<&Grant> = connected.1.auth.as_ref();
    if let (Some(tokens), Some(device), Some(grant)) = (&options.tokens, device, grant)
        && let Err(error) = tokens.put(device, grant, SystemClock.now_ms())
    {
        tracing::warn!(%error, "the device's token could not be kept");
    }
    Ok(connected)
}

async fn attempt(options: &Options, token: Option<&str>) -> Result<(Socket, HelloOk), ConnectError> {
    let mut socket = open(options).await?;
    let nonce = nonce(&mut socket, options.challenge_wait).await?;
    let params = params(options, token, nonce.as_deref())?;
    let params = serde_json::to_string(&params).map_err(|error| ConnectError::NotAGateway(error.to_string()))?;
    let frame = format!(r#"{{"type":"req","id":"connect","method":"connect","params":{params}}}"#);
    let unreachable = |source| ConnectError::Unreachable { url: options.url.clone(), source: Box::new(source) };
    socket.send(Message::text(frame)).await.map_err(unreachable)?;
    loop {
        let text = match read(&mut socket).await? {
            Read::Text(text) => text,
            Read::Closed(closed) => return Err(ConnectError::Closed(closed)),
        };
        // An event may come first.
        let Ok(response) = serde_json::from_str::<Response<'_>>(&text) else { continue };
        if let Some(error) = response.error {
            let closed = match tokio::time::timeout(Duration::from_millis(500), read(&mut socket)).await {
                Ok(Ok(Read::Closed(closed))) => Some(closed),
                _ => None,
            };
            return Err(ConnectError::Refused { error: Box::new(error), closed });
        }
        let payload = response.payload.as_deref().map_or("{}", RawValue::get);
        let hello = serde_json::from_str(payload).map_err(|error| ConnectError::NotAGateway(error.to_string()))?;
        return Ok((socket, hello));
    }
}

async fn open(options: &Options) -> Result<Socket, ConnectError> {
    let unreachable = |source| ConnectError::Unreachable { url: options.url.clone(), source: Box::new(source) };
    let mut request = options.url.as_str().into_client_request().map_err(unreachable)?;
    for (name, value) in &options.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            request.headers_mut().insert(name, value);
        }
    }
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let (socket, _) = connect_async_with_config(request, Some(config), true).await.map_err(unreachable)?;
    Ok(socket)
}

/// The challenge's nonce; an old gateway sends none.
async fn nonce(socket: &mut Socket, wait: Duration) -> Result<Option<String>, ConnectError> {
    if wait.is_zero() {
        return Ok(None);
    }
    match tokio::time::timeout(wait, read(socket)).await {
        Err(_) => Ok(None),
        Ok(Err(error)) => Err(error),
        Ok(Ok(Read::Closed(closed))) => Err(ConnectError::Closed(closed)),
        Ok(Ok(Read::Text(text))) => {
            let frame = serde_json::from_str::<EventFrame<'_, Box<RawValue>>>(&text);
            let payload = frame.ok().and_then(|frame| frame.payload);
            let challenge = payload.and_then(|raw| serde_json::from_str::<challenge::Payload>(raw.get()).ok());
            Ok(challenge.map(|challenge| challenge.nonce))
        }
    }
}

fn params(options: &Options, token: Option<&str>, nonce: Option<&str>) -> Result<Params, ConnectError> {
    let texts = |texts: &[String]| texts.iter().cloned().map(Text::try_from).collect::<Result<Vec<_>, _>>();
    let password = options.credentials.password.as_ref().map(|password| password.expose().clone());
    let auth = Auth { token: token.map(str::to_owned), password };
    let device = match &options.identity {
        None => None,
        Some(identity) => {
            let signed_at = u64::try_from(SystemClock.now_ms()).unwrap_or(0);
            let payload = payload(options, identity.id(), signed_at, token, nonce);
            Some(Device {
                id: identity.id().to_owned().try_into()?,
                public_key: identity.public_key().try_into()?,
                signature: identity.sign(&payload).try_into()?,
                signed_at: signed_at.try_into()?,
                nonce: nonce.map(|nonce| nonce.to_owned().try_into()).transpose()?,
            })
        }
    };
    Ok(Params {
        min_protocol: u64::from(PROTOCOL_VERSION).try_into()?,
        max_protocol: u64::from(PROTOCOL_VERSION).try_into()?,
        client: options.client.clone(),
        caps: Some(texts(&options.caps)?),
        commands: options.commands.as_deref().map(texts).transpose()?,
        permissions: None,
        path_env: None,
        role: Some(options.role.as_str().to_owned().try_into()?),
        scopes: Some(texts(&options.scopes)?),
        device,
        auth: (auth.token.is_some() || auth.password.is_some()).then_some(auth),
        locale: None,
        user_agent: None,
    })
}

/// What is signed: version 2 exactly when there is a nonce.
fn payload(options: &Options, device: &str, signed_at: u64, token: Option<&str>, nonce: Option<&str>) -> String {
    let (version, nonce) = nonce.map_or(("v1", String::new()), |nonce| ("v2", format!("|{nonce}")));
    format!(
        "{version}|{device}|{}|{}|{}|{}|{signed_at}|{}{nonce}",
        options.client.id.as_str(),
        options.client.mode.as_str(),
        options.role.as_str(),
        options.scopes.join(","),
        token.unwrap_or_default(),
    )
}

enum Read {
    Text(String),
    Closed(Closed),
}

async fn read(socket: &mut Socket) -> Result<Read, ConnectError> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(Read::Text(text.as_str().to_owned())),
            Some(Ok(Message::Close(frame))) => return Ok(Read::Closed(frame.into())),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Ok(Read::Closed(Closed::default())),
        }
    }
}
