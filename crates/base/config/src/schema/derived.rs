//! Turns a JSON Schema, as derived from a section's struct, into the small model of types.
//!
//! Only what our own derivations write is understood; anything else passes as "any".
//! Null is dropped: a key that is not set is left out of the file.

use serde_json::{Map, Value};

use super::shape::{Bound, Key, Kind, Meet, Object, Shape};

/// Types that hold themselves are followed this deep.
const DEEPEST: usize = 12;

pub(super) fn shape(schema: &Value) -> Shape {
    Reader { definitions: schema.get("definitions").or_else(|| schema.get("$defs")) }.shape(schema, 0)
}

struct Reader<'a> {
    definitions: Option<&'a Value>,
}

impl Reader<'_> {
    fn shape(&self, schema: &Value, depth: usize) -> Shape {
        let Value::Object(schema) = schema else { return Shape::of(Kind::Any) };
        if depth > DEEPEST {
            return Shape::of(Kind::Any);
        }
        let mut shape = Shape::default();
        for part in self.parts(schema) {
            shape.merge(self.shape(part, depth + 1), Meet::Widen);
        }
        for literal in schema.get("const").into_iter().chain(list(schema, "enum")) {
            if !literal.is_null() {
                shape.merge(Shape::of(Kind::Literal(literal.clone())), Meet::Widen);
            }
        }
        if !schema.contains_key("const") && !schema.contains_key("enum") {
            for name in schema.get("type").into_iter().chain(list(schema, "type")).filter_map(Value::as_str) {
                if let Some(kind) = self.kind(name, schema, depth) {
                    shape.merge(Shape::of(kind), Meet::Widen);
                }
            }
        }
        if shape.kinds.is_empty() {
            shape.kinds.push(Kind::Any);
        }
        shape
    }

    /// The schemas this one is put together from.
    fn parts<'s>(&'s self, schema: &'s Map<String, Value>) -> impl Iterator<Item = &'s Value> {
        let referenced = schema.get("$ref").and_then(Value::as_str).and_then(|reference| {
            let name = reference.rsplit('/').next()?;
            self.definitions?.get(name)
        });
        let alternatives = ["anyOf", "oneOf", "allOf"].into_iter().flat_map(|word| list(schema, word));
        // `null` beside a type says that the key may be left out.
        referenced.into_iter().chain(alternatives).filter(|part| part.get("type").is_none_or(|kind| kind != "null"))
    }

    fn kind(&self, name: &str, schema: &Map<String, Value>, depth: usize) -> Option<Kind> {
        match name {
            "boolean" => Some(Kind::Boolean),
            "string" => {
                Some(Kind::Text { shortest: schema.get("minLength").and_then(Value::as_u64).unwrap_or_default() })
            }
            "number" | "integer" => Some(number(name == "integer", schema)),
            "array" => {
                let items =
                    schema.get("items").map_or_else(|| Shape::of(Kind::Any), |items| self.shape(items, depth + 1));
                Some(Kind::List(Box::new(items)))
            }
            "object" => Some(Kind::Object(self.object(schema, depth))),
            _ => None,
        }
    }

    fn object(&self, schema: &Map<String, Value>, depth: usize) -> Object {
        let mut object = Object::default();
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let about = property.get("description").and_then(Value::as_str).map(str::to_owned);
            let shape = self.shape(property, depth + 1);
            object.keys.insert(name.clone(), Key { shape, about, ..Key::default() });
        }
        for name in list(schema, "required").filter_map(Value::as_str) {
            if let Some(key) = object.keys.get_mut(name) {
                key.required = true;
            }
        }
        match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => {}
            // A struct with named keys refuses others unless it says so; a map takes any.
            None if !object.keys.is_empty() => {}
            None => object.rest = Some(Box::new(Key { shape: Shape::of(Kind::Any), ..Key::default() })),
            Some(rest) => {
                object.rest = Some(Box::new(Key { shape: self.shape(rest, depth + 1), ..Key::default() }));
            }
        }
        object
    }
}

fn number(whole: bool, schema: &Map<String, Value>) -> Kind {
    let limit = |word: &str| schema.get(word).and_then(Value::as_f64);
    let low = limit("minimum").map(Bound::From).or(limit("exclusiveMinimum").map(Bound::Above));
    Kind::Number { whole, low, high: limit("maximum") }
}

fn list<'s>(schema: &'s Map<String, Value>, word: &str) -> impl Iterator<Item = &'s Value> + use<'s> {
    schema.get(word).and_then(Value::as_array).into_iter().flatten()
}
