//! Who is heard. Pure: a message, the account's rules and whom we know give a verdict and the rule that decided.

mod mention;

use ids::PeerKind;
use serde::{Deserialize, Serialize};

use outbound::ButtonScope;

use crate::{Access, Activation, DmPolicy, GroupPolicy, ReactionNotifications};
pub use mention::Patterns;

/// What is done with one message. Its parts are judged alone first, then as a whole: see [`whole`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Admission {
    /// It becomes a turn.
    Admit,
    /// A stranger: gets a code, and nothing else.
    Pair,
    /// Kept as context of its group; starts no run.
    Keep,
    /// Told to the agent with its next message; starts no run.
    Note,
    Ignore,
}

/// A verdict and its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub admission: Admission,
    /// The rule that decided, in words an owner finds in the config: `dmPolicy pairing: unknown sender`.
    pub rule: String,
    /// The sender stands on an allow list, or was paired and writes to the agent alone: the run has what the `tools` config allows.
    pub trusted: bool,
}

/// What a verdict is made from.
#[derive(Debug)]
pub struct Facts<'a> {
    pub message: &'a channel::Inbound,
    pub access: &'a Access,
    /// The sender was paired on this network.
    pub is_paired: bool,
    pub patterns: &'a Patterns,
    /// `/activation` of the group, when it was used.
    pub activation: Option<Activation>,
    /// The message stands in a thread in which the agent has spoken; of a reaction: it is to a message of the agent.
    pub takes_part: bool,
    /// The text is a command of ours.
    pub is_command: bool,
}

/// Decides.
#[must_use]
pub fn admit(facts: &Facts<'_>) -> Verdict {
    let message = facts.message;
    if message.sender.is_bot {
        return ignore("sender is a bot", false);
    }
    if message.change == channel::Change::Edited {
        return ignore("an edit of an earlier message", false);
    }
    let is_group = message.peer.kind != PeerKind::Dm;
    if message.change == channel::Change::Reacted {
        return reaction(facts);
    }
    let is_press = message.change == channel::Change::Pressed;
    if is_press && !facts.access.buttons.covers(is_group) {
        return ignore("capabilities.inlineButtons: no buttons here", false);
    }
    let verdict = if is_group { group(facts) } else { direct(facts) };
    let only_listed = facts.access.buttons == ButtonScope::Allowlist;
    if is_press && only_listed && !verdict.trusted && verdict.admission == Admission::Admit {
        return ignore("capabilities.inlineButtons allowlist: the sender is on no list", false);
    }
    verdict
}

/// Reactions of those who are heard, as far as they are asked for.
fn reaction(facts: &Facts<'_>) -> Verdict {
    match facts.access.reactions {
        ReactionNotifications::Off => return ignore("reactionNotifications off", false),
        ReactionNotifications::Own if !facts.takes_part => {
            return ignore("reactionNotifications own: not a message of the agent", false);
        }
        ReactionNotifications::Own | ReactionNotifications::All => {}
    }
    let heard = if facts.message.peer.kind == PeerKind::Dm { direct(facts) } else { group(facts) };
    let admission = match heard.admission {
        Admission::Admit | Admission::Keep | Admission::Note => Admission::Note,
        Admission::Pair | Admission::Ignore => Admission::Ignore,
    };
    Verdict { admission, ..heard }
}

/// Whether only those are heard in the group who mention the agent.
pub(crate) fn needs_mention(facts: &Facts<'_>) -> bool {
    let (peer, topic) = (facts.message.peer.id.as_str(), facts.message.thread.as_ref().map(ids::ThreadId::as_str));
    let rules = facts.access.group(peer, topic);
    rules.is_some_and(|rules| Activation::of(facts.activation, Some(&rules)) != Activation::Always)
}

/// The verdict on a message that came in parts: one part that is admitted admits them all. `None`: no part is.
pub(crate) fn whole<'a>(parts: impl IntoIterator<Item = &'a Verdict>) -> Option<Verdict> {
    let admitted = parts.into_iter().find(|part| part.admission == Admission::Admit)?;
    Some(verdict(Admission::Admit, format!("part of one message: {}", admitted.rule), admitted.trusted))
}

fn verdict(admission: Admission, rule: impl Into<String>, trusted: bool) -> Verdict {
    Verdict { admission, rule: rule.into(), trusted }
}

fn ignore(rule: &str, trusted: bool) -> Verdict {
    verdict(Admission::Ignore, rule, trusted)
}

