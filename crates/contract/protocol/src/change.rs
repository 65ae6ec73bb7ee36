//! A field of a patch: absent keeps, `null` clears, a value sets.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

/// What a patch asks for one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T> Change<T> {
    /// Whether the field is absent from the patch.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

impl<T: Serialize> Serialize for Change<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep | Self::Clear => to.serialize_none(),
            Self::Set(value) => value.serialize(to),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(from)?.map_or(Self::Clear, Self::Set))
    }
}

impl<T: JsonSchema> JsonSchema for Change<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Change{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut one_of = match crate::schema::spelled_out(T::json_schema(generator)).remove("anyOf") {
            Some(Value::Array(branches)) => branches,
            _ => vec![T::json_schema(generator).to_value()],
        };
        one_of.push(json!({ "type": "null" }));
        schemars::json_schema!({ "anyOf": one_of, (crate::schema::NULL_MEANS_SOMETHING): true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Patch {
        #[serde(default)]
        label: Change<String>,
    }

    #[test]
    fn absent_and_null_are_told_apart() {
        let label = |text| serde_json::from_str::<Patch>(text).unwrap().label;
        assert_eq!(label("{}"), Change::Keep);
        assert_eq!(label(r#"{"label":null}"#), Change::Clear);
        assert_eq!(label(r#"{"label":"a"}"#), Change::Set("a".into()));
    }
}
