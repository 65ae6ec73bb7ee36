//! Tool names in the spelling that subscription tokens expect, and back.

use provider::ToolSchema;

/// The names the vendor's own command line uses.
const KNOWN: [&str; 17] = [
    "Read",
    "Write",
    "Edit",
    "Bash",
    "Grep",
    "Glob",
    "AskUserQuestion",
    "EnterPlanMode",
    "ExitPlanMode",
    "KillShell",
    "NotebookEdit",
    "Skill",
    "Task",
    "TaskOutput",
    "TodoWrite",
    "WebFetch",
    "WebSearch",
];

/// Our name as the vendor spells it.
pub(crate) fn outward(name: &str) -> &str {
    KNOWN.iter().find(|known| known.eq_ignore_ascii_case(name)).copied().unwrap_or(name)
}

/// The vendor's spelling as the tool is called here.
pub(crate) fn inward<'a>(name: &'a str, tools: &'a [ToolSchema]) -> &'a str {
    tools.iter().map(|tool| tool.name).find(|ours| ours.eq_ignore_ascii_case(name)).unwrap_or(name)
}
