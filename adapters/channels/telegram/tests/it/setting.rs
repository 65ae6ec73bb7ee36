//! One bot, one vendor, one folder.

use std::sync::Arc;

use channel::{
    Account, AccountContext, Attachment, Channel as _, ChannelError, Connected, Inbound, Menu, Outbound, OutboundBody,
    SendKey, Target,
};
use fakes::FakeTelegram;
use net::{Http, HttpConfig};
use serde_json::{Value, json, value::RawValue};
use stdx::{AbsPath, CancellationToken, SystemClock};
use telegram::Telegram;
use tempfile::TempDir;

pub(crate) struct Setting {
    pub(crate) telegram: FakeTelegram,
    pub(crate) folder: TempDir,
}

impl Setting {
    pub(crate) async fn new() -> Self {
        Self { telegram: FakeTelegram::start().await.unwrap(), folder: tempfile::tempdir().unwrap() }
    }

    /// The bot's section, with more keys.
    pub(crate) fn section(&self, more: Value) -> String {
        let mut section = json!({ "botToken": self.telegram.token(), "apiRoot": self.telegram.url() });
        section.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        section.to_string()
    }

    pub(crate) fn account(&self, more: Value) -> Box<dyn Account> {
        let raw = RawValue::from_string(self.section(more)).unwrap();
        Telegram.accounts(&raw, &|_| None).unwrap().remove(0)
    }

    pub(crate) fn cx(&self) -> AccountContext {
        AccountContext {
            http: Http::new(HttpConfig::default()),
            state: AbsPath::new(self.folder.path()).unwrap(),
            clock: Arc::new(SystemClock),
            menu: Menu::default(),
            cancel: CancellationToken::new(),
        }
    }

    pub(crate) async fn connect(&self) -> Connected {
        self.connect_with(json!({})).await.unwrap()
    }

    pub(crate) async fn connect_with(&self, more: Value) -> Result<Connected, ChannelError> {
        self.account(more).connect(self.cx()).await
    }

    /// A file of ours.
    pub(crate) fn file(&self, name: &str, mime: &str, content: &[u8]) -> Attachment {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        Attachment { path: AbsPath::new(path).unwrap(), mime: mime.to_owned(), name: name.to_owned(), as_voice: false }
    }
}

pub(crate) fn to(chat: i64) -> Target {
    Target { peer: chat.to_string().parse().unwrap(), thread: None }
}

pub(crate) fn message(target: Target, body: OutboundBody) -> Outbound {
    Outbound { key: SendKey("k".into()), target, reply_to: None, body, keyboard: None, silent: false }
}

pub(crate) fn text(chat: i64, markdown: &str) -> Outbound {
    message(to(chat), OutboundBody::Text { markdown: markdown.to_owned() })
}

pub(crate) async fn next(connected: &mut Connected) -> Vec<Inbound> {
    connected.listener.next().await.unwrap()
}
