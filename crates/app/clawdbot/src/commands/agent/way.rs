//! Through the gateway that runs, or in this process: both answer the same questions.

use std::pin::Pin;

use anyhow::{Context as _, Result, anyhow};
use client::{Client, EventStream};
use ids::{RunId, SessionId, SessionKey};
use protocol::agent::run;
use protocol::events::agent::Payload;
use protocol::{Event as _, Method, chat, events, sessions};
use rpc::Announcement;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::mpsc;

use crate::local::Local;
use crate::remote;
use crate::wire;

/// How the agent is reached.
#[derive(Debug)]
pub(super) enum Way {
    Gateway(Box<Client>),
    Here(Box<Local>),
}

/// The steps of one run, as they are announced.
#[derive(Debug)]
pub(super) struct Steps {
    run: RunId,
    source: Source,
}

/// One event.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) name: String,
    pub(super) payload: Box<RawValue>,
}

/// Where events come from.
#[derive(Debug)]
pub(super) enum Source {
    Gateway(EventStream),
    Here(Option<mpsc::Receiver<Announcement>>),
}

impl Way {
    /// Begins a run and waits for its end.
    pub(super) fn run<'a>(
        &'a self,
        params: &run::Params,
    ) -> Pin<Box<dyn Future<Output = Result<run::Reply>> + Send + 'a>> {
        let params = to_raw_value(params);
        Box::pin(async move {
            let params = params?;
            let answer = match self {
                Self::Here(local) => local.call(run::Run::NAME, params).await.map_err(|error| anyhow!("{error}"))?,
                Self::Gateway(client) => {
                    let mut asked = client.ask(run::Run::NAME, Some(params)).await.map_err(remote::refused)?;
                    // The first answer says that the run was taken on; a repeated one may come alone.
                    let first = asked.next().await.map_err(remote::refused)?.payload;
                    match serde_json::from_str::<run::Accepted>(first.get()) {
                        Ok(_) => asked.next().await.map_err(remote::refused)?.payload,
                        Err(_) => first,
                    }
                }
            };
            serde_json::from_str(answer.get()).context("the answer of the run cannot be read")
        })
    }

    pub(super) fn steps(&self, run: RunId) -> Steps {
        Steps { run, source: self.heard() }
    }

    /// Every event from now on. Without a gateway there is one listener.
    pub(super) fn heard(&self) -> Source {
        match self {
            Self::Gateway(client) => Source::Gateway(client.events()),
            Self::Here(local) => Source::Here(local.events()),
        }
    }

    /// Tells the run to stop; what it said so far stays in the transcript.
    pub(super) async fn abort(&self, key: &SessionKey, run: &RunId) -> Result<()> {
        let params = chat::abort::Params { session_key: key.clone(), run_id: Some(run.clone()) };
        self.call::<chat::Abort>(&params).await.map(drop)
    }

    /// The key of the session with this id.
    pub(super) async fn resolve(&self, id: SessionId) -> Result<SessionKey> {
        let params = sessions::resolve::Params { session_id: Some(id), ..sessions::resolve::Params::default() };
        Ok(self.call::<sessions::Resolve>(&params).await?.key)
    }

    /// The default agent's main session.
    pub(super) fn main_session(&self) -> SessionKey {
        match self {
            Self::Gateway(client) => {
                let defaults = client.hello().snapshot.session_defaults.as_ref();
                defaults.map_or_else(
                    || SessionKey::of_agent(&ids::AgentId::main(), "main"),
                    |defaults| defaults.main_session_key.clone(),
                )
            }
            Self::Here(local) => wire::main_session(&local.house.config.inbound.get()),
        }
    }

    /// What an agent's main session is called.
    pub(super) fn main_key(&self) -> String {
        self.main_session().rest().to_owned()
    }

    pub(super) async fn call<M: Method>(&self, params: &M::Params) -> Result<M::Reply>
    where
        M::Params: Serialize,
        M::Reply: DeserializeOwned,
    {
        let params: Box<RawValue> = to_raw_value(params)?;
        let answer = match self {
            Self::Gateway(client) => client.call_raw(M::NAME, Some(params)).await.map_err(remote::refused)?.payload,
            Self::Here(local) => local.call(M::NAME, params).await.map_err(|error| anyhow!("{error}"))?,
        };
        serde_json::from_str(answer.get()).with_context(|| format!("the answer of {} cannot be read", M::NAME))
    }

    pub(super) async fn close(self) {
        match self {
            Self::Gateway(client) => client.close().await,
            Self::Here(local) => local.close().await,
        }
    }
}

impl Source {
    /// The next event; `None` when there will be none any more.
    pub(super) async fn next(&mut self) -> Option<Heard> {
        let heard = match self {
            Self::Gateway(events) => {
                events.next().await.map(|event| (event.name.to_string(), (*event.payload).to_owned()))
            }
            Self::Here(Some(events)) => events.recv().await.map(|event| (event.event.to_owned(), event.payload)),
            Self::Here(None) => None,
        };
        heard.map(|(name, payload)| Heard { name, payload })
    }
}

impl Steps {
    /// The next step; `None` for what is not ours or cannot be read, which is then tried again.
    pub(super) async fn next(&mut self) -> Option<Payload> {
        loop {
            // The run's own answer says that there will be none any more.
            let Some(heard) = self.source.next().await else { std::future::pending().await };
            if let Some(step) = self.read(&heard.name, heard.payload.get()) {
                return Some(step);
            }
        }
    }

    /// A step that is here already.
    pub(super) fn ready(&mut self) -> Option<Payload> {
        use futures_util::FutureExt as _;
        self.next().now_or_never().flatten()
    }

    fn read(&self, name: &str, payload: &str) -> Option<Payload> {
        let step: Payload = serde_json::from_str(payload).ok().filter(|_| name == events::Agent::NAME)?;
        (step.run_id == self.run).then_some(step)
    }
}
