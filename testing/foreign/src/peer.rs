//! Programs we did not write, as `cargo xtask peers` got them, and processes of theirs.
//!
//! A peer may be left out on purpose. Then the test that asks for it passes without having run, and is counted.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};
use stdx::{CancellationToken, OwnedTask};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    net::TcpListener,
    process::{Child, Command},
    sync::Notify,
};

/// These programs take seconds to load, and the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(180);

/// A program that is there.
#[derive(Debug, Clone)]
pub struct Peer {
    node: PathBuf,
    folder: PathBuf,
}

/// The peer of this name; none when it was left out, which is then noted down.
///
/// # Errors
/// It was neither fetched nor left out.
pub fn peer(name: &str) -> anyhow::Result<Option<Peer>> {
    let peers = testkit::peers();
    let left_out = std::fs::read_to_string(peers.join("left-out")).unwrap_or_default();
    if left_out.lines().any(|left| left == name || left == "node") {
        testkit::skip(name)?;
        return Ok(None);
    }
    let folder = peers.join(name);
    if !folder.join("installed").exists() {
        bail!("the peer {name} is missing: get it with `cargo xtask peers`");
    }
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let node = peers.join(format!("node/node_modules/node-linux-{machine}/bin/node"));
    Ok(Some(Peer { node: node.canonicalize().context("the peer node")?, folder: folder.canonicalize()? }))
}

impl Peer {
    /// Runs a script below `node_modules` of the peer.
    #[must_use]
    pub fn command(&self, script: &str, home: &Path) -> Command {
        self.node(&self.folder.join("node_modules").join(script), home)
    }

    /// Runs a script of ours, from `scripts` beside the tests, that requires packages of the peer.
    #[must_use]
    pub fn script(&self, name: &str, home: &Path) -> Command {
        self.node(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name), home)
    }

    fn node(&self, script: &Path, home: &Path) -> Command {
        let mut command = Command::new(&self.node);
        #[expect(clippy::disallowed_methods, reason = "the published program looks for git and ip")]
        let path = std::env::var("PATH").unwrap_or_default();
        let own = self.node.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
        command.env_clear().env("PATH", format!("{own}:{path}")).env("HOME", home).env("TZ", "UTC");
        command.env("LANG", "C.UTF-8").env("NO_COLOR", "1").env("NODE_PATH", self.folder.join("node_modules"));
        command.arg(script).current_dir(home).stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}

/// Runs to the end, within reason.
///
/// # Errors
/// It does not start or does not end.
pub async fn output(mut command: Command) -> anyhow::Result<Output> {
    tokio::time::timeout(PATIENCE, command.output()).await.context("the program does not end")?.context("it starts")
}

/// A port that was free a moment ago.
///
/// # Errors
/// The machine has none.
pub async fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
}

/// What a process has said so far.
#[derive(Debug, Default)]
struct Said {
    lines: Mutex<Vec<String>>,
    more: Notify,
}

/// A process of a peer; it dies with this value.
#[derive(Debug)]
pub struct Process {
    child: Child,
    said: Arc<Said>,
    /// How many lines `line` has given out or passed.
    read: usize,
    _readers: [OwnedTask; 2],
}

impl Process {
    /// Starts, and waits for a line with these words.
    ///
    /// # Errors
    /// It ended or kept silent; the text holds what it said.
    pub async fn start(mut command: Command, ready: &str) -> anyhow::Result<Self> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let said = Arc::new(Said::default());
        let output = child.stdout.take().context("standard output")?;
        let errors = child.stderr.take().context("standard error")?;
        let readers = [listen(output, Arc::clone(&said)), listen(errors, Arc::clone(&said))];
        let mut process = Self { child, said, read: 0, _readers: readers };
        process.line(ready).await?;
        Ok(process)
    }

    /// The next line with these words.
    ///
    /// # Errors
    /// None comes.
    pub async fn line(&mut self, words: &str) -> anyhow::Result<String> {
        let said = Arc::clone(&self.said);
        let found = async {
            loop {
                let more = said.more.notified();
                tokio::pin!(more);
                more.as_mut().enable();
                {
                    let lines = said.lines.lock();
                    let ahead = lines.iter().enumerate().skip(self.read);
                    if let Some((at, line)) = ahead.into_iter().find(|(_, line)| line.contains(words)) {
                        self.read = at + 1;
                        return Some(line.clone());
                    }
                }
                tokio::select! {
                    () = more => {}
                    _ = self.child.wait() => return None,
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, found).await.ok().flatten();
        found.with_context(|| format!("no line with {words:?}; it said: {:#?}", self.said.lines.lock()))
    }

    /// Everything it said.
    #[must_use]
    pub fn said(&self) -> String {
        self.said.lines.lock().join("\n")
    }

    /// Asks it to stop and waits for the end.
    ///
    /// # Errors
    /// It was gone already, or goes on.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(pid.context("the program is gone")?, Signal::TERM)?;
        tokio::time::timeout(PATIENCE, self.child.wait()).await.context("the program does not stop")??;
        Ok(())
    }
}

fn listen(stream: impl AsyncRead + Unpin + Send + 'static, said: Arc<Said>) -> OwnedTask {
    OwnedTask::spawn(&CancellationToken::new(), |_| async move {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            said.lines.lock().push(line);
            said.more.notify_waiters();
        }
    })
}
