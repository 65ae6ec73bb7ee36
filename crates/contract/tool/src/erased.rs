//! The erased twin of a tool, which lists and the run loop hold.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
};

use schemars::generate::SchemaSettings;
use serde_json::{Value, value::RawValue};

use crate::{Need, Tool, ToolContext, ToolError, ToolOutput};

/// What the model and the prompt are told of a tool.
#[derive(Debug, Clone)]
pub struct ToolSpec {
    pub name: &'static str,
    pub about: &'static str,
    pub summary: &'static str,
    /// Only runs that answer to people on a network are shown it.
    pub needs_conversation: bool,
    /// A JSON Schema object with `type`, `properties`, `required` only.
    pub parameters: Arc<RawValue>,
}

type Running = Pin<Box<dyn Future<Output = Result<ToolOutput, ToolError>> + Send>>;

/// A call whose input was parsed: its needs are known and it has not run.
pub struct Prepared {
    pub needs: Vec<Need>,
    run: Box<dyn FnOnce(ToolContext) -> Running + Send>,
}

impl Prepared {
    /// Runs the call. The gate has decided before.
    #[must_use]
    pub fn run(self, cx: ToolContext) -> Running {
        (self.run)(cx)
    }

    /// Nothing it needs has an effect: such calls may run side by side.
    #[must_use]
    pub fn only_reads(&self) -> bool {
        self.needs.iter().all(|need| matches!(need, Need::Read(_) | Need::Watch(_)))
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("needs", &self.needs).finish_non_exhaustive()
    }
}

/// Any tool.
pub trait AnyTool: Send + Sync {
    fn spec(&self) -> ToolSpec;

    /// Parses what the model wrote.
    ///
    /// # Errors
    /// [`ToolError::BadInput`] with words the model can act on.
    fn prepare(&self, raw: &RawValue) -> Result<Prepared, ToolError>;
}

impl fmt::Debug for dyn AnyTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyTool").field(&self.spec().name).finish()
    }
}

/// Any typed tool as an erased one.
#[must_use]
pub fn erase<T: Tool>(tool: T) -> Arc<dyn AnyTool> {
    Arc::new(Erased { tool: Arc::new(tool), parameters: OnceLock::new() })
}

struct Erased<T> {
    tool: Arc<T>,
    /// Made when they are first asked for: every turn asks, and making them takes longer than sending them.
    parameters: OnceLock<Arc<RawValue>>,
}

impl<T: Tool> AnyTool for Erased<T> {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: T::NAME,
            about: T::ABOUT,
            summary: T::SUMMARY,
            needs_conversation: T::NEEDS_CONVERSATION,
            parameters: Arc::clone(self.parameters.get_or_init(parameters::<T>)),
        }
    }

    fn prepare(&self, raw: &RawValue) -> Result<Prepared, ToolError> {
        let input: T::Input = serde_json::from_str(raw.get()).map_err(|e| ToolError::BadInput(e.to_string()))?;
        let needs = self.tool.needs(&input);
        let tool = Arc::clone(&self.tool);
        Ok(Prepared { needs, run: Box::new(move |cx| Box::pin(async move { tool.run(input, cx).await })) })
    }
}

/// The input's schema, reduced to what every vendor takes: an object with `properties` and `required`, inlined.
fn parameters<T: Tool>() -> Arc<RawValue> {
    let settings = SchemaSettings::draft07().with(|s| {
        s.inline_subschemas = true;
        s.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T::Input>().to_value();
    tidy(&mut schema);
    let mut kept = serde_json::Map::new();
    kept.insert("type".into(), "object".into());
    kept.insert("properties".into(), Value::Object(serde_json::Map::new()));
    for key in ["properties", "required"] {
        if let Some(value) = schema.get_mut(key) {
            kept.insert(key.into(), value.take());
        }
    }
    serde_json::value::to_raw_value(&kept).map_or_else(|_| RawValue::NULL.to_owned().into(), Arc::from)
}

/// Takes away what costs tokens and tells a model nothing: formats, `null` alternatives, bounds that a type implies.
fn tidy(schema: &mut Value) {
    let Value::Object(map) = schema else {
        if let Value::Array(items) = schema {
            items.iter_mut().for_each(tidy);
        }
        return;
    };
    map.shift_remove("format");
    map.shift_remove("default");
    if map.get("minimum").and_then(Value::as_f64).is_some_and(|least| least == 0.0) {
        map.shift_remove("minimum");
    }
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|t| t != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            map.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(any)) = map.get_mut("anyOf") {
        any.retain(|t| t.get("type").is_none_or(|t| t != "null"));
        if let [Value::Object(only)] = any.as_slice() {
            let only = only.clone();
            map.shift_remove("anyOf");
            map.extend(only);
        }
    }
    if let Some(Value::Array(values)) = map.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    for (key, value) in map.iter_mut() {
        match (key.as_str(), value) {
            // What stands here are names, which may be spelled like keywords.
            ("properties", Value::Object(named)) => named.values_mut().for_each(tidy),
            (_, value) => tidy(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Deserialize;

    use super::*;

    struct Printer;

    /// How to print.
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    struct Print {
        /// Where it comes out.
        format: String,
        #[serde(default)]
        copies: Option<u32>,
        #[serde(default)]
        in_colour: Option<Ink>,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Ink {
        Red,
        Blue,
    }

    impl Tool for Printer {
        const NAME: &'static str = "print";
        const ABOUT: &'static str = "Prints.";
        const SUMMARY: &'static str = "prints";
        type Input = Print;

        fn needs(&self, _: &Print) -> Vec<Need> {
            Vec::new()
        }

        async fn run(&self, input: Print, _: ToolContext) -> Result<ToolOutput, ToolError> {
            let Print { format, copies, in_colour } = input;
            Ok(ToolOutput::text(format!("{format} {copies:?} {in_colour:?}")))
        }
    }

    #[test]
    fn a_schema_is_short_and_keeps_names_that_look_like_keywords() {
        let spec = erase(Printer).spec();
        let expected = concat!(
            r#"{"type":"object","properties":{"format":{"type":"string","description":"Where it comes out."},"#,
            r#""copies":{"type":"integer"},"inColour":{"type":"string","enum":["red","blue"]}},"required":["format"]}"#
        );
        assert_eq!(spec.parameters.get(), expected);
    }

    #[test]
    fn parameters_that_cannot_be_read_come_back_as_words_to_mend_them() {
        let raw = RawValue::from_string(r#"{"copies":2}"#.into()).unwrap();
        assert_eq!(
            erase(Printer).prepare(&raw).unwrap_err().to_string(),
            "invalid parameters: missing field `format` at line 1 column 12"
        );
    }
}
