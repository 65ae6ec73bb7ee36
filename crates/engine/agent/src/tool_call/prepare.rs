//! What the model wrote, parsed by the tool it means. What cannot be parsed goes back to the model as words.

use std::sync::Arc;

use tool::{Need, Prepared, ToolError};

use super::{Finished, offer::Toolbox};
use crate::stream::{WrittenCall, arguments};

/// How much of broken arguments the model is shown again.
const SHOWN: usize = 400;

/// A call that can be judged and run.
#[derive(Debug)]
pub(crate) struct Ready {
    pub id: Arc<str>,
    /// The tool's own name.
    pub name: &'static str,
    pub prepared: Prepared,
}

impl Ready {
    /// Whether it may run beside others.
    pub(crate) fn only_reads(&self) -> bool {
        self.prepared.only_reads()
    }

    /// Whether a restart in the middle of it leaves a doubt. A send leaves none: its repeat is known by its name.
    pub(crate) fn has_effects(&self) -> bool {
        let harmless = |need: &Need| matches!(need, Need::Read(_) | Need::Watch(_) | Need::Network(_) | Need::Send);
        !self.prepared.needs.iter().all(harmless)
    }
}

/// # Errors
/// The result to give the model instead.
pub(crate) fn prepare(call: &WrittenCall, tools: &Toolbox, offered: &[&str]) -> Result<Ready, Finished> {
    let refuse = |why: String| Finished::failed(&call.id, &call.name, why);
    let Some(tool) = tools.find(&call.name) else {
        return Err(refuse(format!("there is no tool {}; there are: {}", call.name, offered.join(", "))));
    };
    let raw = arguments(&call.arguments).map_err(|error| {
        let shown: String = call.arguments.chars().take(SHOWN).collect();
        refuse(format!(
            "the arguments of {} are not valid JSON ({error}); write them again. You wrote: {shown}",
            call.name
        ))
    })?;
    let prepared = tool.prepare(&raw).map_err(|error| match error {
        ToolError::BadInput(why) => refuse(format!("invalid parameters for {}: {why}", call.name)),
        ToolError::Denied(why) | ToolError::Failed(why) => refuse(why),
        ToolError::Cancelled => refuse("cancelled".to_owned()),
    })?;
    Ok(Ready { id: Arc::clone(&call.id), name: tool.spec().name, prepared })
}
