//! What came, against what was recorded: answers by request, steps by run, and what falls anywhere by its form alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    Bindings, Deviations, Difference, Finding, Kind,
    compare::compare,
    story::{Message, Step, Story},
};

/// Events that fall wherever they fall.
const FLOATING: [&str; 3] = ["tick", "health", "presence"];

/// What one connection saw.
#[derive(Debug, Clone, Default)]
pub(crate) struct Came {
    pub(crate) frames: Vec<Value>,
    pub(crate) closed: Option<(u16, String)>,
}

/// The forms of floating events, over all stories: as they were sent, and `health` also as it was asked for, because
/// the event carries what the method answers.
#[derive(Debug, Clone, Default)]
pub struct Forms(BTreeMap<String, Vec<Value>>);

impl Forms {
    #[must_use]
    pub fn of(stories: &[Story]) -> Self {
        let mut forms = BTreeMap::<String, Vec<Value>>::new();
        for (story, step) in stories.iter().flat_map(|story| story.steps.iter().map(move |step| (story, step))) {
            let Step::Recv { conn, frame } = step else { continue };
            let asked = answered(frame).and_then(|id| method(story, conn, id));
            let Some(name) = event(frame).or(asked).filter(|name| FLOATING.contains(name)) else { continue };
            let known = forms.entry(name.to_owned()).or_default();
            let form = if asked.is_some() { carried(name, &frame["payload"]) } else { frame.clone() };
            if !known.contains(&form) {
                known.push(form);
            }
        }
        Self(forms)
    }
}

/// The event that carries what a method answers.
fn carried(event: &str, payload: &Value) -> Value {
    let versions = json!({ "presence": "<int>", "health": "<int>" });
    json!({ "type": "event", "event": event, "payload": payload, "seq": "<int>", "stateVersion": versions })
}

/// Everything a verdict needs to know.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    pub(crate) story: &'a Story,
    pub(crate) came: &'a BTreeMap<String, Came>,
    pub(crate) forms: &'a Forms,
    pub(crate) deviations: &'a Deviations,
}

/// Every difference that is not meant.
pub(crate) fn verdict(case: &Case<'_>, bindings: &mut Bindings) -> Vec<Finding> {
    let mut report = Report { story: &case.story.name, deviations: case.deviations, found: Vec::new() };
    let nothing = Came::default();
    let conns: BTreeSet<&str> = case.story.steps.iter().filter_map(conn).collect();
    for name in conns {
        let came = case.came.get(name).unwrap_or(&nothing);
        let recorded: Vec<&Value> = received(case.story, name).collect();
        let actual: Vec<&Value> = came.frames.iter().collect();
        answers(case.story, name, (&recorded, &actual), bindings, &mut report);
        runs(&recorded, &actual, bindings, &mut report);
        others(&recorded, &actual, bindings, &mut report);
        floating(&actual, case.forms, bindings, &mut report);
        numbers(&actual, &mut report);
        closing(case.story, name, came, bindings, &mut report);
    }
    report.found
}

struct Report<'a> {
    story: &'a str,
    deviations: &'a Deviations,
    found: Vec<Finding>,
}

impl Report<'_> {
    fn add(&mut self, subject: &str, difference: Difference) {
        if !self.deviations.excuses(self.story, subject, &difference) {
            let Difference { at, kind, shown } = difference;
            self.found.push(Finding { story: self.story.to_owned(), subject: subject.to_owned(), at, kind, shown });
        }
    }

    fn frames(&mut self, subject: &str, recorded: &Value, actual: &Value, bindings: &mut Bindings) {
        for difference in compare(recorded, actual, bindings) {
            self.add(subject, difference);
        }
    }

    fn absent(&mut self, subject: &str, at: &str, recorded: &Value) {
        let shown = format!("recorded {recorded}");
        self.add(subject, Difference { at: at.to_owned(), kind: Kind::Missing, shown });
    }

    fn extra(&mut self, subject: &str, at: &str, actual: &Value) {
        let shown = format!("came {actual}");
        self.add(subject, Difference { at: at.to_owned(), kind: Kind::Added, shown });
    }
}

/// Answers, request by request, in the order they came for that request.
fn answers(
    story: &Story,
    conn: &str,
    (recorded, actual): (&[&Value], &[&Value]),
    bindings: &mut Bindings,
    report: &mut Report<'_>,
) {
    let ids = |frames: &[&Value]| -> Vec<String> {
        let mut ids = Vec::new();
        for id in frames.iter().filter_map(|frame| answered(frame)) {
            if !ids.contains(&id.to_owned()) {
                ids.push(id.to_owned());
            }
        }
        ids
    };
    let of = |frames: &[&Value], id: &str| -> Vec<Value> {
        frames.iter().filter(|frame| answered(frame) == Some(id)).map(|frame| (*frame).clone()).collect()
    };
    let mut all = ids(recorded);
    all.extend(ids(actual).into_iter().filter(|id| !all.contains(id)).collect::<Vec<_>>());
    for id in all {
        let subject = method(story, conn, &id).unwrap_or("(frame)").to_owned();
        pairs(&subject, "", (&of(recorded, &id), &of(actual, &id)), bindings, report);
    }
}

