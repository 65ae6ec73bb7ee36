//! What was put around a person's words for the model is taken off again where people read them.
//!
//! Messages pass as they stand; only a person's message that has something to take off is written anew.

use serde_json::value::RawValue;

/// A line of its own before the words that follow an answer which was stopped.
pub const AFTER_ABORT: &str = "[The previous answer was stopped before it was whole.]";

/// The message as a person reads it.
pub(crate) fn without(message: &RawValue) -> Box<RawValue> {
    let text = message.get();
    let may_have = text.contains("[message_id:") || text.contains("\"[");
    if !(may_have && text.contains("\"user\"")) {
        return message.to_owned();
    }
    let cleaned = clean(text);
    cleaned.and_then(|text| RawValue::from_string(text).ok()).unwrap_or_else(|| message.to_owned())
}

/// `None` where nothing is to be taken off.
fn clean(message: &str) -> Option<String> {
    let mut value: serde_json::Value = serde_json::from_str(message).ok()?;
    if value.get("role")?.as_str()? != "user" {
        return None;
    }
    let mut has_changed = false;
    let mut mend = |text: &mut serde_json::Value| {
        if let Some(plain) = text.as_str().and_then(plain) {
            *text = plain.into();
            has_changed = true;
        }
    };
    match value.get_mut("content")? {
        serde_json::Value::Array(parts) => parts.iter_mut().filter_map(|part| part.get_mut("text")).for_each(&mut mend),
        content => mend(content),
    }
    has_changed.then(|| value.to_string())
}

/// The text without the word about a stopped answer, the channel's envelope and the lines that name message ids; `None`
/// where it has none of them.
fn plain(text: &str) -> Option<String> {
    let body = without_envelope(text.strip_prefix(AFTER_ABORT).map_or(text, str::trim_start));
    let kept: Vec<&str> = body.lines().filter(|line| !is_message_id(line)).collect();
    let is_same = body.len() == text.len() && kept.len() == body.lines().count();
    (!is_same).then(|| kept.join("\n").trim_end().to_owned())
}

fn is_message_id(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("[message_id:") && line.ends_with(']')
}

/// An envelope is a first pair of brackets with a date and a time in it.
fn without_envelope(text: &str) -> &str {
    let Some((head, body)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) else { return text };
    if has_time(head) && !head.contains('\n') { body.trim_start() } else { text }
}

/// `YYYY-MM-DD HH:MM`, with a space or a `T` between.
fn has_time(text: &str) -> bool {
    const SHAPE: &[u8; 16] = b"dddd-dd-dd dd:dd";
    text.as_bytes().windows(SHAPE.len()).any(|window| {
        window.iter().zip(SHAPE).all(|(byte, shape)| match shape {
            b'd' => byte.is_ascii_digit(),
            b' ' => matches!(byte, b' ' | b'T'),
            other => byte == other,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(message: &str) -> String {
        without(&RawValue::from_string(message.to_owned()).unwrap()).get().to_owned()
    }

    #[test]
    fn an_envelope_and_a_message_id_are_taken_off_a_persons_text() {
        let message = r#"{"role":"user","content":[{"type":"text","text":"[Telegram Ann id:4 2026-01-24 10:00 UTC] hi\n[there]\n[message_id: 7]"}],"timestamp":1}"#;
        assert_eq!(seen(message), r#"{"role":"user","content":[{"type":"text","text":"hi\n[there]"}],"timestamp":1}"#);
        assert_eq!(
            seen(r#"{"role":"user","content":"[WebChat 2026-01-24T10:00Z] hi"}"#),
            r#"{"role":"user","content":"hi"}"#
        );
    }

    #[test]
    fn what_the_model_is_told_of_a_stopped_answer_is_taken_off() {
        let message = format!(r#"{{"role":"user","content":"{AFTER_ABORT}\n\n[WebChat 2026-01-24T10:00Z] go on"}}"#);
        assert_eq!(seen(&message), r#"{"role":"user","content":"go on"}"#);
    }

    #[test]
    fn everything_else_passes_letter_by_letter() {
        for message in [
            r#"{"role":"user", "content":"[note] keep 1.50","timestamp":1.0}"#,
            r#"{"role":"assistant","content":[{"type":"text","text":"[Telegram x 2026-01-24 10:00] no\n[message_id: 7]"}]}"#,
        ] {
            assert_eq!(seen(message), message);
        }
    }
}
