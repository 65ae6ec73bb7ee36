//! What tools and groups of tools are called in config, and which pattern means which tool.

/// Tools the config may name. Rules that name none of them were written for plugins.
const CORE: &[&str] = &[
    "read",
    "write",
    "edit",
    "apply_patch",
    "exec",
    "process",
    "browser",
    "canvas",
    "nodes",
    "cron",
    "message",
    "tts",
    "gateway",
    "agents_list",
    "sessions_list",
    "sessions_history",
    "sessions_send",
    "sessions_spawn",
    "session_status",
    "web_search",
    "web_fetch",
    "memory_search",
    "memory_get",
    "image",
];

const GROUPS: &[(&str, &[&str])] = &[
    ("group:runtime", &["exec", "process"]),
    ("group:fs", &["read", "write", "edit", "apply_patch"]),
    ("group:sessions", &["sessions_list", "sessions_history", "sessions_send", "sessions_spawn", "session_status"]),
    ("group:memory", &["memory_search", "memory_get"]),
    ("group:web", &["web_search", "web_fetch"]),
    ("group:ui", &["browser", "canvas"]),
    ("group:automation", &["cron", "gateway"]),
    ("group:messaging", &["message"]),
    ("group:nodes", &["nodes"]),
    (
        "group:clawdbot",
        &[
            "browser",
            "canvas",
            "nodes",
            "cron",
            "message",
            "tts",
            "gateway",
            "agents_list",
            "sessions_list",
            "sessions_history",
            "sessions_send",
            "sessions_spawn",
            "session_status",
            "web_search",
            "web_fetch",
            "memory_search",
            "memory_get",
            "image",
        ],
    ),
];

/// The tool a model or a config means: case does not matter, and some have a second name.
#[must_use]
pub fn canonical(name: &str) -> String {
    let name = name.trim().to_lowercase();
    match name.as_str() {
        "bash" => "exec".to_owned(),
        "apply-patch" => "apply_patch".to_owned(),
        _ => name,
    }
}

/// Whether one of the patterns (a tool, a group, or a name with `*`) means this tool.
pub(super) fn any_matches(patterns: &[impl AsRef<str>], tool: &str) -> bool {
    let tool = canonical(tool);
    patterns.iter().any(|pattern| {
        let pattern = canonical(pattern.as_ref());
        let group = GROUPS.iter().find(|(name, _)| *name == pattern);
        group.map_or_else(|| glob(&pattern, &tool), |(_, members)| members.contains(&tool.as_str()))
    })
}

/// The patterns mean at least one tool that does not come from a plugin.
pub(super) fn name_a_core_tool(patterns: &[impl AsRef<str>]) -> bool {
    CORE.iter().any(|tool| any_matches(patterns, tool))
}

fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, mut rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    while let Some((part, more)) = rest.split_once('*') {
        let Some(at) = text.find(part) else { return false };
        text = text.get(at + part.len()..).unwrap_or("");
        rest = more;
    }
    text.ends_with(rest)
}
