//! Telegram's Bot API on a loopback socket: people who write, a log of what the bot said, and faults on demand.
//!
//! Accepts what the real one accepts and refuses what it refuses, as far as bots of ours go: formatting, lengths,
//! unknown chats, two pollers at once, polling while a webhook is set. The log is what counts when processes are killed.

mod accepted; // what the bot did
mod album; // several files in one call
mod control; // the same over HTTP, for people and other languages
mod fault; // what goes wrong
mod hook; // calls to the bot
mod html; // is the formatting valid?
mod methods; // the Bot API
mod onlooker; // who acts at one moment of a call
mod params; // JSON, forms and files alike
mod people; // who writes
mod posts; // what stands in the chats
mod serve; // the socket
mod world; // everything that is true at Telegram

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use stdx::OwnedTask;
use tokio::net::{TcpListener, TcpSocket};

use crate::model::keep_port;
use tokio_util::sync::CancellationToken;

pub use accepted::{Accepted, SentFile};
pub use fault::Fault;
pub use onlooker::Moment;
pub use people::{Person, Room};
pub use posts::Post;
use world::{Shared, World};

/// How long a test waits for the bot.
const PATIENCE: Duration = Duration::from_secs(20);

/// The vendor. Clones are the same vendor; it ends with the last of them.
#[derive(Debug, Clone)]
pub struct FakeTelegram {
    shared: Arc<Shared>,
    address: SocketAddr,
    serving: Arc<Mutex<Option<OwnedTask>>>,
    /// The port while nobody listens on it.
    kept: Arc<Mutex<Option<TcpSocket>>>,
}

impl FakeTelegram {
    /// # Errors
    /// No port could be bound.
    pub async fn start() -> io::Result<Self> {
        Self::start_on(0).await
    }

