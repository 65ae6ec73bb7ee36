//! Who is heard, as the owner wrote it: per network, account, group and topic, and what follows for one of them.
//!
//! A field that is not written in the nearest place counts from the next: topic, group, `*`, default.

use std::collections::BTreeMap;

use config::{ConfigPath, Issues};
use outbound::{ButtonScope, Capabilities};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Config;

/// Who is heard on a network, and on one of its accounts.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ChannelAccess {
    pub dm_policy: Option<DmPolicy>,
    pub group_policy: Option<GroupPolicy>,
    pub allow_from: Vec<Entry>,
    pub group_allow_from: Option<Vec<Entry>>,
    pub groups: BTreeMap<String, Group>,
    pub history_limit: Option<usize>,
    pub capabilities: Option<Capabilities>,
    pub reaction_notifications: Option<ReactionNotifications>,
    /// `false`: nothing of this network's section is changed from a chat.
    pub config_writes: Option<bool>,
    pub accounts: BTreeMap<String, ChannelAccess>,
}

/// Which reactions of people the agent hears of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReactionNotifications {
    Off,
    /// To messages of its own.
    Own,
    All,
}

/// An id, as a number or a text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Entry {
    Text(String),
    Number(i64),
}

impl Entry {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.trim().to_owned(),
            Self::Number(number) => number.to_string(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DmPolicy {
    Pairing,
    Allowlist,
    Open,
    Disabled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupPolicy {
    Open,
    Allowlist,
    Disabled,
}

/// One group, or `*` for all.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Group {
    #[serde(flatten)]
    pub rules: Topic,
    pub tools: Option<ToolRules>,
    pub topics: BTreeMap<String, Topic>,
}

/// What may be written of a group, and of one topic of it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Topic {
    pub enabled: Option<bool>,
    pub require_mention: Option<bool>,
    pub allow_from: Option<Vec<Entry>>,
    pub system_prompt: Option<String>,
}

/// Which tools runs of a group may use. People on no allow list get those alone that `allow` names by their own name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ToolRules {
    pub allow: Vec<String>,
    pub deny: Vec<String>,
}

/// Messages kept as context of a group, unless the owner says otherwise.
const DEFAULT_HISTORY: usize = 50;

impl Config {
    /// The rules of one account: its own, else the network's, else everyone's.
    #[must_use]
    pub fn access(&self, channel: &str, account: &str) -> Access {
        let empty = ChannelAccess::default();
        let general = self.channels.get(channel).unwrap_or(&empty);
        let own = general.accounts.get(account).unwrap_or(&empty);
        let everyone = self.channels.get("defaults").unwrap_or(&empty);
        let allow_from: Vec<String> = allowed(own, general).iter().map(Entry::text).collect();
        let group_allow = own.group_allow_from.as_ref().or(general.group_allow_from.as_ref());
        let history = own.history_limit.or(general.history_limit).or(self.messages.group_chat.history_limit);
        let capabilities = own.capabilities.as_ref().or(general.capabilities.as_ref());
        Access {
            dm_policy: own.dm_policy.or(general.dm_policy).unwrap_or(DmPolicy::Pairing),
            group_policy: own
                .group_policy
                .or(general.group_policy)
                .or(everyone.group_policy)
                .unwrap_or(GroupPolicy::Allowlist),
            group_allow_from: group_allow
                .map_or_else(|| allow_from.clone(), |list| list.iter().map(Entry::text).collect()),
            allow_from,
            groups: if own.groups.is_empty() { general.groups.clone() } else { own.groups.clone() },
            history_limit: history.unwrap_or(DEFAULT_HISTORY),
            reactions: own
                .reaction_notifications
                .or(general.reaction_notifications)
                .unwrap_or(ReactionNotifications::Own),
            buttons: capabilities.map(Capabilities::buttons).unwrap_or_default(),
        }
    }

    /// Whether an account has a list of its own of who is heard in direct chats.
    pub(crate) fn has_own_list(&self, channel: &str, account: &str) -> bool {
        self.own(channel, account).is_some_and(|own| !own.allow_from.is_empty())
    }

    /// The same for groups.
    pub(crate) fn has_own_group_list(&self, channel: &str, account: &str) -> bool {
        self.own(channel, account).is_some_and(|own| own.group_allow_from.is_some())
    }

