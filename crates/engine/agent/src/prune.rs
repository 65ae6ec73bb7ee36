//! What a prompt is sent without, once its vendor has forgotten it: pure.
//!
//! A vendor that keeps prompts charges little for what it has kept. After a long pause it keeps nothing, and the whole
//! prompt is paid for anew: long results of tools from before the pause are then shortened, and the oldest left out.
//! What is cut depends on nothing that comes after the pause, so the requests that follow begin alike and are kept
//! again. The transcript stays whole.

use std::sync::Arc;

use provider::{Block, Message};

use crate::config::Pruning;

/// What a picture counts as.
const PICTURE: usize = 8_000;
/// Characters of a token.
const CHARACTERS: f64 = 4.0;

/// Prunes what was said before the pause; `window` is the model's, in tokens.
pub(crate) fn prune(before: &mut [Message], window: u32, settings: &Pruning) {
    let first = before.iter().position(|message| matches!(message, Message::User(_)));
    let (Some(first), Some(end)) = (first, untouched(before, settings.kept_answers())) else { return };
    let mut size: usize = before.iter().map(weight).sum();
    let share = |size: usize| f64::from(u32::try_from(size).unwrap_or(u32::MAX)) / (f64::from(window) * CHARACTERS);
    if share(size) < settings.soft_ratio() {
        return;
    }
    let old = before.get_mut(first..end).into_iter().flatten();
    let mut results: Vec<&mut Vec<Block>> = old.filter_map(|message| touchable(message, settings)).collect();
    for content in &mut results {
        if let Some(text) = shortened(content, settings) {
            size = size.saturating_sub(weight_of(content)) + text.len();
            **content = vec![Block::Text(text.into())];
        }
    }
    let Some(placeholder) = settings.placeholder().map(Arc::<str>::from) else { return };
    if results.iter().map(|content| weight_of(content)).sum::<usize>() < settings.least() {
        return;
    }
    for content in results {
        if share(size) < settings.hard_ratio() {
            return;
        }
        size = size.saturating_sub(weight_of(content)) + placeholder.len();
        *content = vec![Block::Text(Arc::clone(&placeholder))];
    }
}

/// Where the last answers begin, which are left as they are; `None` where there are fewer.
fn untouched(messages: &[Message], answers: usize) -> Option<usize> {
    let Some(number) = answers.checked_sub(1) else { return Some(messages.len()) };
    let is_answer = |(_, message): &(usize, &Message)| matches!(message, Message::Assistant(_));
    messages.iter().enumerate().rev().filter(is_answer).map(|(at, _)| at).nth(number)
}

/// The content of a result that may be cut. Pictures are left alone: half of one is none.
fn touchable<'a>(message: &'a mut Message, settings: &Pruning) -> Option<&'a mut Vec<Block>> {
    let Message::ToolResult { tool, content, .. } = message else { return None };
    let is_text = content.iter().all(|block| matches!(block, Block::Text(_)));
    (is_text && settings.tools.leave(tool)).then_some(content)
}

/// The beginning and the end of a long result.
fn shortened(content: &[Block], settings: &Pruning) -> Option<String> {
    let (most, head, tail) = settings.shortened();
    if weight_of(content) <= most.max(head + tail) {
        return None;
    }
    let text = content.iter().filter_map(|block| if let Block::Text(text) = block { Some(&**text) } else { None });
    let text = text.collect::<Vec<_>>().join("\n");
    let first = text.get(..text.floor_char_boundary(head)).unwrap_or_default();
    let last = text.get(text.ceil_char_boundary(text.len().saturating_sub(tail))..).unwrap_or_default();
    let cut = text.len() - first.len() - last.len();
    Some(format!("{first}\n[… {cut} bytes of this old result left out …]\n{last}"))
}

fn weight(message: &Message) -> usize {
    match message {
        Message::User(blocks) | Message::Assistant(blocks) | Message::ToolResult { content: blocks, .. } => {
            weight_of(blocks)
        }
    }
}

