//! Texts and numbers whose bounds are part of the protocol: what is out of bounds cannot be held.
//!
//! Each refuses in `Deserialize` exactly what its schema refuses.

use std::{fmt, ops::Deref};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// At least `MIN` and at most `MAX` characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Bounded<const MIN: usize, const MAX: usize>(String);

/// A text that is not empty.
pub type Text = Bounded<1, { usize::MAX }>;

impl<const MIN: usize, const MAX: usize> Bounded<MIN, MAX> {
    /// The text, if it is within the bounds: `Text::new("")` is `None`, which is what an optional field wants.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Option<Self> {
        Self::try_from(text.into()).ok()
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MIN: usize, const MAX: usize> Deref for Bounded<MIN, MAX> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MIN: usize, const MAX: usize> fmt::Display for Bounded<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text or a number is out of its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("out of bounds")]
pub struct OutOfBounds;

impl<const MIN: usize, const MAX: usize> TryFrom<String> for Bounded<MIN, MAX> {
    type Error = OutOfBounds;
    fn try_from(text: String) -> Result<Self, OutOfBounds> {
        // Bytes bound characters from above, so long texts are seldom counted.
        let enough = text.len() >= MIN && (MIN <= 1 || text.chars().count() >= MIN);
        let fits = text.len() <= MAX || text.chars().count() <= MAX;
        if enough && fits { Ok(Self(text)) } else { Err(OutOfBounds) }
    }
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Bounded<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.try_into().map_err(D::Error::custom)
    }
}

impl<const MIN: usize, const MAX: usize> JsonSchema for Bounded<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Text{MIN}To{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = schemars::json_schema!({});
        if MIN > 0 {
            schema.insert("minLength".into(), MIN.into());
        }
        if MAX < usize::MAX {
            schema.insert("maxLength".into(), MAX.into());
        }
        schema.insert("type".into(), "string".into());
        schema
    }
}

/// An integer from `MIN` to `MAX`; `5.0` is one too, as in JavaScript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Whole<const MIN: u64 = 0, const MAX: u64 = { u64::MAX }>(u64);

impl<const MIN: u64, const MAX: u64> Whole<MIN, MAX> {
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    /// The number, if it is within the bounds.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        Self::try_from(number).ok()
    }

    /// For lengths and counts of things in memory.
    #[must_use]
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<const MIN: u64, const MAX: u64> TryFrom<u64> for Whole<MIN, MAX> {
    type Error = OutOfBounds;
    fn try_from(number: u64) -> Result<Self, OutOfBounds> {
        if (MIN..=MAX).contains(&number) { Ok(Self(number)) } else { Err(OutOfBounds) }
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(from)?;
        let whole = number.as_u64().or_else(|| {
            // Above this a double no longer holds every integer, so a float there names none.
            const EXACT: f64 = 9_007_199_254_740_992.0;
            number
                .as_f64()
                .filter(|f| f.fract() == 0.0 && (0.0..=EXACT).contains(f))
                .and_then(|f| format!("{f:.0}").parse().ok())
        });
        whole.and_then(|whole| Self::try_from(whole).ok()).ok_or_else(|| D::Error::custom(OutOfBounds))
    }
}

impl<const MIN: u64, const MAX: u64> JsonSchema for Whole<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Whole{MIN}To{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = schemars::json_schema!({ "minimum": MIN });
        if MAX < u64::MAX {
            schema.insert("maximum".into(), MAX.into());
        }
        schema.insert("type".into(), "integer".into());
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_out_of_its_bounds_is_refused() {
        assert!(serde_json::from_str::<Text>("\"\"").is_err());
        assert_eq!(serde_json::from_str::<Bounded<1, 2>>("\"éü\"").unwrap().as_str(), "éü");
        assert!(serde_json::from_str::<Bounded<1, 2>>("\"abc\"").is_err());
    }

    #[test]
    fn a_whole_number_may_be_written_as_a_float() {
        assert_eq!(serde_json::from_str::<Whole<1, 10>>("5.0").unwrap().get(), 5);
        for refused in ["0", "11", "1.5", "-1", "\"5\"", "1e300"] {
            assert!(serde_json::from_str::<Whole<1, 10>>(refused).is_err(), "{refused}");
        }
    }
}
