//! Two tools: one that only looks, and one that does something that must not be done twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;
use tool::{
    AnyTool, FileStamp, Launch, Need, Process, Tool, ToolContext, ToolError, ToolOutput, World, WorldError, WorldPath,
};

use crate::outside::Outside;

/// What was done, by the name of the deed.
#[derive(Debug, Default)]
pub(crate) struct Deeds(pub(crate) BTreeMap<String, Deed>);

#[derive(Debug, Default, Clone)]
pub(crate) struct Deed {
    pub(crate) begun: u32,
    pub(crate) run: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Words {
    path: String,
}

/// The tools of one process.
pub(crate) fn tools(outside: &Arc<Outside>) -> Vec<Arc<dyn AnyTool>> {
    vec![tool::erase(Do(Arc::clone(outside))), tool::erase(Look(Arc::clone(outside)))]
}

struct Do(Arc<Outside>);

impl Tool for Do {
    const NAME: &'static str = "exec";
    const ABOUT: &'static str = "Does something.";
    const SUMMARY: &'static str = "Do";
    type Input = Words;

    fn needs(&self, input: &Words) -> Vec<Need> {
        vec![Need::Write(WorldPath(input.path.clone()))]
    }

    async fn run(&self, input: Words, cx: ToolContext) -> Result<ToolOutput, ToolError> {
        self.0.step("do", &input.path).await;
        {
            let mut deeds = self.0.deeds.lock();
            let deed = deeds.0.entry(input.path.clone()).or_default();
            deed.begun += 1;
            deed.run = cx.run.to_string();
        }
        self.0.step("done", &input.path).await;
        Ok(ToolOutput::text(format!("did {}", input.path)))
    }
}

struct Look(Arc<Outside>);

impl Tool for Look {
    const NAME: &'static str = "read";
    const ABOUT: &'static str = "Looks at something.";
    const SUMMARY: &'static str = "Look";
    type Input = Words;

    fn needs(&self, input: &Words) -> Vec<Need> {
        vec![Need::Read(WorldPath(input.path.clone()))]
    }

    async fn run(&self, input: Words, _: ToolContext) -> Result<ToolOutput, ToolError> {
        self.0.step("look", &input.path).await;
        Ok(ToolOutput::text(format!("seen {}", input.path)))
    }
}

/// A world in which the two tools need nothing.
#[derive(Debug)]
pub(crate) struct Nowhere;

#[async_trait]
impl World for Nowhere {
    async fn read(&self, path: &WorldPath, _: u64) -> Result<(Bytes, FileStamp), WorldError> {
        Err(WorldError::NotFound(path.to_string()))
    }

    async fn stamp(&self, _: &WorldPath) -> Result<Option<FileStamp>, WorldError> {
        Ok(None)
    }

    async fn write(&self, path: &WorldPath, _: Bytes, _: Option<FileStamp>) -> Result<FileStamp, WorldError> {
        Err(WorldError::NotFound(path.to_string()))
    }

    async fn spawn(&self, _: Launch) -> Result<Arc<dyn Process>, WorldError> {
        Err(WorldError::NotFound("a shell".to_owned()))
    }

    fn root(&self) -> &str {
        "/clawd"
    }
}
