//! Fields that older clients fill carelessly: what does not fit counts as absent, as it always did.

use std::str::FromStr;

use ids::AgentId;
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error};
use serde_json::Value;

/// A field of params without a schema: a value of another type counts as absent.
pub(crate) fn loose<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(from)?;
    Ok(serde_json::from_value(value).ok())
}

/// A name that may be sent as an empty text to mean "none".
pub(crate) fn blank_is_none<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: std::fmt::Display,
{
    match Option::<String>::deserialize(from)? {
        Some(text) if !text.trim().is_empty() => text.parse().map(Some).map_err(D::Error::custom),
        _ => Ok(None),
    }
}

/// An agent's name in any spelling.
pub(crate) fn any_agent<'de, D: Deserializer<'de>>(from: D) -> Result<Option<AgentId>, D::Error> {
    match Option::<String>::deserialize(from)? {
        Some(text) if text.is_empty() => Err(D::Error::custom("must not be empty")),
        text => Ok(text.map(|text| AgentId::normalised(&text))),
    }
}
