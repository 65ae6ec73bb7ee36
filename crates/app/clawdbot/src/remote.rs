//! How commands reach a gateway that runs, here or elsewhere.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use client::{CallError, Client, ConnectError, Credentials, DeviceTokens, Identity, Options};
use protocol::Method;
use protocol::connect::{ClientId, ClientMode};
use protocol::events::agent::TOOL_EVENTS;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use stdx::{OsEntropy, Secret};

use crate::config::{GatewaySection, Mode, section};
use crate::context::{Context, Shared};

/// Which gateway, and with what.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Reach {
    /// The gateway's address, ws://host:port
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// The gateway's token
    #[arg(long)]
    pub(crate) token: Option<String>,
    /// The gateway's password
    #[arg(long)]
    pub(crate) password: Option<String>,
    /// How long to wait, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    pub(crate) timeout: u64,
}

/// A runtime for one command.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("the runtime cannot start")?.block_on(work)
}

/// A connection to the gateway, or why there is none.
pub(crate) async fn connect(context: &Context, reach: &Reach) -> Result<Client> {
    found(try_connect(context, reach).await?)
}

/// As [`connect`], for a command that shows what runs do.
pub(crate) async fn connect_to_watch(context: &Context, reach: &Reach) -> Result<Client> {
    let mut options = options(context, reach)?;
    options.caps = vec![TOOL_EVENTS.to_owned()];
    found(connect_by(&options, reach).await?)
}

fn found(client: Option<Client>) -> Result<Client> {
    client
        .ok_or_else(|| anyhow!("no gateway is running here; start one with `clawdbot gateway`, or name one with --url"))
}

/// A connection to the gateway; `None` where nobody listens on this machine.
pub(crate) async fn try_connect(context: &Context, reach: &Reach) -> Result<Option<Client>> {
    connect_by(&options(context, reach)?, reach).await
}

async fn connect_by(options: &Options, reach: &Reach) -> Result<Option<Client>> {
    let is_here = reach.url.is_none() && options.url.starts_with("ws://127.0.0.1:");
    match Client::connect(options).await {
        Ok(client) => Ok(Some(client)),
        Err(ConnectError::Unreachable { .. }) if is_here => Ok(None),
        Err(error) => bail!("{error}"),
    }
}

fn options(context: &Context, reach: &Reach) -> Result<Options> {
    // A gateway may run on a config that was broken since: what can be read of it is enough to reach it.
    let snapshot = context.config_file().load();
    let gateway: GatewaySection = section(&snapshot).unwrap_or_default();
    let far = gateway.remote.url.as_deref().filter(|_| gateway.mode == Some(Mode::Remote));
    let (url, usual) = match (&reach.url, far) {
        (Some(url), _) => (url.clone(), Shared::default()),
        (None, Some(url)) => {
            let shared = Shared { token: gateway.remote.token.clone(), password: gateway.remote.password.clone() };
            (url.to_owned(), shared)
        }
        (None, None) => (format!("ws://127.0.0.1:{}", context.port(&gateway)?), context.shared(&gateway)),
    };
    let mut options = Options::new(url, ClientId::Cli, ClientMode::Cli, env!("CARGO_PKG_VERSION"))?;
    options.timeout = Duration::from_millis(reach.timeout.max(1));
    let named = |text: &Option<String>| text.as_deref().map(Secret::from);
    options.credentials =
        Credentials { token: named(&reach.token).or(usual.token), password: named(&reach.password).or(usual.password) };
    // Without a token it is this device that is let in.
    if options.credentials.token.is_none() {
        let identity = Identity::load_or_create(&context.places.state, &*context.clock, &OsEntropy)?;
        options = options.identity(Arc::new(identity)).tokens(DeviceTokens::new(&context.places.state));
    }
    Ok(options)
}

/// Calls a method and waits for its answer, not longer than the person wished.
pub(crate) async fn call<M: Method>(client: &Client, reach: &Reach, params: &M::Params) -> Result<M::Reply>
where
    M::Params: Serialize,
    M::Reply: DeserializeOwned,
{
    let answer = call_raw(client, reach, M::NAME, Some(to_raw_value(params)?)).await?;
    serde_json::from_str(answer.get()).with_context(|| format!("the answer of {} cannot be read", M::NAME))
}

/// As [`call`], by name.
pub(crate) async fn call_raw(
    client: &Client,
    reach: &Reach,
    method: &str,
    params: Option<Box<RawValue>>,
) -> Result<Box<RawValue>> {
    let wait = Duration::from_millis(reach.timeout.max(1));
    let answered = tokio::time::timeout(wait, client.call_raw(method, params)).await;
    match answered.with_context(|| format!("the gateway did not answer {method} within {} ms", reach.timeout))? {
        Ok(answer) => Ok(answer.payload),
        Err(error) => Err(refused(error)),
    }
}

/// An error of the gateway, with its details.
pub(crate) fn refused(error: CallError) -> anyhow::Error {
    match error {
        CallError::Failed { error, .. } => match &error.details {
            Some(details) => anyhow!("{} {}", error.message, details.get()),
            None => anyhow!("{}", error.message),
        },
        other => other.into(),
    }
}
