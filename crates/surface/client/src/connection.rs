//! Calls, answers and events on one socket.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use parking_lot::Mutex;
use protocol::{ErrorShape, EventFrame, Method, Response, StateVersion, connect::HelloOk};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};
use stdx::{CancellationToken, OwnedTask};
use tokio::sync::{broadcast, mpsc, watch};
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

use crate::{
    Options,
    handshake::{self, ConnectError, Socket},
    sequence::Sequence,
};

/// Messages on their way to the socket; a caller waits while it is full.
const OUTBOX: usize = 256;
/// Events a reader may be behind; then it misses the oldest and is told.
const EVENTS: usize = 1_024;
/// Answers to one request: an interim one and the final one.
const ANSWERS: usize = 4;

/// How a connection ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Closed {
    pub code: Option<u16>,
    pub reason: String,
}

impl From<Option<CloseFrame>> for Closed {
    fn from(frame: Option<CloseFrame>) -> Self {
        frame.map_or_else(Self::default, |frame| Self {
            code: Some(frame.code.into()),
            reason: frame.reason.as_str().to_owned(),
        })
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) if self.reason.is_empty() => write!(f, "code {code}"),
            Some(code) => write!(f, "{} (code {code})", self.reason),
            None => f.write_str("it went away without a word"),
        }
    }
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The gateway answered with an error, perhaps with a payload beside it.
    #[error("{}", error.message)]
    Failed { error: Box<ErrorShape>, payload: Option<Box<RawValue>> },
    #[error("the connection closed: {0}")]
    Closed(Closed),
    #[error("the answer is not what the method promises: {0}")]
    BadReply(#[from] serde_json::Error),
}

/// A good answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// `null` where the gateway sent none.
    pub payload: Box<RawValue>,
}

/// Something the gateway announced.
#[derive(Debug, Clone)]
pub struct Event {
    pub name: Arc<str>,
    pub payload: Arc<RawValue>,
    pub seq: Option<u64>,
    /// How many broadcasts this reader did not hear since the event before: it was too slow, or may not see them.
    /// Whoever shows what events tell reads it again where this is not 0.
    pub missed: u64,
    pub state_version: Option<StateVersion>,
}

type Result<T> = std::result::Result<T, CallError>;
type Pending = Arc<Mutex<HashMap<String, mpsc::Sender<Response<'static>>>>>;

/// A connection to a gateway. Dropping it closes the socket.
#[derive(Debug)]
pub struct Client {
    hello: HelloOk,
    next: AtomicU64,
    pending: Pending,
    outbox: mpsc::Sender<Message>,
    events: broadcast::Sender<Event>,
    /// Holds what came since the handshake for the first who asks.
    first: Mutex<Option<broadcast::Receiver<Event>>>,
    closed: watch::Receiver<Option<Closed>>,
    _reader: OwnedTask,
    _writer: OwnedTask,
}

impl Client {
    /// Connects and shakes hands.
    ///
    /// # Errors
    /// Nobody is there, or the gateway says no.
    pub async fn connect(options: &Options) -> std::result::Result<Self, ConnectError> {
        let (socket, hello) = handshake::connect(options).await?;
        let (sink, stream) = socket.split();
        let (outbox, messages) = mpsc::channel(OUTBOX);
        let (events, first) = broadcast::channel(EVENTS);
        let (told, closed) = watch::channel(None);
        let pending = Pending::default();
        let root = CancellationToken::new();
        let reading = read(stream, Arc::clone(&pending), events.clone(), told);
        Ok(Self {
            hello,
            next: AtomicU64::new(1),
            pending,
            outbox,
            events,
            first: Mutex::new(Some(first)),
            closed,
            _reader: OwnedTask::spawn(&root, |_| reading),
            _writer: OwnedTask::spawn(&root, |_| write(sink, messages)),
        })
    }

    /// What the gateway said when it let us in.
    #[must_use]
    pub fn hello(&self) -> &HelloOk {
        &self.hello
    }

    /// Calls a method that answers once.
    ///
    /// # Errors
    /// The gateway answers with an error, or goes away.
    pub async fn call<M: Method>(&self, params: &M::Params) -> Result<M::Reply>
    where
        M::Params: Serialize,
        M::Reply: DeserializeOwned,
    {
        let answer = self.call_raw(M::NAME, Some(to_raw_value(params)?)).await?;
        Ok(serde_json::from_str(answer.payload.get())?)
    }

