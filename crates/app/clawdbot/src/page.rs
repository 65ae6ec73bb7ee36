//! The page in the browser: built by `ui/`, held in the binary, served below the configured path.

mod link; // a fresh address for the command line

use async_trait::async_trait;
use gateway::{HttpRequest, HttpResponse, Route};
use rust_embed::{EmbeddedFile, RustEmbed};

pub(crate) use link::{LINK_PATH, Link, address};

const YEAR: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// Shown where the page was not built into this binary.
const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>clawdbot</title>\
    <p>The gateway runs. This binary was built without its page: build it with <code>cargo xtask run</code>.";

#[derive(RustEmbed)]
#[folder = "../../../ui/dist"]
#[allow_missing = true]
struct Files;

/// Serves the page.
#[derive(Debug)]
pub(crate) struct Page {
    /// With a slash at both ends.
    below: String,
}

impl Page {
    pub(crate) fn new(base_path: Option<&str>) -> Self {
        let path = base_path.unwrap_or_default().trim_matches('/');
        Self { below: if path.is_empty() { "/".to_owned() } else { format!("/{path}/") } }
    }

    /// Where it begins.
    pub(crate) fn below(&self) -> &str {
        &self.below
    }

    /// The paths it answers.
    pub(crate) fn pattern(&self) -> String {
        format!("{}*", self.below)
    }
}

#[async_trait]
impl Route for Page {
    async fn answer(&self, request: &HttpRequest) -> Option<HttpResponse> {
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            return None;
        }
        let name = request.path.strip_prefix(&self.below)?;
        let name = if name.is_empty() { "index.html" } else { name };
        match Files::get(name) {
            Some(file) => Some(answer(name, file, request.header("if-none-match"))),
            None if name == "index.html" => Some(HttpResponse::new(200, "text/html; charset=utf-8", NOT_BUILT)),
            None => None,
        }
    }
}

fn answer(name: &str, file: EmbeddedFile, known: Option<&str>) -> HttpResponse {
    let hash = file.metadata.sha256_hash();
    let tag = format!("\"{}\"", hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>());
    // Names of assets change with their content.
    let keep = if name.starts_with("assets/") { YEAR } else { ASK_AGAIN };
    let answer = match known == Some(tag.as_str()) {
        true => HttpResponse::new(304, kind(name), ""),
        false => HttpResponse::new(200, kind(name), file.data.into_owned()),
    };
    let answer = answer.with_header("etag", tag).with_header("cache-control", keep);
    answer.with_header("x-content-type-options", "nosniff").with_header("referrer-policy", "no-referrer").with_header(
        "content-security-policy",
        // What the page may load stands in the page; only a header can say who may frame it.
        "frame-ancestors 'none'",
    )
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("webmanifest" | "json") => "application/json",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
