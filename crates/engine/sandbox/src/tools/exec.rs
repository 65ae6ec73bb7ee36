//! `exec`: a shell command, waited for as long as it is quick.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::Instant;
use tool::{CommandLine, ExitState, Launch, Need, Terminal, Tool, ToolContext, ToolError, ToolOutput, WorldPath};

use super::input::count;
use crate::processes::{Job, Processes, last, outcome};

/// What the model is shown of a command's output; the end says more than the beginning.
const SHOWN_BYTES: usize = 30 * 1024;
const SHOWN_HEAD: usize = 6 * 1024;
/// How often a call shows what it has so far.
const PROGRESS: Duration = Duration::from_millis(500);
const PROGRESS_CHARACTERS: usize = 2_000;
const SCREEN: Terminal = Terminal { rows: 30, columns: 120 };

#[derive(Debug)]
pub(super) struct Exec {
    pub(super) processes: Arc<Processes>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
    command: String,
    #[serde(default, alias = "cwd")]
    workdir: Option<String>,
    #[serde(default)]
    env: Option<BTreeMap<String, String>>,
    /// Wait, then leave it in the background (10000).
    #[serde(default, alias = "yield_ms", deserialize_with = "count")]
    yield_ms: Option<u64>,
    /// Do not wait.
    #[serde(default)]
    background: Option<bool>,
    /// Seconds until it is killed (1800).
    #[serde(default, deserialize_with = "count")]
    timeout: Option<u64>,
    /// Run in a terminal.
    #[serde(default)]
    pty: Option<bool>,
}

impl Tool for Exec {
    const NAME: &'static str = "exec";
    const ABOUT: &'static str = "Run a shell command. One that is still running after yieldMs goes on in the \
        background: see process. Its input is open only with background, pty or yieldMs.";
    const SUMMARY: &'static str = "run shell commands";
    type Input = Input;

    fn needs(&self, input: &Input) -> Vec<Need> {
        vec![Need::Exec(CommandLine(input.command.clone()))]
    }

    async fn run(&self, input: Input, cx: ToolContext) -> Result<ToolOutput, ToolError> {
        if input.command.trim().is_empty() {
            return Err(ToolError::BadInput("command is empty".to_owned()));
        }
        let settings = self.processes.exec(&cx.agent);
        let at_once = input.background == Some(true);
        let on_terminal = input.pty == Some(true);
        let timeout = Some(settings.timeout(input.timeout));
        let patience = settings.background_after(input.yield_ms);
        let folder = input.workdir.unwrap_or_else(|| cx.world.root().to_owned());
        let launch = Launch {
            command: input.command,
            folder: Some(WorldPath(folder.clone())).filter(|folder| folder.0 != cx.world.root()),
            env: input.env.unwrap_or_default(),
            path_prepend: settings.path_prepend,
            pass_env: settings.pass_env,
            mark: String::new(),
            input: at_once || on_terminal || input.yield_ms.is_some(),
            timeout,
            terminal: on_terminal.then_some(SCREEN),
        };
        let job = self.processes.start(&cx, launch).await?;
        let waiting = Foreground(Arc::clone(&job));
        if !at_once {
            tokio::select! {
                _ = job.process.ended() => return Ok(self.finished(&job, &folder)),
                () = cx.cancel.cancelled() => {
                    job.kill().await;
                    self.processes.forget(&job.id);
                    return Err(ToolError::Cancelled);
                }
                () = tokio::time::sleep(patience) => {}
                () = show(&job, &cx) => {}
            }
        }
        drop(waiting);
        Ok(running(&job, &folder))
    }
}

impl Exec {
    fn finished(&self, job: &Job, folder: &str) -> ToolOutput {
        let seen = job.process.snapshot();
        let mut said = shorten(&seen.output);
        if said.trim().is_empty() {
            "(no output)".clone_into(&mut said);
        }
        let failed = seen.state != ExitState::Code(0);
        if failed {
            said = format!("{}\n\n[{}]", said.trim_end(), outcome(seen.state));
        }
        if job.process.is_open() {
            job.leave_in_background();
            said = format!("{}\n\n[something it started still runs: see process {}]", said.trim_end(), job.id);
        } else {
            self.processes.forget(&job.id);
        }
        let code = if let ExitState::Code(code) = seen.state { code.into() } else { serde_json::Value::Null };
        let output = ToolOutput::text(said)
            .with("status", if failed { "failed" } else { "completed" })
            .with("exitCode", code)
            .with("durationMs", self.processes.now_ms().saturating_sub(job.started_ms))
            .with("aggregated", shorten(&seen.output))
            .with("cwd", folder);
        ToolOutput { is_error: failed, ..output }
    }
}

/// A command somebody waits for. When the waiting ends for whatever reason, the command is one of the background.
struct Foreground(Arc<Job>);

impl Drop for Foreground {
    fn drop(&mut self) {
        if self.0.process.state() == ExitState::Running {
            self.0.leave_in_background();
        }
    }
}

/// Shows the end of the output now and then, for ever.
async fn show(job: &Job, cx: &ToolContext) {
    let mut next = Instant::now();
    let mut shown = 0;
    loop {
        next += PROGRESS;
        tokio::time::sleep_until(next).await;
        let seen = job.process.snapshot();
        if seen.output_bytes > shown {
            shown = seen.output_bytes;
            (cx.progress)(&last(&seen.output, PROGRESS_CHARACTERS));
        }
    }
}

fn running(job: &Job, folder: &str) -> ToolOutput {
    let seen = job.process.snapshot();
    let tail = last(&seen.output, PROGRESS_CHARACTERS);
    let pid = seen.pid.map_or_else(String::new, |pid| format!(", pid {pid}"));
    let said = format!("still running in the background: session {}{pid}; use process to follow it", job.id);
    let said = if tail.is_empty() { said } else { format!("{tail}\n\n[{said}]") };
    ToolOutput::text(said)
        .with("status", "running")
        .with("sessionId", job.id.to_string())
        .with("pid", seen.pid)
        .with("startedAt", job.started_ms)
        .with("cwd", folder)
        .with("tail", tail)
}

/// The beginning and the end of a long text.
pub(super) fn shorten(text: &str) -> String {
    if text.len() <= SHOWN_BYTES {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(SHOWN_HEAD);
    let tail = text.ceil_char_boundary(text.len() - (SHOWN_BYTES - SHOWN_HEAD));
    let (first, last) = (text.get(..head).unwrap_or_default(), text.get(tail..).unwrap_or_default());
    format!("{first}\n[… {} bytes left out …]\n{last}", tail - head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_output_is_cut_in_its_middle_between_characters() {
        let short = shorten(&format!("start{}end", "é".repeat(40_000)));
        assert!(short.starts_with("starté") && short.ends_with("éend") && short.len() < SHOWN_BYTES + 50);
    }
}
