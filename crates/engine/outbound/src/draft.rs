//! Shows an answer as a draft while it is being written, where the network can.
//!
//! A draft is no piece: it has no row, nothing waits for it, and its first failure is its last.

use std::{sync::Arc, time::Duration};

use channel::{Drafts, Target};
use tokio::sync::watch;
use tracing::debug;

use crate::{
    Blocks,
    blocks::{ripe, settled},
    shape::{self, Part},
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
    pub(crate) target: Target,
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
                if let Err(error) = self.drafts.show(&self.target, self.number, &now).await {
                    debug!(%error, "a draft could not be shown");
                    return;
                }
                shown = now;
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

/// The words of it: files come with the answer.
fn visible(raw: &str) -> String {
    let texts = shape::shape(raw, None).into_iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str().to_owned()),
        Part::Media(_) => None,
    });
    texts.collect()
}
