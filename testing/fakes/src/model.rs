//! A model vendor on a loopback socket: Anthropic Messages, OpenAI Chat Completions and Responses, and Ollama.
//!
//! What it answers is scripted beforehand, what it was asked is kept, and every fault of a real vendor can be ordered.
//! Nothing in it waits for time unless a pace was asked for; tests wait for what happened.

mod answer; // what it says
mod anthropic;
mod chat;
mod dialect; // which format a request speaks
mod ollama;
mod onlooker; // who acts at one moment of an answer
mod responses;
mod script; // which answer comes next
mod seen; // what it was asked
mod serve; // the socket side
mod tally; // what happened so far

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::CancellationToken;

pub use answer::{Answer, StopWord};
pub use dialect::Dialect;
pub use onlooker::Moment;
pub use seen::Seen;

use serve::Shared;
use stdx::OwnedTask;

/// The fake vendor. It ends with this value.
#[derive(Debug)]
pub struct FakeModel {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: Option<OwnedTask>,
    /// The port while nobody listens on it.
    kept: Option<TcpSocket>,
}

impl FakeModel {
    /// Starts on a free port of the loopback interface. Unscripted requests are answered with `ok`.
    ///
    /// # Errors
    /// No socket could be had.
    pub async fn start() -> io::Result<Self> {
        Self::start_on(0).await
    }

    /// Starts on this port.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start_on(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let server = Some(serve::start(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, server, kept: None })
    }

    /// An address where nobody listens.
    ///
    /// # Errors
    /// No socket could be had.
    pub async fn closed_url() -> io::Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        Ok(format!("http://{}", listener.local_addr()?))
    }

    /// The base address for Anthropic and Ollama; OpenAI's formats take `url() + "/v1"`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Puts an answer behind those already queued; each is given once, in order.
    pub fn answer(&self, answer: Answer) -> &Self {
        self.shared.script.push(answer);
        self
    }

    /// Answers requests whose last words of the user contain `marker`, in this order; before the queue.
    pub fn when(&self, marker: &str, answers: impl IntoIterator<Item = Answer>) -> &Self {
        self.shared.script.when(marker, answers);
        self
    }

    /// What is said when nothing else is scripted.
    pub fn otherwise(&self, answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> &Self {
        self.shared.script.otherwise(answer);
        self
    }

    /// Tells of every moment of every answer, as it happens.
    pub fn watch(&self, look: impl Fn(&Seen, Moment) + Send + Sync + 'static) -> &Self {
        self.shared.onlooker.set(look);
        self
    }

    /// Each question takes so long on its way: nothing is known of it here until then.
    pub fn slow(&self, pace: Duration) -> &Self {
        *self.shared.on_the_way.lock() = pace;
        self
    }

    /// The models that the listings of Ollama and of OpenAI's formats name: name, context length, abilities such as `tools` and `vision`.
    pub fn serves(&self, name: &str, context: u32, abilities: &[&str]) -> &Self {
        self.shared.script.serves(name, context, abilities);
        self
    }

    /// Keeps only the last `count` requests, for long loads.
    pub fn remember(&self, count: usize) -> &Self {
        self.shared.tally.remember(count);
        self
    }

    /// The requests so far, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Arc<Seen>> {
        self.shared.tally.requests()
    }

    /// Connections that were taken so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.tally.connections()
    }

    /// Waits for the request with this number, counted from 1.
    pub async fn request(&self, number: usize) -> Arc<Seen> {
        self.shared.tally.request(number).await
    }

    /// Waits until `count` answers have come to a stall.
    pub async fn stalled(&self, count: usize) {
        self.shared.tally.wait(|counts| counts.stalled >= count).await;
    }

    /// Waits until `count` answers were left by their reader before their end.
    pub async fn abandoned(&self, count: usize) {
        self.shared.tally.wait(|counts| counts.abandoned >= count).await;
    }

    /// Waits until `count` answers have been sent to their end.
    pub async fn finished(&self, count: usize) {
        self.shared.tally.wait(|counts| counts.finished >= count).await;
    }

    /// Lets one stalled answer go on, now or when it comes to its stall.
    pub fn release(&self) {
        self.shared.tally.release();
    }

    /// Stops listening and closes idle connections; the port then refuses, and nobody else can have it. Answers under
    /// way go on to their end.
    ///
    /// # Errors
    /// The port could not be kept.
    pub async fn go_down(&mut self) -> io::Result<()> {
        if let Some(server) = self.server.take() {
            server.cancel();
            let _ended = server.join().await;
            self.kept = Some(keep_port(self.address)?);
        }
        Ok(())
    }

    /// Listens again on the same port.
    ///
    /// # Errors
    /// The port cannot be listened on.
    pub async fn come_back(&mut self) -> io::Result<()> {
        if self.server.is_none() {
            let socket = self.kept.take().map_or_else(|| keep_port(self.address), Ok)?;
            self.server = Some(serve::start(socket.listen(1024)?, Arc::clone(&self.shared)));
        }
        Ok(())
    }

    /// Serves until `cancel` is called, for the program of the same name.
    pub async fn until(mut self, cancel: CancellationToken) {
        cancel.cancelled().await;
        let _ends_anyway = self.go_down().await;
    }
}

/// Holds a port without listening: connections are refused, and no other server of a test gets it.
pub(crate) fn keep_port(address: std::net::SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
