//! Looking into transcripts from outside: titles, previews, the last messages. Reads the ends of a file only.

use std::io;

use ids::EntryId;
use serde::Deserialize;
use serde_json::value::RawValue;
use stdx::{AbsPath, Disk};

use protocol::sessions::preview::{PreviewItem, PreviewRole};

use crate::transcript::line::Line;
use crate::transcript::message::{Message, Part};
use crate::transcript::tail::LinesBackwards;

/// How far from the beginning a title is looked for.
const FIRST_LINES: usize = 10;
const FIRST_BYTES: usize = 16 * 1024;

/// How far from the end the last message is looked for.
const LAST_LINES: usize = 20;

/// The first text a person wrote.
pub(crate) fn first_user_text(disk: &dyn Disk, path: &AbsPath) -> io::Result<Option<String>> {
    let start = match disk.read(path, 0, FIRST_BYTES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        start => start?,
    };
    let mut lines = start.split(|byte| *byte == b'\n').take(FIRST_LINES);
    Ok(lines.find_map(|line| match message(line)? {
        Message::User(user) => Some(Message::User(user).text()).filter(|text| !text.trim().is_empty()),
        Message::Assistant(_) | Message::ToolResult(_) => None,
    }))
}

/// The last text that a person or the assistant said.
pub(crate) fn last_text(disk: &dyn Disk, path: &AbsPath) -> io::Result<Option<String>> {
    let mut lines = LinesBackwards::new(disk, path)?;
    for _ in 0..LAST_LINES {
        let Some(line) = lines.next()? else { break };
        let text = match message(&line) {
            Some(message @ (Message::User(_) | Message::Assistant(_))) => message.text(),
            Some(Message::ToolResult(_)) | None => continue,
        };
        if !text.trim().is_empty() {
            return Ok(Some(text.trim().to_owned()));
        }
    }
    Ok(None)
}

/// The last few messages, cut short. `None` where there is no transcript.
pub(crate) fn preview(
    disk: &dyn Disk,
    path: &AbsPath,
    limit: usize,
    max_chars: usize,
) -> io::Result<Option<Vec<PreviewItem>>> {
    if let Err(error) = disk.stat(path) {
        return if error.kind() == io::ErrorKind::NotFound { Ok(None) } else { Err(error) };
    }
    let mut lines = LinesBackwards::new(disk, path)?;
    let mut items = Vec::new();
    while items.len() < limit
        && let Some(line) = lines.next()?
    {
        items.extend(message(&line).and_then(|message| item(&message, max_chars)));
    }
    items.reverse();
    Ok(Some(items))
}

fn item(message: &Message, max_chars: usize) -> Option<PreviewItem> {
    let calls: Vec<&str> = message
        .content()
        .iter()
        .filter_map(|part| match part {
            Part::ToolCall { name, .. } => Some(&**name),
            Part::Text { .. } | Part::Thinking { .. } | Part::Image { .. } => None,
        })
        .collect();
    let role = match message {
        Message::User(_) => PreviewRole::User,
        Message::Assistant(_) if calls.is_empty() => PreviewRole::Assistant,
        Message::Assistant(_) | Message::ToolResult(_) => PreviewRole::Tool,
    };
    let said = message.text().trim().to_owned();
    let text = match (said.is_empty(), calls.as_slice()) {
        (false, _) => said,
        (true, [only]) => format!("call {only}"),
        (true, [first, rest @ ..]) => format!("call {first} +{}", rest.len()),
        (true, []) => match message.content().first()? {
            Part::Image { .. } => "[image]".to_owned(),
            Part::Text { .. } | Part::Thinking { .. } | Part::ToolCall { .. } => return None,
        },
    };
    Some(PreviewItem { role, text: cut(&text, max_chars, "...") })
}

/// At most this many characters, the mark included.
pub(crate) fn cut(text: &str, max_chars: usize, mark: &str) -> String {
    if text.chars().count() <= max_chars {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max_chars.saturating_sub(mark.chars().count())).collect();
    format!("{}{mark}", kept.trim_end())
}

