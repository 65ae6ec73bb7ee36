//! One line of a transcript, as we write it: known keys in the published order, then where it came from.

use std::sync::Arc;

use ids::{EntryId, SessionId};
use serde::Serialize;
use serde_json::value::RawValue;
use tool::Provenance;

use super::message::{Message, Part};

/// An entry to be written. Its id, parent and time are given when it is staged.
#[derive(Debug, Clone)]
pub struct NewEntry {
    pub body: Body,
    pub provenance: Provenance,
}

impl NewEntry {
    #[must_use]
    pub const fn new(body: Body, provenance: Provenance) -> Self {
        Self { body, provenance }
    }

    #[must_use]
    pub const fn message(message: Message, provenance: Provenance) -> Self {
        Self::new(Body::Message(message), provenance)
    }
}

/// What an entry says.
#[derive(Debug, Clone)]
pub enum Body {
    Message(Message),
    ModelChange {
        provider: Arc<str>,
        model_id: Arc<str>,
    },
    ThinkingLevelChange {
        thinking_level: Arc<str>,
    },
    /// What was before `first_kept_entry_id` is from now on told by the summary.
    Compaction {
        summary: Arc<str>,
        first_kept_entry_id: EntryId,
        tokens_before: u64,
        details: Option<Arc<RawValue>>,
    },
    /// For programs; no model sees it.
    Custom {
        custom_type: Arc<str>,
        data: Arc<RawValue>,
    },
    /// A model sees it as a person's text.
    CustomMessage {
        custom_type: Arc<str>,
        content: Vec<Part>,
        display: bool,
        details: Option<Arc<RawValue>>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    r#type: &'static str,
    // The published program writes the two custom types with their content first.
    #[serde(flatten)]
    first: Option<Fields<'a>>,
    id: &'a EntryId,
    parent_id: Option<&'a EntryId>,
    timestamp: &'a str,
    #[serde(flatten)]
    last: Option<Fields<'a>>,
    x: &'a Provenance,
}

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Fields<'a> {
    Message {
        message: &'a Message,
    },
    ModelChange {
        provider: &'a str,
        model_id: &'a str,
    },
    ThinkingLevelChange {
        thinking_level: &'a str,
    },
    Compaction {
        summary: &'a str,
        first_kept_entry_id: &'a EntryId,
        tokens_before: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        details: Option<&'a RawValue>,
    },
    Custom {
        custom_type: &'a str,
        data: &'a RawValue,
    },
    CustomMessage {
        custom_type: &'a str,
        content: &'a [Part],
        display: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        details: Option<&'a RawValue>,
    },
}

/// The line of an entry, without a line end.
pub(crate) fn line(
    entry: &NewEntry,
    id: &EntryId,
    parent: Option<&EntryId>,
    at_ms: i64,
) -> Result<Vec<u8>, serde_json::Error> {
    let (r#type, fields, is_custom) = match &entry.body {
        Body::Message(message) => ("message", Fields::Message { message }, false),
        Body::ModelChange { provider, model_id } => ("model_change", Fields::ModelChange { provider, model_id }, false),
        Body::ThinkingLevelChange { thinking_level } => {
            ("thinking_level_change", Fields::ThinkingLevelChange { thinking_level }, false)
        }
        Body::Compaction { summary, first_kept_entry_id, tokens_before, details } => {
            let details = details.as_deref();
            (
                "compaction",
                Fields::Compaction { summary, first_kept_entry_id, tokens_before: *tokens_before, details },
                false,
            )
        }
        Body::Custom { custom_type, data } => ("custom", Fields::Custom { custom_type, data }, true),
        Body::CustomMessage { custom_type, content, display, details } => {
            let details = details.as_deref();
            ("custom_message", Fields::CustomMessage { custom_type, content, display: *display, details }, true)
        }
    };
    let (first, last) = if is_custom { (Some(fields), None) } else { (None, Some(fields)) };
    let timestamp = iso(at_ms);
    serde_json::to_vec(&Line {
        r#type,
        first,
        id,
        parent_id: parent,
        timestamp: &timestamp,
        last,
        x: &entry.provenance,
    })
}

/// The first line of a file.
pub(crate) fn header(session: &SessionId, cwd: &str, at_ms: i64) -> Result<Vec<u8>, serde_json::Error> {
    #[derive(Serialize)]
    struct Header<'a> {
        r#type: &'static str,
        version: u32,
        id: &'a SessionId,
        timestamp: String,
        cwd: &'a str,
    }
    serde_json::to_vec(&Header { r#type: "session", version: 3, id: session, timestamp: iso(at_ms), cwd })
}

/// Wall time as the file writes it: `2026-01-24T10:00:00.000Z`.
pub(crate) fn iso(at_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::message::UserMessage;
    use tool::{Origin, Secrecy};

    fn written(body: Body) -> String {
        let entry = NewEntry::new(body, Provenance::new(Origin::Paired, Secrecy::Chat).by("telegram:42"));
        let (id, parent) = ("94bbad09".parse().unwrap(), "a5e5216f".parse().unwrap());
        String::from_utf8(line(&entry, &id, Some(&parent), 1_700_000_000_123).unwrap()).unwrap()
    }

    #[test]
    fn a_message_line_has_the_published_key_order_and_its_origin_behind() {
        let message = Message::User(UserMessage { content: vec![Part::text("hi")], timestamp: 5 });
        assert_eq!(
            written(Body::Message(message)),
            concat!(
                r#"{"type":"message","id":"94bbad09","parentId":"a5e5216f","timestamp":"2023-11-14T22:13:20.123Z","#,
                r#""message":{"role":"user","content":[{"type":"text","text":"hi"}],"timestamp":5},"#,
                r#""x":{"origin":"paired","by":"telegram:42","secrecy":"chat"}}"#
            )
        );
    }

    #[test]
    fn a_custom_line_has_its_content_before_its_id() {
        let data = RawValue::from_string(r#"{"modelId":"m"}"#.to_owned()).unwrap();
        let line = written(Body::Custom { custom_type: "model-snapshot".into(), data: data.into() });
        assert!(
            line.starts_with(
                r#"{"type":"custom","customType":"model-snapshot","data":{"modelId":"m"},"id":"94bbad09""#
            ),
            "{line}"
        );
    }

    #[test]
    fn the_first_entry_says_that_it_has_no_parent() {
        let body = Body::ThinkingLevelChange { thinking_level: "low".into() };
        let line = line(&NewEntry::new(body, Provenance::default()), &"94bbad09".parse().unwrap(), None, 0).unwrap();
        let line = String::from_utf8(line).unwrap();
        assert!(
            line.contains(r#""parentId":null,"timestamp":"1970-01-01T00:00:00.000Z","thinkingLevel":"low""#),
            "{line}"
        );
    }
}
