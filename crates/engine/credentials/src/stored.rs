//! The credential file as it is read: every profile that can be understood, without touching what cannot.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use stdx::Secret;

/// One agent's credential file, parsed leniently: another version may know kinds and fields we do not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored {
    pub profiles: BTreeMap<String, StoredProfile>,
    /// Per provider: the order a person chose.
    pub order: BTreeMap<String, Vec<String>>,
    pub usage: BTreeMap<String, Usage>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StoredProfile {
    pub provider: String,
    #[serde(flatten)]
    pub credential: Credential,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Credential {
    ApiKey {
        key: Secret<String>,
    },
    Token {
        token: Secret<String>,
        /// Milliseconds since 1970.
        #[serde(default)]
        expires: Option<f64>,
    },
    Oauth {
        access: Secret<String>,
        #[serde(default)]
        expires: Option<f64>,
    },
}

/// How a profile fared. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Usage {
    pub last_used: Option<f64>,
    pub cooldown_until: Option<f64>,
    pub disabled_until: Option<f64>,
    pub disabled_reason: Option<String>,
    pub error_count: u32,
    pub failure_counts: BTreeMap<String, u32>,
    pub last_failure_at: Option<f64>,
}

impl Stored {
    pub(crate) fn parse(file: &Value) -> Self {
        Self { profiles: each(file, "profiles"), order: each(file, "order"), usage: each(file, "usageStats") }
    }
}

impl Usage {
    /// When the profile may be tried again; `None` if it may be now.
    pub(crate) fn rests_until(&self, now_ms: i64) -> Option<i64> {
        let until = [self.cooldown_until, self.disabled_until].into_iter().flatten().map(milliseconds).max()?;
        (until > now_ms).then_some(until)
    }

    /// Writes this into the file's own record of the profile; fields we do not know stay.
    pub(crate) fn write_into(&self, record: &mut Map<String, Value>) {
        let numbers = [
            ("lastUsed", self.last_used),
            ("cooldownUntil", self.cooldown_until),
            ("disabledUntil", self.disabled_until),
            ("lastFailureAt", self.last_failure_at),
        ];
        for (name, value) in numbers {
            put(record, name, value.map(|value| Value::from(milliseconds(value))));
        }
        put(record, "disabledReason", self.disabled_reason.clone().map(Value::String));
        put(record, "errorCount", Some(Value::from(self.error_count)));
        let counts: Map<String, Value> =
            self.failure_counts.iter().map(|(reason, count)| (reason.clone(), Value::from(*count))).collect();
        put(record, "failureCounts", (!counts.is_empty()).then_some(Value::Object(counts)));
    }
}

/// Other programs write times as floating point.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and no such time is meant")]
pub(crate) fn milliseconds(time: f64) -> i64 {
    time as i64
}

/// A time as the file holds it.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^52")]
pub(crate) fn time(ms: i64) -> f64 {
    ms as f64
}

fn put(record: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => {
            record.insert(name.to_owned(), value);
        }
        None => {
            record.remove(name);
        }
    }
}

/// The entries of a map that can be read; the others are left to whoever wrote them.
fn each<T: for<'de> Deserialize<'de>>(file: &Value, name: &str) -> BTreeMap<String, T> {
    let entries = file.get(name).and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(id, value)| Some((id.clone(), T::deserialize(value).ok()?))).collect()
}