/// What happens in each run: its steps in order, and what a chat window shows of it.
fn runs(recorded: &[&Value], actual: &[&Value], bindings: &mut Bindings, report: &mut Report<'_>) {
    let mut claimed = BTreeSet::new();
    for run in run_ids(recorded) {
        let came = run_ids(actual).into_iter().find(|id| !claimed.contains(id) && bindings.would_match(&run, id));
        let came = came.unwrap_or_default();
        claimed.insert(came.clone());
        for subject in ["agent", "chat"] {
            let (recorded, actual) = (steps(recorded, subject, &run), steps(actual, subject, &came));
            sequence(&format!("event {subject}"), &recorded, &actual, bindings, report);
        }
    }
    for run in run_ids(actual).into_iter().filter(|id| !claimed.contains(id)) {
        report.extra("event agent", "/run", &json!(run));
    }
}

/// The steps of one run by label; text that streams is one step, its last state standing for it.
fn steps(frames: &[&Value], subject: &str, run: &str) -> Vec<(String, Value)> {
    let mut steps: Vec<(String, Value)> = Vec::new();
    for frame in frames.iter().filter(|frame| event(frame) == Some(subject)) {
        let payload = &frame["payload"];
        if payload["runId"] != run {
            continue;
        }
        let label = label(payload);
        if label == "delta" {
            continue;
        }
        let mut frame = (*frame).clone();
        if label == "assistant" {
            frame["payload"]["data"]["delta"] = json!("<text>");
            if let Some((last, value)) = steps.last_mut()
                && last == "assistant"
            {
                *value = frame;
                continue;
            }
        }
        steps.push((label, frame));
    }
    steps
}

/// Which step of a run a payload is.
fn label(payload: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    match (payload.get("state"), payload.get("stream"), payload["data"].get("phase")) {
        (Some(state), ..) => word(state),
        (None, Some(stream), Some(phase)) => format!("{}/{}", word(stream), word(phase)),
        (None, Some(stream), None) => word(stream),
        _ => "?".to_owned(),
    }
}

fn sequence(
    subject: &str,
    recorded: &[(String, Value)],
    actual: &[(String, Value)],
    bindings: &mut Bindings,
    report: &mut Report<'_>,
) {
    let labels = |steps: &[(String, Value)]| steps.iter().map(|(label, _)| label.clone()).collect::<Vec<_>>();
    let (expected, came) = (labels(recorded), labels(actual));
    let mut seen = BTreeSet::new();
    for label in expected.iter().chain(&came).filter(|label| seen.insert((*label).clone())) {
        let of = |steps: &[(String, Value)]| -> Vec<Value> {
            steps.iter().filter(|(other, _)| other == label).map(|(_, frame)| frame.clone()).collect()
        };
        pairs(subject, &format!("/{label}"), (&of(recorded), &of(actual)), bindings, report);
    }
    let (mut a, mut b) = (expected.clone(), came.clone());
    a.sort_unstable();
    b.sort_unstable();
    if a == b && expected != came {
        let shown = format!("recorded {expected:?}, came {came:?}");
        report.add(subject, Difference { at: "/order".into(), kind: Kind::Other, shown });
    }
}

/// The first against the first, and so on.
fn pairs(
    subject: &str,
    at: &str,
    (recorded, actual): (&[Value], &[Value]),
    bindings: &mut Bindings,
    report: &mut Report<'_>,
) {
    for (recorded, actual) in recorded.iter().zip(actual) {
        report.frames(subject, recorded, actual, bindings);
    }
    for recorded in recorded.iter().skip(actual.len()) {
        report.absent(subject, at, recorded);
    }
    for actual in actual.iter().skip(recorded.len()) {
        report.extra(subject, at, actual);
    }
}

/// Events that are neither of a run nor floating: as many of each name, in their order.
fn others(recorded: &[&Value], actual: &[&Value], bindings: &mut Bindings, report: &mut Report<'_>) {
    let name = |frame: &Value| {
        event(frame).filter(|event| !FLOATING.contains(event) && !["agent", "chat"].contains(event)).map(str::to_owned)
    };
    let names: BTreeSet<String> = recorded.iter().chain(actual).filter_map(|frame| name(frame)).collect();
    for event in names {
        let of = |frames: &[&Value]| -> Vec<Value> {
            frames.iter().filter(|frame| name(frame).as_ref() == Some(&event)).map(|frame| (*frame).clone()).collect()
        };
        pairs(&format!("event {event}"), "", (&of(recorded), &of(actual)), bindings, report);
    }
}

