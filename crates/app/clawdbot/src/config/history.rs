//! `channels.*`, as far as they say how much of a direct chat its model is sent.

use std::collections::BTreeMap;

use config::{Reload, Section};
use ids::SessionKey;
use schemars::JsonSchema;
use serde::Deserialize;

/// How much of direct chats is sent.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct HistorySection {
    channels: BTreeMap<String, ChannelHistory>,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct ChannelHistory {
    /// In direct chats only the last so many messages of the person are sent, with what followed them (all).
    dm_history_limit: Option<usize>,
    /// The same for single people, by id.
    dms: BTreeMap<String, DirectChat>,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct DirectChat {
    history_limit: Option<usize>,
}

impl Section for HistorySection {
    const PATH: &'static str = "";
    const RELOAD: Reload = Reload::Now;
}

impl HistorySection {
    /// The messages of the person that are sent in this session; `None` without a limit. Only a session that is a
    /// direct chat of one network has one.
    pub(crate) fn turns(&self, key: &SessionKey) -> Option<usize> {
        let (network, peer) = key.rest().split_once(":dm:")?;
        let peer = [":thread:", ":topic:"].iter().fold(peer, |peer, label| peer.split(label).next().unwrap_or(peer));
        let channel = self.channels.get(network.split(':').next()?)?;
        let own = channel.dms.iter().find(|(id, _)| id.eq_ignore_ascii_case(peer));
        own.and_then(|(_, chat)| chat.history_limit).or(channel.dm_history_limit).filter(|turns| *turns > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direct_chat_has_its_own_limit_or_that_of_its_network() {
        let section: HistorySection = serde_json::from_str(
            r#"{"channels": {"telegram": {"dmHistoryLimit": 4, "dms": {"7": {"historyLimit": 2}, "8": {"historyLimit": 0}}}}}"#,
        )
        .unwrap();
        let turns = |key: &str| section.turns(&key.parse().unwrap());
        assert_eq!(turns("agent:main:telegram:dm:5"), Some(4));
        assert_eq!(turns("agent:main:telegram:dm:7"), Some(2));
        assert_eq!(turns("agent:main:telegram:dm:7:thread:3"), Some(2));
        assert_eq!(turns("agent:main:telegram:dm:8"), None);
        for without in ["agent:main:main", "agent:main:telegram:group:5", "agent:main:signal:dm:5", "agent:main:dm:5"] {
            assert_eq!(turns(without), None, "{without}");
        }
    }
}