/// A title from a text: one line, at most 60 characters, cut at a word.
pub(crate) fn title(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MOST {
        return line;
    }
    let kept: String = line.chars().take(MOST - 1).collect();
    let at_word = kept.rsplit_once(' ').map(|(start, _)| start).filter(|start| start.chars().count() > MOST * 3 / 5);
    format!("{}…", at_word.unwrap_or(&kept))
}

fn message(line: &[u8]) -> Option<Message> {
    Message::read(Line::parse(line)?.message?)
}

/// Messages that follow each other in a file.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Oldest first, as they stand in the file.
    pub(crate) messages: Vec<Box<RawValue>>,
    /// The entry of the first of them; `None` when nothing was said before it, or nothing that could be asked for.
    pub(crate) before: Option<EntryId>,
}

/// The messages before an entry, or the last ones. `None` where the file has no such entry.
pub(crate) fn page(
    disk: &dyn Disk,
    path: &AbsPath,
    before: Option<&EntryId>,
    limit: usize,
    max_bytes: usize,
) -> io::Result<Option<Page>> {
    #[derive(Deserialize)]
    struct Said<'a> {
        id: Option<EntryId>,
        #[serde(borrow)]
        message: Option<&'a RawValue>,
    }
    let mut lines = LinesBackwards::new(disk, path)?;
    let mut is_reached = before.is_none();
    let (mut messages, mut bytes) = (Vec::new(), 0);
    // A page begins with an entry that has an id, or nobody could ask for what is before it.
    let (mut first, mut from_first, mut has_older) = (None, 0, false);
    while let Some(line) = lines.next()? {
        let Ok(Said { id, message }) = serde_json::from_slice(&line) else { continue };
        if !is_reached {
            is_reached = id.as_ref() == before;
            continue;
        }
        let Some(message) = message else { continue };
        bytes += message.get().len();
        let is_full = messages.len() >= limit || bytes > max_bytes;
        if is_full && !messages.is_empty() {
            has_older = true;
            break;
        }
        messages.push(crate::envelope::without(message));
        if id.is_some() {
            (first, from_first) = (id, messages.len());
        }
    }
    // In a file of version 1 no entry has one: its page is full all the same.
    if has_older && first.is_some() {
        messages.truncate(from_first);
    }
    messages.reverse();
    Ok(is_reached.then_some(Page { messages, before: first.filter(|_| has_older) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_ends_at_a_word_and_an_ellipsis() {
        let text = "look at this [message_id: 88478c3d-4196-461e-9622-74a963dcc0de] and more";
        assert_eq!(title("  two\n words "), "two words");
        let title = title(text);
        assert!(title.ends_with('…') && title.chars().count() <= 60, "{title}");
    }

    #[test]
    fn a_page_is_full_at_its_limit_also_where_entries_have_no_ids() {
        let (disk, path) = (stdx::MemoryDisk::new(), AbsPath::new("/a").unwrap());
        let page_of = |ids: [&str; 5]| {
            let line =
                |(at, id): (usize, &&str)| format!("{{{id}\"message\":{{\"role\":\"user\",\"content\":\"{at}\"}}}}\n");
            let text: String = ids.iter().enumerate().map(line).collect();
            disk.replace(&path, &mut |out| out.write_all(text.as_bytes())).unwrap();
            let page = page(&disk, &path, None, 3, 10_000).unwrap().unwrap();
            let texts = page.messages.iter().map(|message| Message::read(message).unwrap().text());
            (texts.collect::<Vec<_>>().join(" "), page.before.map(|id| id.to_string()))
        };
        assert_eq!(page_of([""; 5]), ("2 3 4".to_owned(), None));
        // What has no id before it can be asked for only together with what follows, so it comes with the next page.
        assert_eq!(page_of(["", "", "", "\"id\":\"b\",", ""]), ("3 4".to_owned(), Some("b".to_owned())));
        assert_eq!(page_of(["", "", "\"id\":\"a\",", "", ""]), ("2 3 4".to_owned(), Some("a".to_owned())));
    }

    #[test]
    fn a_cut_text_has_its_mark_within_the_limit() {
        assert_eq!(cut("0123456789", 10, "..."), "0123456789");
        assert_eq!(cut("01234567890", 10, "..."), "0123456...");
    }
}
