//! Shows an answer as a draft while it is being written, where the network can.
//!
//! A draft is no piece: it has no row, nothing waits for it, and its first failure is its last.

use std::{sync::Arc, time::Duration};

use channel::Drafts;
use tokio::sync::watch;
use tracing::debug;

use crate::{
    Blocks, Place,
    blocks::{ripe, settled},
    pace::Leaving,
    shape::{self, Part},
    way::Ways,
};

/// Least time between two states of a draft.
const PACE: Duration = Duration::from_millis(300);

/// How a draft grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// With every word.
    Words,
    /// By blocks.
    Blocks(Blocks),
}

/// One answer's draft.
pub(crate) struct Draft {
    pub(crate) drafts: Arc<dyn Drafts>,
    pub(crate) ways: Arc<Ways>,
    pub(crate) place: Place,
    pub(crate) number: u64,
    pub(crate) growth: Growth,
    /// Characters that the network shows.
    pub(crate) room: usize,
}

impl Draft {
    /// Shows what there is until the answer is over or grows too long.
    pub(crate) async fn show(self, mut texts: watch::Receiver<Arc<str>>) {
        let (mut at, mut shown) = (0, String::new());
        loop {
            let text = Arc::clone(&texts.borrow_and_update());
            at = self.grown(&text, at);
            let now = visible(text.get(..at).unwrap_or_default());
            if now.encode_utf16().count() > self.room {
                return;
            }
            if now != shown && !now.is_empty() {
                // Messages come first: a state for which there is no turn is left out.
                if let Ok(under_way) = self.ways.begin(&self.place, Leaving::Sign) {
                    let answer = self.drafts.show(&self.place.target, self.number, &now).await;
                    under_way.heard(&answer);
                    if let Err(error) = answer {
                        debug!(%error, "a draft could not be shown");
                        return;
                    }
                    shown = now;
                }
                tokio::time::sleep(PACE).await;
            }
            if texts.changed().await.is_err() {
                return;
            }
        }
    }

    /// How many bytes of the text are shown now.
    fn grown(&self, text: &str, from: usize) -> usize {
        match &self.growth {
            Growth::Words => settled(text),
            Growth::Blocks(blocks) => {
                let mut at = from;
                while let Some(length) = text.get(at..).and_then(|rest| ripe(rest, blocks, false)) {
                    at += length;
                }
                at
            }
        }
    }
}

/// The words of it: files come with the answer. Nothing as long as it may be an answer for nobody.
fn visible(raw: &str) -> String {
    if shape::may_be_mark(raw) {
        return String::new();
    }
    let texts = shape::shape(raw, None).into_iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str().to_owned()),
        Part::Media(_) => None,
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_of_what_begins_like_an_answer_for_nobody() {
        for raw in
            ["NO", "NO_REPL", "NO_REPLY, because", "**NO_RE", "`HEARTBEAT_", "HEARTBEAT_OK all", "<think>x</think>NO_R"]
        {
            assert_eq!(visible(raw), "", "{raw}");
        }
        for raw in ["Now it", "NO_REPLYING is a word", "No reply"] {
            assert_eq!(visible(raw), raw);
        }
    }
}
