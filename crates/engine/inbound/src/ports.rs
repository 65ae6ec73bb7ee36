//! What this engine asks of others it may not know; the app answers.

use std::sync::Arc;

use channel::AttachmentRef;
use futures_util::future::BoxFuture;
use ids::{AccountId, ChannelKind, RunId, SenderId, SessionKey};
use lanes::TurnFile;

use crate::ListChange;

/// Whom we know.
pub trait People: Send + Sync + std::fmt::Debug {
    /// The sender was let in by the owner.
    fn is_paired(&self, channel: &ChannelKind, sender: &SenderId) -> bool;

    /// Asks for the sender, who wrote to this account, to be let in.
    fn request(
        &self,
        channel: ChannelKind,
        account: AccountId,
        sender: channel::Sender,
    ) -> BoxFuture<'_, Result<Pairing, String>>;
}

/// The lists that let people in, as the owner changes them from a chat.
pub trait AllowLists: Send + Sync + std::fmt::Debug {
    /// Who was let in by a code.
    fn paired(&self, channel: &ChannelKind) -> Vec<String>;

    /// Lets somebody in, or makes a stranger of them again; whether that changed anything.
    fn pair(&self, channel: ChannelKind, sender: SenderId, lets_in: bool) -> BoxFuture<'_, Result<bool, String>>;

    /// Changes a list of the config, which is in force then, and says where it stands; `None` where the config says so
    /// already. Two changes at once are made one after the other.
    fn change(&self, change: ListChange) -> BoxFuture<'_, Result<Option<String>, String>>;
}

/// What became of a stranger's request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pairing {
    /// A code, new or still valid from an earlier message.
    Code(String),
    /// Too many strangers wait already: this one gets no code.
    Full,
}

/// What is to be known of networks and accounts.
pub trait Networks: Send + Sync + std::fmt::Debug {
    /// The network's name for people.
    fn label(&self, channel: &ChannelKind) -> String;

    /// The account's own `@name`, without the sign.
    fn username(&self, channel: &ChannelKind, account: &AccountId) -> Option<String>;

    /// How the network's allow lists name a sender's id: shown to strangers.
    fn id_label(&self, channel: &ChannelKind) -> &'static str;

    /// Fetches what a message brought: the stored file, or a phrase for the model about what is wrong with it.
    fn fetch(
        &self,
        channel: ChannelKind,
        account: AccountId,
        file: AttachmentRef,
    ) -> BoxFuture<'_, Result<TurnFile, String>>;

    /// Keeps a picture that a client sent.
    fn keep(
        &self,
        name: Option<String>,
        mime: Option<String>,
        bytes: Vec<u8>,
    ) -> BoxFuture<'_, Result<TurnFile, String>>;
}

/// What commands show and do that other engines know best.
pub trait Conversation: Send + Sync + std::fmt::Debug {
    /// The answer to `/status`.
    fn card(&self, key: SessionKey) -> BoxFuture<'_, String>;

    /// What the session, the day and the last thirty days cost, for `/usage cost`.
    fn cost(&self, key: SessionKey) -> BoxFuture<'_, String>;

    /// The session's model, for `/model`: `provider/model`.
    fn model(&self, key: SessionKey) -> BoxFuture<'_, String>;

    /// Sets the session's model by a word of a person, or says why not.
    fn choose_model(&self, key: SessionKey, word: String) -> BoxFuture<'_, Result<String, String>>;

    /// Summarises the session so far, or says why not.
    fn compact(&self, key: SessionKey, instructions: Option<String>) -> BoxFuture<'_, Result<String, String>>;

    /// Gives the session a new, empty transcript.
    fn start_over(&self, key: SessionKey) -> BoxFuture<'_, Result<(), String>>;
}

/// Shows operators an answer that no run made.
pub trait Shown: Send + Sync + std::fmt::Debug {
    fn answer(&self, run: &RunId, session: &str, text: Option<&str>);
}

impl Shown for lanes::Announce {
    fn answer(&self, run: &RunId, session: &str, text: Option<&str>) {
        lanes::Announce::answer(self, run, session, text);
    }
}

impl<T: Shown + ?Sized> Shown for Arc<T> {
    fn answer(&self, run: &RunId, session: &str, text: Option<&str>) {
        (**self).answer(run, session, text);
    }
}