fn weight_of(blocks: &[Block]) -> usize {
    let one = |block: &Block| match block {
        Block::Text(text) | Block::Thinking { text, .. } => text.len(),
        Block::Image { .. } => PICTURE,
        Block::ToolCall { arguments, .. } => arguments.get().len(),
    };
    blocks.iter().map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Vec<Block> {
        vec![Block::Text(text.into())]
    }

    fn result(tool: &str, content: Vec<Block>) -> Message {
        Message::ToolResult { call: "1".into(), tool: tool.into(), content, is_error: false }
    }

    /// A question, results of these lengths each after an answer, and one answer more for each protected one.
    fn conversation(lengths: &[usize]) -> Vec<Message> {
        let mut messages = vec![Message::User(text("go"))];
        for length in lengths {
            messages.push(Message::Assistant(text("next")));
            messages.push(result("exec", text(&"x".repeat(*length))));
        }
        messages.extend((0..3).map(|_| Message::Assistant(text("so"))));
        messages
    }

    /// The lengths of results after pruning for a window of so many tokens.
    fn pruned(mut messages: Vec<Message>, window: u32, settings: &str) -> Vec<usize> {
        prune(&mut messages, window, &serde_json::from_str(settings).unwrap());
        let results = messages.iter().filter(|message| matches!(message, Message::ToolResult { .. }));
        results.map(weight).collect()
    }

    #[test]
    fn results_are_touched_only_from_the_two_shares_on() {
        let trimmed = 3_000 + "\n[… 57000 bytes of this old result left out …]\n".len();
        let three = || conversation(&[60_000, 60_000, 100]);
        for (window, settings, expected) in [
            // 120,000 of 600,000 characters: below the first share.
            (150_000, "{}", vec![60_000, 60_000, 100]),
            // 120,000 of 320,000: shortened, and then far below the second share.
            (80_000, "{}", vec![trimmed, trimmed, 100]),
            // Even shortened there is too much, but too little to be worth leaving out.
            (2_000, "{}", vec![trimmed, trimmed, 100]),
            // The oldest go until there is room.
            (2_000, r#"{"minPrunableToolChars": 1000}"#, vec![33, trimmed, 100]),
            (500, r#"{"minPrunableToolChars": 1000}"#, vec![33, 33, 100]),
            (500, r#"{"minPrunableToolChars": 1000, "hardClear": {"enabled": false}}"#, vec![trimmed, trimmed, 100]),
            (500, r#"{"minPrunableToolChars": 1000, "hardClear": {"placeholder": "-"}}"#, vec![1, 1, 100]),
            (80_000, r#"{"softTrim": {"maxChars": 70000}}"#, vec![60_000, 60_000, 100]),
            (80_000, r#"{"softTrimRatio": 0.9}"#, vec![60_000, 60_000, 100]),
        ] {
            assert_eq!(pruned(three(), window, settings), expected, "{window} {settings}");
        }
    }

    #[test]
    fn the_last_answers_and_what_was_before_the_first_question_stay_whole() {
        let mut messages = conversation(&[60_000]);
        messages.insert(0, result("exec", text(&"x".repeat(60_000))));
        messages.push(result("exec", text(&"x".repeat(60_000))));
        let left = pruned(messages, 10_000, "{}");
        assert_eq!((left[0], left[2]), (60_000, 60_000));
        assert!(left[1] < 4_000);
        // With fewer answers than are protected nothing is old.
        let few =
            vec![Message::User(text("go")), result("exec", text(&"x".repeat(60_000))), Message::Assistant(text("so"))];
        assert_eq!(pruned(few.clone(), 10_000, "{}"), [60_000]);
        assert!(pruned(few, 10_000, r#"{"keepLastAssistants": 1}"#)[0] < 4_000);
    }

    #[test]
    fn pictures_and_tools_that_the_config_keeps_stay_whole() {
        let picture = || Block::Image { mime: "image/png".into(), data: "QUJD".into() };
        let mut messages = conversation(&[60_000]);
        let mut seen = text(&"x".repeat(60_000));
        seen.push(picture());
        messages.insert(1, result("read", seen));
        messages.insert(2, result("memory_get", text(&"x".repeat(60_000))));
        let left = pruned(messages.clone(), 10_000, r#"{"tools": {"deny": ["memory_*"]}}"#);
        assert_eq!((left[0], left[1], left[2] < 4_000), (60_000 + PICTURE, 60_000, true));
        let left = pruned(messages, 10_000, r#"{"tools": {"allow": ["memory_get"]}}"#);
        assert_eq!((left[1] < 4_000, left[2]), (true, 60_000));
    }

    #[test]
    fn a_result_is_cut_between_characters() {
        let left = pruned(conversation(&[0]), 1, "{}");
        assert_eq!(left, [0]);
        let mut messages = vec![Message::User(text("go")), result("exec", text(&"é€".repeat(4_000)))];
        prune(&mut messages, 1_000, &serde_json::from_str(r#"{"keepLastAssistants": 0}"#).unwrap());
        let kept = format!("{messages:?}");
        assert!(kept.contains("é€") && kept.contains("left out"), "{kept}");
    }
}
