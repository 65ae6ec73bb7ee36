//! What a call was sent, whether as JSON, as a form, in the address or with files.

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Query, Request};
use axum::http::{Uri, header};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::accepted::SentFile;

const LARGEST: usize = 256 << 20;

#[derive(Debug, Default)]
pub(super) struct Params {
    pub(super) values: Map<String, Value>,
    pub(super) files: Vec<SentFile>,
}

impl Params {
    pub(super) async fn read(request: Request) -> Option<Self> {
        let mut params = Self::default();
        params.add_pairs(request.uri());
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        if kind.starts_with("multipart/form-data") {
            params.add_form(request).await?;
            return Some(params);
        }
        let body = axum::body::to_bytes(request.into_body(), LARGEST).await.ok()?;
        if kind.starts_with("application/x-www-form-urlencoded") {
            let uri: Uri = format!("/?{}", String::from_utf8_lossy(&body)).parse().ok()?;
            params.add_pairs(&uri);
        } else if !body.is_empty() {
            match serde_json::from_slice(&body).ok()? {
                Value::Object(values) => params.values.extend(values),
                Value::Null => {}
                _ => return None,
            }
        }
        Some(params)
    }

    fn add_pairs(&mut self, uri: &Uri) {
        if let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) {
            self.values.extend(pairs.into_iter().map(|(name, value)| (name, Value::String(value))));
        }
    }

    async fn add_form(&mut self, request: Request<Body>) -> Option<()> {
        // Read to the very end first: a body that is not would cost the connection.
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, LARGEST).await.ok()?;
        let mut request = Request::from_parts(head, Body::from(body));
        DefaultBodyLimit::max(LARGEST).apply(&mut request);
        let mut form = Multipart::from_request(request, &()).await.ok()?;
        while let Some(field) = form.next_field().await.ok()? {
            let name = field.name().unwrap_or_default().to_owned();
            match field.file_name().map(str::to_owned) {
                Some(file) => {
                    let mime = field.content_type().unwrap_or("application/octet-stream").to_owned();
                    let content: Bytes = field.bytes().await.ok()?;
                    let size = content.len();
                    self.files.push(SentFile { field: name, name: file, mime, content, size });
                }
                None => {
                    self.values.insert(name, Value::String(field.text().await.ok()?));
                }
            }
        }
        Some(())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str)
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        as_number(self.values.get(name)?)
    }

    /// A structure, which forms carry as JSON in a text.
    pub(super) fn structure(&self, name: &str) -> Option<Value> {
        match self.values.get(name)? {
            Value::String(text) => serde_json::from_str(text).ok(),
            other => Some(other.clone()),
        }
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        matches!(self.values.get(name), Some(Value::Bool(true))) || self.text(name) == Some("true")
    }
}

pub(super) fn as_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
