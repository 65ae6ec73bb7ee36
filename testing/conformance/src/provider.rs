//! What every provider adapter must do.
//!
//! An adapter's test gives the adapter, with short time-outs, and a fake vendor behind [`Vendor`]; [`suite`] gives
//! back every promise that was not kept.

mod ask; // requests and what came of them
mod faults; // what goes wrong
mod history; // what is sent
mod streaming; // what comes back

use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use provider::{Api, Provider};

/// What the fake vendor does with the next request.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    pub steps: Vec<Step>,
    pub fault: Option<Fault>,
    /// Ends at the limit of tokens.
    pub cut_short: bool,
    /// Prompt tokens in all, answer tokens, prompt tokens from a cache.
    pub usage: Option<(u64, u64, u64)>,
}

/// One step of an answer.
#[derive(Debug, Clone)]
pub enum Step {
    Text(String),
    Thinking {
        text: String,
        signature: String,
    },
    Call {
        name: String,
        arguments: String,
    },
    /// Says nothing more.
    Stall,
    /// Closes the connection.
    Cut,
    /// Sends what is not of the format.
    Malformed,
}

/// What happens in the place of an answer.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    Status(u16),
    RetryAfter(u16, &'static str),
    Overflow(u32),
    /// A success without a byte.
    Nothing,
    HangUp,
}

/// A fake vendor that speaks the adapter's format.
#[async_trait]
pub trait Vendor: Send + Sync {
    /// What a model's `base_url` would be.
    fn base_url(&self) -> String;
    /// An address where nobody listens.
    async fn closed_url(&self) -> String;
    fn will(&self, behaviour: Behaviour);
    /// The last request's headers and body as text.
    fn last(&self) -> (Vec<(String, String)>, String);
    /// Connections that were taken so far.
    fn connections(&self) -> usize;
    /// Waits until one more answer than before was left by its reader.
    async fn abandoned(&self);
}

/// What is under test.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// With an idle time-out of about a second.
    pub provider: &'a dyn Provider,
    pub api: Api,
    pub vendor: &'a dyn Vendor,
    /// The format has signatures for reasoning, or items that stand for it.
    pub signs_thinking: bool,
    /// The format tells tokens read from a cache.
    pub counts_cache: bool,
}

impl std::fmt::Debug for Setup<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Setup").field("api", &self.api).finish_non_exhaustive()
    }
}

type Promise = for<'a> fn(&'a Setup<'a>) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// Runs every check and gives the broken promises, each with what happened instead.
///
/// # Errors
/// The list of broken promises, one a line.
pub async fn suite(setup: Setup<'_>) -> Result<(), String> {
    let mut broken = Vec::new();
    let promises = streaming::PROMISES.iter().chain(history::PROMISES).chain(faults::PROMISES);
    for (sentence, promise) in promises {
        if let Err(instead) = promise(&setup).await {
            broken.push(format!("{sentence}: {instead}"));
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
}
