//! Who is heard. Pure: a message, the account's rules and whom we know give a verdict and the rule that decided.

mod mention;

use ids::PeerKind;
use serde::{Deserialize, Serialize};

use crate::{Access, DmPolicy, GroupPolicy};
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
    Ignore,
}

/// A verdict and its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub admission: Admission,
    /// The rule that decided, in words an owner finds in the config: `dmPolicy pairing: unknown sender`.
    pub rule: String,
    /// The sender stands on an allow list: the run has what the `tools` config allows.
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
    /// `/activation` of the session, when it was used.
    pub always_active: Option<bool>,
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
    match message.peer.kind {
        PeerKind::Dm => direct(facts),
        PeerKind::Group | PeerKind::Channel => group(facts),
    }
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
    let access = facts.access;
    let peer = facts.message.peer.id.as_str();
    let entry = access.group(peer);
    let trusted = is_listed(&named_senders(facts), facts.message);
    if access.group_policy == GroupPolicy::Disabled {
        return ignore("groupPolicy disabled", trusted);
    }
    if !access.groups.is_empty() && entry.is_none() {
        return ignore("the group is not in groups", trusted);
    }
    if entry.is_some_and(|group| group.enabled == Some(false)) {
        return ignore("groups: the group is disabled", trusted);
    }
    if access.group_policy == GroupPolicy::Allowlist || entry.is_some_and(|group| group.allow_from.is_some()) {
        let senders = group_senders(facts);
        if senders.is_empty() {
            return ignore("groupPolicy allowlist: groupAllowFrom is empty", false);
        }
        if !is_listed(&senders, facts.message) {
            return ignore("groupPolicy allowlist: sender is not in groupAllowFrom", false);
        }
    }
    gate(facts, entry.and_then(|group| group.require_mention), trusted)
}

fn group_senders(facts: &Facts<'_>) -> Vec<String> {
    let entry = facts.access.group(facts.message.peer.id.as_str());
    entry.and_then(crate::Group::senders).unwrap_or_else(|| facts.access.group_allow_from.clone())
}

/// Names on the lists; `*` lets everybody speak and trusts nobody.
fn named_senders(facts: &Facts<'_>) -> Vec<String> {
    let lists = [group_senders(facts), facts.access.allow_from.clone()].concat();
    lists.into_iter().filter(|entry| entry != "*").collect()
}

/// The mention gate.
fn gate(facts: &Facts<'_>, configured: Option<bool>, trusted: bool) -> Verdict {
    use channel::Addressed;
    let required = match facts.always_active {
        Some(always) => !always,
        None => configured.unwrap_or(true),
    };
    if !required {
        return verdict(Admission::Admit, "requireMention is off", trusted);
    }
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

/// Whether a list names the sender: by id or username, with or without the network's name before it.
fn is_listed(list: &[String], message: &channel::Inbound) -> bool {
    list.iter().any(|entry| {
        if entry == "*" {
            return true;
        }
        let entry = entry.to_lowercase();
        let bare = entry.split_once(':').map_or(entry.as_str(), |(_, rest)| rest);
        let bare = bare.trim_start_matches('@');
        let id = message.sender.id.as_str().to_lowercase();
        let username = message.sender.username.as_deref().map(str::to_lowercase);
        bare == id || username.is_some_and(|name| name == bare)
    })
}

#[cfg(test)]
mod tests;
