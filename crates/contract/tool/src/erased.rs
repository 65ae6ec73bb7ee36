//! The erased twin of a tool, which lists and the run loop hold.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use schemars::generate::SchemaSettings;
use serde_json::{Value, value::RawValue};

use crate::{Need, Tool, ToolContext, ToolError, ToolOutput};

/// What the model and the prompt are told of a tool.
#[derive(Debug, Clone)]
pub struct ToolSpec {
    pub name: &'static str,
    pub about: &'static str,
    pub summary: &'static str,
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
    Arc::new(Erased(Arc::new(tool)))
}

struct Erased<T>(Arc<T>);

impl<T: Tool> AnyTool for Erased<T> {
    fn spec(&self) -> ToolSpec {
        ToolSpec { name: T::NAME, about: T::ABOUT, summary: T::SUMMARY, parameters: parameters::<T>() }
    }

    fn prepare(&self, raw: &RawValue) -> Result<Prepared, ToolError> {
        let input: T::Input = serde_json::from_str(raw.get()).map_err(|e| ToolError::BadInput(e.to_string()))?;
        let needs = self.0.needs(&input);
        let tool = Arc::clone(&self.0);
        Ok(Prepared { needs, run: Box::new(move |cx| Box::pin(async move { tool.run(input, cx).await })) })
    }
}

/// The input's schema, reduced to what every vendor takes: an object with `properties` and `required`, inlined.
fn parameters<T: Tool>() -> Arc<RawValue> {
    let settings = SchemaSettings::draft07().with(|s| {
        s.inline_subschemas = true;
        s.meta_schema = None;
    });
    let schema = settings.into_generator().into_root_schema_for::<T::Input>();
    let mut kept = serde_json::Map::new();
    kept.insert("type".into(), "object".into());
    for key in ["properties", "required"] {
        if let Some(value) = schema.get(key) {
            let mut value = value.clone();
            tidy(&mut value);
            kept.insert(key.into(), value);
        }
    }
    if !kept.contains_key("properties") {
        kept.insert("properties".into(), Value::Object(serde_json::Map::new()));
    }
    serde_json::value::to_raw_value(&kept).map_or_else(|_| RawValue::NULL.to_owned().into(), Arc::from)
}

/// Takes away what costs tokens and tells a model nothing: formats, `null` alternatives, numeric defaults of integers.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("format");
            map.remove("default");
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
                    map.remove("anyOf");
                    map.extend(only);
                }
            }
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}
