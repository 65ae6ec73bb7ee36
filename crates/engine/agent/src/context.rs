//! What a model is sent of a conversation: pure.
//!
//! Reasoning goes back only to the model that made it. What only the owner may see stays out of other people's runs.

use std::sync::Arc;
use std::time::Duration;

use provider::{Block, Message as Sent, Model};
use sessions::{History, HistoryEntry, Message, Part, Said, StopReason};
use tool::Origin;

use crate::config::Pruning;
use crate::prune::prune;

/// Around a summary of what was before.
const SUMMARY: (&str, &str) = (
    "What was said before this point has been summarised:\n\n<summary>\n",
    "\n</summary>\n\nThe conversation goes on below.",
);

/// The conversation from so many of a person's words on; whole without a limit.
pub(crate) fn latest(history: Arc<History>, turns: Option<usize>) -> Arc<History> {
    let Some(number) = turns.and_then(|turns| turns.checked_sub(1)) else { return history };
    let from = turns_begin(&history.entries).nth_back(number);
    match from.and_then(|from| history.entries.get(from..)) {
        Some(entries) if entries.len() < history.entries.len() => Arc::new(History {
            entries: entries.to_vec(),
            thinking_level: history.thinking_level.clone(),
            model: history.model.clone(),
        }),
        _ => history,
    }
}

/// Where a person's words began a turn. What was said into a turn at work, after its tools and before its answer, belongs
/// to it: it must not push out the question that is being worked on.
fn turns_begin(entries: &[Arc<HistoryEntry>]) -> impl DoubleEndedIterator<Item = usize> {
    let mut is_at_work = false;
    let mut begin = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        match &entry.said {
            Said::Message(Message::User(_)) if is_at_work => {}
            Said::Message(Message::User(_)) => begin.push(at),
            Said::Message(Message::Assistant(answer)) => is_at_work = answer.stop_reason == StopReason::ToolUse,
            Said::Message(Message::ToolResult(_)) => is_at_work = true,
            Said::Summary(_) => {}
        }
    }
    begin.into_iter()
}

/// The messages of a call.
pub(crate) fn messages(history: &History, model: &Model, cause: Origin, pruning: &Pruning) -> Vec<Sent> {
    let hides_nothing = history.entries.iter().all(|entry| entry.provenance.secrecy.may_enter_run_of(cause));
    let mended = if hides_nothing {
        history.mended()
    } else {
        let may = |entry: &&Arc<HistoryEntry>| entry.provenance.secrecy.may_enter_run_of(cause);
        History { entries: history.entries.iter().filter(may).cloned().collect(), ..history.clone() }.mended()
    };
    let pause = pruning.ttl(model.api).and_then(|ttl| last_pause(&mended.entries, ttl)).unwrap_or(0);
    let (old, new) = mended.entries.split_at_checked(pause).unwrap_or((&mended.entries, &[]));
    let sent = |entries: &[Arc<HistoryEntry>]| entries.iter().filter_map(|entry| message(&entry.said, model)).collect();
    let mut messages: Vec<Sent> = sent(old);
    prune(&mut messages, model.context_window, pruning);
    messages.extend(sent(new));
    messages
}

/// The entry with which a person broke the last pause at least this long.
fn last_pause(entries: &[Arc<HistoryEntry>], ttl: Duration) -> Option<usize> {
    let ttl_ms = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
    let (mut answered_ms, mut pause) = (None, None);
    for (at, entry) in entries.iter().enumerate() {
        match &entry.said {
            Said::Message(Message::Assistant(message)) => answered_ms = Some(message.timestamp),
            Said::Message(Message::User(message)) => {
                let broken = answered_ms.take().filter(|then| message.timestamp.saturating_sub(*then) >= ttl_ms);
                pause = broken.map(|_| at).or(pause);
            }
            Said::Message(Message::ToolResult(_)) | Said::Summary(_) => {}
        }
    }
    pause
}

fn message(said: &Said, model: &Model) -> Option<Sent> {
    match said {
        Said::Summary(text) => Some(Sent::User(vec![Block::Text(format!("{}{text}{}", SUMMARY.0, SUMMARY.1).into())])),
        Said::Message(Message::User(message)) => {
            let blocks = blocks(&message.content, model, false);
            (!blocks.is_empty()).then_some(Sent::User(blocks))
        }
        Said::Message(Message::Assistant(message)) => {
            let is_same = *message.provider == *model.reference.provider && *message.model == *model.reference.model;
            let cut_off = matches!(message.stop_reason, StopReason::Aborted | StopReason::Error);
            let blocks = blocks(&message.content, model, is_same && !cut_off);
            let says = |block: &Block| match block {
                Block::Text(text) => !text.trim().is_empty(),
                Block::ToolCall { .. } | Block::Image { .. } => true,
                Block::Thinking { .. } => false,
            };
            blocks.iter().any(says).then_some(Sent::Assistant(blocks))
        }
        Said::Message(Message::ToolResult(message)) => Some(Sent::ToolResult {
            call: Arc::clone(&message.tool_call_id),
            tool: Arc::clone(&message.tool_name),
            content: blocks(&message.content, model, false),
            is_error: message.is_error,
        }),
    }
}

