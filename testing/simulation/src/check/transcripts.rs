//! Files of lines: they parse, they are one chain, each entry says where it came from, nothing committed is missing.

use std::collections::{BTreeMap, BTreeSet};

use lanes::QueueMode;
use serde_json::Value;

use super::records::Records;
use crate::network::person;
use crate::outside::Outside;
use crate::plan::numbers;

const MERGED: &str = "[Queued messages while agent was busy]";

pub(super) fn check(outside: &Outside, records: &Records) {
    let mut ids = BTreeSet::new();
    let mut asked: Vec<usize> = Vec::new();
    for (path, lines) in &records.transcripts {
        let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_slice(line).unwrap_or_default()).collect();
        one(outside, records, (path, &lines), &mut ids);
        for text in user_texts(&lines) {
            if text.contains(MERGED) && outside.plan.mode != QueueMode::Collect {
                outside.wrong(format!("messages were collected in mode {:?}", outside.plan.mode));
            }
            asked.extend(numbers(text, "ask-"));
        }
    }
    let most = super::most_times(outside);
    for number in 0..outside.plan.question_of(outside.plan.requests.len()) {
        let times = asked.iter().filter(|asked| **asked == number).count();
        if times > most {
            outside.wrong(format!("question {number} is {times} times in the transcripts"));
        }
    }
    // What a person saw came from an entry that is kept.
    for key in records.of_kind("outbound.prepared").filter_map(|fact| fact.effect.as_deref()) {
        let parts: Vec<&str> = key.split(':').collect();
        if let [_, entry, _] = parts.as_slice()
            && !matches!(*entry, "end" | "answer")
            && !ids.contains(*entry)
        {
            outside.wrong(format!("{key} has no entry in a transcript"));
        }
    }
}

fn user_texts(lines: &[Value]) -> impl Iterator<Item = &str> {
    let users = lines.iter().filter(|line| line["message"]["role"] == "user");
    users.filter_map(|line| line["message"]["content"][0]["text"].as_str())
}

fn one(outside: &Outside, records: &Records, (path, lines): (&str, &[Value]), ids: &mut BTreeSet<String>) {
    let mut parent = Value::Null;
    let (mut calls, mut results): (BTreeSet<String>, BTreeMap<String, u32>) = (BTreeSet::new(), BTreeMap::new());
    for (number, line) in lines.iter().enumerate() {
        if !line.is_object() {
            outside.wrong(format!("{path}: line {number} does not parse"));
            continue;
        }
        if line["type"] == "session" {
            if number > 0 {
                outside.wrong(format!("{path}: a header in line {number}"));
            }
            continue;
        }
        if line["parentId"] != parent {
            outside.wrong(format!("{path}: line {number} has parent {} and follows {parent}", line["parentId"]));
        }
        parent = line["id"].clone();
        if !ids.insert(line["id"].as_str().unwrap_or_default().to_owned()) {
            outside.wrong(format!("{path}: {} is there twice", line["id"]));
        }
        if line["x"]["origin"].as_str().is_none() {
            outside.wrong(format!("{path}: line {number} has no origin"));
        }
        let message = &line["message"];
        if let Some(call) = message["toolCallId"].as_str() {
            *results.entry(call.to_owned()).or_default() += 1;
        }
        for part in message["content"].as_array().into_iter().flatten().filter(|part| part["type"] == "toolCall") {
            calls.insert(part["id"].as_str().unwrap_or_default().to_owned());
        }
    }
    for (call, times) in &results {
        if *times > 1 || !calls.contains(call) {
            outside.wrong(format!("{path}: call {call} has {times} results"));
        }
    }
    // A conversation that was started over in the middle of a call never looks back.
    let is_over =
        records.of_kind("session.began").any(|f| f.body["old"].as_str().is_some_and(|old| path.contains(old)));
    for call in calls.iter().filter(|call| !is_over && !results.contains_key(*call)) {
        outside.wrong(format!("{path}: call {call} has no result"));
    }
    order(outside, path, lines);
}

/// Each person's questions stand in the order in which they were written.
fn order(outside: &Outside, path: &str, lines: &[Value]) {
    let people: BTreeSet<u64> = outside.plan.updates.iter().map(|update| update.person).collect();
    for one in people {
        let mut met: Vec<usize> = Vec::new();
        for number in user_texts(lines).flat_map(|text| numbers(text, "ask-")) {
            let is_theirs = outside.plan.updates.get(number).is_some_and(|update| update.person == one);
            if !is_theirs || met.contains(&number) {
                continue;
            }
            if met.last().is_some_and(|last| *last > number) {
                outside.wrong(format!("{path}: question {number} of {} stands behind a later one", person(one)));
            }
            met.push(number);
        }
    }
}
