//! What the `message` tool has said in a run: an answer that says the same is not said again.
//!
//! Kept as a fact beside the row, so that a restart in between forgets nothing; only the text's digest stands in it.

use std::sync::Arc;

use channel::SendKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{StoreError, Tx};

use crate::{
    Part,
    outbox::{self, Body, Draft},
    shape,
};

const KIND: &str = "outbound.told";

#[derive(Serialize, Deserialize)]
struct Told {
    digest: String,
    /// The piece that says it.
    piece: Arc<str>,
}

/// Stages a piece of the tool, and keeps what it says.
pub(crate) fn stage(tx: &Tx<'_>, draft: &Draft) -> Result<(), StoreError> {
    let text = match &draft.body {
        Body::Text { markdown } => markdown,
        Body::File { caption, .. } | Body::Album { caption, .. } => caption,
        Body::Reaction { .. } => return outbox::stage(tx, draft).map(drop),
    };
    if outbox::stage(tx, draft)? && !text.is_empty() {
        tx.fact(&draft.cause, KIND, &Told { digest: digest(text), piece: Arc::clone(&draft.key.0) })?;
    }
    Ok(())
}

/// Whether all that this answer says was said by the tool in the same run: it has left, or it will. What the network
/// refused was not said.
pub(crate) fn has_told(tx: &Tx<'_>, run: &str, raw: &str) -> Result<bool, StoreError> {
    let parts = shape::shape(raw, None);
    let [Part::Text(text)] = parts.as_slice() else { return Ok(false) };
    // The kind stands in the text: some kinds have an index of their own, and a statement that may be about any of them
    // is compiled again each time it runs.
    let sql = "SELECT body FROM facts WHERE cause = ?1 AND kind = 'outbound.told'";
    let told = tx.query(sql, [run], |row| row.get::<_, String>(0))?;
    let wanted = digest(text.as_str());
    for told in told.iter().filter_map(|body| serde_json::from_str::<Told>(body).ok()) {
        if told.digest == wanted && outbox::is_said(tx, &SendKey(told.piece))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the tool has said anything in the run.
pub(crate) fn has_any(tx: &Tx<'_>, run: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM facts WHERE cause = ?1 AND kind = ?2 LIMIT 1";
    Ok(tx.first(sql, [run, KIND], |_| Ok(()))?.is_some())
}

/// Of the words alone: spaces, marks and capitals make no other text of it.
fn digest(text: &str) -> String {
    let words: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    // A text without words (an emoji, say) is itself.
    let said = if words.is_empty() { text.trim().to_owned() } else { words };
    Sha256::digest(said.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_the_same_text_however_they_are_set() {
        assert_eq!(digest("**Done!**  It works."), digest("Done. It works"));
        assert_ne!(digest("Done"), digest("Done and dusted"));
        assert_ne!(digest("👍"), digest("👎"));
    }
}
