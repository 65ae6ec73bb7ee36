//! Requests and answers as the rest of the program sees them: no web framework in sight.

use std::{borrow::Cow, net::IpAddr};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    header::{HeaderName, HeaderValue},
    http::request,
};

use crate::conn::Peer;

/// A request, read whole.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    pub method: String,
    /// Without the query, not decoded.
    pub path: String,
    pub query: Option<String>,
    /// Lower-case names; values that are no text are left out.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// The client's address, by the rules of trusted proxies.
    pub address: IpAddr,
    /// From this machine, with no proxy in between that is not trusted.
    pub is_local: bool,
}

impl HttpRequest {
    pub(super) fn new(head: &request::Parts, path: String, body: Bytes, peer: Peer) -> Self {
        let headers = head
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
        Self {
            method: head.method.as_str().to_owned(),
            path,
            query: head.uri.query().map(str::to_owned),
            headers: headers.collect(),
            body,
            address: peer.address,
            is_local: peer.is_local,
        }
    }

    /// The first header of that lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    pub status: u16,
    pub headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    pub body: Bytes,
}

impl HttpResponse {
    #[must_use]
    pub fn new(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, headers: vec![("content-type".into(), kind.into())], body: body.into() }
    }

    #[must_use]
    pub fn text(status: u16, text: impl Into<Bytes>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text)
    }

    #[must_use]
    pub fn json(status: u16, json: impl Into<Bytes>) -> Self {
        Self::new(status, "application/json; charset=utf-8", json)
    }

    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn into_hyper(self, method: &str) -> Response<Full<Bytes>> {
        let body = if method == "HEAD" { Bytes::new() } else { self.body };
        let mut answer = Response::new(Full::new(body));
        *answer.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in &self.headers {
            match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                (Ok(name), Ok(value)) => drop(answer.headers_mut().append(name, value)),
                _ => tracing::error!(%name, "an answer's header is not fit for HTTP and was left out"),
            }
        }
        answer
    }
}
