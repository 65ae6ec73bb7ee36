//! What is kept of a session besides its transcript: the published program's fields, those we do not know verbatim.
//!
//! Fields stay raw text, in their order: a snapshot of many kilobytes that nobody asks for is never parsed.

use std::fmt;

use ids::SessionId;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// One session's fields.
#[derive(Clone, Default)]
pub struct Record {
    fields: Vec<(String, Box<RawValue>)>,
}

/// Fields that a session which starts over by a person's wish keeps.
const KEPT_BY_RESET: &[&str] = &[
    "thinkingLevel",
    "verboseLevel",
    "reasoningLevel",
    "responseUsage",
    "model",
    "contextTokens",
    "sendPolicy",
    "label",
    "origin",
    "lastChannel",
    "lastTo",
    "skillsSnapshot",
];

/// Fields that a session which starts over by itself keeps: whom it is with, not how it was set.
const KEPT_BY_EXPIRY: &[&str] = &[
    "chatType",
    "label",
    "displayName",
    "channel",
    "groupId",
    "subject",
    "groupChannel",
    "space",
    "origin",
    "deliveryContext",
    "lastChannel",
    "lastTo",
    "lastAccountId",
    "lastThreadId",
    "sendPolicy",
    "groupActivation",
    "spawnedBy",
];

impl Record {
    /// A session that starts now.
    #[must_use]
    pub fn new(session: &SessionId, now_ms: i64) -> Self {
        let mut record = Self::default();
        record.set("sessionId", session);
        record.set("updatedAt", &now_ms);
        record
    }

    /// The session as it starts over because a client asked for it.
    #[must_use]
    pub fn reset(&self, session: &SessionId, now_ms: i64) -> Self {
        let mut record = self.started_over(session, now_ms, KEPT_BY_RESET);
        for field in ["inputTokens", "outputTokens", "totalTokens"] {
            record.set(field, &0);
        }
        record
    }

    /// The session as it starts over by itself, or by a command in the chat.
    #[must_use]
    pub fn expired(&self, session: &SessionId, now_ms: i64) -> Self {
        let mut record = self.started_over(session, now_ms, KEPT_BY_EXPIRY);
        record.set("compactionCount", &0);
        record
    }

    /// A field as its type; `None` where it is absent, `null` or of another type.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, field: &str) -> Option<T> {
        serde_json::from_str(self.raw(field)?.get()).ok()
    }

    /// A text field.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<String> {
        self.get(field)
    }

    /// A field as it stands.
    #[must_use]
    pub fn raw(&self, field: &str) -> Option<&RawValue> {
        self.fields.iter().find(|(name, _)| name == field).map(|(_, value)| &**value)
    }

    /// Sets a field; a new one goes to the end. A value that cannot be written as JSON leaves the field as it was.
    pub fn set<T: Serialize + ?Sized>(&mut self, field: &str, value: &T) {
        let Ok(value) = to_raw_value(value) else { return };
        match self.fields.iter_mut().find(|(name, _)| name == field) {
            Some((_, old)) => *old = value,
            None => self.fields.push((field.to_owned(), value)),
        }
    }

    /// Sets a field, or takes it away.
    pub fn put<T: Serialize>(&mut self, field: &str, value: Option<T>) {
        match value {
            Some(value) => self.set(field, &value),
            None => self.remove(field),
        }
    }

    pub fn remove(&mut self, field: &str) {
        self.fields.retain(|(name, _)| name != field);
    }

    /// The transcript's name; a record from outside may lack a good one.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        self.text("sessionId")?.parse().ok()
    }

    /// When it was last used.
    #[must_use]
    pub fn updated_at(&self) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 are far below 2^52")]
        self.get::<f64>("updatedAt").map_or(0, |at| at as i64)
    }

    /// Says that it was used now.
    pub fn touch(&mut self, now_ms: i64) {
        self.set("updatedAt", &now_ms);
    }

    /// Names that earlier versions used are moved to today's.
    pub(crate) fn modernise(&mut self) {
        for (old, new) in [("provider", "channel"), ("lastProvider", "lastChannel"), ("room", "groupChannel")] {
            if self.raw(new).is_none()
                && let Some((name, _)) = self.fields.iter_mut().find(|(name, _)| name == old)
            {
                new.clone_into(name);
            }
        }
    }

    fn started_over(&self, session: &SessionId, now_ms: i64, kept: &[&str]) -> Self {
        let mut record = Self::new(session, now_ms);
        record.set("systemSent", &false);
        record.set("abortedLastRun", &false);
        let kept = self.fields.iter().filter(|(name, _)| kept.contains(&name.as_str()));
        record.fields.extend(kept.cloned());
        record
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.fields.len()))?;
        for (name, value) in &self.fields {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Record;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a session's fields")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
                let mut fields: Vec<(String, Box<RawValue>)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    fields.retain(|(other, _)| *other != name);
                    fields.push((name, value));
                }
                Ok(Record { fields })
            }
        }
        from.deserialize_map(Fields)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.fields.iter().map(|(name, value)| (name, value.get().get(..80).unwrap_or(value.get())));
        f.debug_map().entries(fields).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> Record {
        serde_json::from_str(text).unwrap()
    }

    fn text(record: &Record) -> String {
        serde_json::to_string(record).unwrap()
    }

    #[test]
    fn unknown_fields_keep_their_text_and_their_place() {
        let written = r#"{"sessionId":"a","future":{"x":1.50,"y":[ 1 ]},"updatedAt":5}"#;
        let mut record = record(written);
        assert_eq!(text(&record), written);
        record.touch(9);
        record.set("label", "l");
        assert_eq!(text(&record), r#"{"sessionId":"a","future":{"x":1.50,"y":[ 1 ]},"updatedAt":9,"label":"l"}"#);
    }

    #[test]
    fn a_reset_keeps_settings_and_loses_the_model_override() {
        let old = record(
            r#"{"sessionId":"a","updatedAt":1,"thinkingLevel":"high","modelOverride":"m","inputTokens":7,"lastTo":"t"}"#,
        );
        let new = old.reset(&"b".parse().unwrap(), 2);
        assert_eq!(
            text(&new),
            r#"{"sessionId":"b","updatedAt":2,"systemSent":false,"abortedLastRun":false,"thinkingLevel":"high","lastTo":"t","inputTokens":0,"outputTokens":0,"totalTokens":0}"#
        );
    }

    #[test]
    fn an_expired_session_keeps_whom_it_is_with_and_not_how_it_was_set() {
        let old = record(r#"{"sessionId":"a","updatedAt":1,"thinkingLevel":"high","lastTo":"t","subject":"s"}"#);
        let new = old.expired(&"b".parse().unwrap(), 2);
        assert_eq!(new.text("subject").as_deref(), Some("s"));
        assert_eq!((new.text("thinkingLevel"), new.text("lastTo").as_deref()), (None, Some("t")));
    }

    #[test]
    fn names_of_earlier_versions_become_todays() {
        let mut old =
            record(r#"{"sessionId":"a","provider":"telegram","lastProvider":"telegram","lastChannel":"web"}"#);
        old.modernise();
        assert_eq!(
            text(&old),
            r#"{"sessionId":"a","channel":"telegram","lastProvider":"telegram","lastChannel":"web"}"#
        );
    }
}
