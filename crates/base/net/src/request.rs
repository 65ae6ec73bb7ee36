//! What is asked: method, address, headers, body and patience.
//!
//! A request is built without errors; what was wrong with it is reported when it is sent, so callers handle one place.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use url::Url;

use crate::egress::Egress;
use crate::error::NetError;
use crate::multipart::Multipart;

/// The verb of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

/// How long to wait for what. Connecting has its own limit in [`crate::HttpConfig`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// From sending until the answer's head, uploads included.
    pub first_byte: Duration,
    /// Between two pieces of the answer.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { first_byte: Duration::from_secs(60), idle: Duration::from_secs(60) }
    }
}

/// One request. `Debug` shows neither path nor header values: both may hold secrets.
pub struct Request {
    pub(crate) method: Method,
    pub(crate) egress: Egress,
    pub(crate) url: Result<Url, NetError>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) timeouts: Timeouts,
    pub(crate) problem: Option<NetError>,
}

pub(crate) enum Body {
    Empty,
    Bytes(Bytes),
    Form(Multipart),
}

impl Request {
    /// A request to `url`, whose writer `egress` names.
    #[must_use]
    pub fn new(method: Method, egress: Egress, url: &str) -> Self {
        let url = Url::parse(url).map_err(|problem| NetError::BadRequest(format!("the address: {problem}")));
        Self {
            method,
            egress,
            url,
            headers: HeaderMap::new(),
            body: Body::Empty,
            timeouts: Timeouts::default(),
            problem: None,
        }
    }

    /// A `GET`.
    #[must_use]
    pub fn get(egress: Egress, url: &str) -> Self {
        Self::new(Method::Get, egress, url)
    }

    /// A `POST`.
    #[must_use]
    pub fn post(egress: Egress, url: &str) -> Self {
        Self::new(Method::Post, egress, url)
    }

    /// Sets a header; the value is kept out of every log.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                self.headers.insert(name, value);
            }
            _ => self.problem = Some(NetError::BadRequest(format!("the header {name:?}"))),
        }
        self
    }

    /// Sets `Authorization: Bearer …`.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// Sets `Accept`.
    #[must_use]
    pub fn accept(self, media_type: &str) -> Self {
        self.header(ACCEPT.as_str(), media_type)
    }

    /// Appends a query pair, escaped.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        if let Ok(url) = &mut self.url {
            url.query_pairs_mut().append_pair(name, value);
        }
        self
    }

    /// Sends ready-made bytes.
    #[must_use]
    pub fn body(mut self, media_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = Body::Bytes(body.into());
        self.header(CONTENT_TYPE.as_str(), media_type)
    }

    /// Sends bytes that already are JSON.
    #[must_use]
    pub fn json_bytes(self, body: impl Into<Bytes>) -> Self {
        self.body("application/json", body)
    }

    /// Sends a value as JSON.
    #[must_use]
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.json_bytes(body),
            Err(problem) => {
                self.problem = Some(NetError::BadRequest(format!("the body: {problem}")));
                self
            }
        }
    }

    /// Sends a form with files.
    #[must_use]
    pub fn multipart(mut self, form: Multipart) -> Self {
        self.body = Body::Form(form);
        self
    }

    /// Sets the patience of this request.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.as_ref().ok().and_then(Url::host_str).unwrap_or("?");
        let names: Vec<&str> = self.headers.keys().map(HeaderName::as_str).collect();
        out.debug_struct("Request")
            .field("method", &self.method)
            .field("egress", &self.egress)
            .field("host", &host)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_debug_form_of_a_request_shows_no_secret() {
        let request = Request::post(Egress::Configured, "https://api.example/botSECRET/send?key=SECRET")
            .bearer("SECRET")
            .json_bytes("SECRET");
        let shown = format!("{request:?}");
        assert!(!shown.contains("SECRET"), "{shown}");
        assert!(shown.contains("api.example"), "{shown}");
    }
}