    /// # Errors
    /// The port could not be bound.
    pub async fn start_on(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(World::default()));
        let serving = serve::start(listener, Arc::clone(&shared));
        Ok(Self { shared, address, serving: Arc::new(Mutex::new(Some(serving))), kept: Arc::default() })
    }

    /// What `apiRoot` would be.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The one token that is known.
    #[must_use]
    pub fn token(&self) -> &'static str {
        world::TOKEN
    }

    /// A person in their private chat with the bot.
    #[must_use]
    pub fn user(&self, name: &str) -> Person {
        Person::private(Arc::clone(&self.shared), name)
    }

    /// A group that the bot is in.
    #[must_use]
    pub fn group(&self, title: &str) -> Room {
        Room::new(Arc::clone(&self.shared), title, false)
    }

    /// A group with topics.
    #[must_use]
    pub fn forum(&self, title: &str) -> Room {
        Room::new(Arc::clone(&self.shared), title, true)
    }

    /// The next call of this method ends so. Several line up.
    pub fn fault(&self, method: &str, fault: Fault) {
        self.shared.world.lock().faults.push((method.to_owned(), fault));
    }

    /// From now on each call of this method takes at least this long.
    pub fn slow(&self, method: &str, pace: Duration) {
        self.shared.world.lock().paces.insert(method.to_owned(), pace);
    }

    /// From now on each call of this method counts at once, and the bot is told this much later.
    pub fn slow_answers(&self, method: &str, pace: Duration) {
        self.shared.world.lock().answer_paces.insert(method.to_owned(), pace);
    }

    /// Tells of every moment of every call, as it happens.
    pub fn watch(&self, look: impl Fn(Moment<'_>) + Send + Sync + 'static) {
        self.shared.onlooker.set(look);
    }

    /// Forgets faults and paces.
    pub fn mend(&self) {
        let mut world = self.shared.world.lock();
        world.faults.clear();
        world.paces.clear();
        world.answer_paces.clear();
    }

    /// The network is gone: open connections break, new ones are refused.
    pub async fn offline(&self) {
        let serving = self.serving.lock().take();
        if let Some(serving) = serving {
            serving.stop(Duration::from_secs(2)).await;
            *self.kept.lock() = keep_port(self.address).ok();
        }
    }

    /// The network is back, at the same address.
    ///
    /// # Errors
    /// Somebody took the port meanwhile.
    pub async fn online(&self) -> io::Result<()> {
        let kept = self.kept.lock().take();
        let listener = kept.map_or_else(|| keep_port(self.address), Ok)?.listen(1024)?;
        *self.serving.lock() = Some(serve::start(listener, Arc::clone(&self.shared)));
        Ok(())
    }

    /// Breaks every open connection once.
    ///
    /// # Errors
    /// Somebody took the port meanwhile.
    pub async fn cut(&self) -> io::Result<()> {
        self.offline().await;
        self.online().await
    }

    /// Delivers the last update once more, confirmed or not.
    pub fn repeat_last_update(&self) {
        self.shared.change(World::repeat_last);
    }

    /// Everything the bot did and Telegram took, oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<Accepted> {
        self.shared.world.lock().log.clone()
    }

    /// A message as it stands in its chat now; `None` once it was deleted.
    #[must_use]
    pub fn post(&self, chat: i64, number: i64) -> Option<Post> {
        self.shared.world.lock().posts.get(chat, number).cloned()
    }

    /// Waits until a message stands there as `wanted` says.
    ///
    /// # Panics
    /// It did not in time.
    #[expect(clippy::panic, reason = "a test waits here, and what it waits for did not happen")]
    pub async fn post_becomes(&self, chat: i64, number: i64, wanted: impl Fn(Option<&Post>) -> bool) {
        let look = |world: &mut World| wanted(world.posts.get(chat, number)).then_some(());
        let done = self.shared.wait_for(PATIENCE, look).await;
        done.unwrap_or_else(|| panic!("the message stands as {:#?}", self.post(chat, number)));
    }

    /// How many updates the bot has not confirmed.
    #[must_use]
    pub fn unconfirmed(&self) -> usize {
        self.shared.world.lock().updates.len()
    }

    /// The texts of the messages that the bot has not confirmed.
    #[must_use]
    pub fn unconfirmed_texts(&self) -> Vec<String> {
        let world = self.shared.world.lock();
        let text = |update: &serde_json::Value| Some(update.get("message")?.get("text")?.as_str()?.to_owned());
        world.updates.iter().filter_map(|(_, update)| text(update)).collect()
    }

    /// The texts of all messages that Telegram took.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.log().into_iter().filter(Accepted::is_message).map(|accepted| accepted.text).collect()
    }

    /// The next message of the bot that no `expect` has seen.
    ///
    /// # Panics
    /// None came in time.
    #[expect(clippy::panic, reason = "a test waits here, and what it waits for did not happen")]
    pub async fn expect_reply(&self) -> Accepted {
        let found = self.shared.wait_for(PATIENCE, World::next_unread).await;
        found.unwrap_or_else(|| panic!("the bot said nothing; it did: {:#?}", self.log()))
    }

    /// Waits until Telegram took a call that `wanted` holds true for.
    ///
    /// # Panics
    /// None came in time.
    #[expect(clippy::panic, reason = "a test waits here, and what it waits for did not happen")]
    pub async fn expect(&self, wanted: impl Fn(&Accepted) -> bool) -> Accepted {
        let found = self.shared.wait_for(PATIENCE, |world| world.log.iter().find(|it| wanted(it)).cloned()).await;
        found.unwrap_or_else(|| panic!("the bot did not do it; it did: {:#?}", self.log()))
    }

    /// Waits until the bot has confirmed every update.
    ///
    /// # Panics
    /// It did not in time.
    #[expect(clippy::panic, reason = "a test waits here, and what it waits for did not happen")]
    pub async fn all_confirmed(&self) {
        let done = self.shared.wait_for(PATIENCE, |world| world.updates.is_empty().then_some(())).await;
        done.unwrap_or_else(|| panic!("the bot left updates unconfirmed"));
    }

    /// Waits until a poll of the bot is open.
    ///
    /// # Panics
    /// None was opened in time.
    #[expect(clippy::panic, reason = "a test waits here, and what it waits for did not happen")]
    pub async fn polled(&self) {
        let open = self.shared.wait_for(PATIENCE, |world| (world.open_polls > 0).then_some(())).await;
        open.unwrap_or_else(|| panic!("the bot does not poll"));
    }

    /// Waits until no poll of the bot is open: one that was given up is noticed a moment later.
    ///
    /// # Panics
    /// One stayed open.
    #[expect(clippy::panic, reason = "a test waits here, and what it waits for did not happen")]
    pub async fn unpolled(&self) {
        let none = self.shared.wait_for(PATIENCE, |world| (world.open_polls == 0).then_some(())).await;
        none.unwrap_or_else(|| panic!("the bot goes on polling"));
    }

    /// The address that the bot wants to be called at, and the secret that goes along.
    #[must_use]
    pub fn hook(&self) -> Option<(String, Option<String>)> {
        self.shared.world.lock().hook.as_ref().map(|hook| (hook.url.clone(), hook.secret.clone()))
    }

    /// The statuses that the bot's webhook answered with.
    #[must_use]
    pub fn hook_answers(&self) -> Vec<u16> {
        self.shared.world.lock().hook_answers.clone()
    }

    /// Waits until the bot's webhook gave this many answers.
    ///
    /// # Panics
    /// It did not in time.
    #[expect(clippy::panic, reason = "a test waits here, and what it waits for did not happen")]
    pub async fn hook_answered(&self, times: usize) {
        let seen = |world: &mut World| (world.hook_answers.len() >= times).then_some(());
        let done = self.shared.wait_for(PATIENCE, seen).await;
        done.unwrap_or_else(|| panic!("the webhook answered only {:?}", self.hook_answers()));
    }

    /// Serves until the token is cancelled.
    pub async fn until(&self, cancel: CancellationToken) {
        cancel.cancelled().await;
        self.offline().await;
    }
}
