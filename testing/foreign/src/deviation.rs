//! Differences that are meant, as `docs/compatibility.md` lists them: one table row each, with its reason.
//!
//! `| where | pointer | difference | why |`: *where* is a method, or `event` and its name, in back-quotes, perhaps
//! followed by ``in `story` ``; *pointer* is a JSON pointer into the frame, `*` standing for one step and a last `**`
//! for anything below; *difference* is one or more of `missing`, `added`, `other`, with commas between.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context as _, Result};
use parking_lot::Mutex;

use crate::Difference;

/// The table.
#[derive(Debug, Default)]
pub struct Deviations {
    rows: Vec<Row>,
    used: Mutex<BTreeSet<usize>>,
}

#[derive(Debug)]
struct Row {
    subject: String,
    /// In any story when absent.
    story: Option<String>,
    pointer: Vec<String>,
    kinds: Vec<String>,
}

impl Deviations {
    /// Reads the document.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        Ok(Self::parse(&fs::read_to_string(path).with_context(|| path.display().to_string())?))
    }

    /// Takes the rows out of a document; other tables and text are passed over.
    #[must_use]
    pub fn parse(document: &str) -> Self {
        Self { rows: document.lines().filter_map(row).collect(), used: Mutex::default() }
    }

    /// Whether the difference is on the list.
    #[must_use]
    pub fn excuses(&self, story: &str, subject: &str, difference: &Difference) -> bool {
        let steps: Vec<&str> = difference.at.split('/').skip(1).collect();
        let mut excused = false;
        for (index, row) in self.rows.iter().enumerate() {
            let here = row.story.as_ref().is_none_or(|only| story.ends_with(only.as_str()));
            let same = here && row.subject == subject && row.kinds.iter().any(|kind| kind == difference.kind.as_str());
            if same && matches(&row.pointer, &steps) {
                self.used.lock().insert(index);
                excused = true;
            }
        }
        excused
    }

    /// The rows that excused nothing: they should go.
    #[must_use]
    pub fn unused(&self) -> Vec<String> {
        let used = self.used.lock();
        let unused = self.rows.iter().enumerate().filter(|(index, _)| !used.contains(index));
        unused.map(|(_, row)| format!("{} /{}", row.subject, row.pointer.join("/"))).collect()
    }
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.trim().strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
    let [subject, pointer, kind, _why] = cells.as_slice() else { return None };
    let quoted = |cell: &str| Some(cell.strip_prefix('`')?.strip_suffix('`')?.to_owned());
    let (subject, story) = match subject.split_once(" in ") {
        Some((subject, story)) => (subject, Some(quoted(story)?)),
        None => (*subject, None),
    };
    let kinds: Vec<String> = kind.split(',').map(|kind| kind.trim().to_owned()).collect();
    if !kinds.iter().all(|kind| ["missing", "added", "other"].contains(&kind.as_str())) {
        return None;
    }
    let pointer = quoted(pointer)?.split('/').skip(1).map(str::to_owned).collect();
    Some(Row { subject: quoted(subject)?, story, pointer, kinds })
}

fn matches(pattern: &[String], steps: &[&str]) -> bool {
    match (pattern.split_first(), steps.split_first()) {
        (None, None) => true,
        (Some((all, [])), _) if all == "**" => true,
        (Some((first, pattern)), Some((step, steps))) => (first == "*" || first == step) && matches(pattern, steps),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    const DOCUMENT: &str = "\
# Title
| where | pointer | difference | why |
|---|---|---|---|
| `connect` | `/payload/features/methods/*` | added | ours |
| `event chat` in `abort` | `/payload/message/**` | other, added | because |
| `status` | `/payload` | missing | never happens |
";

    fn difference(at: &str, kind: Kind) -> Difference {
        Difference { at: at.into(), kind, shown: String::new() }
    }

    #[test]
    fn only_what_the_table_names_is_excused() {
        let deviations = Deviations::parse(DOCUMENT);
        assert!(deviations.excuses("01-abort", "connect", &difference("/payload/features/methods/x", Kind::Added)));
        assert!(!deviations.excuses("01-abort", "connect", &difference("/payload/features/methods/x", Kind::Missing)));
        assert!(!deviations.excuses("01-abort", "connect", &difference("/payload/features/methods", Kind::Added)));
        let text = difference("/payload/message/content/0/text", Kind::Other);
        assert!(deviations.excuses("01-abort", "event chat", &text));
        assert!(!deviations.excuses("02-other", "event chat", &text));
        assert!(!deviations.excuses("01-abort", "event agent", &difference("/payload/message/content", Kind::Other)));
        assert_eq!(deviations.unused(), ["status /payload"]);
    }
}
