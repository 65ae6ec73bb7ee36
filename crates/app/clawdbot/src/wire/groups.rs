//! Which tools runs of a group may use: the intake's config, as runs ask it.

use config::Live;
use ids::{Chat, SessionKey};
use lanes::ReplyTo;
use sandbox::GroupRules;

/// `channels.<kind>.groups.<id>.tools`, as they stand now.
pub(crate) struct GroupTools {
    config: Live<inbound::Config>,
}

impl GroupTools {
    pub(crate) fn new(config: Live<inbound::Config>) -> Self {
        Self { config }
    }
}

impl agent::GroupPolicy for GroupTools {
    fn rules(&self, key: &SessionKey, reply: &ReplyTo) -> Option<GroupRules> {
        rules(&self.config.get(), key, reply)
    }
}

fn rules(config: &inbound::Config, key: &SessionKey, reply: &ReplyTo) -> Option<GroupRules> {
    let tools = match (key.group(), reply) {
        (Some((channel, group)), reply) => config.group_tools(channel, account(reply), group),
        // One session for everything: a place that `groups` names is a group, and `*` might as well be a person.
        (None, ReplyTo::Channel { channel, account, target, .. }) if key.chat() == Chat::Global => {
            let access = config.access(channel.as_str(), account.as_str());
            let peer = target.peer.as_str();
            if access.names_group(peer) { access.group(peer, None)?.tools } else { None }
        }
        (None, _) => None,
    }?;
    Some(GroupRules { allow: tools.allow, deny: tools.deny })
}

/// The account that the turn came through. What a client wrote came through none.
fn account(reply: &ReplyTo) -> Option<&str> {
    match reply {
        ReplyTo::Channel { account, .. } => Some(account.as_str()),
        ReplyTo::Operators => None,
    }
}

#[cfg(test)]
mod tests {
    use channel::Target;

    use super::*;

    fn denied(key: &str, peer: Option<&str>) -> Option<Vec<String>> {
        let config = r#"{"channels":{"net":{"groups":{
            "*":{"tools":{"deny":["exec"]}},"-100":{"tools":{"deny":["write"]}}}}}}"#;
        let config: inbound::Config = serde_json::from_str(config).unwrap();
        let reply = peer.map_or(ReplyTo::Operators, |peer| ReplyTo::Channel {
            channel: "net".parse().unwrap(),
            account: ids::AccountId::default_account(),
            target: Target { peer: peer.parse().unwrap(), thread: None },
            message: None,
        });
        rules(&config, &key.parse().unwrap(), &reply).map(|rules| rules.deny)
    }

    #[test]
    fn a_groups_rules_hold_in_its_topics_and_for_what_operators_write_there() {
        let own = Some(vec!["write".to_owned()]);
        assert_eq!(denied("agent:main:net:group:-100", Some("-100")), own);
        assert_eq!(denied("agent:main:net:group:-100:topic:7", Some("-100")), own);
        assert_eq!(denied("agent:main:net:group:-100", None), own);
        assert_eq!(denied("agent:main:net:group:-200", None), Some(vec!["exec".to_owned()]));
    }

    #[test]
    fn a_direct_chat_has_no_groups_rules_and_one_session_for_all_has_those_of_groups_by_name() {
        assert_eq!(denied("agent:main:main", Some("42")), None);
        assert_eq!(denied("global", Some("-100")), Some(vec!["write".to_owned()]));
        assert_eq!(denied("global", Some("42")), None);
    }
}
