//! The recorded stories, told back to the judge: as they are, and with one thing changed.

use std::path::Path;

use super::*;
use crate::story::GatewayKind;

fn stories() -> Vec<Story> {
    Story::read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../recorded/frames")).unwrap()
}

/// A story as a gateway would tell it that is exactly like the recorded one.
fn told(story: &Story) -> BTreeMap<String, Came> {
    let mut came = BTreeMap::<String, Came>::new();
    let mut bindings = Bindings::default();
    let mut seq = 0;
    for step in &story.steps {
        match step {
            Step::Recv { conn, frame } => {
                let mut frame = filled(&bindings.fill(frame));
                if frame.get("seq").is_some() {
                    seq += 1;
                    frame["seq"] = json!(seq);
                }
                came.entry(conn.clone()).or_default().frames.push(frame);
            }
            Step::Close { conn, code, reason } => {
                came.entry(conn.clone()).or_default().closed = Some((*code, reason.clone()));
            }
            _ => {}
        }
    }
    came
}

fn filled(value: &Value) -> Value {
    match value {
        Value::String(text) if text == "<int>" => json!(7),
        Value::String(text) if text == "<object>" || text == "<any>" => json!({}),
        Value::Array(items) => items.iter().filter(|item| *item != "<each>" && *item != "<more>").map(filled).collect(),
        Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), filled(value))).collect(),
        other => other.clone(),
    }
}

fn judged(story: &Story, came: &BTreeMap<String, Came>, forms: &Forms, table: &str) -> Vec<Finding> {
    let deviations = Deviations::parse(table);
    verdict(&Case { story, came, forms, deviations: &deviations }, &mut Bindings::default())
}

#[test]
fn a_story_told_as_it_was_recorded_has_no_finding() {
    let stories = stories();
    let forms = Forms::of(&stories);
    for story in &stories {
        assert_eq!(judged(story, &told(story), &forms, ""), [], "{}", story.name);
    }
}

fn small(lines: &[Value]) -> Story {
    let steps = lines.iter().map(|line| match line.get("send") {
        Some(frame) => Step::Send { conn: "A".into(), message: Message::Text(frame.clone()) },
        None => Step::Recv { conn: "A".into(), frame: line.clone() },
    });
    let open = Step::Open { conn: "A".into(), path: "/".into(), headers: BTreeMap::new() };
    let steps = [open].into_iter().chain(steps).collect();
    Story { name: "small".into(), about: String::new(), gateway: GatewayKind::Token, steps }
}

fn run(stream: &str, data: Value) -> Value {
    json!({ "type": "event", "event": "agent", "payload": { "runId": "<id:1>", "stream": stream, "data": data } })
}

fn brief(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|f| format!("{} {} {}", f.subject, f.at, f.kind.as_str())).collect()
}

#[test]
fn how_a_text_is_cut_into_deltas_makes_no_difference_but_its_end_does() {
    let recorded = small(&[
        run("assistant", json!({ "text": "a", "delta": "a" })),
        run("assistant", json!({ "text": "ab", "delta": "b" })),
        run("lifecycle", json!({ "phase": "end" })),
    ]);
    let mut came = told(&recorded);
    came.get_mut("A").unwrap().frames.remove(0);
    assert_eq!(judged(&recorded, &came, &Forms::default(), ""), []);
    came.get_mut("A").unwrap().frames[0]["payload"]["data"]["text"] = json!("abc");
    let findings = judged(&recorded, &came, &Forms::default(), "");
    assert_eq!(brief(&findings), ["event agent /payload/data/text other"]);
}

#[test]
fn an_answer_that_fails_to_come_and_one_too_many_are_found() {
    let answer = json!({ "type": "res", "id": "1", "ok": true, "payload": { "status": "accepted" } });
    let recorded = small(&[json!({ "send": { "type": "req", "id": "1", "method": "agent" } }), answer.clone()]);
    let none = BTreeMap::from([("A".to_owned(), Came::default())]);
    assert_eq!(brief(&judged(&recorded, &none, &Forms::default(), "")), ["agent  missing"]);
    let mut twice = told(&recorded);
    twice.get_mut("A").unwrap().frames.push(answer);
    assert_eq!(brief(&judged(&recorded, &twice, &Forms::default(), "")), ["agent  added"]);
}

#[test]
fn steps_in_another_order_are_a_finding_and_a_meant_difference_is_none() {
    let recorded = small(&[
        run("tool", json!({ "phase": "start", "name": "exec" })),
        run("tool", json!({ "phase": "result", "name": "exec" })),
    ]);
    let mut came = told(&recorded);
    came.get_mut("A").unwrap().frames.reverse();
    assert_eq!(brief(&judged(&recorded, &came, &Forms::default(), "")), ["event agent /order other"]);
    let table = "| `event agent` | `/order` | other | we start them together |";
    assert_eq!(judged(&recorded, &came, &Forms::default(), table), []);
}

#[test]
fn floating_events_may_fall_anywhere_but_must_have_a_known_form() {
    let tick = json!({ "type": "event", "event": "tick", "payload": { "ts": "<int>" }, "seq": "<int>" });
    let forms = Forms::of(&[small(std::slice::from_ref(&tick))]);
    let recorded = small(&[]);
    let came = |frame| BTreeMap::from([("A".to_owned(), Came { frames: vec![frame], closed: None })]);
    let good = json!({ "type": "event", "event": "tick", "payload": { "ts": 5 }, "seq": 1 });
    assert_eq!(judged(&recorded, &came(good), &forms, ""), []);
    let bad = json!({ "type": "event", "event": "tick", "payload": { "ts": null }, "seq": 1 });
    assert_eq!(brief(&judged(&recorded, &came(bad), &forms, "")), ["event tick /payload/ts other"]);
}

#[test]
fn the_next_step_waits_for_answers_and_ends_but_not_for_every_delta() {
    let recorded = [
        run("assistant", json!({ "text": "a" })),
        run("assistant", json!({ "text": "ab" })),
        run("lifecycle", json!({ "phase": "end" })),
    ];
    let recorded: Vec<&Value> = recorded.iter().collect();
    let bindings = Bindings::default();
    let mut came = Came { frames: vec![filled(recorded[0])], closed: None };
    assert!(reached(&recorded[..2], &came, &bindings));
    assert!(!reached(&recorded, &came, &bindings));
    came.frames.push(filled(recorded[2]));
    assert!(reached(&recorded, &came, &bindings));
}
