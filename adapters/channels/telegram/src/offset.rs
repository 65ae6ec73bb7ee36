//! How far an account has read, in the file that 2026.1.24 reads too.
//!
//! Telegram itself remembers what was confirmed, and the host's journal drops repeats. The file only keeps an update
//! that the published program answered, but had not yet confirmed, from being answered again.

use serde::{Deserialize, Serialize};
use stdx::{AbsPath, AtomicFile, Pool};
use tracing::warn;

/// An update this far below the last one is a repeat. Anything else below it is not: after a quiet week, and for
/// another bot, Telegram numbers from anywhere.
const REPEATS: i64 = 1000;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    version: u32,
    last_update_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bot_id: Option<i64>,
}

#[derive(Debug)]
pub(crate) struct OffsetFile {
    file: AtomicFile,
    bot: i64,
    pool: Pool,
    /// The last update handled before this program started.
    before: Option<i64>,
    saved: Option<i64>,
}

impl OffsetFile {
    pub(crate) async fn open(folder: &AbsPath, account: &str, bot: i64) -> Self {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let account: String = account.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
        let file = AtomicFile::real(folder.join(format!("update-offset-{account}.json")));
        let pool = Pool::new("telegram-offset", 1, 4);
        let reader = file.clone();
        let bytes = pool.run(move || reader.read()).await.ok().and_then(Result::ok).flatten();
        let content = bytes.and_then(|bytes| serde_json::from_slice::<Content>(&bytes).ok());
        let ours = content.filter(|content| content.bot_id.is_none_or(|of| of == bot));
        let before = ours.and_then(|content| content.last_update_id);
        Self { file, bot, pool, before, saved: before }
    }

    /// Handled by an earlier program on this folder.
    pub(crate) fn is_repeat(&self, update: i64) -> bool {
        self.before.is_some_and(|last| (last - REPEATS..=last).contains(&update))
    }

    /// Writes once for each number. A failure costs a repeat at worst, so it is only told.
    pub(crate) async fn save(&mut self, last: i64) {
        if self.saved == Some(last) {
            return;
        }
        let content = Content { version: 1, last_update_id: Some(last), bot_id: Some(self.bot) };
        let Ok(bytes) = serde_json::to_vec(&content) else { return };
        let file = self.file.clone();
        match self.pool.run(move || file.write(&bytes)).await {
            Ok(Ok(())) => self.saved = Some(last),
            Ok(Err(error)) => warn!(%error, "the update offset could not be written"),
            Err(error) => warn!(%error, "the update offset could not be written"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn opened(content: &str) -> OffsetFile {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("update-offset-default.json"), content).unwrap();
        OffsetFile::open(&AbsPath::new(folder.path()).unwrap(), "default", 7).await
    }

    #[tokio::test]
    async fn what_the_published_program_handled_is_a_repeat_and_a_new_numbering_is_not() {
        let file = opened(r#"{"version":1,"lastUpdateId":5000}"#).await;
        assert!(file.is_repeat(5000) && file.is_repeat(4990));
        assert!(!file.is_repeat(5001) && !file.is_repeat(12));
        assert!(!opened(r#"{"version":1,"lastUpdateId":5000,"botId":8}"#).await.is_repeat(5000));
        assert!(!opened("torn").await.is_repeat(5000));
    }

    #[tokio::test]
    async fn the_file_is_written_in_the_published_shape() {
        let folder = tempfile::tempdir().unwrap();
        let state = AbsPath::new(folder.path().join("telegram")).unwrap();
        OffsetFile::open(&state, "a/b", 7).await.save(12).await;
        let text = std::fs::read_to_string(state.join("update-offset-a_b.json")).unwrap();
        assert_eq!(text, r#"{"version":1,"lastUpdateId":12,"botId":7}"#);
    }
}
