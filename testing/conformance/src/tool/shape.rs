//! What a model is told of a tool, and what a tool makes of what a model writes.

use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tool::{AnyTool, Need, ToolError};

/// An input that a tool must take, and what it must say it needs.
#[derive(Debug, Clone)]
pub struct Sample {
    pub tool: &'static str,
    pub input: Value,
    pub needs: Vec<Need>,
}

/// Longer words cost every request.
const ABOUT_CHARACTERS: usize = 240;

/// Checks what is told of each tool and how each reads its input.
#[must_use]
pub fn suite(tools: &[Arc<dyn AnyTool>], samples: &[Sample]) -> Vec<String> {
    let mut broken = Vec::new();
    let mut names: Vec<&str> = tools.iter().map(|tool| tool.spec().name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair.first() == pair.last()) {
        broken.push(format!("two tools have one name: {names:?}"));
    }
    for tool in tools {
        let name = tool.spec().name;
        let told = told(&**tool).into_iter().chain(bad_input(&**tool));
        broken.extend(told.map(|promise| format!("{name}: {promise}")));
        if !samples.iter().any(|sample| sample.tool == name) {
            broken.push(format!("{name}: no sample shows what it needs"));
        }
    }
    for sample in samples {
        broken.extend(sampled(tools, sample).map(|promise| format!("{}: {promise}", sample.tool)));
    }
    broken
}

fn told(tool: &dyn AnyTool) -> Vec<&'static str> {
    let spec = tool.spec();
    let schema: Value = serde_json::from_str(spec.parameters.get()).unwrap_or_default();
    let text = spec.parameters.get();
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let is_known = |name: &Value| name.as_str().is_some_and(|name| properties.contains_key(name));
    let checks = [
        (spec.name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "its name is not lower case with underscores"),
        (!spec.about.is_empty() && spec.about.chars().count() <= ABOUT_CHARACTERS, "its description is empty or long"),
        (!spec.summary.is_empty() && !spec.summary.contains('\n'), "its summary is not one line"),
        (schema.get("type") == Some(&Value::from("object")), "its parameters are no object"),
        (!properties.is_empty(), "its parameters have no properties"),
        (required.iter().all(is_known), "it requires a parameter it does not describe"),
        (
            !["$ref", "anyOf", "oneOf", "\"null\"", "null"].iter().any(|word| text.contains(word)),
            "its schema is not plain",
        ),
        (properties.values().all(|value| value.get("type").is_some()), "a parameter has no type"),
    ];
    checks.into_iter().filter(|(kept, _)| !kept).map(|(_, promise)| promise).collect()
}

fn bad_input(tool: &dyn AnyTool) -> Vec<&'static str> {
    let refused = ["null", "[]", "7", r#""text""#, r#"{"path":[],"command":{},"action":"no such action"}"#];
    let is_refused =
        |text: &&str| matches!(prepare(tool, text), Some(Err(ToolError::BadInput(why))) if !why.is_empty());
    if refused.iter().all(is_refused) { Vec::new() } else { vec!["input of a wrong shape is not refused as such"] }
}

fn sampled(tools: &[Arc<dyn AnyTool>], sample: &Sample) -> Option<String> {
    let Some(tool) = tools.iter().find(|tool| tool.spec().name == sample.tool) else {
        return Some("there is no such tool".to_owned());
    };
    match prepare(&**tool, &sample.input.to_string())? {
        Ok(prepared) if prepared.needs == sample.needs => None,
        Ok(prepared) => Some(format!("{} needs {:?}, not {:?}", sample.input, prepared.needs, sample.needs)),
        Err(error) => Some(format!("{} is refused: {error}", sample.input)),
    }
}

fn prepare(tool: &dyn AnyTool, text: &str) -> Option<Result<tool::Prepared, ToolError>> {
    let raw = RawValue::from_string(text.to_owned()).ok()?;
    Some(tool.prepare(&raw))
}
