//! Who may use which tool, decided without touching anything.
//!
//! A run's power is that of the person who caused it: a trusted one may use what the rules leave, anybody else no
//! tool that needs anything, unless the config names it for their group. Rules only ever take away, and deny wins.

mod names; // what tools and groups are called
mod rules; // which tools the rules leave

use tool::{Need, Power};

pub use names::canonical;
use rules::Layers;

use crate::config::{AgentTools, Ask, Config, Exec, ExecHost, GroupRules, Security};

/// What is known of a run when a tool is offered or called.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub power: Power,
    /// The model that is asked, as config names it: `anthropic`, `claude-opus-4-5`.
    pub provider: &'a str,
    pub model: &'a str,
    /// `agents.list[].tools` of the agent.
    pub agent: Option<&'a AgentTools>,
    /// The `tools` of the group's own entry, when the conversation is a group and has one.
    pub group: Option<&'a GroupRules>,
    /// The config wants this session in a container.
    pub in_container: bool,
}

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Allow,
    Refuse(Refusal),
}

/// A no, with the rule that decided and words for the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub rule: &'static str,
    pub reason: String,
}

/// Whether a run is shown this tool.
#[must_use]
pub fn offers(tool: &str, facts: &Facts<'_>, config: &Config) -> bool {
    let named = facts.power == Power::Trusted || group_names(tool, facts);
    named && Layers::new(facts, &config.rules).refusing(tool).is_none()
}

/// Whether a call may run.
#[must_use]
pub fn gate(tool: &str, needs: &[Need], facts: &Facts<'_>, config: &Config) -> Verdict {
    if let Some(rule) = Layers::new(facts, &config.rules).refusing(tool) {
        return refuse(rule, format!("the tool {tool} is switched off here by {rule}"));
    }
    if needs.is_empty() {
        return Verdict::Allow;
    }
    if facts.power == Power::Bystander && !group_names(tool, facts) {
        return refuse("power", "the person who asked may not use tools on this machine".to_owned());
    }
    if facts.in_container {
        let reason = "this session is set to run in a container, and there is none on this gateway";
        return refuse("agents.defaults.sandbox.mode", reason.to_owned());
    }
    let runs_commands = needs.iter().any(|need| matches!(need, Need::Exec(_)));
    if runs_commands { commands(facts.agent.map(|agent| &agent.exec), &config.exec) } else { Verdict::Allow }
}

/// Whether commands run at all. Anything that would need a person's word is refused: nobody can be asked.
fn commands(own: Option<&Exec>, general: &Exec) -> Verdict {
    let exec = own.map_or_else(|| general.clone(), |own| own.over(general));
    let rule = |is_own: fn(&Exec) -> bool, own_rule, general_rule| {
        if own.is_some_and(is_own) { own_rule } else { general_rule }
    };
    let host = rule(|own| own.host.is_some(), "the agent's tools.exec.host", "tools.exec.host");
    let security = rule(|own| own.security.is_some(), "the agent's tools.exec.security", "tools.exec.security");
    let ask = rule(|own| own.ask.is_some(), "the agent's tools.exec.ask", "tools.exec.ask");
    let on_host = exec.host.unwrap_or(ExecHost::Sandbox);
    let unasked = if on_host == ExecHost::Sandbox { Security::Full } else { Security::Allowlist };
    let refusal = match (on_host, exec.security.unwrap_or(unasked), exec.ask) {
        (ExecHost::Node, ..) => (host, "commands are set to run on a node, and none is connected"),
        (_, Security::Deny, _) => (security, "commands are switched off"),
        (_, Security::Allowlist, _) => (security, "commands need an approval, and nobody can be asked"),
        (_, Security::Full, Some(Ask::Always)) => (ask, "commands need an approval, and nobody can be asked"),
        (_, Security::Full, _) => return Verdict::Allow,
    };
    refuse(refusal.0, refusal.1.to_owned())
}

impl GroupRules {
    /// Whether these rules, taken alone, leave this tool.
    #[must_use]
    pub fn leave(&self, tool: &str) -> bool {
        let listed = self.allow.is_empty() || names::any_matches(&self.allow, tool);
        listed && !names::any_matches(&self.deny, tool)
    }
}

/// The config names the group, and this tool in it by its own name: what a pattern or a group of tools happens to mean
/// is no permission for people whom nobody knows.
fn group_names(tool: &str, facts: &Facts<'_>) -> bool {
    let tool = canonical(tool);
    facts.group.is_some_and(|group| group.allow.iter().any(|name| canonical(name) == tool))
}

fn refuse(rule: &'static str, reason: String) -> Verdict {
    Verdict::Refuse(Refusal { rule, reason })
}

#[cfg(test)]
mod tests;
