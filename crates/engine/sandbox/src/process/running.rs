//! A command that runs, seen from outside, and the task that watches it to its end.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use stdx::{CancellationToken, Pool};
use tokio::sync::{Notify, oneshot, watch};
use tool::{ExitState, Process, Snapshot};

use crate::process::Tree;
use crate::process::output::Output;
use crate::process::pipes::PipeInput;
use crate::process::terminal::TerminalInput;

/// After a command ended, its last words may still be on their way for this long.
const DRAIN: Duration = Duration::from_millis(300);
/// A killed process is waited for this long; only a broken disk or driver takes longer.
const REAP: Duration = Duration::from_secs(10);

/// A started command.
#[derive(Debug)]
pub(crate) struct Running {
    pid: Option<u32>,
    tree: Tree,
    grace: Duration,
    pool: Arc<Pool>,
    output: Mutex<Output>,
    news: Notify,
    state: watch::Sender<ExitState>,
    open: AtomicBool,
    kill: CancellationToken,
    watched: watch::Sender<bool>,
    input: Input,
}

/// Where its input goes.
#[derive(Debug)]
pub(crate) enum Input {
    Closed,
    Pipe(PipeInput),
    Terminal(TerminalInput),
}

/// What the watching task needs beside the command itself.
pub(crate) struct Watch {
    exit: Pin<Box<dyn Future<Output = (ExitState, Kept)> + Send>>,
    closed: oneshot::Receiver<()>,
}

/// What must live until the command's output is closed.
type Kept = Box<dyn Send>;

impl Watch {
    /// `exit` resolves with how the first process ended, and with what must be kept until nothing more is read;
    /// `closed` is sent or dropped when nobody can write any more.
    pub(crate) fn new<K: Send + 'static>(
        exit: impl Future<Output = (ExitState, K)> + Send + 'static,
        closed: oneshot::Receiver<()>,
    ) -> Self {
        let exit = Box::pin(async move {
            let (state, kept) = exit.await;
            (state, Box::new(kept) as Kept)
        });
        Self { exit, closed }
    }
}

/// A command just started: the handle, and what watches it.
pub(crate) struct Started {
    pub(crate) process: Arc<Running>,
    pub(crate) watch: Watch,
}

impl Running {
    pub(crate) fn new(pid: Option<u32>, tree: Tree, input: Input, pool: Arc<Pool>, grace: Duration) -> Self {
        Self {
            pid,
            tree,
            grace,
            pool,
            output: Mutex::default(),
            news: Notify::new(),
            state: watch::Sender::new(ExitState::Running),
            open: AtomicBool::new(true),
            kill: CancellationToken::new(),
            watched: watch::Sender::new(false),
            input,
        }
    }

    pub(crate) fn feed(&self, bytes: &[u8]) {
        self.output.lock().push(bytes);
        self.news.notify_waiters();
    }

    pub(crate) const fn input(&self) -> &Input {
        &self.input
    }

    pub(crate) const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Watches until the command has ended and nobody holds its output. Cancelling kills the whole tree.
    pub(crate) async fn watch(self: Arc<Self>, mut watch: Watch, timeout: Option<Duration>, cancel: CancellationToken) {
        let _done = Done(Arc::clone(&self));
        let limit = async {
            match timeout {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        let (end, mut kept) = tokio::select! {
            biased;
            (end, kept) = &mut watch.exit => (end, Some(kept)),
            () = self.kill.cancelled() => (ExitState::Killed, None),
            () = cancel.cancelled() => (ExitState::Killed, None),
            () = limit => (ExitState::TimedOut, None),
        };
        if kept.is_none() {
            self.tree.end(&self.pool, self.grace).await;
            kept = tokio::time::timeout(REAP, &mut watch.exit).await.ok().map(|(_, kept)| kept);
        }
        let mut closed = tokio::time::timeout(DRAIN, &mut watch.closed).await.is_ok();
        self.set_open(!closed);
        self.state.send_replace(end);
        self.news.notify_waiters();
        if !closed {
            tokio::select! {
                _ = &mut watch.closed => closed = true,
                () = self.kill.cancelled() => {}
                () = cancel.cancelled() => {}
            }
        }
        if !closed {
            self.tree.end(&self.pool, self.grace).await;
            // Whether it closes or not, nothing more is read.
            drop(tokio::time::timeout(DRAIN, watch.closed).await);
        }
        drop(kept);
    }

    fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::SeqCst);
        if !open {
            self.output.lock().end();
        }
    }
}

/// When the watching ends, even by being aborted, nobody waits for the command any more.
struct Done(Arc<Running>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.set_open(false);
        self.0.state.send_if_modified(|state| {
            let aborted = *state == ExitState::Running;
            if aborted {
                *state = ExitState::Killed;
            }
            aborted
        });
        self.0.watched.send_replace(true);
        self.0.news.notify_waiters();
    }
}

#[async_trait]
impl Process for Running {
    fn snapshot(&self) -> Snapshot {
        let (output_bytes, output) = {
            let output = self.output.lock();
            (output.total(), output.text())
        };
        Snapshot { state: self.state(), pid: self.pid, output_bytes, output }
    }

    fn state(&self) -> ExitState {
        *self.state.borrow()
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    fn fresh(&self) -> String {
        self.output.lock().fresh()
    }

    async fn news(&self) {
        loop {
            let mut told = std::pin::pin!(self.news.notified());
            told.as_mut().enable();
            if self.output.lock().has_news() || self.state() != ExitState::Running {
                return;
            }
            told.await;
        }
    }

    async fn write(&self, data: &[u8], end: bool) -> Result<(), String> {
        if self.state() != ExitState::Running {
            return Err("it has ended".to_owned());
        }
        match &self.input {
            Input::Closed => Err("its input is closed: start it with background or pty to write to it".to_owned()),
            Input::Pipe(pipe) => pipe.write(data, end).await,
            Input::Terminal(terminal) => terminal.write(data, end).await,
        }
    }

    async fn kill(&self) {
        self.kill.cancel();
        // The sender lives in this very value, so waiting cannot fail.
        drop(self.watched.subscribe().wait_for(|done| *done).await);
        // What it left behind without holding its output.
        self.tree.end(&self.pool, self.grace).await;
    }

    async fn ended(&self) -> ExitState {
        let mut state = self.state.subscribe();
        state.wait_for(|state| *state != ExitState::Running).await.map_or(ExitState::Killed, |state| *state)
    }
}
