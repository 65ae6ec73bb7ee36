//! Who is known on a channel. Pure.

use std::{collections::BTreeSet, sync::Arc};

use ids::ChannelKind;

/// A snapshot of approved senders; cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList(Arc<BTreeSet<String>>);

impl AllowList {
    /// Entries as they are stored; blanks and `*` are no senders.
    pub(super) fn new(entries: impl IntoIterator<Item = String>) -> Self {
        let entries = entries.into_iter().map(|entry| entry.trim().to_owned());
        Self(Arc::new(entries.filter(|entry| !entry.is_empty() && entry != "*").collect()))
    }

    /// Whether the sender is among them; an entry may carry the channel's name (`telegram:42`).
    #[must_use]
    pub fn contains(&self, channel: &ChannelKind, sender: &str) -> bool {
        self.0.contains(sender) || self.0.contains(&format!("{channel}:{sender}"))
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_known_with_or_without_the_channels_name_and_nobody_is_everybody() {
        let channel: ChannelKind = "telegram".parse().unwrap();
        let list = AllowList::new(["42".to_owned(), " telegram:43 ".to_owned(), "*".to_owned(), String::new()]);
        let known: Vec<_> = ["42", "43", "44", "*"].iter().map(|sender| list.contains(&channel, sender)).collect();
        assert_eq!(known, [true, true, false, false]);
    }
}
