//! What every channel adapter must do.
//!
//! An adapter's test gives the adapter and a fake vendor behind [`Vendor`]; [`suite`] gives back every promise that
//! was not kept.

mod receiving; // what people write
mod sending; // what we say

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use channel::{Account, AccountContext, Channel, ChannelError, Connected, Inbound, Menu, Target};
use ids::MessageId;
use net::{Http, HttpConfig};
use serde_json::value::RawValue;
use stdx::{AbsPath, CancellationToken, SystemClock};

/// What happens to the next message that we send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendFault {
    /// The vendor asks for patience.
    WaitFor(Duration),
    /// The connection breaks before the vendor took it.
    BreakBefore,
    /// The vendor takes it, and the connection breaks before it says so.
    BreakAfter,
}

/// A message of ours, as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub text: String,
    /// Our own reaction to it.
    pub reaction: Option<String>,
}

/// A fake vendor with one person who writes to us, and an account of ours.
#[async_trait]
pub trait Vendor: Send + Sync {
    /// The channel's config section with one account.
    fn section(&self) -> String;
    /// The same with credentials that the vendor does not know.
    fn section_with_bad_credentials(&self) -> String;
    /// The person writes.
    fn says(&self, text: &str);
    /// The person sends a file.
    fn sends_file(&self, content: &[u8]);
    /// The vendor delivers its last event once more, to whoever asks next.
    async fn repeats(&self);
    /// How many events we have not confirmed.
    fn unconfirmed(&self) -> usize;
    /// Waits until there are none.
    async fn all_confirmed(&self);
    /// The conversation with the person.
    fn target(&self) -> Target;
    /// A conversation that does not exist.
    fn unknown_target(&self) -> Target;
    /// The texts of the messages that the vendor took, as a reader sees them.
    fn taken(&self) -> Vec<String>;
    /// One of our messages to the person, as it stands now; `None` when it is gone.
    fn shown(&self, message: &MessageId) -> Option<Shown>;
    /// The contents of the files that the vendor took, oldest first.
    fn files_taken(&self) -> Vec<Vec<u8>>;
    fn next_send(&self, fault: SendFault);
    /// Breaks every connection once.
    async fn cut(&self);
    /// Takes the network away, and gives it back.
    async fn offline(&self);
    async fn online(&self);
}

/// What is under test.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    pub channel: &'a dyn Channel,
    pub vendor: &'a dyn Vendor,
    /// An empty folder.
    pub state: &'a AbsPath,
}

impl std::fmt::Debug for Setup<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Setup").field("channel", &self.channel).finish_non_exhaustive()
    }
}

type Promise = for<'a> fn(&'a Setup<'a>) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// How long a promise may take to be kept.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs every check and gives the broken promises, each with what happened instead.
///
/// # Errors
/// The list of broken promises, one a line.
pub async fn suite(setup: Setup<'_>) -> Result<(), String> {
    let mut broken = Vec::new();
    for (sentence, promise) in receiving::PROMISES.iter().chain(sending::PROMISES) {
        let kept = tokio::time::timeout(PATIENCE, promise(&setup)).await;
        if let Err(instead) = kept.unwrap_or_else(|_| Err("took too long".to_owned())) {
            broken.push(format!("{sentence}: {instead}"));
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
}

impl Setup<'_> {
    fn account(&self, section: String) -> Result<Box<dyn Account>, String> {
        let raw = RawValue::from_string(section).map_err(|problem| problem.to_string())?;
        let accounts = self.channel.accounts(&raw, &|_| None).map_err(|issues| format!("{issues:?}"))?;
        accounts.into_iter().next().ok_or_else(|| "the section has no account".to_owned())
    }

    async fn connect_with(&self, section: String) -> Result<Result<Connected, ChannelError>, String> {
        let account = self.account(section)?;
        let cx = AccountContext {
            http: Http::new(HttpConfig::default()),
            state: self.state.clone(),
            clock: Arc::new(SystemClock),
            menu: Menu::default(),
            cancel: CancellationToken::new(),
        };
        Ok(account.connect(cx).await)
    }

    async fn connect(&self) -> Result<Connected, String> {
        let connected = self.connect_with(self.vendor.section()).await?;
        connected.map_err(|error| format!("does not connect: {error}"))
    }

    /// Connected, with everything older taken and confirmed.
    async fn connect_afresh(&self) -> Result<Connected, String> {
        let mut connected = self.connect().await?;
        if self.vendor.unconfirmed() > 0 {
            self.vendor.says("the last of the old");
            until(&mut connected, "the last of the old").await?;
            self.confirm(&mut connected).await?;
        }
        Ok(connected)
    }

    /// Asks for more until the vendor has nothing unconfirmed.
    async fn confirm(&self, connected: &mut Connected) -> Result<(), String> {
        tokio::select! {
            biased;
            () = self.vendor.all_confirmed() => Ok(()),
            more = connected.listener.next() => Err(format!("got {more:?} where nothing was written")),
        }
    }
}

/// What arrives up to the message with this text.
async fn until(connected: &mut Connected, text: &str) -> Result<Vec<Inbound>, String> {
    let mut all = Vec::new();
    loop {
        let batch = connected.listener.next().await.map_err(|error| format!("next: {error}"))?;
        if batch.is_empty() {
            return Err("next gave an empty batch".to_owned());
        }
        all.extend(batch);
        if all.iter().any(|inbound| inbound.text == text) {
            return Ok(all);
        }
    }
}

fn held(fact: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if fact { Ok(()) } else { Err(otherwise()) }
}
