//! Models write numbers as integers, as `10.0` and as `"10"`: all three mean the same.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// For `#[serde(default, deserialize_with = …)]` on an optional count.
pub(super) fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let value = Value::deserialize(from)?;
    let whole = match &value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(from_float)),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    whole.map(Some).ok_or_else(|| serde::de::Error::custom(format!("expected a whole number, not {value}")))
}

fn from_float(number: f64) -> Option<u64> {
    // Beyond this a float no longer counts in ones.
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    if !(0.0..=LARGEST).contains(&number) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was just checked")]
    let whole = number as u64;
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Input {
        #[serde(default, deserialize_with = "count")]
        limit: Option<u64>,
    }

    #[test]
    fn a_number_is_read_however_a_model_spells_it() {
        for text in [r#"{"limit":10}"#, r#"{"limit":10.0}"#, r#"{"limit":"10"}"#] {
            assert_eq!(serde_json::from_str::<Input>(text).unwrap().limit, Some(10), "{text}");
        }
        assert_eq!(serde_json::from_str::<Input>(r#"{"limit":null}"#).unwrap().limit, None);
        assert!(serde_json::from_str::<Input>(r#"{"limit":-1}"#).is_err());
        assert!(serde_json::from_str::<Input>(r#"{"limit":"ten"}"#).is_err());
    }
}
