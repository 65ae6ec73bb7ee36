//! Long polling.
//!
//! Telegram keeps an update until a poll asks for the ones behind it, so the offset moves only when the host comes
//! back for more.

use std::time::Duration;

use async_trait::async_trait;
use channel::{ChannelError, Inbound, Listener};
use serde_json::{json, value::RawValue};
use stdx::{CancellationToken, OwnedTasks};
use tracing::{debug, warn};

use crate::{
    api::Api,
    arrive::arrive,
    offset::OffsetFile,
    split_text::SplitTexts,
    update::{ALLOWED, Me, Update, UpdateNumber},
};

/// How long Telegram holds a poll open.
const HOLD: Duration = Duration::from_secs(30);
/// Updates of one poll.
const BATCH: usize = 100;
/// Button presses that are being confirmed at once; the spinner of one more just spins out.
const CONFIRMATIONS: u32 = 8;

/// What becomes of updates, whichever way they come.
#[derive(Debug)]
pub(crate) struct Reader {
    api: Api,
    me: Me,
    texts: SplitTexts,
    confirmations: OwnedTasks,
}

impl Reader {
    pub(crate) fn new(api: Api, me: Me, cancel: &CancellationToken) -> Self {
        let confirmations = OwnedTasks::new("telegram-button", cancel, CONFIRMATIONS);
        Self { api, me, texts: SplitTexts::default(), confirmations }
    }

    /// An update that cannot be read is stepped over: it would never become readable.
    pub(crate) fn read(&mut self, raw: &str) -> Option<Inbound> {
        match serde_json::from_str::<Update>(raw) {
            Ok(update) => {
                if let Some(query) = &update.callback_query {
                    self.confirm(&query.id);
                }
                arrive(update, &self.me, &mut self.texts)
            }
            Err(problem) => {
                warn!(%problem, "an update could not be read");
                None
            }
        }
    }

    /// Ends the spinner on the button.
    fn confirm(&self, query: &str) {
        let (api, params) = (self.api.clone(), json!({ "callback_query_id": query }));
        let started = self.confirmations.try_spawn(|_| async move {
            if let Err(error) = api.tell("answerCallbackQuery", &params).await {
                debug!(error = %ChannelError::from(error), "a button press was not confirmed");
            }
        });
        if started.is_err() {
            debug!("too many button presses at once to confirm");
        }
    }
}

/// The polling half of a connected bot.
#[derive(Debug)]
pub(crate) struct Poller {
    api: Api,
    reader: Reader,
    file: OffsetFile,
    /// Everything up to this update was handed out.
    handed_out: Option<i64>,
    /// Everything up to this update is in the host's journal.
    taken: Option<i64>,
}

impl Poller {
    pub(crate) fn new(api: Api, reader: Reader, file: OffsetFile) -> Self {
        Self { api, reader, file, handed_out: None, taken: None }
    }

    async fn poll(&self) -> Result<Vec<Box<RawValue>>, ChannelError> {
        let mut params = json!({ "timeout": HOLD.as_secs(), "limit": BATCH, "allowed_updates": ALLOWED });
        if let (Some(taken), Some(params)) = (self.taken, params.as_object_mut()) {
            params.insert("offset".to_owned(), (taken + 1).into());
        }
        Ok(self.api.wait("getUpdates", &params, HOLD).await?)
    }
}

#[async_trait]
impl Listener for Poller {
    async fn next(&mut self) -> Result<Vec<Inbound>, ChannelError> {
        self.taken = self.taken.max(self.handed_out);
        if let Some(taken) = self.taken {
            self.file.save(taken).await;
        }
        loop {
            let updates = self.poll().await?;
            let mut batch = Vec::new();
            let mut last = self.taken;
            for raw in updates.iter().take(BATCH) {
                let Ok(UpdateNumber { update_id }) = serde_json::from_str(raw.get()) else { continue };
                last = last.max(Some(update_id));
                if !self.file.is_repeat(update_id) {
                    batch.extend(self.reader.read(raw.get()));
                }
            }
            if batch.is_empty() {
                // Nothing of it concerns the journal.
                self.taken = last;
            } else {
                self.handed_out = last;
                return Ok(batch);
            }
        }
    }
}