    /// Calls a method by its name and takes its first answer.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn call_raw(&self, method: &str, params: Option<Box<RawValue>>) -> Result<Answer> {
        self.ask(method, params).await?.next().await
    }

    /// Sends a request; its answers are read one by one.
    ///
    /// # Errors
    /// The connection is closed.
    pub async fn ask(&self, method: &str, params: Option<Box<RawValue>>) -> Result<Asked> {
        #[derive(Serialize)]
        struct Request<'a> {
            r#type: &'static str,
            id: &'a str,
            method: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            params: Option<Box<RawValue>>,
        }
        let id = self.next.fetch_add(1, Ordering::Relaxed).to_string();
        let frame = serde_json::to_string(&Request { r#type: "req", id: &id, method, params })?;
        let (sender, answers) = mpsc::channel(ANSWERS);
        self.pending.lock().insert(id.clone(), sender);
        let asked = Asked { id, answers, pending: Arc::clone(&self.pending), closed: self.closed.clone() };
        self.send(Message::text(frame)).await?;
        Ok(asked)
    }

    /// Sends a message as it is: for tests of what a gateway makes of bad ones.
    ///
    /// # Errors
    /// The connection is closed.
    pub async fn send(&self, message: Message) -> Result<()> {
        if self.closed.borrow().is_some() || self.outbox.send(message).await.is_err() {
            return Err(CallError::Closed(self.closed.borrow().clone().unwrap_or_default()));
        }
        Ok(())
    }

    /// What the gateway announces. The first stream starts at the handshake, later ones now.
    #[must_use]
    pub fn events(&self) -> EventStream {
        let events = self.first.lock().take().unwrap_or_else(|| self.events.subscribe());
        EventStream { events, sequence: Sequence::default(), closed: self.closed.clone() }
    }

    /// Waits until the connection ends.
    pub async fn closed(&self) -> Closed {
        let mut closed = self.closed.clone();
        let ended = closed.wait_for(Option::is_some).await;
        ended.ok().and_then(|closed| closed.clone()).unwrap_or_default()
    }

    /// Says goodbye and waits until the gateway has heard it.
    pub async fn close(self) {
        if self.send(Message::Close(None)).await.is_ok() {
            self.closed().await;
        }
    }
}

/// A request whose answers come.
#[derive(Debug)]
pub struct Asked {
    id: String,
    answers: mpsc::Receiver<Response<'static>>,
    pending: Pending,
    closed: watch::Receiver<Option<Closed>>,
}

impl Asked {
    /// The next answer: the interim one first where a method answers twice.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn next(&mut self) -> Result<Answer> {
        let Some(response) = self.answers.recv().await else {
            return Err(CallError::Closed(self.closed.borrow().clone().unwrap_or_default()));
        };
        match response.error {
            Some(error) => Err(CallError::Failed { error: Box::new(error), payload: response.payload }),
            None => Ok(Answer { payload: response.payload.unwrap_or_else(|| RawValue::NULL.to_owned()) }),
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.pending.lock().remove(&self.id);
    }
}

/// Events, in order.
#[derive(Debug)]
pub struct EventStream {
    events: broadcast::Receiver<Event>,
    sequence: Sequence,
    closed: watch::Receiver<Option<Closed>>,
}

impl EventStream {
    /// The next event; `None` when the connection has ended. Whoever is too far behind misses the oldest, and is told
    /// how many by the next.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let received = tokio::select! {
                biased;
                received = self.events.recv() => received,
                _ = self.closed.wait_for(Option::is_some) => return None,
            };
            match received {
                Ok(mut event) => {
                    event.missed = self.sequence.missed(event.seq);
                    return Some(event);
                }
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "too slow for the gateway's events");
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// The next event of this name.
    pub async fn named(&mut self, name: &str) -> Option<Event> {
        loop {
            let event = self.next().await?;
            if *event.name == *name {
                return Some(event);
            }
        }
    }
}

async fn write(mut sink: SplitSink<Socket, Message>, mut messages: mpsc::Receiver<Message>) {
    while let Some(message) = messages.recv().await {
        if let Err(error) = sink.send(message).await {
            tracing::debug!(%error, "the gateway takes nothing more");
            return;
        }
    }
}

async fn read(
    mut stream: SplitStream<Socket>,
    pending: Pending,
    events: broadcast::Sender<Event>,
    told: watch::Sender<Option<Closed>>,
) {
    let closed = loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => dispatch(&text, &pending, &events),
            Some(Ok(Message::Close(frame))) => break frame.into(),
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                tracing::debug!(%error, "the connection broke");
                break Closed::default();
            }
            None => break Closed::default(),
        }
    };
    told.send_replace(Some(closed));
    // Whoever waits for an answer is told that none comes.
    pending.lock().clear();
    // Reading on to the end lets the closing handshake finish.
    while let Some(Ok(_)) = stream.next().await {}
}

fn dispatch(text: &str, pending: &Pending, events: &broadcast::Sender<Event>) {
    if let Ok(frame) = serde_json::from_str::<EventFrame<'_, Box<RawValue>>>(text) {
        let payload = frame.payload.unwrap_or_else(|| RawValue::NULL.to_owned());
        let event = Event {
            name: frame.event.into(),
            payload: Arc::from(payload),
            seq: frame.seq,
            missed: 0,
            state_version: frame.state_version,
        };
        // Without readers nothing is kept.
        drop(events.send(event));
        return;
    }
    match serde_json::from_str::<Response<'_>>(text) {
        Ok(response) => {
            let sender = pending.lock().get(&*response.id).cloned();
            let Response { kind, id, ok, payload, error } = response;
            let response = Response { kind: kind.into_owned().into(), id: id.into_owned().into(), ok, payload, error };
            if let Some(sender) = sender
                && sender.try_send(response).is_err()
            {
                tracing::debug!("an answer nobody waits for");
            }
        }
        Err(error) => tracing::warn!(%error, "a frame that is neither an event nor a response"),
    }
}