/// Like one of the forms, but for differences that are meant; else the nearest form says how it differs. What is meant
/// of a method's answer is meant of the event that carries it: whether an event falls into a story is chance, and rows
/// of its own would now excuse something and now nothing.
fn floating(actual: &[&Value], forms: &Forms, bindings: &Bindings, report: &mut Report<'_>) {
    for frame in actual {
        let Some(event) = event(frame).filter(|event| FLOATING.contains(event)) else { continue };
        let subject = format!("event {event}");
        let forms = forms.0.get(event).map(Vec::as_slice).unwrap_or_default();
        let differences = forms.iter().map(|form| {
            let mut differences = compare(form, frame, &mut bindings.clone());
            differences.retain(|difference| !report.deviations.excuses(report.story, event, difference));
            differences
        });
        match differences.min_by_key(Vec::len) {
            Some(nearest) => nearest.into_iter().for_each(|difference| report.add(&subject, difference)),
            None => report.extra(&subject, "", frame),
        }
    }
}

/// Broadcasts are numbered upwards.
fn numbers(actual: &[&Value], report: &mut Report<'_>) {
    let mut last = None;
    for frame in actual {
        let Some(seq) = frame.get("seq").and_then(Value::as_u64) else { continue };
        if last.is_some_and(|last| seq <= last) {
            let shown = format!("{seq} after {last:?}");
            let subject = format!("event {}", event(frame).unwrap_or("?"));
            report.add(&subject, Difference { at: "/seq".into(), kind: Kind::Other, shown });
        }
        last = Some(seq);
    }
}

fn closing(story: &Story, name: &str, came: &Came, bindings: &mut Bindings, report: &mut Report<'_>) {
    let recorded = story.steps.iter().find_map(|step| match step {
        Step::Close { conn, code, reason } if conn == name => Some(json!({ "code": code, "reason": reason })),
        _ => None,
    });
    let actual = came.closed.as_ref().map(|(code, reason)| json!({ "code": code, "reason": reason }));
    match (recorded, actual) {
        (Some(recorded), Some(actual)) => report.frames("close", &recorded, &actual, bindings),
        (Some(recorded), None) => report.absent("close", "", &recorded),
        (None, Some(actual)) => report.extra("close", "", &actual),
        (None, None) => {}
    }
}

/// Whether all that was recorded so far has come, as far as the next step depends on it.
pub(crate) fn reached(recorded: &[&Value], came: &Came, bindings: &Bindings) -> bool {
    let mut wanted: BTreeMap<(String, String), usize> = BTreeMap::new();
    for frame in recorded {
        let Some(key) = milestone(frame) else { continue };
        let count = wanted.entry(key).or_default();
        // How a text is cut into deltas is not part of the story.
        *count = if is_delta(frame) { 1 } else { *count + 1 };
    }
    wanted.iter().all(|((kind, name), count)| {
        let fits = |frame: &&Value| {
            milestone(frame).is_some_and(|(other, came)| other == *kind && bindings.would_match(name, &came))
        };
        came.frames.iter().filter(fits).count() >= *count
    })
}

fn milestone(frame: &Value) -> Option<(String, String)> {
    if let Some(id) = answered(frame) {
        return Some(("res".into(), id.to_owned()));
    }
    let event = event(frame)?;
    if FLOATING.contains(&event) {
        return None;
    }
    let run = frame["payload"]["runId"].as_str().unwrap_or_default().to_owned();
    let label = if run.is_empty() { String::new() } else { label(&frame["payload"]) };
    // However a run ends, nothing more is to be waited for.
    let label = match label.as_str() {
        "final" | "error" => "over",
        "lifecycle/end" | "lifecycle/error" => "lifecycle/over",
        other => other,
    };
    Some((format!("{event} {label}"), run))
}

fn is_delta(frame: &Value) -> bool {
    let payload = &frame["payload"];
    payload["state"] == "delta" || payload["stream"] == "assistant"
}

/// The frames a connection received in a story.
pub(crate) fn received<'a>(story: &'a Story, name: &str) -> impl Iterator<Item = &'a Value> {
    story.steps.iter().filter_map(move |step| match step {
        Step::Recv { conn, frame } if conn == name => Some(frame),
        _ => None,
    })
}

fn conn(step: &Step) -> Option<&str> {
    match step {
        Step::Open { conn, .. } => Some(conn),
        _ => None,
    }
}

fn method<'a>(story: &'a Story, name: &str, id: &str) -> Option<&'a str> {
    story.steps.iter().find_map(|step| match step {
        Step::Send { conn, message: Message::Text(frame) | Message::Binary(frame) }
            if conn == name && frame["id"] == id =>
        {
            frame["method"].as_str()
        }
        _ => None,
    })
}

fn event(frame: &Value) -> Option<&str> {
    (frame["type"] == "event").then(|| frame["event"].as_str()).flatten()
}

fn answered(frame: &Value) -> Option<&str> {
    (frame["type"] == "res").then(|| frame["id"].as_str()).flatten()
}

fn run_ids(frames: &[&Value]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for frame in frames.iter().filter(|frame| matches!(event(frame), Some("agent" | "chat"))) {
        let id = frame["payload"]["runId"].as_str().unwrap_or_default().to_owned();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

#[cfg(test)]
mod tests;
