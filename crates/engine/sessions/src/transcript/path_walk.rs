//! From the leaf to the root, over lines that come last first. Pure.
//!
//! A line that says nothing of its parent means the line before it: the published program writes such lines, and
//! whoever stops there loses the conversation.

use ids::EntryId;

use super::line::Line;

/// Which line is on the way next.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// The next entry, whichever it is.
    Next,
    Entry(EntryId),
    Nothing,
}

/// The way back through a file.
#[derive(Debug)]
pub(crate) struct PathWalk {
    wanted: Wanted,
    /// Set by the newest compaction on the way: the oldest entry that still counts.
    first_kept: Option<EntryId>,
    found_first_kept: bool,
}

/// What a line is to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnPath {
    No,
    /// It counts as it stands.
    Yes,
    /// It is the newest compaction: its summary counts, and what it kept follows.
    Compaction,
}

impl PathWalk {
    pub(crate) const fn new() -> Self {
        Self { wanted: Wanted::Next, first_kept: None, found_first_kept: false }
    }

    /// Looks at the line before all that were shown so far.
    pub(crate) fn step(&mut self, line: &Line<'_>) -> OnPath {
        let Some(id) = line.id.as_ref().filter(|_| line.is_entry()) else {
            // A message without an id was written by nobody we know; it counts where no one jumps over it.
            let counts = self.wanted == Wanted::Next && line.message.is_some() && !line.is_header();
            return if counts { OnPath::Yes } else { OnPath::No };
        };
        let is_wanted = match &self.wanted {
            Wanted::Next => true,
            Wanted::Entry(wanted) => wanted == id,
            Wanted::Nothing => false,
        };
        if !is_wanted {
            return OnPath::No;
        }
        self.wanted = match &line.parent_id {
            None => Wanted::Next,
            Some(None) => Wanted::Nothing,
            Some(Some(parent)) => Wanted::Entry(parent.clone()),
        };
        if self.first_kept.as_ref() == Some(id) {
            self.found_first_kept = true;
            self.wanted = Wanted::Nothing;
        }
        if line.r#type == "compaction" && self.first_kept.is_none() {
            self.first_kept.clone_from(&line.first_kept_entry_id);
            if self.first_kept.is_none() {
                // It kept nothing.
                self.wanted = Wanted::Nothing;
            }
            return OnPath::Compaction;
        }
        OnPath::Yes
    }

    pub(crate) fn is_done(&self) -> bool {
        self.wanted == Wanted::Nothing
    }

    /// Whether what stood before the compaction counts: not when the entry it names was never met.
    pub(crate) const fn keeps_what_was_before(&self) -> bool {
        self.found_first_kept
    }
}
