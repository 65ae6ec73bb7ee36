//! Several held turns as one, for the collect mode.
//!
//! Only turns with the same reply target merge: an answer never goes where half of its question did not come from.

use crate::Turn;

const TITLE: &str = "[Queued messages while agent was busy]";
const LINE_CHARS: usize = 140;

/// Takes turns off the front that can be answered together and makes one of them. `dropped` are lines about turns that
/// had to go.
pub(crate) fn collect(mut turns: Vec<Turn>, dropped: &mut Vec<String>) -> Option<(Turn, Vec<Turn>)> {
    if turns.is_empty() {
        return None;
    }
    let same = turns.iter().take_while(|turn| joinable(&turns, turn)).count().max(1);
    let rest = turns.split_off(same);
    let notes = std::mem::take(dropped);
    let mut turns = turns.into_iter();
    let first = turns.next()?;
    let others: Vec<Turn> = turns.collect();
    if others.is_empty() && notes.is_empty() {
        return Some((first, rest));
    }
    Some((join(first, others, &notes), rest))
}

fn joinable(turns: &[Turn], turn: &Turn) -> bool {
    turns.first().is_some_and(|first| {
        same_place(first, turn) && first.provenance.origin == turn.provenance.origin && !turn.options.resume
    })
}

/// Both are answered in the same conversation.
pub(crate) fn same_place(a: &Turn, b: &Turn) -> bool {
    use crate::ReplyTo::{Channel, Operators};
    match (&a.reply, &b.reply) {
        (Operators, Operators) => true,
        (Channel { channel, account, target, .. }, Channel { channel: c, account: a, target: t, .. }) => {
            (channel, account, target) == (c, a, t)
        }
        _ => false,
    }
}

/// The last message's name and reply target stay: that is what a reader expects to see answered.
fn join(first: Turn, others: Vec<Turn>, notes: &[String]) -> Turn {
    let mut text = String::from(TITLE);
    if !notes.is_empty() {
        text.push_str(&format!("\n\n[Queue overflow] Dropped {} messages due to cap.\nSummary:", notes.len()));
        for note in notes {
            text.push_str("\n- ");
            text.push_str(note);
        }
    }
    let mut merged = first;
    let mut number = 1;
    text.push_str(&format!("\n\n---\nQueued #{number}\n{}", merged.text));
    for turn in others {
        number += 1;
        text.push_str(&format!("\n\n---\nQueued #{number}\n{}", turn.text));
        let causes = [std::mem::take(&mut merged.causes), turn.causes.clone()].concat();
        let files = [std::mem::take(&mut merged.files), turn.files.clone()].concat();
        merged = Turn { causes, files, ..turn };
    }
    merged.text = text;
    merged
}

/// One line about a turn that had to go.
pub(crate) fn summary_line(turn: &Turn) -> String {
    let flat = turn.text.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= LINE_CHARS {
        return flat;
    }
    let cut: String = flat.chars().take(LINE_CHARS.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}
