//! One entry more or less on a list of the config: what has to be written for it. Pure.
//!
//! Decided from the file as it is when it is written, and only the entry is touched: what others wrote meanwhile stays,
//! and what stands there as a reference stays one.

use config::{ConfigPath, Edit, Snapshot};
use ids::{AccountId, ChannelKind};
use serde_json::Value;

use crate::{Config, access::Entry, admit::is_same};

/// A list of who is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    Dm,
    Group,
}

/// What is wished of a list of the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListChange {
    pub channel: ChannelKind,
    pub account: AccountId,
    pub list: List,
    /// `false`: it takes the entry away.
    pub adds: bool,
    pub entry: String,
}

impl ListChange {
    /// Where the list stands and what is written for it; `None` where the file says so already.
    ///
    /// # Errors
    /// A sentence for the person: why the list stays as it is.
    pub fn edits(&self, file: &Snapshot) -> Result<Option<(ConfigPath, Vec<Edit>)>, String> {
        let broken = "The config file is broken: nothing was changed.";
        let config: Config = file.section().map_err(|_| broken.to_owned())?;
        let (at, stands_at) = self.places(&config);
        let entries = entries(file.value(&stands_at));
        let found: Vec<usize> = (0..).zip(&entries).filter(|(_, entry)| self.names(entry)).map(|(at, _)| at).collect();
        if found.is_empty() != self.adds {
            return Ok(None);
        }
        let no_items = Vec::new();
        let written = stands_at.find(&file.parsed).and_then(Value::as_array).unwrap_or(&no_items);
        if written.len() != entries.len() {
            return Err(format!("{stands_at} stands in an included file or a variable: change it there."));
        }
        let names_one = entries.iter().any(|entry| entry != "*" && !self.names(entry));
        if self.list == List::Dm && !self.adds && !names_one {
            return Err(format!(
                "{} stays: an {at} that names nobody makes an owner of everybody who was let in. Add somebody else first.",
                self.entry
            ));
        }
        let edits = if at != stands_at || written.is_empty() {
            let kept = (0..).zip(written).filter(|(index, _)| !found.contains(index)).map(|(_, entry)| entry.clone());
            let more = self.adds.then(|| Value::from(self.entry.as_str()));
            vec![Edit::Set(at.clone(), kept.chain(more).collect())]
        } else if self.adds {
            vec![Edit::Set(at.child(written.len()), self.entry.as_str().into())]
        } else {
            found.iter().rev().map(|index| Edit::Unset(at.child(index))).collect()
        };
        Ok(Some((at, edits)))
    }

    fn names(&self, entry: &str) -> bool {
        is_same(entry, &self.entry)
    }

    /// The list that is changed, and the one that is in force now: without a list of their own, groups hear those of
    /// direct chats, and theirs begins with them.
    fn places(&self, config: &Config) -> (ConfigPath, ConfigPath) {
        let network = ConfigPath::root().child("channels").child(&self.channel);
        let own = network.child("accounts").child(&self.account);
        let (channel, account) = (self.channel.as_str(), self.account.as_str());
        let direct = if config.has_own_list(channel, account) { &own } else { &network };
        let has_own_groups = config.has_own_group_list(channel, account);
        let has_groups = config.channels.get(channel).is_some_and(|network| network.group_allow_from.is_some());
        match self.list {
            List::Dm => (direct.child("allowFrom"), direct.child("allowFrom")),
            List::Group if has_own_groups => (own.child("groupAllowFrom"), own.child("groupAllowFrom")),
            List::Group if has_groups => (network.child("groupAllowFrom"), network.child("groupAllowFrom")),
            List::Group => (direct.child("groupAllowFrom"), direct.child("allowFrom")),
        }
    }
}

fn entries(list: Option<&Value>) -> Vec<String> {
    let list: Vec<Entry> = list.and_then(|list| serde_json::from_value(list.clone()).ok()).unwrap_or_default();
    list.iter().map(Entry::text).collect()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use config::{Base, ConfigFile, Schema};
    use stdx::AbsPath;

    use super::*;

    const FILE: &str = r#"{ "channels": { "net": {
        "allowFrom": [1, "${ANN}"], "accounts": { "own": { "allowFrom": ["net:2"] }, "bare": {} } } } }"#;

    /// What the list named in the answer holds after the changes, as it is written.
    fn after(changes: &[(&str, List, bool, &str)]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = AbsPath::new(folder.path().join("c.json")).unwrap();
        std::fs::write(&path, FILE).unwrap();
        let environment = BTreeMap::from([("ANN".to_owned(), "7".to_owned())]);
        let file = ConfigFile::new(path, Arc::new(environment), || Schema::default().with::<Config>());
        let mut told = "nothing".to_owned();
        for (account, list, adds, entry) in changes {
            let (channel, account) = ("net".parse().unwrap(), account.parse().unwrap());
            let change = ListChange { channel, account, list: *list, adds: *adds, entry: (*entry).to_owned() };
            let Some((at, edits)) = change.edits(&file.load())? else { continue };
            let snapshot = file.write(&edits, &Base::Whatever).map_err(|error| error.to_string())?;
            told = format!("{at} {}", at.find(&snapshot.parsed).unwrap());
        }
        Ok(told)
    }

    fn is(told: &str) -> Result<String, String> {
        Ok(told.to_owned())
    }

    #[test]
    fn only_the_entry_is_touched_where_the_list_in_force_stands() {
        let own = r#"channels.net.accounts.own.allowFrom ["net:2","3"]"#;
        assert_eq!(after(&[("own", List::Dm, true, "3")]), is(own));
        assert_eq!(after(&[("bare", List::Dm, true, "3")]), is(r#"channels.net.allowFrom [1,"${ANN}","3"]"#));
        assert_eq!(after(&[("bare", List::Dm, false, "1")]), is(r#"channels.net.allowFrom ["${ANN}"]"#));
        assert_eq!(after(&[("bare", List::Dm, false, "7")]), is("channels.net.allowFrom [1]"));
    }

    #[test]
    fn an_entry_is_the_same_with_and_without_the_networks_name_and_the_mark_of_a_username() {
        assert_eq!(after(&[("own", List::Dm, true, "2")]), is("nothing"));
        assert_eq!(after(&[("bare", List::Dm, false, "net:@1")]), is(r#"channels.net.allowFrom ["${ANN}"]"#));
        assert_eq!(after(&[("bare", List::Dm, false, "9")]), is("nothing"));
    }

    #[test]
    fn a_list_of_groups_begins_with_those_of_direct_chats_beside_their_list() {
        let own = r#"channels.net.accounts.own.groupAllowFrom ["net:2","3"]"#;
        assert_eq!(after(&[("own", List::Group, true, "3")]), is(own));
        assert_eq!(after(&[("bare", List::Group, false, "1")]), is(r#"channels.net.groupAllowFrom ["${ANN}"]"#));
    }

    #[test]
    fn the_last_one_who_is_named_stays_on_the_list() {
        assert!(after(&[("own", List::Dm, false, "2")]).unwrap_err().contains("Add somebody else first"));
        let all = [("bare", List::Dm, true, "*"), ("bare", List::Dm, false, "1"), ("bare", List::Dm, false, "7")];
        assert!(after(&all).unwrap_err().contains("Add somebody else first"));
    }
}