fn direct(facts: &Facts<'_>) -> Verdict {
    let listed = is_listed(&facts.access.allow_from, facts.message);
    let known = listed || facts.is_paired;
    let how = if listed { "allowFrom" } else { "paired" };
    match facts.access.dm_policy {
        DmPolicy::Disabled => ignore("dmPolicy disabled", known),
        DmPolicy::Open if facts.access.allow_from.iter().any(|entry| entry == "*") => {
            let named = facts.access.allow_from.iter().filter(|entry| *entry != "*").cloned().collect::<Vec<_>>();
            let trusted = facts.is_paired || is_listed(&named, facts.message);
            verdict(Admission::Admit, "dmPolicy open", trusted)
        }
        DmPolicy::Open | DmPolicy::Allowlist | DmPolicy::Pairing if known => {
            verdict(Admission::Admit, format!("{how}: {}", facts.message.sender.id), true)
        }
        DmPolicy::Pairing => verdict(Admission::Pair, "dmPolicy pairing: unknown sender", false),
        DmPolicy::Allowlist => ignore("dmPolicy allowlist: sender is not in allowFrom", false),
        DmPolicy::Open => ignore("dmPolicy open needs \"*\" in allowFrom", false),
    }
}

fn group(facts: &Facts<'_>) -> Verdict {
    let Facts { access, message, .. } = facts;
    let rules = access.group(message.peer.id.as_str(), message.thread.as_ref().map(ids::ThreadId::as_str));
    let own_list = rules.as_ref().and_then(|rules| rules.senders.clone());
    let has_own_list = own_list.is_some();
    let senders = own_list.unwrap_or_else(|| access.group_allow_from.clone());
    // `*` lets everybody speak and trusts nobody.
    let mut named = senders.iter().chain(&access.allow_from).filter(|entry| *entry != "*");
    let trusted = named.any(|entry| names(entry, message));
    if access.group_policy == GroupPolicy::Disabled {
        return ignore("groupPolicy disabled", trusted);
    }
    let Some(rules) = rules else { return ignore("the group is not in groups", trusted) };
    if !rules.enabled {
        return ignore("groups: the group or topic is disabled", trusted);
    }
    if access.group_policy == GroupPolicy::Allowlist || has_own_list {
        if senders.is_empty() {
            return ignore("groupPolicy allowlist: groupAllowFrom is empty", false);
        }
        if !is_listed(&senders, message) {
            return ignore("groupPolicy allowlist: sender is not in groupAllowFrom", false);
        }
    }
    match Activation::of(facts.activation, Some(&rules)) {
        Activation::Always => verdict(Admission::Admit, "requireMention is off", trusted),
        Activation::Mention => by_mention(facts, trusted),
        Activation::Reply => by_reply(facts, trusted),
    }
}

/// The mention gate.
fn by_mention(facts: &Facts<'_>, trusted: bool) -> Verdict {
    use channel::Addressed;
    match facts.message.addressed {
        Addressed::Mentioned => verdict(Admission::Admit, "mentioned", trusted),
        Addressed::Replied => verdict(Admission::Admit, "reply to the agent", trusted),
        Addressed::Others => verdict(Admission::Keep, "requireMention: somebody else is mentioned", trusted),
        Addressed::Nobody if facts.patterns.matches(&facts.message.text) => {
            verdict(Admission::Admit, "mentionPatterns", trusted)
        }
        Addressed::Nobody if facts.is_command && trusted => {
            verdict(Admission::Admit, "command of a listed sender", trusted)
        }
        Addressed::Nobody => verdict(Admission::Keep, "requireMention: not mentioned", trusted),
    }
}

/// Where only answers to the agent are heard.
fn by_reply(facts: &Facts<'_>, trusted: bool) -> Verdict {
    use channel::Addressed;
    match facts.message.addressed {
        Addressed::Replied => verdict(Admission::Admit, "reply to the agent", trusted),
        Addressed::Mentioned | Addressed::Nobody if facts.is_command && trusted => {
            verdict(Admission::Admit, "command of a listed sender", trusted)
        }
        Addressed::Mentioned | Addressed::Nobody if facts.takes_part => {
            verdict(Admission::Admit, "activation reply: a thread the agent takes part in", trusted)
        }
        Addressed::Mentioned | Addressed::Others | Addressed::Nobody => {
            verdict(Admission::Keep, "activation reply: no reply to the agent", trusted)
        }
    }
}

pub(crate) fn is_listed(list: &[String], message: &channel::Inbound) -> bool {
    list.iter().any(|entry| names(entry, message))
}

/// Whether an entry of a list names the sender: by id or username, with or without the network's name before it.
fn names(entry: &str, message: &channel::Inbound) -> bool {
    if entry == "*" {
        return true;
    }
    let (name, sender) = (bare(entry).to_lowercase(), &message.sender);
    let is_it = |word: &str| word.to_lowercase() == name;
    is_it(sender.id.as_str()) || sender.username.as_deref().is_some_and(is_it)
}

/// An entry without the network's name before it and the mark of a username.
pub(crate) fn bare(entry: &str) -> &str {
    without_network(entry).trim_start_matches('@')
}

pub(crate) fn without_network(entry: &str) -> &str {
    let entry = entry.trim();
    entry.split_once(':').map_or(entry, |(_, rest)| rest)
}

/// Whether two entries name the same.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    bare(one).to_lowercase() == bare(other).to_lowercase()
}

#[cfg(test)]
mod tests;