fn blocks(parts: &[Part], model: &Model, with_thinking: bool) -> Vec<Block> {
    let block = |part: &Part| match part {
        Part::Text { text, .. } => Some(Block::Text(Arc::clone(text))),
        Part::Thinking { text, signature: Some(signature) } if with_thinking => {
            Some(Block::Thinking { text: Arc::clone(text), signature: Some(Arc::clone(signature)) })
        }
        Part::Thinking { .. } => None,
        Part::Image { data, mime_type } if model.sees_images() => {
            Some(Block::Image { mime: Arc::clone(mime_type), data: Arc::clone(data) })
        }
        Part::Image { .. } => Some(Block::Text("[a picture, which this model cannot see]".into())),
        Part::ToolCall { id, name, arguments, .. } => {
            Some(Block::ToolCall { id: Arc::clone(id), name: Arc::clone(name), arguments: Arc::clone(arguments) })
        }
    };
    parts.iter().filter_map(block).collect()
}

/// About how many bytes of prompt the messages are; a picture counts as what vendors charge for it.
pub(crate) fn weight(messages: &[Sent]) -> usize {
    let sum = |blocks: &[Block]| blocks.iter().map(weight_of_block).sum::<usize>();
    let one = |message: &Sent| match message {
        Sent::User(blocks) | Sent::Assistant(blocks) => sum(blocks),
        Sent::ToolResult { content, .. } => sum(content) + 32,
    };
    messages.iter().map(|message| one(message) + 16).sum()
}

const PICTURE: usize = 1_600 * 4;

fn weight_of_block(block: &Block) -> usize {
    match block {
        Block::Text(text) => text.len(),
        Block::Thinking { text, .. } => text.len(),
        Block::Image { .. } => PICTURE,
        Block::ToolCall { name, arguments, .. } => name.len() + arguments.get().len(),
    }
}

/// The same of a conversation, before any message is made of it.
pub(crate) fn weight_of_history(history: &History) -> usize {
    history.entries.iter().map(|entry| weight_of(&entry.said) + 16).sum()
}

pub(crate) fn weight_of(said: &Said) -> usize {
    match said {
        Said::Summary(text) => text.len(),
        Said::Message(message) => message.content().iter().map(weight_of_part).sum(),
    }
}

pub(crate) fn weight_of_part(part: &Part) -> usize {
    match part {
        Part::Text { text, .. } | Part::Thinking { text, .. } => text.len(),
        Part::Image { .. } => PICTURE,
        Part::ToolCall { name, arguments, .. } => name.len() + arguments.get().len(),
    }
}

/// About how many tokens so many bytes are.
pub(crate) fn tokens(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(2) / 7
}

