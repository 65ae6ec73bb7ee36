//! The network: its name, its limits, and how its config section becomes accounts.

use async_trait::async_trait;
use channel::{Account, AccountIssue, Channel, Descriptor, Dialect, Limits, Pace, PeerField, Rate, Target};
use serde_json::value::RawValue;

use crate::{account::Bot, config, target::Place};

/// The channel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Telegram;

/// Characters of a text and of a caption, after formatting: <https://core.telegram.org/bots/api#sendmessage>.
pub(crate) const TEXT: usize = 4096;
pub(crate) const CAPTION: usize = 1024;
/// What Telegram's own servers give to a bot and take from it.
pub(crate) const DOWNLOAD: u64 = 20 << 20;
pub(crate) const UPLOAD: u64 = 50 << 20;

static DESCRIPTOR: Descriptor = Descriptor {
    kind: "telegram",
    label: "Telegram",
    detail_label: "Telegram Bot",
    system_image: "paperplane",
    id_label: "telegramUserId",
    peer_field: PeerField::ChatId,
    env_key: Some("TELEGRAM_BOT_TOKEN"),
    limits: Limits {
        // A little less than Telegram takes, because list numbers and bullets may grow.
        text: 4000,
        caption: CAPTION,
        album: 10,
        upload_bytes: UPLOAD,
        download_bytes: DOWNLOAD,
        dialect: Dialect::Rich,
        edits: true,
        threads: true,
        typing_seconds: 5,
        pace: Some(Pace { account: Rate { messages: 30, seconds: 1 }, conversation }),
    },
};

/// What a chat takes (<https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this>): twenty a
/// minute in a group or channel, one a second in a private chat, where a short burst passes.
fn conversation(target: &Target) -> Rate {
    match Place::of(target) {
        Ok(place) if place.is_private() => Rate { messages: 10, seconds: 10 },
        _ => Rate { messages: 20, seconds: 60 },
    }
}

#[async_trait]
impl Channel for Telegram {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn schema(&self) -> serde_json::Value {
        config::schema()
    }

    fn accounts(
        &self,
        section: &RawValue,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Vec<Box<dyn Account>>, Vec<AccountIssue>> {
        let settings = config::read(section, env)?;
        Ok(settings.into_iter().map(|settings| Box::new(Bot::new(settings)) as Box<dyn Account>).collect())
    }
}
