//! A command with plain pipes. Both of its outputs share one pipe, so that their order is kept.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use stdx::{CancellationToken, OwnedTask, Pool};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe;
use tokio::process::ChildStdin;
use tokio::sync::oneshot;
use tool::ExitState;

use crate::process::Command;
use crate::process::running::{Input, Running, Started, Watch};
use crate::process::tree::{Leader, Tree};

/// One read takes at most what a pipe holds.
const READ: usize = 64 * 1024;
/// A command that takes nothing for this long does not read its input.
const WRITE_PATIENCE: Duration = Duration::from_secs(5);

/// Starts the command as the leader of its own process group.
pub(crate) fn start(
    command: &Command,
    pool: &Arc<Pool>,
    grace: Duration,
    cancel: &CancellationToken,
) -> io::Result<Started> {
    let (reader, writer) = io::pipe()?;
    let mut start = tokio::process::Command::new(&command.shell);
    start.arg("-c").arg(&command.line).current_dir(&command.folder).env_clear().envs(&command.env);
    start.process_group(0).kill_on_drop(true);
    start.stdin(if command.input { Stdio::piped() } else { Stdio::null() });
    start.stdout(writer.try_clone()?).stderr(writer);
    let mut child = start.spawn()?;
    // Our copies of the writing end go with it: else the output would never close.
    drop(start);
    let pid = child.id();
    let tree = Tree { mark: command.mark.as_str().into(), leader: pid.and_then(Leader::of) };
    let input = child.stdin.take().map_or(Input::Closed, |stdin| Input::Pipe(PipeInput(Mutex::new(Some(stdin)))));
    let process = Arc::new(Running::new(pid, tree, input, Arc::clone(pool), grace));
    let reader = pipe::Receiver::from_owned_fd(OwnedFd::from(reader))?;
    let (close, closed) = oneshot::channel();
    let reading = OwnedTask::spawn(cancel, |_| read(reader, Arc::clone(&process), close));
    let exit = Box::pin(async move {
        // Reading goes on after the exit, as long as this future is kept.
        let state = child.wait().await.map_or(ExitState::Killed, exit_state);
        (state, reading)
    });
    Ok(Started { process, watch: Watch::new(exit, closed) })
}

async fn read(mut from: pipe::Receiver, into: Arc<Running>, close: oneshot::Sender<()>) {
    let mut buffer = vec![0; READ];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        into.feed(buffer.get(..length).unwrap_or_default());
    }
    // Nobody waits any more: then nobody needs to know.
    let _ = close.send(());
}

fn exit_state(status: ExitStatus) -> ExitState {
    status.code().map_or_else(|| ExitState::Signal(status.signal().unwrap_or(0)), ExitState::Code)
}

/// The writing end of a command's input; empty while somebody writes, and after its end was sent.
#[derive(Debug)]
pub(crate) struct PipeInput(Mutex<Option<ChildStdin>>);

impl PipeInput {
    pub(crate) async fn write(&self, data: &[u8], end: bool) -> Result<(), String> {
        let Some(mut stdin) = self.0.lock().take() else {
            return Err("its input was closed before, or somebody else writes to it".to_owned());
        };
        let written = tokio::time::timeout(WRITE_PATIENCE, async {
            stdin.write_all(data).await?;
            stdin.flush().await
        });
        let result = match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("it takes no input: {error}")),
            Err(_) => Err("it does not read its input".to_owned()),
        };
        if !end {
            *self.0.lock() = Some(stdin);
        }
        result
    }
}
