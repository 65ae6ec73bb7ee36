//! `/allowlist`: who is heard on a network, shown and changed from a chat. Only its owner may.
//!
//! The config's lists are changed only where `commands.config` lets chats change the config; people who were let in by
//! a code stand in a store of their own.

use channel::Inbound;
use ids::{AccountId, ChannelKind, SenderId};

use crate::{
    Access, Config, DmPolicy, GroupPolicy,
    admit::is_listed,
    intake::Inner,
    ports::{AllowLists, ListPath},
};

/// Where the command was given, and by whom.
#[derive(Debug, Clone)]
pub(crate) struct From {
    pub(crate) channel: ChannelKind,
    pub(crate) account: AccountId,
    pub(crate) is_owner: bool,
}

/// An account's owner: on its list by name, or anybody who may command where it names nobody.
pub(crate) fn is_owner(access: &Access, message: &Inbound) -> bool {
    let named: Vec<String> = access.allow_from.iter().filter(|entry| *entry != "*").cloned().collect();
    named.is_empty() || is_listed(&named, message)
}

const USAGE: &str = "Usage: /allowlist [dm|group] [list|add <id>|remove <id>] [channel=<name>] [account=<name>] \
                     [--config|--store]";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Dm,
    Group,
}

/// Where a change is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Both,
    Config,
    Store,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    adds: bool,
    entry: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Wish {
    /// `None`: both lists.
    list: Option<List>,
    change: Option<Change>,
    kept: Kept,
    channel: Option<String>,
    account: Option<String>,
}

/// What the words ask for, in any order; `None` where they ask for nothing that there is.
fn parse(words: &str) -> Option<Wish> {
    let mut wish = Wish { list: None, change: None, kept: Kept::Both, channel: None, account: None };
    let (mut adds, mut entry) = (None, None);
    for word in words.split_whitespace() {
        match (word.to_lowercase().as_str(), word.split_once('=')) {
            ("dm", _) => wish.list = Some(List::Dm),
            ("group", _) => wish.list = Some(List::Group),
            ("all" | "list", _) => {}
            ("add", _) => adds = Some(true),
            ("remove", _) => adds = Some(false),
            ("--config", _) => wish.kept = Kept::Config,
            ("--store", _) => wish.kept = Kept::Store,
            (_, Some(("channel", name))) => wish.channel = Some(name.to_lowercase()),
            (_, Some(("account", name))) => wish.account = Some(name.to_lowercase()),
            _ if entry.is_none() => entry = Some(word.to_owned()),
            _ => return None,
        }
    }
    wish.change = match (adds, entry) {
        (None, None) => None,
        (Some(adds), Some(entry)) => Some(Change { adds, entry }),
        _ => return None,
    };
    Some(wish)
}

/// Shows or changes the lists; gives what the person is told.
pub(crate) async fn carry_out(inner: &Inner, from: Option<&From>, words: Option<String>) -> String {
    if from.is_some_and(|from| !from.is_owner) {
        return "Only the owner may see and change who is heard: somebody on allowFrom.".to_owned();
    }
    let Some(wish) = parse(words.as_deref().unwrap_or_default()) else { return USAGE.to_owned() };
    let channel = match &wish.channel {
        Some(name) => name.parse().ok(),
        None => from.map(|from| from.channel.clone()),
    };
    let Some(channel) = channel else { return format!("Which network? {USAGE}") };
    let here = from.filter(|from| from.channel == channel).map(|from| from.account.clone());
    let account = match &wish.account {
        Some(name) => name.parse().ok(),
        None => here.or_else(|| Some(AccountId::default_account())),
    };
    let Some(account) = account else { return format!("Which account? {USAGE}") };
    let (config, lists) = (inner.config.get(), inner.lists.as_ref());
    let at = (&channel, &account);
    match &wish.change {
        None => shown(&config.access(channel.as_str(), account.as_str()), wish.list, at, lists),
        Some(change) => {
            let list = wish.list.unwrap_or(List::Dm);
            changed(&config, lists, at, (list, wish.kept), change).await.unwrap_or_else(|why| format!("⚠️ {why}"))
        }
    }
}

fn shown(
    access: &Access,
    list: Option<List>,
    (channel, account): (&ChannelKind, &AccountId),
    lists: &dyn AllowLists,
) -> String {
    let names = |names: &[String]| if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
    let mut lines = vec![format!("Who is heard on {channel} ({account})")];
    if list != Some(List::Group) {
        let policy = match access.dm_policy {
            DmPolicy::Pairing => "pairing",
            DmPolicy::Allowlist => "allowlist",
            DmPolicy::Open => "open",
            DmPolicy::Disabled => "disabled",
        };
        lines.push(format!("Direct chats: {policy}"));
        lines.push(format!("• config: {}", names(&access.allow_from)));
        lines.push(format!("• let in by code: {}", names(&lists.paired(channel))));
    }
    if list != Some(List::Dm) {
        let policy = match access.group_policy {
            GroupPolicy::Open => "open",
            GroupPolicy::Allowlist => "allowlist",
            GroupPolicy::Disabled => "disabled",
        };
        lines.push(format!("Groups: {policy}"));
        lines.push(format!("• config: {}", names(&access.group_allow_from)));
    }
    lines.join("\n")
}

