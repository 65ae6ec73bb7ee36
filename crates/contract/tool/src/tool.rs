//! The typed tool.

use std::future::Future;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{Need, ToolContext, ToolError, ToolOutput};

/// What a model may call.
pub trait Tool: Send + Sync + 'static {
    const NAME: &'static str;
    /// What the model reads; one or two short sentences.
    const ABOUT: &'static str;
    /// One line for the tool list in the system prompt.
    const SUMMARY: &'static str;
    /// Only runs that answer to people on a network are shown it.
    const NEEDS_CONVERSATION: bool = false;
    /// What the model writes.
    type Input: DeserializeOwned + JsonSchema + Send;

    /// What this call would touch. Pure, so that policy can be tested without running anything.
    fn needs(&self, input: &Self::Input) -> Vec<Need>;

    fn run(&self, input: Self::Input, cx: ToolContext) -> impl Future<Output = Result<ToolOutput, ToolError>> + Send;
}
