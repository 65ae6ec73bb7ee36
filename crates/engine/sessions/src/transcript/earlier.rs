//! Transcripts of versions 1 and 2, rewritten as version 3. Pure.
//!
//! In version 1 an entry had neither id nor parent, and a compaction named what it kept by its line. In version 2 what
//! a program had put in was said by `hookMessage`.

use serde_json::{Map, Value};

const VERSION: u64 = 3;

type Fields = Map<String, Value>;

/// The version that the first line of a file says; `None` where it is today's, or nobody's.
pub(crate) fn version(first_line: &[u8]) -> Option<u64> {
    let header: Fields = serde_json::from_slice(first_line).ok()?;
    let is_header = header.get("type").and_then(Value::as_str) == Some("session");
    let version = header.get("version").and_then(Value::as_u64).unwrap_or(1);
    (is_header && version < VERSION).then_some(version)
}

/// The text of an older file as version 3 has it. Lines that nobody can read stay as they are.
pub(crate) fn renewed(text: &[u8], version: u64) -> Vec<u8> {
    let mut lines: Vec<Result<Fields, &[u8]>> = text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.iter().all(u8::is_ascii_whitespace))
        .map(|line| serde_json::from_slice(line).map_err(|_| line))
        .collect();
    if version < 2 {
        number(&mut lines);
    }
    let mut renewed = Vec::with_capacity(text.len());
    for line in &mut lines {
        match line {
            Ok(fields) => {
                renew(fields);
                renewed.extend(Value::Object(std::mem::take(fields)).to_string().into_bytes());
            }
            Err(line) => renewed.extend_from_slice(line),
        }
        renewed.push(b'\n');
    }
    renewed
}

/// Each entry gets an id and follows the one before it.
fn number(lines: &mut [Result<Fields, &[u8]>]) {
    let ids: Vec<Option<String>> =
        lines.iter().enumerate().map(|(index, line)| id(index, line.as_ref().ok()?)).collect();
    let mut parent = Value::Null;
    for (line, id) in lines.iter_mut().zip(&ids) {
        let (Ok(fields), Some(id)) = (line, id) else { continue };
        fields.insert("id".to_owned(), id.as_str().into());
        fields.insert("parentId".to_owned(), std::mem::replace(&mut parent, id.as_str().into()));
        let kept = fields.shift_remove("firstKeptEntryIndex").and_then(|index| usize::try_from(index.as_u64()?).ok());
        if let Some(kept) = kept.and_then(|index| ids.get(index)?.as_deref()) {
            fields.insert("firstKeptEntryId".to_owned(), kept.into());
        }
    }
}

/// The id of an entry: its own if it has one, else its place. The header is no entry.
fn id(index: usize, fields: &Fields) -> Option<String> {
    if is_header(fields) {
        return None;
    }
    let own = fields.get("id").and_then(Value::as_str).map(str::to_owned);
    Some(own.unwrap_or_else(|| format!("{index:08x}")))
}

fn renew(fields: &mut Fields) {
    if is_header(fields) {
        fields.insert("version".to_owned(), VERSION.into());
    }
    let role = fields.get_mut("message").and_then(|message| message.get_mut("role"));
    if let Some(role) = role.filter(|role| role.as_str() == Some("hookMessage")) {
        *role = "custom".into();
    }
}

fn is_header(fields: &Fields) -> bool {
    fields.get("type").and_then(Value::as_str) == Some("session")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn again(lines: &[Value]) -> Vec<Value> {
        let text: Vec<String> = lines.iter().map(ToString::to_string).collect();
        let version = version(text[0].as_bytes()).unwrap();
        let renewed = renewed(text.join("\n").as_bytes(), version);
        renewed.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }

    #[test]
    fn entries_of_version_1_get_ids_and_a_compaction_names_what_it_kept() {
        let said = |text: &str| json!({"type": "message", "message": {"role": "user", "content": text}});
        let compaction = json!({"type": "compaction", "summary": "s", "firstKeptEntryIndex": 2, "tokensBefore": 9});
        let lines = again(&[json!({"type": "session", "id": "s"}), said("a"), said("b"), compaction, said("c")]);
        assert_eq!(lines[0], json!({"type": "session", "id": "s", "version": 3}));
        assert_eq!(lines[1]["parentId"], Value::Null);
        assert_eq!(lines[3]["firstKeptEntryId"], lines[2]["id"]);
        assert_eq!(lines[3].get("firstKeptEntryIndex"), None);
        assert_eq!(lines[4]["parentId"], lines[3]["id"]);
    }

    #[test]
    fn what_a_program_said_in_version_2_has_the_role_of_today() {
        let said =
            json!({"type": "message", "id": "a", "parentId": null, "message": {"role": "hookMessage", "content": "x"}});
        let lines = again(&[json!({"type": "session", "version": 2, "id": "s"}), said]);
        assert_eq!((&lines[0]["version"], &lines[1]["message"]["role"]), (&json!(3), &json!("custom")));
        assert_eq!(lines[1]["id"], "a");
    }

    #[test]
    fn a_file_of_today_or_of_nobody_is_left_alone() {
        assert_eq!(version(br#"{"type":"session","version":3,"id":"s"}"#), None);
        assert_eq!(version(br#"{"type":"message"}"#), None);
        assert_eq!(version(b"{torn"), None);
    }
}