    /// Whether chats may change the section; what the account does not say, its network says.
    pub(crate) fn takes_writes(&self, channel: &str, account: &str) -> bool {
        let own = self.own(channel, account).and_then(|own| own.config_writes);
        own.or_else(|| self.channels.get(channel)?.config_writes) != Some(false)
    }

    fn own(&self, channel: &str, account: &str) -> Option<&ChannelAccess> {
        self.channels.get(channel)?.accounts.get(account)
    }

    /// What a group's entry says of tools. Where no account is known, the account that names the group counts.
    #[must_use]
    pub fn group_tools(&self, channel: &str, account: Option<&str>, group: &str) -> Option<ToolRules> {
        let accounts = self.channels.get(channel).map(|network| &network.accounts);
        let naming = || accounts?.iter().find(|(_, account)| entry(&account.groups, group).is_some());
        let account = account.or_else(|| naming().map(|(name, _)| name.as_str())).unwrap_or("default");
        self.access(channel, account).group(group, None)?.tools
    }

    /// An open door must say so twice: `open` without `*` is a door that the owner only thinks is open.
    pub(crate) fn check_doors(&self, issues: &mut Issues) {
        let channels = ConfigPath::root().child("channels");
        let nobody = ChannelAccess::default();
        for (kind, general) in &self.channels {
            let path = channels.child(kind);
            check_door(&path, general, &nobody, issues);
            for (account, own) in &general.accounts {
                check_door(&path.child("accounts").child(account), own, general, issues);
            }
        }
    }
}

fn check_door(path: &ConfigPath, own: &ChannelAccess, general: &ChannelAccess, issues: &mut Issues) {
    let is_open = own.dm_policy == Some(DmPolicy::Open);
    if is_open && !allowed(own, general).iter().any(|entry| entry.text() == "*") {
        let message =
            "dmPolicy \"open\" needs allowFrom to hold \"*\": write allowFrom: [\"*\"], or choose another dmPolicy";
        issues.add(&path.child("allowFrom"), message);
    }
}

fn allowed<'a>(own: &'a ChannelAccess, general: &'a ChannelAccess) -> &'a [Entry] {
    if own.allow_from.is_empty() { &general.allow_from } else { &own.allow_from }
}

/// The entry of that name; ids in session keys are lower-case.
fn entry<'a, T>(entries: &'a BTreeMap<String, T>, name: &str) -> Option<&'a T> {
    entries.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, entry)| entry)
}

/// One account's rules, with every default in place.
#[derive(Debug, Clone, PartialEq)]
pub struct Access {
    pub dm_policy: DmPolicy,
    pub group_policy: GroupPolicy,
    pub allow_from: Vec<String>,
    pub group_allow_from: Vec<String>,
    pub groups: BTreeMap<String, Group>,
    pub history_limit: usize,
    pub reactions: ReactionNotifications,
    /// Whose presses of buttons count.
    pub buttons: ButtonScope,
}

/// What holds in one group or topic, with every default in place.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupAccess {
    pub enabled: bool,
    pub require_mention: bool,
    /// Who may speak, where the group has a list of its own.
    pub senders: Option<Vec<String>>,
    pub system_prompt: Option<String>,
    pub tools: Option<ToolRules>,
}

impl Access {
    /// What holds in a group. `None`: `groups` lists groups, and this one is not among them.
    #[must_use]
    pub fn group(&self, id: &str, topic: Option<&str>) -> Option<GroupAccess> {
        let nearest = [entry(&self.groups, id), self.groups.get("*")];
        let found: Vec<&Group> = nearest.into_iter().flatten().collect();
        if found.is_empty() && !self.groups.is_empty() {
            return None;
        }
        let of_topic = |group: &&'_ Group| topic.and_then(|topic| entry(&group.topics, topic)).cloned();
        let rules: Vec<Topic> =
            found.iter().flat_map(|group| of_topic(group).into_iter().chain([group.rules.clone()])).collect();
        let senders = rules.iter().find_map(|rules| rules.allow_from.as_ref());
        Some(GroupAccess {
            enabled: rules.iter().find_map(|rules| rules.enabled).unwrap_or(true),
            require_mention: rules.iter().find_map(|rules| rules.require_mention).unwrap_or(true),
            senders: senders.map(|list| list.iter().map(Entry::text).collect()),
            system_prompt: rules.iter().find_map(|rules| rules.system_prompt.clone()),
            tools: found.iter().find_map(|group| group.tools.clone()),
        })
    }

