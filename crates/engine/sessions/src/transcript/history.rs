//! The lines a model is shown, from the newest summary on.

use std::io;
use std::sync::Arc;

use ids::EntryId;
use stdx::{AbsPath, Disk};
use tool::Provenance;

use super::entry::{Body, NewEntry};
use super::line::Line;
use super::mend::mend;
use super::message::{Message, Part, UserMessage, read_content};
use super::path_walk::{OnPath, PathWalk};
use super::tail::LinesBackwards;

/// What a model is to see of a conversation, in order.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub entries: Vec<Arc<HistoryEntry>>,
    /// The last thinking level and model that the conversation was told of.
    pub thinking_level: Option<Arc<str>>,
    pub model: Option<(Arc<str>, Arc<str>)>,
}

/// One entry of a history.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// `None` for what has no line of its own.
    pub id: Option<EntryId>,
    pub said: Said,
    pub provenance: Provenance,
}

#[derive(Debug, Clone)]
pub enum Said {
    Message(Message),
    /// What a compaction put in place of the conversation before: to be shown as a person's text.
    Summary(Arc<str>),
}

impl History {
    /// Reads a file backwards, as far as the model sees.
    pub(crate) fn read(disk: &dyn Disk, path: &AbsPath) -> io::Result<Self> {
        let mut lines = LinesBackwards::new(disk, path)?;
        let mut walk = PathWalk::new();
        let mut history = Self::default();
        let mut summary = None;
        // Last first, until it is turned around.
        while !walk.is_done()
            && let Some(bytes) = lines.next()?
        {
            let Some(line) = Line::parse(&bytes) else { continue };
            match walk.step(&line) {
                OnPath::No => continue,
                OnPath::Yes => history.entries.extend(history_entry(&line)),
                OnPath::Compaction => summary = Some((history.entries.len(), compaction(&line))),
            }
            history.learn(&line);
        }
        if let Some((newer, summary)) = summary {
            if !walk.keeps_what_was_before() {
                history.entries.truncate(newer);
            }
            history.entries.push(Arc::new(summary));
        }
        history.entries.reverse();
        Ok(history)
    }

    /// The same with one more entry at the end, which was committed.
    pub(crate) fn push(&mut self, entry: &NewEntry, id: &EntryId) {
        let said = match &entry.body {
            Body::Message(message) => Said::Message(message.clone()),
            Body::CustomMessage { content, .. } => {
                Said::Message(Message::User(UserMessage { content: content.clone(), timestamp: 0 }))
            }
            Body::Compaction { summary, first_kept_entry_id, .. } => {
                let kept = self.entries.iter().position(|entry| entry.id.as_ref() == Some(first_kept_entry_id));
                self.entries.drain(..kept.unwrap_or(self.entries.len()));
                let said = Said::Summary(Arc::clone(summary));
                let summary = HistoryEntry { id: Some(id.clone()), said, provenance: entry.provenance.clone() };
                self.entries.insert(0, Arc::new(summary));
                return;
            }
            Body::ModelChange { provider, model_id } => {
                self.model = Some((Arc::clone(provider), Arc::clone(model_id)));
                return;
            }
            Body::ThinkingLevelChange { thinking_level } => {
                self.thinking_level = Some(Arc::clone(thinking_level));
                return;
            }
            Body::Custom { .. } => return,
        };
        self.entries.push(Arc::new(HistoryEntry { id: Some(id.clone()), said, provenance: entry.provenance.clone() }));
    }

    /// The same, fit for a vendor: every call has its result.
    #[must_use]
    pub fn mended(&self) -> Self {
        Self { entries: mend(&self.entries), ..self.clone() }
    }

    /// About how many bytes it takes in memory.
    pub(crate) fn weight(&self) -> usize {
        let one = |entry: &Arc<HistoryEntry>| match &entry.said {
            Said::Message(message) => message.weight(),
            Said::Summary(text) => text.len() + 200,
        };
        self.entries.iter().map(one).sum()
    }

    /// Going backwards, the first that is met is the last that was said.
    fn learn(&mut self, line: &Line<'_>) {
        if self.thinking_level.is_none() && line.r#type == "thinking_level_change" {
            self.thinking_level = line.thinking_level.as_deref().map(Arc::from);
        }
        if self.model.is_none()
            && line.r#type == "model_change"
            && let (Some(provider), Some(model)) = (&line.provider, &line.model_id)
        {
            self.model = Some((provider.as_str().into(), model.as_str().into()));
        }
    }
}

fn history_entry(line: &Line<'_>) -> Option<Arc<HistoryEntry>> {
    let said = match &*line.r#type {
        "message" => Said::Message(Message::read(line.message?)?),
        "custom_message" => {
            let content = line.content.map(read_content)?;
            Said::Message(Message::User(UserMessage { content, timestamp: 0 }))
        }
        "branch_summary" => {
            let text = format!(
                "A branch of this conversation was left; in short:\n\n<summary>\n{}\n</summary>",
                line.summary.as_deref()?
            );
            Said::Message(Message::User(UserMessage { content: vec![Part::text(text)], timestamp: 0 }))
        }
        _ => return None,
    };
    Some(Arc::new(HistoryEntry { id: line.id.clone(), said, provenance: provenance(line) }))
}

