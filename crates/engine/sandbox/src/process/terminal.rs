//! A command on a pseudo-terminal, for programs that behave differently for people.
//!
//! The terminal's ends block, so each command has a thread that reads and one that waits for its exit; both end with it.

use std::fmt;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, WaitOptions, waitpid};
use stdx::Pool;
use tokio::sync::oneshot;
use tool::{ExitState, Terminal};

use crate::process::Command;
use crate::process::running::{Input, Running, Started, Watch};
use crate::process::tree::{Leader, Tree};

const READ: usize = 8 * 1024;
const WRITE_PATIENCE: Duration = Duration::from_secs(5);
const END_OF_INPUT: u8 = 4;
/// A program asks where the cursor is and waits for the answer.
const WHERE: &[u8] = b"\x1b[6n";
const HERE: &[u8] = b"\x1b[1;1R";

type Writer = Arc<Mutex<Box<dyn Write + Send>>>;

/// Starts the command as the leader of a session of its own. Blocks for a moment.
pub(crate) fn start(
    command: &Command,
    size: Terminal,
    pools: (&Arc<Pool>, &Arc<Pool>),
    grace: Duration,
) -> Result<Started, String> {
    let size = PtySize { rows: size.rows, cols: size.columns, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).map_err(|e| e.to_string())?;
    let mut start = CommandBuilder::new(&command.shell);
    start.args(["-c", &command.line]);
    start.cwd(&command.folder);
    start.env_clear();
    for (name, value) in &command.env {
        start.env(name, value);
    }
    let reader = pair.master.try_clone_reader().map_err(|e| e.to_string())?;
    let writer: Writer = Arc::new(Mutex::new(pair.master.take_writer().map_err(|e| e.to_string())?));
    let child = pair.slave.spawn_command(start).map_err(|e| e.to_string())?;
    // Our copy of the program's end, else reading would never end.
    drop(pair.slave);
    let pid = child.process_id();
    let tree = Tree { mark: command.mark.as_str().into(), leader: pid.and_then(Leader::of) };
    let input = TerminalInput { writer, pool: Arc::clone(pools.1), _master: Mutex::new(pair.master) };
    let process = Arc::new(Running::new(pid, tree, Input::Terminal(input), Arc::clone(pools.0), grace));
    let closed = read_on_thread(reader, Arc::clone(&process))?;
    let exit = wait_on_thread(pid)?;
    let exit = Box::pin(async move { (exit.await.unwrap_or(ExitState::Killed), ()) });
    Ok(Started { process, watch: Watch::new(exit, closed) })
}

fn read_on_thread(mut from: Box<dyn Read + Send>, into: Arc<Running>) -> Result<oneshot::Receiver<()>, String> {
    let (close, closed) = oneshot::channel();
    thread("terminal read", move || {
        let mut buffer = vec![0; READ];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let bytes = buffer.get(..length).unwrap_or_default();
            into.feed(bytes);
            if let Input::Terminal(input) = into.input()
                && bytes.windows(WHERE.len()).any(|window| window == WHERE)
            {
                input.answer(HERE);
            }
        }
        // Nobody waits any more: then nobody needs to know.
        let _ = close.send(());
    })?;
    Ok(closed)
}

fn wait_on_thread(pid: Option<u32>) -> Result<oneshot::Receiver<ExitState>, String> {
    let pid = pid.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    let (tell, exit) = oneshot::channel();
    thread("terminal wait", move || {
        let status = loop {
            match waitpid(pid, WaitOptions::empty()) {
                Err(rustix::io::Errno::INTR) => {}
                Ok(Some((_, status))) => break Some(status),
                Ok(None) | Err(_) => break None,
            }
        };
        let code = status.and_then(|s| s.exit_status()).map(ExitState::Code);
        let signal = status.and_then(|s| s.terminating_signal()).map(ExitState::Signal);
        let _ = tell.send(code.or(signal).unwrap_or(ExitState::Killed));
    })?;
    Ok(exit)
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), String> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map(drop).map_err(|e| e.to_string())
}

/// The side of the terminal where a person would type.
pub(crate) struct TerminalInput {
    writer: Writer,
    pool: Arc<Pool>,
    /// Dropping it hangs the terminal up.
    _master: Mutex<Box<dyn MasterPty + Send>>,
}

impl TerminalInput {
    pub(crate) async fn write(&self, data: &[u8], end: bool) -> Result<(), String> {
        let writer = Arc::clone(&self.writer);
        let mut data = data.to_vec();
        data.extend(end.then_some(END_OF_INPUT));
        let written = self.pool.run(move || {
            let mut writer = writer.lock();
            writer.write_all(&data).and_then(|()| writer.flush())
        });
        match tokio::time::timeout(WRITE_PATIENCE, written).await {
            Ok(Ok(result)) => result.map_err(|e| format!("it takes no input: {e}")),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("it does not read its input".to_owned()),
        }
    }

    /// From the reading thread, which must not wait for a writer that waits for it.
    fn answer(&self, bytes: &[u8]) {
        if let Some(mut writer) = self.writer.try_lock() {
            // The program may be gone already.
            drop(writer.write_all(bytes).and_then(|()| writer.flush()));
        }
    }
}

impl fmt::Debug for TerminalInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TerminalInput")
    }
}