/// Carries the change out; gives what became of it, or what stands in its way.
async fn changed(
    config: &Config,
    lists: &dyn AllowLists,
    (channel, account): (&ChannelKind, &AccountId),
    (list, kept): (List, Kept),
    change: &Change,
) -> Result<String, String> {
    if !config.commands.config {
        return Err("Chats may not change who is heard here: set commands.config to true.".to_owned());
    }
    let mut places = Vec::new();
    if kept != Kept::Store {
        if !config.takes_writes(channel.as_str(), account.as_str()) {
            return Err(format!("channels.{channel}.configWrites is false: nothing was changed."));
        }
        if let Some((at, entries)) = in_config(config, (channel, account), list, change) {
            lists.write(at.clone(), entries).await?;
            places.push(format!("config ({})", at.join(".")));
        }
    }
    // The store knows no groups, and everybody is no person.
    let is_person = list == List::Dm && change.entry != "*";
    if kept != Kept::Config && is_person {
        let sender: SenderId = change.entry.parse().map_err(|_| format!("{} names nobody.", change.entry))?;
        if lists.pair(channel.clone(), sender, change.adds).await? {
            places.push("store".to_owned());
        }
    } else if kept == Kept::Store {
        return Err("Groups have no store: leave --store away.".to_owned());
    }
    let (done, nothing) = if change.adds { ("added to", "is there already") } else { ("removed from", "is not there") };
    Ok(match places.as_slice() {
        [] => format!("{} {nothing}.", change.entry),
        places => format!("✅ {} {done}: {}.", change.entry, places.join(", ")),
    })
}

/// The list as it has to be written, and where; `None` where the config says so already.
fn in_config(
    config: &Config,
    (channel, account): (&ChannelKind, &AccountId),
    list: List,
    change: &Change,
) -> Option<(ListPath, Vec<String>)> {
    let access = config.access(channel.as_str(), account.as_str());
    let mut entries = match list {
        List::Dm => access.allow_from,
        List::Group => access.group_allow_from,
    };
    let is_it = |entry: &String| entry.eq_ignore_ascii_case(&change.entry);
    if entries.iter().any(is_it) == change.adds {
        return None;
    }
    if change.adds {
        entries.push(change.entry.clone());
    } else {
        entries.retain(|entry| !is_it(entry));
    }
    // The list that is in force is the one to change: the account's own, if it has one.
    let (is_own, key) = match list {
        List::Dm => (config.has_own_list(channel.as_str(), account.as_str()), "allowFrom"),
        List::Group => (config.has_own_group_list(channel.as_str(), account.as_str()), "groupAllowFrom"),
    };
    let mut at = vec!["channels".to_owned(), channel.to_string()];
    if is_own {
        at.extend(["accounts".to_owned(), account.to_string()]);
    }
    at.push(key.to_owned());
    Some((at, entries))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(adds: bool, entry: &str) -> Change {
        Change { adds, entry: entry.to_owned() }
    }

    #[test]
    fn the_words_are_read_in_any_order_and_what_is_half_said_is_not_guessed() {
        let bare = Wish { list: None, change: None, kept: Kept::Both, channel: None, account: None };
        assert_eq!(parse(""), Some(bare.clone()));
        assert_eq!(parse("list all"), Some(bare.clone()));
        let added = Wish { list: Some(List::Group), change: Some(change(true, "@Ann")), ..bare };
        assert_eq!(parse("group add @Ann"), Some(added.clone()));
        let there = Wish { channel: Some("telegram".into()), kept: Kept::Config, ..added };
        assert_eq!(parse("add --config channel=telegram @Ann group"), Some(there));
        assert_eq!(parse("add"), None);
        assert_eq!(parse("42"), None);
        assert_eq!(parse("add 1 2"), None);
    }

    #[test]
    fn the_list_in_force_is_changed_where_it_stands() {
        let config: Config = serde_json::from_value(json!({ "channels": { "net": {
            "allowFrom": [1], "accounts": { "own": { "allowFrom": ["2"] }, "bare": {} },
        } } }))
        .unwrap();
        let changed = |account: &str, list, change: Change| {
            let (channel, account) = ("net".parse().unwrap(), account.parse().unwrap());
            in_config(&config, (&channel, &account), list, &change)
                .map(|(at, entries)| (at.join("."), entries.join(" ")))
        };
        let is = |at: &str, entries: &str| Some((at.to_owned(), entries.to_owned()));
        assert_eq!(changed("own", List::Dm, change(true, "3")), is("channels.net.accounts.own.allowFrom", "2 3"));
        assert_eq!(changed("bare", List::Dm, change(false, "1")), is("channels.net.allowFrom", ""));
        // Without a list of its own a group hears those of direct chats: they stay.
        assert_eq!(changed("own", List::Group, change(true, "3")), is("channels.net.groupAllowFrom", "2 3"));
        assert_eq!(changed("bare", List::Dm, change(true, "1")), None);
        assert_eq!(changed("bare", List::Dm, change(false, "9")), None);
    }
}
