//! Which tools the rules leave. Each layer can only take away.

use crate::config::{Profile, ProviderRules, Rules};
use crate::policy::Facts;
use crate::policy::names::{any_matches, name_a_core_tool};

struct Layer<'a> {
    rule: &'static str,
    allow: Allow<'a>,
    deny: &'a [String],
}

enum Allow<'a> {
    Profile(&'static [&'static str]),
    Listed(&'a [String]),
}

pub(super) struct Layers<'a>(Vec<Layer<'a>>);

impl<'a> Layers<'a> {
    pub(super) fn new(facts: &Facts<'a>, rules: &'a Rules) -> Self {
        let mut layers = Self(Vec::new());
        let agent = facts.agent.map(|agent| &agent.rules);
        let own = |rules: &'a Rules| for_provider(rules, facts.provider, facts.model);
        let (here, of_agent) = (own(rules), agent.and_then(own));
        layers.profile("tools.profile", agent.and_then(|a| a.profile).or(rules.profile));
        let by_provider = of_agent.and_then(|r| r.profile).or_else(|| here.and_then(|r| r.profile));
        layers.profile("tools.byProvider.profile", by_provider);
        layers.list("tools.allow", "tools.deny", &rules.allow, &rules.deny);
        if let Some(own) = here {
            layers.list("tools.byProvider.allow", "tools.byProvider.deny", &own.allow, &own.deny);
        }
        if let Some(agent) = agent {
            layers.list("the agent's tools.allow", "the agent's tools.deny", &agent.allow, &agent.deny);
        }
        if let Some(own) = of_agent {
            let (allow, deny) = ("the agent's tools.byProvider.allow", "the agent's tools.byProvider.deny");
            layers.list(allow, deny, &own.allow, &own.deny);
        }
        if let Some(group) = facts.group {
            layers.list("the group's tools.allow", "the group's tools.deny", &group.allow, &group.deny);
        }
        layers
    }

    /// The rule that takes this tool away.
    pub(super) fn refusing(&self, tool: &str) -> Option<&'static str> {
        self.0.iter().find(|layer| layer.refuses(tool)).map(|layer| layer.rule)
    }

    fn profile(&mut self, rule: &'static str, profile: Option<Profile>) {
        let tools: &[&str] = match profile {
            None | Some(Profile::Full) => return,
            Some(Profile::Minimal) => &["session_status"],
            Some(Profile::Coding) => &["group:fs", "group:runtime", "group:sessions", "group:memory", "image"],
            Some(Profile::Messaging) => {
                &["group:messaging", "sessions_list", "sessions_history", "sessions_send", "session_status"]
            }
        };
        self.0.push(Layer { rule, allow: Allow::Profile(tools), deny: &[] });
    }

    fn list(&mut self, rule: &'static str, deny_rule: &'static str, allow: &'a [String], deny: &'a [String]) {
        if !deny.is_empty() {
            self.0.push(Layer { rule: deny_rule, allow: Allow::Profile(&["*"]), deny });
        }
        // A list that names plugins alone adds them elsewhere; it must not take every other tool away.
        if !allow.is_empty() && name_a_core_tool(allow) {
            self.0.push(Layer { rule, allow: Allow::Listed(allow), deny: &[] });
        }
    }
}

impl Layer<'_> {
    fn refuses(&self, tool: &str) -> bool {
        let allowed = match self.allow {
            Allow::Profile(tools) => any_matches(tools, tool),
            Allow::Listed(tools) => any_matches(tools, tool),
        };
        !allowed || any_matches(self.deny, tool)
    }
}

/// Rules for the model beat rules for its provider.
fn for_provider<'a>(rules: &'a Rules, provider: &str, model: &str) -> Option<&'a ProviderRules> {
    let find = |key: &str| rules.by_provider.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, rules)| rules);
    find(&format!("{provider}/{model}")).or_else(|| find(provider))
}
