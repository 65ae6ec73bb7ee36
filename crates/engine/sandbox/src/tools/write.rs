//! `write`: a whole file.

use std::sync::Arc;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;
use tool::{Need, Tool, ToolContext, ToolError, ToolOutput, WorldError, WorldPath};

use super::seen::Seen;

#[derive(Debug)]
pub(super) struct Write {
    pub(super) seen: Arc<Seen>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Input {
    #[serde(alias = "file_path")]
    path: String,
    content: String,
}

impl Tool for Write {
    const NAME: &'static str = "write";
    const ABOUT: &'static str = "Create or replace a whole file, making its folders.";
    const SUMMARY: &'static str = "create or replace files";
    type Input = Input;

    fn needs(&self, input: &Input) -> Vec<Need> {
        vec![Need::Write(WorldPath(input.path.clone()))]
    }

    async fn run(&self, input: Input, cx: ToolContext) -> Result<ToolOutput, ToolError> {
        let path = WorldPath(input.path.clone());
        let failed = |e: WorldError| ToolError::Failed(e.to_string());
        let there = cx.world.stamp(&path).await.map_err(failed)?;
        let over = there.and_then(|now| self.seen.last(&cx.session, &now.path));
        let size = input.content.len();
        let stamp = cx.world.write(&path, Bytes::from(input.content), over).await.map_err(failed)?;
        self.seen.saw(&cx.session, stamp);
        Ok(ToolOutput::text(format!("wrote {size} bytes to {}", input.path)))
    }
}
