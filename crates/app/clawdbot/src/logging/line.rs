//! The shape of a line in the log file: the published one, which other clients parse, with fields of ours as "2".

use serde::Serialize;
use serde_json::{Map, Value};
use tracing::{Level, Metadata};

#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "0")]
    subsystem: &'a str,
    #[serde(rename = "1")]
    message: &'a str,
    #[serde(rename = "2", skip_serializing_if = "Map::is_empty")]
    fields: &'a Map<String, Value>,
    _meta: Meta<'a>,
    time: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    runtime: &'static str,
    runtime_version: &'static str,
    hostname: &'a str,
    name: &'a str,
    parent_names: [&'static str; 1],
    date: &'a str,
    log_level_id: u8,
    log_level_name: &'static str,
    path: Place<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    file_path: &'a str,
    file_line: String,
}

/// One event, ready to be written.
pub(crate) fn line(
    metadata: &Metadata<'_>,
    message: &str,
    fields: &Map<String, Value>,
    host: &str,
    time: &str,
) -> String {
    let subsystem = format!(r#"{{"subsystem":"{}"}}"#, subsystem(metadata.target()));
    let (log_level_id, log_level_name) = level(*metadata.level());
    let path = Place {
        file_path: metadata.file().unwrap_or_default(),
        file_line: metadata.line().unwrap_or_default().to_string(),
    };
    let meta = Meta {
        runtime: "rust",
        runtime_version: env!("CARGO_PKG_RUST_VERSION"),
        hostname: host,
        name: &subsystem,
        parent_names: ["clawdbot"],
        date: time,
        log_level_id,
        log_level_name,
        path,
    };
    // Texts and numbers always have a form in JSON.
    serde_json::to_string(&Line { subsystem: &subsystem, message, fields, _meta: meta, time }).unwrap_or_default()
}

/// `telegram::listen` as `telegram/listen`: a module's path, which needs no escapes.
pub(crate) fn subsystem(target: &str) -> String {
    target.replace("::", "/")
}

/// A level in the numbers that readers of the file know.
fn level(level: Level) -> (u8, &'static str) {
    match level {
        Level::ERROR => (5, "ERROR"),
        Level::WARN => (4, "WARN"),
        Level::INFO => (3, "INFO"),
        Level::DEBUG => (2, "DEBUG"),
        Level::TRACE => (1, "TRACE"),
    }
}
