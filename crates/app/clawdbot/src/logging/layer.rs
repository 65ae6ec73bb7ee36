//! Events to lines: the fields of an event, and of the spans around it.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value};
use stdx::Clock;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::file::LogFile;
use super::line;
use super::redact::Redactor;

/// Writes to the file.
#[derive(Debug)]
pub(crate) struct ToFile {
    pub(crate) file: LogFile,
    pub(crate) host: String,
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Writes to the terminal's error output.
#[derive(Debug)]
pub(crate) struct ToTerminal {
    pub(crate) redactor: Arc<Redactor>,
}

/// What a span adds to the lines inside it.
#[derive(Debug, Default)]
struct SpanFields(Map<String, Value>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for ToFile {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut found = Found::default();
        attributes.record(&mut found);
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(SpanFields(found.fields));
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let mut found = Found::default();
        record.record(&mut found);
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<SpanFields>()
        {
            fields.0.extend(found.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut found = Found::default();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<SpanFields>() {
                found.fields.extend(fields.0.clone());
            }
        }
        event.record(&mut found);
        let now = self.clock.now_ms();
        let line = line::line(event.metadata(), &found.message, &found.fields, &self.host, &iso(now));
        self.file.write(&self.redactor.clean(&line), now);
    }
}

impl<S: Subscriber> Layer<S> for ToTerminal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut found = Found::default();
        event.record(&mut found);
        let mut line = format!("[{}] {}", line::subsystem(event.metadata().target()), found.message);
        for (name, value) in &found.fields {
            // Writing to a text does not fail.
            let _written = match value {
                Value::String(text) => write!(line, " {name}={text}"),
                other => write!(line, " {name}={other}"),
            };
        }
        // A terminal that is gone hears nothing.
        let _written = writeln!(std::io::stderr().lock(), "{}", self.redactor.clean(&line));
    }
}

/// The moment as `2026-01-24T10:00:00.000Z`.
pub(crate) fn iso(now_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(now_ms).map_or_else(|_| String::new(), |at| format!("{at:.3}"))
}

/// The fields of one event or span.
#[derive(Debug, Default)]
struct Found {
    message: String,
    fields: Map<String, Value>,
}

impl Found {
    fn put(&mut self, field: &Field, value: Value) {
        self.fields.insert(field.name().to_owned(), value);
    }
}

impl Visit for Found {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.put(field, Value::String(format!("{value:?}")));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.put(field, Value::String(value.to_owned()));
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stdx::{AbsPath, ManualClock};
    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn a_line_has_the_published_shape_and_the_fields_of_its_spans() {
        let home = tempfile::tempdir().unwrap();
        let path = AbsPath::new(home.path()).unwrap().join("one.log");
        let redactor = Arc::new(Redactor::default());
        redactor.learn("a test", ["s3cret-of-mine"]);
        let clock = Arc::new(ManualClock::new(1_769_248_800_000));
        let layer = ToFile { file: LogFile::fixed(path.clone()), host: "box".to_owned(), redactor, clock };
        tracing::subscriber::with_default(Registry::default().with(layer), || {
            let span = tracing::info_span!(target: "agent::run", "run", run = "r1");
            let _inside = span.enter();
            tracing::warn!(target: "agent::run", ms = 7, key = "s3cret-of-mine", "tool ended");
        });
        let mut line: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let meta = line["_meta"].take();
        let subsystem = r#"{"subsystem":"agent/run"}"#;
        let expected = json!({
            "0": subsystem, "1": "tool ended", "2": { "run": "r1", "ms": 7, "key": "***" },
            "time": "2026-01-24T10:00:00.000Z", "_meta": null,
        });
        assert_eq!(line, expected);
        let known =
            (&meta["name"], &meta["logLevelId"], &meta["logLevelName"], &meta["hostname"], &meta["parentNames"]);
        assert_eq!(known, (&json!(subsystem), &json!(4), &json!("WARN"), &json!("box"), &json!(["clawdbot"])));
        assert_eq!(meta["date"], line["time"]);
    }
}
