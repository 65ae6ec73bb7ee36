//! No call without its result and no result without its call, or vendors refuse the whole history. Pure.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tool::{Origin, Provenance, Secrecy};

use super::history::{HistoryEntry, Said};
use super::message::{Message, Part, ToolResultMessage};

const MISSING: &str = "No result of this tool call was recorded: it was interrupted.";

/// Puts each result behind its call, gives one to calls that have none, and drops results nobody asked for, repeated
/// results, and answers that say nothing.
pub(crate) fn mend(entries: &[Arc<HistoryEntry>]) -> Vec<Arc<HistoryEntry>> {
    let mut results: HashMap<&str, &Arc<HistoryEntry>> = HashMap::new();
    for entry in entries {
        if let Said::Message(Message::ToolResult(result)) = &entry.said {
            results.entry(&result.tool_call_id).or_insert(entry);
        }
    }
    let mut answered = HashSet::new();
    let mut mended = Vec::with_capacity(entries.len());
    for entry in entries {
        match &entry.said {
            Said::Message(Message::ToolResult(_)) => {}
            Said::Message(Message::Assistant(message)) if message.content.is_empty() => {}
            Said::Message(Message::Assistant(message)) => {
                mended.push(Arc::clone(entry));
                for part in &message.content {
                    if let Part::ToolCall { id, name, .. } = part
                        && answered.insert(Arc::clone(id))
                    {
                        let result = results.get(&**id).map(|result| Arc::clone(result));
                        mended.push(result.unwrap_or_else(|| missing(entry, id, name, message.timestamp)));
                    }
                }
            }
            Said::Message(Message::User(_)) | Said::Summary(_) => mended.push(Arc::clone(entry)),
        }
    }
    mended
}

fn missing(call: &HistoryEntry, id: &Arc<str>, name: &Arc<str>, timestamp: i64) -> Arc<HistoryEntry> {
    let result = ToolResultMessage {
        tool_call_id: Arc::clone(id),
        tool_name: Arc::clone(name),
        content: vec![Part::text(MISSING)],
        details: None,
        is_error: true,
        timestamp,
    };
    Arc::new(HistoryEntry {
        id: call.id.clone(),
        said: Said::Message(Message::ToolResult(result)),
        provenance: Provenance::new(Origin::System, Secrecy::Chat),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use serde_json::value::to_raw_value;

    fn said(message: &serde_json::Value) -> Arc<HistoryEntry> {
        let message = Message::read(&to_raw_value(message).unwrap()).unwrap();
        Arc::new(HistoryEntry { id: None, said: Said::Message(message), provenance: Provenance::default() })
    }

    fn user(text: &str) -> Arc<HistoryEntry> {
        said(&json!({"role": "user", "content": text}))
    }

    fn calls(ids: &[&str]) -> Arc<HistoryEntry> {
        let calls: Vec<_> =
            ids.iter().map(|id| json!({"type": "toolCall", "id": id, "name": "exec", "arguments": {}})).collect();
        said(&json!({"role": "assistant", "content": calls}))
    }

    fn result(id: &str, text: &str) -> Arc<HistoryEntry> {
        said(
            &json!({"role": "toolResult", "toolCallId": id, "toolName": "exec", "content": [{"type": "text", "text": text}]}),
        )
    }

    fn told(entries: &[Arc<HistoryEntry>]) -> Vec<String> {
        let one = |entry: &Arc<HistoryEntry>| match &entry.said {
            Said::Message(Message::User(message)) => format!("user {}", Message::User(message.clone()).text()),
            Said::Message(Message::Assistant(_)) => "assistant".to_owned(),
            Said::Message(Message::ToolResult(result)) => {
                format!("{} {}", result.tool_call_id, if result.is_error { "missing" } else { "there" })
            }
            Said::Summary(_) => "summary".to_owned(),
        };
        entries.iter().map(one).collect()
    }

    #[test]
    fn a_call_that_was_cut_off_gets_a_result_that_says_so() {
        let mended = mend(&[user("do"), calls(&["a", "b"]), result("a", "ok")]);
        assert_eq!(told(&mended), ["user do", "assistant", "a there", "b missing"]);
    }

    #[test]
    fn a_displaced_result_goes_back_behind_its_call_and_a_repeated_one_is_dropped() {
        let mended = mend(&[calls(&["a"]), user("well?"), result("a", "ok"), result("a", "again"), result("z", "?")]);
        assert_eq!(told(&mended), ["assistant", "a there", "user well?"]);
    }

    #[test]
    fn an_answer_that_says_nothing_is_left_out() {
        let empty = said(&json!({"role": "assistant", "content": [], "stopReason": "error"}));
        assert_eq!(told(&mend(&[user("hi"), empty])), ["user hi"]);
    }

    proptest! {
        #[test]
        fn mended_twice_is_mended_once(kinds in prop::collection::vec((0..3_u8, 0..4_u8), 0..20)) {
            let ids = ["a", "b", "c", "d"];
            let entries: Vec<_> = kinds.iter().map(|(kind, id)| {
                let id = ids[usize::from(*id)];
                match kind { 0 => user("x"), 1 => calls(&[id]), _ => result(id, "ok") }
            }).collect();
            let once = mend(&entries);
            prop_assert_eq!(told(&mend(&once)), told(&once));
            let users = |entries: &[Arc<HistoryEntry>]| told(entries).iter().filter(|line| *line == "user x").count();
            prop_assert_eq!(users(&entries), users(&once));
        }
    }
}
