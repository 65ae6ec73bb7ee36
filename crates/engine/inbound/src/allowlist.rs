//! `/allowlist`: who is heard on a network, shown and changed from a chat. Only its owner may.
//!
//! The config's lists are changed only where `commands.config` lets chats change the config; people who were let in by
//! a code stand in a store of their own.

mod change;

use channel::Inbound;
use ids::{AccountId, ChannelKind, SenderId};

use crate::{
    Access, Config, DmPolicy, GroupPolicy,
    admit::{bare, is_listed, is_same, without_network},
    intake::Inner,
    ports::AllowLists,
};
pub use change::{List, ListChange};

/// Where the command was given.
#[derive(Debug, Clone)]
pub(crate) struct Here {
    pub(crate) channel: ChannelKind,
    pub(crate) account: AccountId,
}

/// Who gave the command.
#[derive(Debug, Clone)]
pub(crate) enum By {
    Person {
        here: Here,
        is_owner: bool,
    },
    /// A client; what it may not do with the config's own methods it may not do here.
    Operator {
        is_admin: bool,
    },
}

/// An account's owner: on its list by name, or anybody who may command where it names nobody.
pub(crate) fn is_owner(access: &Access, message: &Inbound) -> bool {
    let named: Vec<String> = access.allow_from.iter().filter(|entry| *entry != "*").cloned().collect();
    named.is_empty() || is_listed(&named, message)
}

const USAGE: &str = "Usage: /allowlist [dm|group] [list|add <id>|remove <id>] [channel=<name>] [account=<name>] \
                     [--config|--store]";

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
pub(crate) async fn carry_out(inner: &Inner, by: &By, words: Option<String>) -> String {
    let (here, may_change) = match by {
        By::Person { is_owner: false, .. } => {
            return "Only the owner may see and change who is heard: somebody on allowFrom.".to_owned();
        }
        By::Person { here, is_owner: true } => (Some(here), true),
        By::Operator { is_admin } => (None, *is_admin),
    };
    let Some(wish) = parse(words.as_deref().unwrap_or_default()) else { return USAGE.to_owned() };
    let channel = match &wish.channel {
        Some(name) => name.parse().ok(),
        None => here.map(|here| here.channel.clone()),
    };
    let Some(channel) = channel else { return format!("Which network? {USAGE}") };
    let here = here.filter(|here| here.channel == channel).map(|here| here.account.clone());
    let account = match &wish.account {
        Some(name) => name.parse().ok(),
        None => here.or_else(|| Some(AccountId::default_account())),
    };
    let Some(account) = account else { return format!("Which account? {USAGE}") };
    let (config, lists) = (inner.config.get(), inner.lists.as_ref());
    let at = (&channel, &account);
    match &wish.change {
        None => shown(&config.access(channel.as_str(), account.as_str()), wish.list, at, lists),
        Some(_) if !may_change => "Changing who is heard needs the scope operator.admin.".to_owned(),
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
    // A name with a reference would show what the environment holds.
    if change.entry.contains('$') || bare(&change.entry).is_empty() {
        return Err(format!("{} names nobody.", change.entry));
    }
    // The store knows no groups, and everybody is no person; whom a username names may be another one tomorrow.
    let is_id = change.entry != "*" && !without_network(&change.entry).starts_with('@');
    match list {
        List::Group if kept == Kept::Store => return Err("Groups have no store: leave --store away.".to_owned()),
        List::Dm if kept == Kept::Store && !is_id => {
            return Err("The store holds ids of people, no usernames: give the id, or leave --store away.".to_owned());
        }
        List::Dm | List::Group => {}
    }
    let mut places = Vec::new();
    if kept != Kept::Store {
        if !config.takes_writes(channel.as_str(), account.as_str()) {
            return Err(format!("channels.{channel}.configWrites is false: nothing was changed."));
        }
        let (adds, entry) = (change.adds, change.entry.clone());
        let change = ListChange { channel: channel.clone(), account: account.clone(), list, adds, entry };
        places.extend(lists.change(change).await?.map(|at| format!("config ({at})")));
    }
    if kept != Kept::Config && list == List::Dm && is_id {
        let known = lists.paired(channel).into_iter().find(|known| is_same(known, &change.entry));
        let sender = known.as_deref().unwrap_or(&change.entry);
        let sender: SenderId = bare(sender).parse().map_err(|_| format!("{} names nobody.", change.entry))?;
        if lists.pair(channel.clone(), sender, change.adds).await? {
            places.push("store".to_owned());
        }
    }
    let (done, nothing) = if change.adds { ("added to", "is there already") } else { ("removed from", "is not there") };
    Ok(match places.as_slice() {
        [] => format!("{} {nothing}.", change.entry),
        places => format!("✅ {} {done}: {}.", change.entry, places.join(", ")),
    })
}

#[cfg(test)]
mod tests {
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
}
