//! The files of a workspace that every prompt holds: AGENTS.md and its like.

use std::fmt::Write as _;

use stdx::{AbsPath, Disk};
use tracing::warn;

use crate::sections::Mode;

/// In the published order.
pub(crate) const FILES: [&str; 7] =
    ["AGENTS.md", "SOUL.md", "TOOLS.md", "IDENTITY.md", "USER.md", "HEARTBEAT.md", "BOOTSTRAP.md"];
/// The only ones a sub-agent is shown.
const FOR_SUBAGENTS: [&str; 2] = ["AGENTS.md", "TOOLS.md"];
/// A file that is larger is cut without being read whole.
pub(crate) const LARGEST: usize = 4 << 20;

/// Size and time of each file, `None` where there is none.
pub(crate) type Stamps = [Option<(u64, i64)>; FILES.len()];

pub(crate) fn stamps(disk: &dyn Disk, workspace: &AbsPath) -> Stamps {
    FILES.map(|name| disk.stat(&workspace.join(name)).ok().map(|stat| (stat.len, stat.modified_ms)))
}

/// The files as they were read.
#[derive(Debug)]
pub(crate) struct Context {
    stamps: Stamps,
    most_chars: usize,
    full: String,
    minimal: String,
}

impl Context {
    pub(crate) fn read(disk: &dyn Disk, workspace: &AbsPath, stamps: Stamps, most_chars: usize) -> Self {
        let mut context = Self { stamps, most_chars, full: String::new(), minimal: String::new() };
        for (name, stamp) in FILES.iter().zip(&stamps) {
            let path = workspace.join(name);
            let section = match stamp {
                // The greeting is there only while the workspace is new.
                None if *name == "BOOTSTRAP.md" => continue,
                None => format!("## {name}\n[missing: {path}]\n"),
                Some(_) => {
                    let bytes = disk.read(&path, 0, LARGEST).unwrap_or_default();
                    let text = String::from_utf8_lossy(&bytes);
                    if text.trim().is_empty() {
                        continue;
                    }
                    let cut = cut(&text, most_chars);
                    if cut.len() < text.len() {
                        warn!(file = %path, characters = text.chars().count(), most_chars, "a workspace file is cut");
                    }
                    format!("## {name}\n{}\n", cut.trim_end())
                }
            };
            context.full.push_str(&section);
            if FOR_SUBAGENTS.contains(name) {
                context.minimal.push_str(&section);
            }
        }
        context
    }

    pub(crate) fn is_of(&self, stamps: &Stamps, most_chars: usize) -> bool {
        self.stamps == *stamps && self.most_chars == most_chars
    }

    pub(crate) fn text(&self, mode: Mode) -> &str {
        match mode {
            Mode::Full => &self.full,
            Mode::Minimal => &self.minimal,
        }
    }
}

/// At most this many characters: of a longer text the first 70 and the last 20 parts of a hundred.
fn cut(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let (head, tail) = (most * 7 / 10, most / 5);
    let mut kept: String = text.chars().take(head).collect();
    // Writing to a text cannot fail.
    let _infallible = write!(kept, "\n[… {} characters left out; read the file for them …]\n", count - head - tail);
    kept.extend(text.chars().skip(count - tail));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use stdx::MemoryDisk;

    fn workspace(files: &[(&str, &str)]) -> (MemoryDisk, AbsPath) {
        let (disk, folder) = (MemoryDisk::new(), AbsPath::new("/clawd").unwrap());
        for (name, text) in files {
            disk.replace(&folder.join(name), &mut |to| to.write_all(text.as_bytes())).unwrap();
        }
        (disk, folder)
    }

    #[test]
    fn a_long_file_keeps_its_head_and_its_tail() {
        let text = format!("{}{}", "a".repeat(900), "z".repeat(300));
        let cut = cut(&text, 1000);
        assert!(cut.starts_with(&"a".repeat(700)) && cut.ends_with(&"z".repeat(200)));
        assert!(cut.contains("300 characters left out"));
    }

    #[test]
    fn missing_files_are_named_and_blank_ones_left_out() {
        let (disk, folder) = workspace(&[("AGENTS.md", "be kind"), ("SOUL.md", " \n")]);
        let context = Context::read(&disk, &folder, stamps(&disk, &folder), 100);
        assert!(context.full.starts_with("## AGENTS.md\nbe kind\n## TOOLS.md\n[missing: /clawd/TOOLS.md]\n"));
        assert!(!context.full.contains("BOOTSTRAP") && !context.full.contains("SOUL"));
        assert!(!context.text(Mode::Minimal).contains("USER.md"));
    }
}