fn compaction(line: &Line<'_>) -> HistoryEntry {
    let summary = line.summary.as_deref().unwrap_or_default();
    HistoryEntry { id: line.id.clone(), said: Said::Summary(summary.into()), provenance: provenance(line) }
}

/// An entry without a word about its origin reads as the owner's; one whose word cannot be read, as nobody's.
fn provenance(line: &Line<'_>) -> Provenance {
    let Some(raw) = line.x else { return Provenance::default() };
    serde_json::from_str(raw.get()).unwrap_or_else(|_| Provenance::new(tool::Origin::Unknown, tool::Secrecy::Owner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use stdx::MemoryDisk;

    /// A file of lines, told as `id>text`.
    fn read(lines: &[&str]) -> Vec<String> {
        let (disk, path) = (MemoryDisk::new(), AbsPath::new("/a.jsonl").unwrap());
        disk.open(&path).unwrap().append(lines.join("\n").as_bytes()).unwrap();
        let history = History::read(&disk, &path).unwrap();
        let one = |entry: &Arc<HistoryEntry>| match &entry.said {
            Said::Message(message) => message.text(),
            Said::Summary(text) => format!("summary: {text}"),
        };
        history.entries.iter().map(one).collect()
    }

    fn said(id: &str, parent: &str, text: &str) -> String {
        format!(
            r#"{{"type":"message","id":"{id}",{parent}"timestamp":"t","message":{{"role":"user","content":"{text}"}}}}"#
        )
    }

    fn after(parent: &str) -> String {
        format!(r#""parentId":"{parent}","#)
    }

    const HEADER: &str = r#"{"type":"session","version":3,"id":"s","timestamp":"t","cwd":"/"}"#;
    const ROOT: &str = r#""parentId":null,"#;

    #[test]
    fn the_way_from_the_leaf_leaves_other_branches_out() {
        let (a, b, c, d) = (
            said("a", ROOT, "one"),
            said("b", &after("a"), "left"),
            said("c", &after("a"), "two"),
            said("d", &after("c"), "three"),
        );
        assert_eq!(read(&[HEADER, &a, &b, &c, &d]), ["one", "two", "three"]);
    }

    #[test]
    fn a_line_without_a_parent_does_not_cut_the_conversation_off() {
        let (a, b, c) = (said("a", ROOT, "one"), said("b", "", "injected"), said("c", &after("b"), "two"));
        assert_eq!(read(&[HEADER, &a, &b, &c]), ["one", "injected", "two"]);
    }

    #[test]
    fn malformed_lines_and_a_missing_header_are_no_end() {
        let (a, b) = (said("a", ROOT, "one"), said("b", &after("a"), "two"));
        assert_eq!(read(&[&a, "{broken", "", &b, r#"{"type":"mess"#]), ["one", "two"]);
        assert!(read(&[HEADER]).is_empty());
    }

    #[test]
    fn the_newest_compaction_tells_what_was_before_what_it_kept() {
        let compaction = |id: &str, parent: &str, kept: &str, text: &str| {
            format!(
                r#"{{"type":"compaction","id":"{id}","parentId":"{parent}","timestamp":"t","summary":"{text}","firstKeptEntryId":"{kept}","tokensBefore":9}}"#
            )
        };
        let (a, b, c) = (said("a", ROOT, "one"), said("b", &after("a"), "two"), said("c", &after("b"), "three"));
        let (d, e) = (compaction("d", "c", "c", "early"), said("e", &after("d"), "four"));
        assert_eq!(read(&[HEADER, &a, &b, &c, &d, &e]), ["summary: early", "three", "four"]);
        let (f, g) = (compaction("f", "e", "e", "later"), said("g", &after("f"), "five"));
        assert_eq!(read(&[HEADER, &a, &b, &c, &d, &e, &f, &g]), ["summary: later", "four", "five"]);
        let (f, g) = (compaction("f", "e", "zzz", "all"), said("g", &after("f"), "five"));
        assert_eq!(read(&[HEADER, &a, &b, &c, &d, &e, &f, &g]), ["summary: all", "five"]);
    }

    #[test]
    fn an_entry_without_a_word_of_its_origin_is_the_owners() {
        let line = said("a", ROOT, "one");
        let line = Line::parse(line.as_bytes()).unwrap();
        assert_eq!(provenance(&line), Provenance::default());
        let strange = r#"{"type":"message","id":"a","x":{"origin":7}}"#;
        assert_eq!(provenance(&Line::parse(strange.as_bytes()).unwrap()).origin, tool::Origin::Unknown);
    }
}
