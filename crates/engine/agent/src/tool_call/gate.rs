//! Who may: the sandbox's rules over what a call needs and whom the run serves.

use ids::SessionKey;
use lanes::ReplyTo;
use sandbox::{AgentTools, Facts, GroupRules, Verdict};
use tool::Power;

use super::{Finished, prepare::Ready};

/// What a run brings before the gate, all of its own.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub power: Power,
    pub provider: String,
    pub model: String,
    pub agent: Option<AgentTools>,
    pub group: Option<GroupRules>,
    pub in_container: bool,
}

impl Standing {
    pub(crate) fn facts(&self) -> Facts<'_> {
        Facts {
            power: self.power,
            provider: &self.provider,
            model: &self.model,
            agent: self.agent.as_ref(),
            group: self.group.as_ref(),
            in_container: self.in_container,
        }
    }
}

/// Where the rules a group has of its own are written: the config of its channel, which this crate does not read.
pub trait GroupPolicy: Send + Sync {
    /// The rules of the group that the session belongs to; a client that writes into it is bound by them too.
    fn rules(&self, key: &SessionKey, reply: &ReplyTo) -> Option<GroupRules>;
}

/// No group has rules of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoGroupRules;

impl GroupPolicy for NoGroupRules {
    fn rules(&self, _: &SessionKey, _: &ReplyTo) -> Option<GroupRules> {
        None
    }
}

/// # Errors
/// The result to give the model instead, and the rule that decided.
pub(crate) fn judge(
    ready: Ready,
    standing: &Standing,
    config: &sandbox::Config,
) -> Result<Ready, (Finished, &'static str)> {
    match sandbox::gate(ready.name, &ready.prepared.needs, &standing.facts(), config) {
        Verdict::Allow => Ok(ready),
        Verdict::Refuse(refusal) => {
            let why = format!("not allowed: {}", refusal.reason);
            Err((Finished::failed(&ready.id, &ready.name.into(), why), refusal.rule))
        }
    }
}
