//! Differences that are meant, as `docs/compatibility.md` lists them: one table row each, with its reason.
//!
//! `| where | pointer | difference | why |`: *where* is a method, or `event` and its name, in back-quotes; *pointer*
//! is a JSON pointer into the frame, `*` standing for one step and a last `**` for anything below.

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
    pointer: Vec<String>,
    kind: String,
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
    pub fn excuses(&self, subject: &str, difference: &Difference) -> bool {
        let steps: Vec<&str> = difference.at.split('/').skip(1).collect();
        let mut excused = false;
        for (index, row) in self.rows.iter().enumerate() {
            let same = row.subject == subject && row.kind == difference.kind.as_str();
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
        unused.map(|(_, row)| format!("{} /{} {}", row.subject, row.pointer.join("/"), row.kind)).collect()
    }
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.trim().strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
    let [subject, pointer, kind, _why] = cells.as_slice() else { return None };
    let quoted = |cell: &str| Some(cell.strip_prefix('`')?.strip_suffix('`')?.to_owned());
    let kind = (*kind).to_owned();
    if !["missing", "added", "other"].contains(&kind.as_str()) {
        return None;
    }
    let pointer = quoted(pointer)?.split('/').skip(1).map(str::to_owned).collect();
    Some(Row { subject: quoted(subject)?, pointer, kind })
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
| `event chat` | `/payload/message/**` | other | because |
| `status` | `/payload` | missing | never happens |
";

    fn difference(at: &str, kind: Kind) -> Difference {
        Difference { at: at.into(), kind, shown: String::new() }
    }

    #[test]
    fn only_what_the_table_names_is_excused() {
        let deviations = Deviations::parse(DOCUMENT);
        assert!(deviations.excuses("connect", &difference("/payload/features/methods/x", Kind::Added)));
        assert!(!deviations.excuses("connect", &difference("/payload/features/methods/x", Kind::Missing)));
        assert!(!deviations.excuses("connect", &difference("/payload/features/methods", Kind::Added)));
        assert!(deviations.excuses("event chat", &difference("/payload/message/content/0/text", Kind::Other)));
        assert!(!deviations.excuses("event agent", &difference("/payload/message/content", Kind::Other)));
        assert_eq!(deviations.unused(), ["status /payload missing"]);
    }
}