    /// The group has an entry of its own.
    #[must_use]
    pub fn names_group(&self, id: &str) -> bool {
        entry(&self.groups, id).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(channels: &str) -> Config {
        serde_json::from_str(&format!(r#"{{"channels":{channels}}}"#)).unwrap()
    }

    #[test]
    fn each_field_of_a_group_comes_from_the_nearest_place_that_has_it() {
        let config = config(
            r#"{"net":{"groups":{
                "*":{"requireMention":false,"systemPrompt":"everywhere","allowFrom":[1],"tools":{"deny":["exec"]}},
                "-100":{"systemPrompt":"here","topics":{"7":{"systemPrompt":"in the topic","enabled":false}}},
                "-200":{"requireMention":true,"tools":{"allow":["read"]}}}}}"#,
        );
        let access = config.access("net", "default");
        let exec = Some(ToolRules { allow: Vec::new(), deny: vec!["exec".to_owned()] });
        let group = access.group("-100", None).unwrap();
        let expected = GroupAccess {
            enabled: true,
            require_mention: false,
            senders: Some(vec!["1".to_owned()]),
            system_prompt: Some("here".to_owned()),
            tools: exec.clone(),
        };
        assert_eq!(group, expected);
        let topic = GroupAccess { enabled: false, system_prompt: Some("in the topic".to_owned()), ..expected.clone() };
        assert_eq!(access.group("-100", Some("7")), Some(topic));
        assert_eq!(access.group("-100", Some("8")), Some(expected));
        let other = access.group("-200", None).unwrap();
        assert_eq!((other.require_mention, other.system_prompt.as_deref()), (true, Some("everywhere")));
        assert_eq!(other.tools.unwrap().allow, ["read"], "tools come as a whole");
        assert_eq!(access.group("-300", None).unwrap().tools, exec);
    }

    #[test]
    fn a_list_of_groups_without_a_star_leaves_all_others_out() {
        let config = config(r#"{"net":{"groups":{"-100":{}}},"free":{}}"#);
        assert!(config.access("net", "default").group("-200", None).is_none());
        let usual = config.access("free", "default").group("-200", None).unwrap();
        assert_eq!((usual.enabled, usual.require_mention), (true, true));
    }

    #[test]
    fn tools_of_a_group_are_those_of_the_account_that_names_it_when_none_is_known() {
        let config = config(
            r#"{"net":{"groups":{"*":{"tools":{"deny":["exec"]}}},
                "accounts":{"work":{"groups":{"C9":{"tools":{"deny":["write"]}}}}}}}"#,
        );
        let denied = |account, group| config.group_tools("net", account, group).map(|rules| rules.deny);
        assert_eq!(denied(None, "c9"), Some(vec!["write".to_owned()]));
        assert_eq!(denied(Some("default"), "c9"), Some(vec!["exec".to_owned()]));
        assert_eq!(denied(None, "c1"), Some(vec!["exec".to_owned()]));
    }

    #[test]
    fn an_open_door_without_a_star_is_named_and_an_inherited_star_counts() {
        let wrong = |channels: &str| {
            let mut issues = Issues::default();
            config(channels).check_doors(&mut issues);
            issues.iter().map(|issue| issue.path.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(wrong(r#"{"net":{"dmPolicy":"open","allowFrom":[5]}}"#), ["channels.net.allowFrom"]);
        let account = r#"{"net":{"accounts":{"work":{"dmPolicy":"open"}}}}"#;
        assert_eq!(wrong(account), ["channels.net.accounts.work.allowFrom"]);
        let inherited = r#"{"net":{"allowFrom":["*"],"accounts":{"work":{"dmPolicy":"open"}}}}"#;
        assert!(wrong(inherited).is_empty());
        assert!(wrong(r#"{"net":{"dmPolicy":"open","allowFrom":["*"]}}"#).is_empty());
        assert!(wrong(r#"{"net":{"dmPolicy":"allowlist"}}"#).is_empty());
    }
}
