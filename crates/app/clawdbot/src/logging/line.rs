//! The shape of a line in the log file: the published one, which other clients parse, with fields of ours as "2".

use serde_json::{Map, Value, json};
use tracing::{Level, Metadata};

/// One event, ready to be written.
pub(crate) fn line(
    metadata: &Metadata<'_>,
    message: &str,
    fields: Map<String, Value>,
    host: &str,
    time: &str,
) -> String {
    let subsystem = json!({ "subsystem": subsystem(metadata.target()) }).to_string();
    let (id, name) = level(*metadata.level());
    let mut line = Map::new();
    line.insert("0".to_owned(), Value::String(subsystem.clone()));
    line.insert("1".to_owned(), Value::String(message.to_owned()));
    if !fields.is_empty() {
        line.insert("2".to_owned(), Value::Object(fields));
    }
    line.insert(
        "_meta".to_owned(),
        json!({
            "runtime": "rust",
            "runtimeVersion": env!("CARGO_PKG_RUST_VERSION"),
            "hostname": host,
            "name": subsystem,
            "parentNames": ["clawdbot"],
            "date": time,
            "logLevelId": id,
            "logLevelName": name,
            "path": {
                "filePath": metadata.file().unwrap_or_default(),
                "fileLine": metadata.line().unwrap_or_default().to_string(),
            },
        }),
    );
    line.insert("time".to_owned(), Value::String(time.to_owned()));
    Value::Object(line).to_string()
}

/// `telegram::listen` as `telegram/listen`.
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
