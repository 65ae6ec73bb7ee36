//! Which tools a run is shown: those the rules leave to the person who caused it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use lanes::ReplyTo;
use provider::ToolSchema;
use sandbox::Facts;
use tool::{AnyTool, ToolSpec};

/// All tools there are, in the order in which models are told of them.
pub(crate) struct Toolbox {
    tools: HashMap<&'static str, Arc<dyn AnyTool>>,
    specs: Vec<ToolSpec>,
}

/// What one run is shown.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub schemas: Arc<[ToolSchema]>,
    /// Names and one-line summaries, for the system prompt.
    pub summaries: Vec<(&'static str, &'static str)>,
}

/// The order of the published program; others follow by name.
const ORDER: [&str; 17] = [
    "read",
    "edit",
    "write",
    "apply_patch",
    "exec",
    "process",
    "browser",
    "canvas",
    "nodes",
    "cron",
    "message",
    "tts",
    "sessions_list",
    "sessions_history",
    "sessions_send",
    "sessions_spawn",
    "session_status",
];

impl Toolbox {
    pub(crate) fn new(tools: Vec<Arc<dyn AnyTool>>) -> Self {
        let mut specs: Vec<ToolSpec> = tools.iter().map(|tool| tool.spec()).collect();
        let place = |name: &str| ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len());
        specs.sort_by_key(|spec| (place(spec.name), spec.name));
        let tools = tools.into_iter().map(|tool| (tool.spec().name, tool)).collect();
        Self { tools, specs }
    }

    /// The tool a model means, by its name or one of the words models use for it.
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<dyn AnyTool>> {
        let lower = name.trim().to_lowercase();
        self.tools.get(name).or_else(|| self.tools.get(&*sandbox::canonical(&lower)))
    }

    pub(crate) fn offer(&self, facts: &Facts<'_>, reply: &ReplyTo, config: &sandbox::Config) -> Offer {
        let has_conversation = matches!(reply, ReplyTo::Channel { .. });
        let left = || {
            let fitting = self.specs.iter().filter(move |spec| has_conversation || !spec.needs_conversation);
            fitting.filter(|spec| sandbox::offers(spec.name, facts, config))
        };
        let schema = |spec: &ToolSpec| ToolSchema {
            name: spec.name,
            about: spec.about,
            parameters: Arc::clone(&spec.parameters),
        };
        Offer {
            schemas: left().map(schema).collect(),
            summaries: left().map(|spec| (spec.name, spec.summary)).collect(),
        }
    }
}

impl fmt::Debug for Toolbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.specs.iter().map(|spec| spec.name)).finish()
    }
}
