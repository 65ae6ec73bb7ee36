//! Fifty people: each writes, waits for the answer, thinks, and writes again.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use client::Client;
use fakes::telegram::Person;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json, value::to_raw_value};
use tokio::sync::watch;

use crate::book::{Book, NOTICE};
use crate::letter::Place;
use crate::mark::Mark;

/// The gateway as windows reach it; another one after each start.
pub(crate) type Line = watch::Receiver<Option<Arc<Client>>>;

/// One in so many messages is followed by another at once.
const PAIRS: u32 = 4;
/// The longest that somebody thinks before they write again.
const THOUGHT_MS: u64 = 250;
/// The entries of a history that a window looks at for its answer.
const LOOKED_AT: usize = 12;

/// Somebody's habits, by the seed.
struct Habits {
    rng: StdRng,
    chat: u32,
    number: u32,
}

impl Habits {
    fn new(seed: u64, chat: u32) -> Self {
        Self { rng: StdRng::seed_from_u64(seed ^ (u64::from(chat) << 32)), chat, number: 0 }
    }

    /// The time between two messages is part of the script, not a wait for something.
    async fn think(&mut self) {
        tokio::time::sleep(Duration::from_millis(self.rng.random_range(0..THOUGHT_MS))).await;
    }

    /// One message, or two at once.
    fn next(&mut self) -> Vec<Mark> {
        let count = if self.rng.random_ratio(1, PAIRS) { 2 } else { 1 };
        (0..count)
            .map(|_| {
                self.number += 1;
                Mark::new(self.chat, self.number)
            })
            .collect()
    }
}

/// A person on the network.
pub(crate) async fn on_telegram(book: Arc<Book>, person: Person, seed: u64, chat: u32) {
    let mut habits = Habits::new(seed, chat);
    while !book.is_stopping() {
        habits.think().await;
        let marks = habits.next();
        for mark in &marks {
            // Written down first: the program may be faster than this line.
            book.written(mark, Place::Telegram { chat: person.chat(), message: 0 });
            book.posted(mark, person.says(&mark.wish()));
        }
        for mark in &marks {
            book.over(mark).await;
        }
    }
}

/// A person at a window: what was not acknowledged is sent again under the same key.
pub(crate) async fn at_a_window(book: Arc<Book>, mut line: Line, seed: u64, chat: u32) -> anyhow::Result<()> {
    let session = format!("window-{chat}");
    let mut habits = Habits::new(seed, chat);
    while !book.is_stopping() {
        habits.think().await;
        for mark in habits.next() {
            book.written(&mark, Place::Window { session: session.clone() });
            deliver(&book, &mut line, &session, &mark).await?;
        }
    }
    Ok(())
}

async fn deliver(book: &Book, line: &mut Line, session: &str, mark: &Mark) -> anyhow::Result<()> {
    let message =
        json!({ "sessionKey": session, "message": mark.wish(), "idempotencyKey": mark.as_str(), "deliver": false });
    let mut is_acknowledged = false;
    loop {
        let client = line.wait_for(Option::is_some).await?.clone().context("a line")?;
        if !is_acknowledged && call(&client, "chat.send", &message).await.is_ok() {
            is_acknowledged = true;
            book.acknowledged(mark);
        }
        if is_acknowledged {
            let history = call(&client, "chat.history", &json!({ "sessionKey": session, "limit": LOOKED_AT })).await;
            if history.is_ok_and(|history| is_answered(&history, mark, book.is_cut(mark))) {
                book.found(mark);
            }
        }
        tokio::select! {
            () = book.over(mark), if is_acknowledged => return Ok(()),
            _ = client.closed() => another(line, &client).await?,
        }
    }
}

/// Waits until the line is another one.
async fn another(line: &mut Line, old: &Arc<Client>) -> anyhow::Result<()> {
    line.wait_for(|now| now.as_ref().is_none_or(|now| !Arc::ptr_eq(now, old))).await?;
    Ok(())
}

pub(crate) async fn call(client: &Client, method: &str, params: &Value) -> anyhow::Result<Value> {
    let answer = client.call_raw(method, Some(to_raw_value(params)?)).await?;
    Ok(serde_json::from_str(answer.payload.get())?)
}

/// Whether an answer, or the notice that stands for it, follows the message.
fn is_answered(history: &Value, mark: &Mark, is_cut: bool) -> bool {
    let said = said(history);
    let Some(at) = said.iter().position(|(role, text)| role == "user" && text.contains(&mark.wish())) else {
        return false;
    };
    said.iter()
        .skip(at)
        .any(|(role, text)| role == "assistant" && (text.contains(mark.as_str()) || (is_cut && text.contains(NOTICE))))
}

/// Role and text of each message of a history.
pub(crate) fn said(history: &Value) -> Vec<(String, String)> {
    let messages = history["messages"].as_array().cloned().unwrap_or_default();
    let text = |message: &Value| match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    };
    messages.iter().map(|message| (message["role"].as_str().unwrap_or_default().to_owned(), text(message))).collect()
}
