//! Whether anything is still to come in a chain. Pure.

use std::collections::HashMap;

use crate::fact::Fact;

/// Facts that end what they are a cause of: nothing more happens to that id.
const ENDS: &[&str] = &[
    "inbound.answered",
    "inbound.dropped",
    "run.ended",
    "outbound.sent",
    "outbound.failed",
    "outbound.aside",
    "outbound.dropped",
];

/// Whether every id of the chain has come to its end. An event that became a run ends with it.
pub(crate) fn is_complete(start: &str, facts: &[Fact]) -> bool {
    let mut is_over: HashMap<&str, bool> = HashMap::from([(start, false)]);
    for fact in facts {
        if let Some(effect) = &fact.effect {
            is_over.entry(effect).or_insert(false);
            if fact.cause == start {
                is_over.insert(start, true);
            }
        }
        let is_refused = fact.kind == "inbound.verdict" && fact.text("admission").is_some_and(|word| word != "admit");
        if is_refused || ENDS.contains(&fact.kind.as_str()) {
            is_over.insert(&fact.cause, true);
        }
    }
    is_over.values().all(|over| *over)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fact(cause: &str, kind: &str, effect: Option<&str>, body: serde_json::Value) -> Fact {
        Fact { id: 0, cause: cause.into(), kind: kind.into(), effect: effect.map(Into::into), at: 0, body }
    }

    #[test]
    fn a_message_is_complete_when_its_run_has_ended_and_its_parts_are_delivered() {
        let mut facts = vec![fact("m", "inbound.received", None, json!({}))];
        assert!(!is_complete("m", &facts));
        facts.push(fact("m", "run.started", Some("r"), json!({})));
        facts.push(fact("r", "outbound.prepared", Some("p"), json!({})));
        facts.push(fact("r", "run.ended", None, json!({})));
        assert!(!is_complete("m", &facts));
        facts.push(fact("p", "outbound.sent", None, json!({})));
        assert!(is_complete("m", &facts));
    }

    #[test]
    fn an_ignored_message_is_complete_with_its_verdict() {
        assert!(is_complete("m", &[fact("m", "inbound.verdict", None, json!({"admission": "ignore"}))]));
        assert!(!is_complete("m", &[fact("m", "inbound.verdict", None, json!({"admission": "admit"}))]));
    }
}
