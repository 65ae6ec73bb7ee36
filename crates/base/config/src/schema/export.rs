//! Writes the tree of known keys as JSON Schema, for editors and control pages.

use serde_json::{Map, Value, json};

use super::shape::{Bound, Kind, Object, Shape};

pub(super) fn document(root: &Shape) -> Value {
    let mut document = Map::new();
    document.insert("$schema".to_owned(), "http://json-schema.org/draft-07/schema#".into());
    if let Value::Object(body) = shape(root) {
        document.extend(body);
    }
    Value::Object(document)
}

fn shape(shape: &Shape) -> Value {
    match shape.kinds.as_slice() {
        [] => json!({}),
        [one] => kind(one),
        several => json!({"anyOf": several.iter().map(kind).collect::<Vec<_>>()}),
    }
}

fn kind(kind: &Kind) -> Value {
    match kind {
        Kind::Any => json!({}),
        Kind::Null => json!({"type": "null"}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Text { shortest: 0 } => json!({"type": "string"}),
        Kind::Text { shortest } => json!({"type": "string", "minLength": shortest}),
        Kind::Literal(literal @ Value::Bool(_)) => json!({"type": "boolean", "const": literal}),
        Kind::Literal(literal) => json!({"type": "string", "const": literal}),
        Kind::List(items) => json!({"type": "array", "items": shape(items)}),
        Kind::Object(keys) => object(keys),
        Kind::Number { whole, low, high } => {
            let mut schema = Map::new();
            schema.insert("type".to_owned(), if *whole { "integer" } else { "number" }.into());
            match low {
                Some(Bound::From(low)) => schema.insert("minimum".to_owned(), number(*low)),
                Some(Bound::Above(low)) => schema.insert("exclusiveMinimum".to_owned(), number(*low)),
                None => None,
            };
            if let Some(high) = high {
                schema.insert("maximum".to_owned(), number(*high));
            }
            Value::Object(schema)
        }
    }
}

fn object(object: &Object) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, key) in &object.keys {
        let mut schema = shape(&key.shape);
        if let (Some(about), Value::Object(schema)) = (&key.about, &mut schema) {
            schema.insert("description".to_owned(), about.as_str().into());
        }
        properties.insert(name.clone(), schema);
        if key.required {
            required.push(Value::from(name.as_str()));
        }
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    if !properties.is_empty() {
        schema.insert("properties".to_owned(), properties.into());
    }
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    let rest = object.rest.as_ref().map_or(Value::Bool(false), |rest| shape(&rest.shape));
    schema.insert("additionalProperties".to_owned(), rest);
    Value::Object(schema)
}

/// Whole numbers are written without a fraction.
#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small just before")]
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(value) }
}
