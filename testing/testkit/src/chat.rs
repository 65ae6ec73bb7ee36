//! A conversation as a chat window has it: a message goes in, the `chat` events of its run come out.

#![expect(clippy::indexing_slicing, reason = "a JSON value that lacks a key indexes as null")]

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use client::{Client, EventStream};
use serde_json::{Value, json, value::to_raw_value};

/// Keys are never used twice by one test process: a repeated key is the same message.
static SENT: AtomicU64 = AtomicU64::new(1);

/// How a run ended, as the window saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub run: String,
    /// `final`, `aborted` or `error`.
    pub state: String,
    /// The last assistant message's text; empty when there was none.
    pub text: String,
    /// The sentence of a run that failed.
    pub error: Option<String>,
}

/// One session, seen by one client.
#[derive(Debug)]
pub struct Chat {
    client: Client,
    events: EventStream,
    session: String,
}

impl Chat {
    #[must_use]
    pub fn new(client: Client, session: &str) -> Self {
        let events = client.events();
        Self { client, events, session: session.to_owned() }
    }

    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Says something and waits for the run's last word.
    ///
    /// # Errors
    /// The request was refused or the connection ended.
    pub async fn ask(&mut self, text: &str) -> anyhow::Result<Reply> {
        let run = self.say(text).await?;
        self.reply(&run).await
    }

    /// Says something; gives the run's name when the gateway has taken it.
    ///
    /// # Errors
    /// As [`Chat::ask`].
    pub async fn say(&mut self, text: &str) -> anyhow::Result<String> {
        let key = format!("{}-{}-{}", self.session, std::process::id(), SENT.fetch_add(1, Ordering::Relaxed));
        self.say_as(text, &key).await?;
        Ok(key)
    }

    /// Says something under a key of the caller's; gives the acknowledgement.
    ///
    /// # Errors
    /// As [`Chat::ask`].
    pub async fn say_as(&self, text: &str, key: &str) -> anyhow::Result<Value> {
        let params = json!({ "sessionKey": self.session, "message": text, "idempotencyKey": key });
        self.call("chat.send", &params).await
    }

    /// Waits for the run's last word.
    ///
    /// # Errors
    /// The connection ended.
    pub async fn reply(&mut self, run: &str) -> anyhow::Result<Reply> {
        loop {
            let payload = self.next().await?;
            let state = payload["state"].as_str().unwrap_or_default();
            if payload["runId"] == run && state != "delta" {
                let text = payload["message"]["content"][0]["text"].as_str().unwrap_or_default().to_owned();
                let error = payload["errorMessage"].as_str().map(str::to_owned);
                return Ok(Reply { run: run.to_owned(), state: state.to_owned(), text, error });
            }
        }
    }

    /// The next `chat` event's payload.
    ///
    /// # Errors
    /// The connection ended.
    pub async fn next(&mut self) -> anyhow::Result<Value> {
        let event = self.events.named("chat").await.context("the connection ended")?;
        Ok(serde_json::from_str(event.payload.get())?)
    }

    /// The messages of the session.
    ///
    /// # Errors
    /// As [`Chat::ask`].
    pub async fn history(&self) -> anyhow::Result<Vec<Value>> {
        let reply = self.call("chat.history", &json!({ "sessionKey": self.session, "limit": 1000 })).await?;
        reply["messages"].as_array().cloned().context("messages")
    }

    /// Any method, as JSON.
    ///
    /// # Errors
    /// The method's error, in words.
    pub async fn call(&self, method: &str, params: &Value) -> anyhow::Result<Value> {
        let answer = self.client.call_raw(method, Some(to_raw_value(params)?)).await.context(method.to_owned())?;
        Ok(serde_json::from_str(answer.payload.get())?)
    }
}
