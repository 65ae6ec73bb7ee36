//! The client behind every request.
//!
//! Cheap to clone and to hold: connections, certificates and resolvers come into being with the first request that
//! needs them. Three clients at most stand behind one `Http`: through the proxy, straight to this machine, and
//! guarded for addresses a stranger wrote.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::redirect::Policy;
use url::Url;

use crate::egress::{self, Egress, NotPublic, PublicOnly};
use crate::error::{NetError, innermost};
use crate::replay::{Recorded, Replay};
use crate::request::{Body, Method, Request};
use crate::response::Response;
use crate::tls::install_tls;

const REDIRECTS: usize = 5;
const POOL_IDLE: Duration = Duration::from_secs(60);
const POOL_PER_HOST: usize = 32;

/// What is decided once per account. `Debug` hides the proxy, whose address may hold a password.
#[derive(Clone)]
pub struct HttpConfig {
    /// A proxy for everything but this machine; without one the environment's proxy settings count.
    pub proxy: Option<Url>,
    /// How long a connection may take to stand, TLS included.
    pub connect: Duration,
    /// What we call ourselves unless a request says otherwise.
    pub user_agent: String,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            proxy: None,
            connect: Duration::from_secs(10),
            user_agent: concat!("clawdbot/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl fmt::Debug for HttpConfig {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("HttpConfig")
            .field("proxied", &self.proxy.is_some())
            .field("connect", &self.connect)
            .finish_non_exhaustive()
    }
}

/// The way out. Clones share their connections.
#[derive(Clone)]
pub struct Http {
    way: Way,
}

#[derive(Clone)]
enum Way {
    Live(Arc<Live>),
    Replay(Arc<Replay>),
}

struct Live {
    config: HttpConfig,
    outward: OnceLock<reqwest::Client>,
    loopback: OnceLock<reqwest::Client>,
    guarded: OnceLock<reqwest::Client>,
}

impl Http {
    /// A way out with these settings. Builds nothing yet.
    #[must_use]
    pub fn new(config: HttpConfig) -> Self {
        let live = Live { config, outward: OnceLock::new(), loopback: OnceLock::new(), guarded: OnceLock::new() };
        Self { way: Way::Live(Arc::new(live)) }
    }

    /// A way out that leads nowhere: requests are answered from what was recorded, in order.
    #[must_use]
    pub fn replay(answers: impl IntoIterator<Item = Recorded>) -> Self {
        Self { way: Way::Replay(Arc::new(Replay::new(answers))) }
    }

    /// Sends the request and waits for the head of the answer. Dropping the future closes the connection.
    ///
    /// # Errors
    /// Says through [`NetError::request_left_host`] whether a repeat could do something twice. A status that is no
    /// success is not an error here.
    pub async fn send(&self, request: Request) -> Result<Response, NetError> {
        if let Some(problem) = request.problem {
            return Err(problem);
        }
        let url = request.url?;
        if request.egress == Egress::Untrusted && !egress::spelling_is_allowed(&url) {
            return Err(NetError::Forbidden);
        }
        let live = match &self.way {
            Way::Replay(replay) => return replay.answer(request.timeouts.idle),
            Way::Live(live) => live,
        };
        let client = live.client(request.egress, &url)?;
        let mut builder = client.request(verb(request.method), url).headers(request.headers);
        builder = match request.body {
            Body::Empty => builder,
            Body::Bytes(bytes) => builder.body(bytes),
            Body::Form(form) => builder.multipart(form.into_form().map_err(NetError::from_client)?),
        };
        // The connect time-out stands inside this one, so what fires here fired after connecting.
        let patience = live.config.connect + request.timeouts.first_byte;
        let answer = match tokio::time::timeout(patience, builder.send()).await {
            Ok(answer) => answer.map_err(NetError::from_client)?,
            Err(_elapsed) => return Err(NetError::FirstByteTimeout(request.timeouts.first_byte)),
        };
        Ok(Response {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.bytes_stream().map(|piece| piece.map_err(after_head)).boxed(),
            idle: request.timeouts.idle,
        })
    }
}

/// Once the head is there the request has left, and every failure is a broken answer: the client calls a cut
/// connection a decoding problem when it could have been decompressing.
fn after_head(error: reqwest::Error) -> NetError {
    NetError::Broken(innermost(&error.without_url()))
}

fn verb(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

type Build = fn(&HttpConfig) -> Result<reqwest::Client, NetError>;

impl Live {
    fn client(&self, egress: Egress, url: &Url) -> Result<reqwest::Client, NetError> {
        let (cell, build): (_, Build) = match egress {
            Egress::Untrusted => (&self.guarded, guarded),
            Egress::Configured if url.scheme() == "http" && egress::is_loopback(url) => (&self.loopback, loopback),
            Egress::Configured => (&self.outward, outward),
        };
        if let Some(client) = cell.get() {
            return Ok(client.clone());
        }
        install_tls();
        let built = build(&self.config)?;
        Ok(cell.get_or_init(|| built).clone())
    }
}

fn base(config: &HttpConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(&config.user_agent)
        .connect_timeout(config.connect)
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(POOL_PER_HOST)
        .redirect(Policy::limited(REDIRECTS))
        .referer(false)
}

fn outward(config: &HttpConfig) -> Result<reqwest::Client, NetError> {
    let with_proxy = || -> Result<reqwest::ClientBuilder, reqwest::Error> {
        Ok(match &config.proxy {
            Some(proxy) => base(config).proxy(reqwest::Proxy::all(proxy.as_str())?),
            None => base(config),
        })
    };
    with_roots(with_proxy)
}

/// No proxy and no certificates: plain HTTP that never leaves the machine needs neither.
fn loopback(config: &HttpConfig) -> Result<reqwest::Client, NetError> {
    base(config).no_proxy().redirect(Policy::none()).tls_certs_only([]).build().map_err(NetError::from_client)
}

/// No proxy, because a proxy would resolve names out of our sight.
fn guarded(config: &HttpConfig) -> Result<reqwest::Client, NetError> {
    let policy = || {
        Policy::custom(|attempt| {
            if attempt.previous().len() > REDIRECTS {
                return attempt.stop();
            }
            if egress::spelling_is_allowed(attempt.url()) { attempt.follow() } else { attempt.error(NotPublic) }
        })
    };
    with_roots(|| Ok(base(config).no_proxy().redirect(policy()).dns_resolver(PublicOnly)))
}

/// A machine without a certificate store can still speak plain HTTP.
fn with_roots(
    builder: impl Fn() -> Result<reqwest::ClientBuilder, reqwest::Error>,
) -> Result<reqwest::Client, NetError> {
    let built = builder().and_then(reqwest::ClientBuilder::build);
    built.or_else(|_no_store| builder()?.tls_certs_only([]).build()).map_err(NetError::from_client)
}

impl fmt::Debug for Http {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.way {
            Way::Live(_) => "Http",
            Way::Replay(_) => "Http::replay",
        };
        out.debug_struct(name).finish_non_exhaustive()
    }
}
