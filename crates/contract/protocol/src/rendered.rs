//! A value that is already JSON text: what was rendered once is passed on, not parsed and rendered again.

use std::{borrow::Cow, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::value::RawValue;

/// The JSON text of a `T`.
#[derive(Debug, Clone)]
pub struct Rendered<T> {
    raw: Box<RawValue>,
    value: PhantomData<fn() -> T>,
}

impl<T> Rendered<T> {
    /// Takes text that the caller knows to be a `T`.
    #[must_use]
    pub fn from_raw(raw: Box<RawValue>) -> Self {
        Self { raw, value: PhantomData }
    }

    #[must_use]
    pub fn as_raw(&self) -> &RawValue {
        &self.raw
    }
}

impl<T: DeserializeOwned> Rendered<T> {
    /// The value itself.
    ///
    /// # Errors
    /// The text is not a `T`.
    pub fn parse(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.raw.get())
    }
}

impl<T> Serialize for Rendered<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(to)
    }
}

impl<'de, T> Deserialize<'de> for Rendered<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(from).map(Self::from_raw)
    }
}

impl<T: JsonSchema> JsonSchema for Rendered<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}