/// Never fewer tokens than so many bytes are: what a purse must hold.
pub(crate) fn most_tokens(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use sessions::{AssistantMessage, Usage, UserMessage};
    use tool::{Provenance, Secrecy};

    fn model(name: &str, sees: bool) -> Model {
        let mut model = (*crate::models::resolve(&crate::config::Config::default(), name).unwrap()).clone();
        model.input.retain(|input| sees || *input == provider::Input::Text);
        model
    }

    fn user(content: Vec<Part>, secrecy: Secrecy) -> Arc<HistoryEntry> {
        let said = Said::Message(Message::User(UserMessage { content, timestamp: 0 }));
        Arc::new(HistoryEntry { id: None, said, provenance: Provenance::new(Origin::Owner, secrecy) })
    }

    fn answer(content: Vec<Part>, by: &str, stop_reason: StopReason) -> Arc<HistoryEntry> {
        let (provider, model) = by.split_once('/').unwrap();
        let said = Said::Message(Message::Assistant(AssistantMessage {
            content,
            api: "x".into(),
            provider: provider.into(),
            model: model.into(),
            usage: Usage::default(),
            stop_reason,
            error_message: None,
            timestamp: 0,
        }));
        Arc::new(HistoryEntry { id: None, said, provenance: Provenance::default() })
    }

    fn sent(entries: Vec<Arc<HistoryEntry>>, model: &Model, cause: Origin) -> Vec<String> {
        let history = History { entries, ..History::default() };
        messages(&history, model, cause, &Pruning::default()).iter().map(|message| format!("{message:?}")).collect()
    }

    const OPUS: &str = "anthropic/claude-opus-4-5";

    fn at(mut entry: Arc<HistoryEntry>, minute: i64) -> Arc<HistoryEntry> {
        match &mut Arc::get_mut(&mut entry).unwrap().said {
            Said::Message(Message::User(message)) => message.timestamp = minute * 60_000,
            Said::Message(Message::Assistant(message)) => message.timestamp = minute * 60_000,
            _ => {}
        }
        entry
    }

    fn said(minutes: &[(&str, i64)]) -> Vec<Arc<HistoryEntry>> {
        let one = |(who, minute): &(&str, i64)| match *who {
            "user" => at(user(vec![Part::text("hi")], Secrecy::Chat), *minute),
            _ => at(answer(vec![Part::text("yes")], OPUS, StopReason::Stop), *minute),
        };
        minutes.iter().map(one).collect()
    }

    #[test]
    fn the_last_long_pause_before_a_persons_words_is_found() {
        let pause = |minutes: &[(&str, i64)]| last_pause(&said(minutes), Duration::from_secs(300));
        assert_eq!(pause(&[("user", 0), ("model", 1), ("user", 5), ("model", 6)]), None);
        assert_eq!(pause(&[("user", 0), ("model", 1), ("user", 6), ("user", 6), ("model", 7)]), Some(2));
        let two = [("user", 0), ("model", 1), ("user", 10), ("model", 11), ("user", 12), ("model", 13), ("user", 30)];
        assert_eq!(pause(&two), Some(6));
        // A model that took long over its tools was no pause.
        assert_eq!(pause(&[("user", 0), ("model", 1), ("model", 20), ("user", 21)]), None);
    }

    #[test]
    fn a_limit_keeps_the_last_words_of_a_person_and_all_that_follows_them() {
        let entries = said(&[("user", 0), ("model", 1), ("user", 2), ("model", 3), ("model", 4), ("user", 5)]);
        let history = Arc::new(History { entries, ..History::default() });
        let kept = |turns| latest(Arc::clone(&history), turns).entries.len();
        assert_eq!((kept(None), kept(Some(0)), kept(Some(1)), kept(Some(2))), (6, 6, 1, 4));
        assert_eq!((kept(Some(3)), kept(Some(9))), (6, 6));
    }

    #[test]
    fn words_that_were_steered_into_a_turn_do_not_push_its_question_out() {
        let calls = answer(Vec::new(), OPUS, StopReason::ToolUse);
        let result = Said::Message(Message::ToolResult(sessions::ToolResultMessage {
            tool_call_id: "c".into(),
            tool_name: "exec".into(),
            content: Vec::new(),
            details: None,
            is_error: false,
            timestamp: 0,
        }));
        let result = Arc::new(HistoryEntry { id: None, said: result, provenance: Provenance::default() });
        let mut entries = said(&[("user", 0), ("model", 1), ("user", 2)]);
        entries.extend([calls, result]);
        entries.extend(said(&[("user", 3), ("user", 4)]));
        let history = Arc::new(History { entries, ..History::default() });
        assert_eq!(latest(Arc::clone(&history), Some(1)).entries.len(), 5);
        assert_eq!(latest(history, Some(2)).entries.len(), 7);
    }

    fn thinking() -> Part {
        Part::Thinking { text: "plan".into(), signature: Some("sig".into()) }
    }

    #[test]
    fn reasoning_goes_back_only_to_the_model_that_made_it() {
        let entries = || vec![answer(vec![thinking(), Part::text("yes")], OPUS, StopReason::Stop)];
        assert!(sent(entries(), &model(OPUS, true), Origin::Owner)[0].contains("sig"));
        assert!(!sent(entries(), &model("openai/gpt-4o", true), Origin::Owner)[0].contains("plan"));
    }

    #[test]
    fn an_answer_that_was_cut_off_is_sent_without_its_reasoning_or_not_at_all() {
        let cut = vec![answer(vec![thinking(), Part::text("half")], OPUS, StopReason::Aborted)];
        let cut = sent(cut, &model(OPUS, true), Origin::Owner);
        assert!(cut[0].contains("half") && !cut[0].contains("sig"));
        assert!(
            sent(vec![answer(vec![thinking()], OPUS, StopReason::Aborted)], &model(OPUS, true), Origin::Owner)
                .is_empty()
        );
    }

    #[test]
    fn a_model_that_cannot_see_is_told_of_the_picture() {
        let picture = Part::Image { data: "AAAA".into(), mime_type: "image/png".into() };
        let entries = || vec![user(vec![Part::text("look"), picture.clone()], Secrecy::Chat)];
        assert!(sent(entries(), &model(OPUS, true), Origin::Owner)[0].contains("AAAA"));
        let blind = &sent(entries(), &model(OPUS, false), Origin::Owner)[0];
        assert!(!blind.contains("AAAA") && blind.contains("cannot see"));
    }

    #[test]
    fn the_owners_own_words_are_not_sent_for_others() {
        let entries =
            || vec![user(vec![Part::text("code")], Secrecy::Owner), user(vec![Part::text("hi")], Secrecy::Chat)];
        assert_eq!(sent(entries(), &model(OPUS, true), Origin::Paired).len(), 1);
        assert_eq!(sent(entries(), &model(OPUS, true), Origin::Owner).len(), 2);
    }
}
