//! Every row of the access rules, as a table.

use channel::{Addressed, Change, Inbound, Peer, Sender};

use super::*;
use crate::Config;

fn message(kind: PeerKind, addressed: Addressed) -> Inbound {
    Inbound {
        event: "1".into(),
        message: "7".parse().unwrap(),
        peer: Peer { id: "-100".parse().unwrap(), kind, title: None, is_forum: false, main_line: None, space: None },
        thread: None,
        sender: Sender {
            id: "42".parse().unwrap(),
            name: Some("Ann".into()),
            username: Some("ann".into()),
            is_bot: false,
        },
        text: "hello".into(),
        attachments: Vec::new(),
        spans: Vec::new(),
        addressed,
        reply_to: None,
        merge: None,
        change: Change::New,
        at: 0,
    }
}

struct Case {
    config: &'static str,
    kind: PeerKind,
    addressed: Addressed,
    paired: bool,
    text: &'static str,
    activation: Option<Activation>,
    takes_part: bool,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            config: "{}",
            kind: PeerKind::Dm,
            addressed: Addressed::Nobody,
            paired: false,
            text: "hello",
            activation: None,
            takes_part: false,
        }
    }
}

fn judge(case: &Case) -> (Admission, String, bool) {
    let config: Config = serde_json::from_str(&format!(r#"{{"channels":{{"net":{}}}}}"#, case.config)).unwrap();
    let access = config.access("net", "default");
    let mut message = message(case.kind, case.addressed);
    message.text = case.text.into();
    let (patterns, _) = Patterns::new(&["clawd".into()]);
    let verdict = admit(&Facts {
        message: &message,
        access: &access,
        is_paired: case.paired,
        patterns: &patterns,
        activation: case.activation,
        takes_part: case.takes_part,
        is_command: case.text.starts_with('/'),
    });
    (verdict.admission, verdict.rule, verdict.trusted)
}

#[test]
fn a_stranger_in_a_direct_chat_is_offered_pairing_by_default() {
    let (admission, rule, trusted) = judge(&Case::default());
    assert_eq!((admission, trusted), (Admission::Pair, false));
    assert_eq!(rule, "dmPolicy pairing: unknown sender");
}

#[test]
fn paired_and_listed_senders_are_admitted_and_trusted() {
    let paired = judge(&Case { paired: true, ..Case::default() });
    assert_eq!(paired, (Admission::Admit, "paired: 42".into(), true));
    for list in [r#"{"allowFrom":[42]}"#, r#"{"allowFrom":["net:42"]}"#, r#"{"allowFrom":["@Ann"]}"#] {
        assert_eq!(judge(&Case { config: list, ..Case::default() }).0, Admission::Admit, "{list}");
    }
}

#[test]
fn an_open_door_admits_everybody_and_trusts_only_the_named() {
    let open = r#"{"dmPolicy":"open","allowFrom":["*"]}"#;
    assert_eq!(judge(&Case { config: open, ..Case::default() }), (Admission::Admit, "dmPolicy open".into(), false));
    let named = r#"{"dmPolicy":"open","allowFrom":["*","42"]}"#;
    assert!(judge(&Case { config: named, ..Case::default() }).2);
    assert_eq!(judge(&Case { config: r#"{"dmPolicy":"open"}"#, ..Case::default() }).0, Admission::Ignore);
}

#[test]
fn closed_doors_ignore_and_say_which_rule_it_was() {
    let disabled = judge(&Case { config: r#"{"dmPolicy":"disabled","allowFrom":[42]}"#, ..Case::default() });
    assert_eq!((disabled.0, disabled.1.as_str()), (Admission::Ignore, "dmPolicy disabled"));
    assert_eq!(judge(&Case { config: r#"{"dmPolicy":"allowlist"}"#, ..Case::default() }).0, Admission::Ignore);
}

#[test]
fn a_group_without_a_list_hears_nobody_by_default() {
    let case = Case { kind: PeerKind::Group, addressed: Addressed::Mentioned, ..Case::default() };
    assert_eq!(judge(&case).1, "groupPolicy allowlist: groupAllowFrom is empty");
}

#[test]
fn a_group_message_without_mention_is_kept_as_context_and_starts_no_run() {
    let open = r#"{"groupPolicy":"open"}"#;
    let group =
        |addressed, text| judge(&Case { config: open, kind: PeerKind::Group, addressed, text, ..Case::default() });
    assert_eq!(group(Addressed::Nobody, "hello").0, Admission::Keep);
    assert_eq!(group(Addressed::Others, "clawd hello").0, Admission::Keep);
    assert_eq!(group(Addressed::Mentioned, "hello").0, Admission::Admit);
    assert_eq!(group(Addressed::Replied, "hello").0, Admission::Admit);
    assert_eq!(group(Addressed::Nobody, "hey Cl\u{200b}awd!").1, "mentionPatterns");
}

#[test]
fn one_admitted_part_admits_the_whole_message_wherever_it_stands() {
    let kept = Verdict { admission: Admission::Keep, rule: "requireMention: not mentioned".into(), trusted: true };
    let named = Verdict { admission: Admission::Admit, rule: "mentioned".into(), trusted: true };
    let all = Verdict { rule: "part of one message: mentioned".into(), ..named };
    assert_eq!(whole([&named, &kept]), Some(all.clone()));
    assert_eq!(whole([&kept, &kept, &named]), Some(all));
    assert_eq!(whole([&kept, &kept]), None);
}

#[test]
fn a_member_outside_the_lists_is_admitted_without_trust_where_the_group_is_open() {
    let open = r#"{"groupPolicy":"open"}"#;
    let case = Case { config: open, kind: PeerKind::Group, addressed: Addressed::Mentioned, ..Case::default() };
    assert_eq!(judge(&case), (Admission::Admit, "mentioned".into(), false));
    let listed = r#"{"groupPolicy":"open","groupAllowFrom":["42"]}"#;
    assert!(judge(&Case { config: listed, ..case }).2);
}

#[test]
fn a_paired_person_is_trusted_alone_with_the_agent_and_a_bystander_in_an_open_group() {
    let open = r#"{"groupPolicy":"open"}"#;
    let case = Case { config: open, addressed: Addressed::Mentioned, paired: true, ..Case::default() };
    assert!(judge(&case).2);
    assert!(!judge(&Case { kind: PeerKind::Group, ..case }).2);
}

#[test]
fn each_activation_hears_what_it_is_named_for() {
    use Addressed::{Mentioned, Nobody, Others, Replied};
    use Admission::{Admit, Keep};
    let heard = |activation, addressed, text, takes_part| {
        let config = r#"{"groupPolicy":"open","groupAllowFrom":["42"]}"#;
        let (kind, activation) = (PeerKind::Group, Some(activation));
        judge(&Case { config, kind, addressed, text, activation, takes_part, ..Case::default() }).0
    };
    let rows = [
        (Activation::Mention, [Keep, Admit, Admit, Keep, Admit, Keep]),
        (Activation::Always, [Admit, Admit, Admit, Admit, Admit, Admit]),
        (Activation::Reply, [Keep, Keep, Admit, Keep, Admit, Admit]),
    ];
    for (activation, expected) in rows {
        let found = [
            heard(activation, Nobody, "hello", false),
            heard(activation, Mentioned, "hello", false),
            heard(activation, Replied, "hello", false),
            heard(activation, Others, "hello", true),
            heard(activation, Nobody, "/status", false),
            heard(activation, Nobody, "hello", true),
        ];
        assert_eq!(found, expected, "{activation:?}");
    }
    let stranger = Case {
        config: r#"{"groupPolicy":"open"}"#,
        kind: PeerKind::Group,
        text: "/status",
        activation: Some(Activation::Reply),
        ..Case::default()
    };
    assert_eq!(judge(&stranger).0, Keep, "a command of somebody on no list does not pass");
}

#[test]
fn a_topic_has_rules_of_its_own() {
    let config = r#"{"groupPolicy":"open","groups":{"-100":{"requireMention":false,
        "topics":{"7":{"requireMention":true},"8":{"enabled":false}}}}}"#;
    let config: Config = serde_json::from_str(&format!(r#"{{"channels":{{"net":{config}}}}}"#)).unwrap();
    let access = config.access("net", "default");
    let in_topic = |topic: &str| {
        let mut message = message(PeerKind::Group, Addressed::Nobody);
        message.thread = Some(topic.parse().unwrap());
        let patterns = Patterns::default();
        let facts = Facts {
            message: &message,
            access: &access,
            is_paired: false,
            patterns: &patterns,
            activation: None,
            takes_part: false,
            is_command: false,
        };
        admit(&facts).admission
    };
    assert_eq!([in_topic("7"), in_topic("8"), in_topic("9")], [Admission::Keep, Admission::Ignore, Admission::Admit]);
}

#[test]
fn groups_are_a_list_of_rooms_and_have_rules_of_their_own() {
    let group = |config| judge(&Case { config, kind: PeerKind::Group, ..Case::default() });
    assert_eq!(group(r#"{"groupPolicy":"open","groups":{"-200":{}}}"#).1, "the group is not in groups");
    assert_eq!(group(r#"{"groupPolicy":"open","groups":{"*":{"requireMention":false}}}"#).0, Admission::Admit);
    assert_eq!(group(r#"{"groupPolicy":"open","groups":{"-100":{"enabled":false}}}"#).0, Admission::Ignore);
    let senders = r#"{"groupPolicy":"open","groups":{"-100":{"allowFrom":["9"],"requireMention":false}}}"#;
    assert_eq!(group(senders).0, Admission::Ignore);
}

#[test]
fn a_command_of_a_listed_sender_passes_the_mention_gate() {
    let listed = r#"{"groupAllowFrom":["42"]}"#;
    let case = Case { config: listed, kind: PeerKind::Group, text: "/status", ..Case::default() };
    assert_eq!(judge(&case).1, "command of a listed sender");
}

#[test]
fn an_account_of_its_own_overrides_the_rules_of_its_network() {
    let config = r#"{"dmPolicy":"disabled","accounts":{"default":{"dmPolicy":"pairing"}}}"#;
    assert_eq!(judge(&Case { config, ..Case::default() }).0, Admission::Pair);
}

#[test]
fn a_press_counts_where_buttons_are_shown_and_by_default_from_listed_people_alone() {
    let press = |config: &str, kind: PeerKind, paired: bool| {
        let config: Config = serde_json::from_str(&format!(r#"{{"channels":{{"net":{config}}}}}"#)).unwrap();
        let message = Inbound { change: Change::Pressed, ..message(kind, Addressed::Mentioned) };
        let access = config.access("net", "default");
        let (patterns, _) = Patterns::new(&[]);
        let facts = Facts {
            message: &message,
            access: &access,
            is_paired: paired,
            patterns: &patterns,
            activation: None,
            takes_part: false,
            is_command: false,
        };
        admit(&facts).admission
    };
    let open_group = |more: &str| format!(r#"{{"groupPolicy":"open"{more}}}"#);
    assert_eq!(press("{}", PeerKind::Dm, true), Admission::Admit);
    assert_eq!(press(&open_group(""), PeerKind::Group, false), Admission::Ignore, "allowlist is the default");
    let all = open_group(r#","capabilities":{"inlineButtons":"all"}"#);
    assert_eq!(press(&all, PeerKind::Group, false), Admission::Admit);
    let groups = r#"{"capabilities":{"inlineButtons":"group"}}"#;
    assert_eq!(press(groups, PeerKind::Dm, true), Admission::Ignore);
    assert_eq!(press(r#"{"capabilities":["x"]}"#, PeerKind::Dm, true), Admission::Ignore);
}

#[test]
fn a_reaction_is_noted_from_whom_is_heard_and_as_far_as_it_is_asked_for() {
    let noted = |config: &str, kind: PeerKind, is_ours: bool| {
        let config: Config = serde_json::from_str(&format!(r#"{{"channels":{{"net":{config}}}}}"#)).unwrap();
        let message = Inbound { change: Change::Reacted, ..message(kind, Addressed::Nobody) };
        let access = config.access("net", "default");
        let (patterns, _) = Patterns::new(&[]);
        let facts = Facts {
            message: &message,
            access: &access,
            is_paired: false,
            patterns: &patterns,
            activation: None,
            takes_part: is_ours,
            is_command: false,
        };
        admit(&facts).admission == Admission::Note
    };
    let listed = r#"{"allowFrom":[42]}"#;
    assert!(noted(listed, PeerKind::Dm, true) && !noted(listed, PeerKind::Dm, false), "own is the default");
    assert!(!noted("{}", PeerKind::Dm, true), "a stranger's says nothing and gets no code");
    assert!(noted(r#"{"allowFrom":[42],"reactionNotifications":"all"}"#, PeerKind::Dm, false));
    assert!(!noted(r#"{"allowFrom":[42],"reactionNotifications":"off"}"#, PeerKind::Dm, true));
    assert!(noted(listed, PeerKind::Group, true), "without a mention too");
    assert!(!noted(r#"{"groupAllowFrom":[7]}"#, PeerKind::Group, true));
}
