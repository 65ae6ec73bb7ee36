//! A fact as a sentence a person can read. Pure.
//!
//! Kinds that are not known here are told by their own words: a new fact needs no change in this file.

use serde_json::Value;

use crate::fact::Fact;

/// What happened, in one sentence.
pub(crate) fn of(fact: &Fact) -> String {
    let text = |field: &str| fact.text(field).unwrap_or("?").to_owned();
    let why = || {
        fact.text("reason")
            .or_else(|| fact.text("why"))
            .or_else(|| fact.text("error"))
            .unwrap_or("no reason given")
            .to_owned()
    };
    match fact.kind.as_str() {
        "inbound.received" => received(fact),
        "inbound.repeated" => "arrived again and was dropped: it is here already".to_owned(),
        "inbound.verdict" => {
            format!("{} ({})", verdict(fact.text("admission")), text("rule"))
        }
        "inbound.route" => {
            format!(
                "routed to agent {}, session {} ({})",
                text("agent"),
                text("key"),
                fact.text("matchedBy").or_else(|| fact.text("matched_by")).unwrap_or("?")
            )
        }
        "inbound.answered" => format!("answered without a run: {}", why()),
        "inbound.dropped" => format!("dropped: {}", why()),
        "run.started" => format!("run {} started{}", fact.effect.as_deref().unwrap_or("?"), stood(fact)),
        "run.steered" => format!("steered into run {}{}", fact.effect.as_deref().unwrap_or("?"), stood(fact)),
        "run.ended" => format!("run ended: {}", outcome(&fact.body)),
        "run.interrupted" => "run was interrupted by a stop of the program".to_owned(),
        "model.answered" => {
            let tokens = |field| fact.body.get(field).and_then(Value::as_u64).unwrap_or(0);
            format!("model {} answered ({} tokens in, {} out)", text("model"), tokens("input"), tokens("output"))
        }
        "model.failed" => format!("model call failed: {}", why()),
        "model.failover" => format!("model {} replaced by {}: {}", text("from"), text("to"), why()),
        "tool.started" => format!("tool {} started", text("tool")),
        "tool.ended" if fact.body.get("error") == Some(&Value::Bool(true)) => format!("tool {} failed", text("tool")),
        "tool.ended" => format!("tool {} ended", text("tool")),
        "tool.refused" => format!("tool {} refused ({})", text("tool"), text("rule")),
        "budget.reserved" => format!("{} reserved for {}", dollars(fact), text("what")),
        "budget.settled" => format!("{} paid", dollars(fact)),
        "budget.refused" => format!("not paid: {}", why()),
        "outbound.prepared" => format!("reply part {} prepared", fact.effect.as_deref().unwrap_or("?")),
        "outbound.sending" => format!("delivery attempt {}", fact.body.get("attempt").unwrap_or(&Value::Null)),
        "outbound.sent" => {
            fact.text("message").map_or_else(|| "delivered".to_owned(), |id| format!("delivered as message {id}"))
        }
        "outbound.retry" => format!("delivery failed, tried again later: {}", why()),
        "outbound.unknown" => format!("nobody knows whether it was delivered: {}", why()),
        "outbound.failed" => format!("delivery given up: {}", why()),
        "outbound.aside" => format!("cannot be read and was set aside: {}", why()),
        "outbound.replaced" => format!("sent in another form: {}", why()),
        "outbound.told" => "said by the message tool".to_owned(),
        "outbound.dropped" => format!("reply part dropped: {}", why()),
        _ => unknown(fact),
    }
}

/// What was decided on a message.
fn verdict(admission: Option<&str>) -> &'static str {
    match admission {
        Some("admit") => "let in",
        Some("pair") => "answered with a pairing code",
        Some("keep") => "kept as context of its group, no run",
        Some("note") => "noted for the agent, no run",
        Some("ignore") => "ignored",
        Some(_) | None => "judged",
    }
}

fn received(fact: &Fact) -> String {
    let mut sentence = format!("received from {}", fact.text("channel").unwrap_or("?"));
    if let Some(account) = fact.text("account") {
        sentence.push('/');
        sentence.push_str(account);
    }
    for (word, field) in [("peer", "peer"), ("sender", "sender"), ("message", "message")] {
        if let Some(value) = fact.text(field) {
            sentence.push_str(&format!(", {word} {value}"));
        }
    }
    sentence
}

/// The time in line, of rows that tell it.
fn stood(fact: &Fact) -> String {
    let number = |field: &str| fact.body.get(field).and_then(Value::as_u64);
    let (Some(queue), Some(ahead), Some(waited)) = (fact.text("queue"), number("ahead"), number("waitedMs")) else {
        return String::new();
    };
    format!(" (queue {queue}, {ahead} ahead, waited {waited} ms)")
}

fn outcome(body: &Value) -> String {
    match body {
        Value::String(word) => word.clone(),
        Value::Object(fields) => {
            let words = fields.iter().map(|(name, value)| match value {
                Value::String(word) => format!("{name} {word}"),
                Value::Null => name.clone(),
                other => format!("{name} {other}"),
            });
            words.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// Millionths of a dollar.
fn dollars(fact: &Fact) -> String {
    let micros = fact.body.get("micros").and_then(Value::as_u64).unwrap_or(0);
    format!("${}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

fn unknown(fact: &Fact) -> String {
    const MOST: usize = 200;
    let words = fact.kind.replace(['.', '-', '_'], " ");
    let is_empty = matches!(&fact.body, Value::Null) || fact.body.as_object().is_some_and(serde_json::Map::is_empty);
    if is_empty {
        return words;
    }
    let body: String = outcome(&fact.body).chars().take(MOST).collect();
    format!("{words}: {body}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sentence(kind: &str, effect: Option<&str>, body: Value) -> String {
        let (cause, kind, effect) = ("m_1".to_owned(), kind.to_owned(), effect.map(str::to_owned));
        of(&Fact { id: 1, cause, kind, effect, at: 0, body })
    }

    #[test]
    fn known_facts_are_told_with_what_matters() {
        let received =
            json!({"channel": "telegram", "account": "default", "peer": "42", "sender": "7", "message": "17"});
        assert_eq!(
            sentence("inbound.received", None, received),
            "received from telegram/default, peer 42, sender 7, message 17"
        );
        let verdict = json!({"admission": "ignore", "rule": "groupPolicy allowlist: no entry"});
        assert_eq!(sentence("inbound.verdict", None, verdict), "ignored (groupPolicy allowlist: no entry)");
        assert_eq!(sentence("run.started", Some("r1"), json!({})), "run r1 started");
        let stood = json!({"queue": "steer", "ahead": 1, "waitedMs": 250});
        assert_eq!(
            sentence("run.steered", Some("r1"), stood),
            "steered into run r1 (queue steer, 1 ahead, waited 250 ms)"
        );
        assert_eq!(
            sentence("model.answered", None, json!({"model": "a/b", "input": 40, "output": 2})),
            "model a/b answered (40 tokens in, 2 out)"
        );
        assert_eq!(sentence("outbound.sent", None, json!({"message": "17", "peer": "42"})), "delivered as message 17");
        assert_eq!(
            sentence("budget.reserved", None, json!({"micros": 1_250_000, "what": "m"})),
            "$1.250000 reserved for m"
        );
    }

    #[test]
    fn a_fact_that_nobody_taught_us_is_told_by_its_own_words() {
        assert_eq!(sentence("canvas.shown", None, json!({"page": "a", "times": 2})), "canvas shown: page a, times 2");
        assert_eq!(sentence("canvas.hidden", None, json!({})), "canvas hidden");
    }
}
