//! `process`: look at background commands, talk to them, end them.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use tool::{CommandLine, ExitState, Need, ProcessId, Tool, ToolContext, ToolError, ToolOutput};

use super::input::count;
use super::{exec::shorten, keys};
use crate::processes::{Job, Processes, outcome};

/// A poll without news waits this long for some.
const POLL: Duration = Duration::from_secs(1);
const NOTHING_NEW: &str = "(no new output)";
const LOG_LINES: usize = 200;
const COMMAND_CHARACTERS: usize = 80;

#[derive(Debug)]
pub(super) struct Process {
    pub(super) processes: Arc<Processes>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Action {
    List,
    Poll,
    Log,
    Write,
    #[serde(alias = "send_keys", alias = "sendKeys")]
    SendKeys,
    Submit,
    Paste,
    Kill,
    Clear,
    Remove,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
    action: Action,
    #[serde(default, alias = "session_id")]
    session_id: Option<String>,
    /// For write.
    #[serde(default)]
    data: Option<String>,
    /// For send-keys: Enter, C-c, Up.
    #[serde(default)]
    keys: Option<Vec<String>>,
    #[serde(default)]
    hex: Option<Vec<String>>,
    #[serde(default)]
    literal: Option<String>,
    /// For paste.
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    bracketed: Option<bool>,
    /// Close its input.
    #[serde(default)]
    eof: Option<bool>,
    /// First line of log.
    #[serde(default, deserialize_with = "count")]
    offset: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    limit: Option<u64>,
}

impl Tool for Process {
    const NAME: &'static str = "process";
    const ABOUT: &'static str = "Background commands: list, poll (new output), log, write, send-keys, submit (Enter), \
        paste, kill, clear (forget ended), remove.";
    const SUMMARY: &'static str = "follow and control background commands";
    type Input = Input;

    fn needs(&self, input: &Input) -> Vec<Need> {
        let id = input.session_id.clone().map(ProcessId);
        match input.action {
            Action::List | Action::Poll | Action::Log => vec![Need::Watch(id)],
            Action::Write | Action::SendKeys | Action::Submit | Action::Paste => {
                let typed = [&input.data, &input.literal, &input.text].into_iter().flatten().next();
                vec![Need::Watch(id), Need::Exec(CommandLine(typed.cloned().unwrap_or_default()))]
            }
            Action::Kill | Action::Clear | Action::Remove => {
                vec![Need::Exec(CommandLine(format!("kill {}", input.session_id.as_deref().unwrap_or_default())))]
            }
        }
    }

    async fn run(&self, input: Input, cx: ToolContext) -> Result<ToolOutput, ToolError> {
        if input.action == Action::List {
            return Ok(self.list(&cx));
        }
        let Some(id) = input.session_id.clone().map(ProcessId) else {
            return Err(ToolError::BadInput("sessionId is missing".to_owned()));
        };
        let Some(job) = self.processes.find(&cx.agent, &id) else { return Err(self.not_there(&cx, &id)) };
        match input.action {
            Action::List => Ok(self.list(&cx)),
            Action::Poll => Ok(poll(&job, &cx).await),
            Action::Log => Ok(log(&job, input.offset, input.limit)),
            Action::Write | Action::SendKeys | Action::Submit | Action::Paste => send(&job, &input).await,
            Action::Kill => {
                job.kill().await;
                Ok(report(&job, format!("{id}: {}", outcome(job.process.state()))))
            }
            Action::Clear if job.process.state() == ExitState::Running => {
                Err(ToolError::Failed(format!("{id} still runs: kill it, or remove it")))
            }
            Action::Clear | Action::Remove => {
                job.kill().await;
                self.processes.forget(&id);
                Ok(report(&job, format!("{id} is forgotten")))
            }
        }
    }
}

impl Process {
    fn list(&self, cx: &ToolContext) -> ToolOutput {
        let (jobs, cut_off) = self.processes.list(&cx.agent);
        let now_ms = self.processes.now_ms();
        let mut lines: Vec<String> = cut_off
            .iter()
            .map(|i| format!("{}: interrupted when the gateway stopped: {}", i.id, first(&i.command)))
            .collect();
        lines.extend(jobs.iter().map(|job| {
            let seconds = job.ended_ms().unwrap_or(now_ms).saturating_sub(job.started_ms) / 1_000;
            format!("{}: {}, {seconds} s: {}", job.id, outcome(job.process.state()), first(&job.command))
        }));
        if lines.is_empty() {
            return ToolOutput::text("there are no background commands");
        }
        ToolOutput::text(lines.join("\n"))
    }

    fn not_there(&self, cx: &ToolContext, id: &ProcessId) -> ToolError {
        ToolError::Failed(match self.processes.find_interrupted(&cx.agent, id) {
            Some(cut_off) => format!(
                "{id} was interrupted when the gateway stopped unexpectedly; nothing of it runs any more: {}",
                first(&cut_off.command)
            ),
            None => format!("there is no background command named {id}"),
        })
    }
}

async fn poll(job: &Job, cx: &ToolContext) -> ToolOutput {
    let news = tokio::time::timeout(POLL, job.process.news());
    tokio::select! {
        _ = news => {}
        () = cx.cancel.cancelled() => {}
    }
    // The state first: output that comes in between is given now and not promised for later.
    let state = job.process.state();
    let fresh = job.process.fresh();
    let news = if fresh.is_empty() { NOTHING_NEW } else { fresh.trim_end_matches('\n') };
    report(job, format!("{news}\n\n[{}]", outcome(state)))
}

fn log(job: &Job, offset: Option<u64>, limit: Option<u64>) -> ToolOutput {
    let whole = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let output = job.process.snapshot().output;
    let total = output.lines().count();
    let limit = limit.map_or(LOG_LINES, whole);
    let from = offset.map_or_else(|| total.saturating_sub(limit), |first| whole(first.saturating_sub(1)));
    let lines: Vec<&str> = output.lines().skip(from).take(limit).collect();
    let (first, last) = (from + 1, from + lines.len());
    let said =
        format!("{}\n\n[lines {first} to {last} of {total}; {}]", lines.join("\n"), outcome(job.process.state()));
    report(job, shorten(&said))
}

async fn send(job: &Job, input: &Input) -> Result<ToolOutput, ToolError> {
    let bytes = typed(input, job.on_terminal).map_err(ToolError::BadInput)?;
    let end = input.eof == Some(true);
    if bytes.is_empty() && !end {
        return Err(ToolError::BadInput("there is nothing to send".to_owned()));
    }
    job.process.write(&bytes, end).await.map_err(|why| ToolError::Failed(format!("{}: {why}", job.id)))?;
    let closed = if end { " and closed its input" } else { "" };
    Ok(report(job, format!("sent {} bytes{closed}", bytes.len())))
}

/// The bytes a person at the keyboard would send.
fn typed(input: &Input, on_terminal: bool) -> Result<Vec<u8>, String> {
    let text = [&input.data, &input.text, &input.literal].into_iter().flatten().next().map_or("", String::as_str);
    let mut bytes = Vec::new();
    match input.action {
        Action::SendKeys => {
            bytes.extend_from_slice(text.as_bytes());
            for digits in input.hex.iter().flatten() {
                bytes.push(keys::from_hex(digits)?);
            }
            for key in input.keys.iter().flatten() {
                bytes.extend(keys::bytes(key)?);
            }
        }
        Action::Submit => {
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(if on_terminal { b'\r' } else { b'\n' });
        }
        Action::Paste if on_terminal && input.bracketed != Some(false) && !text.is_empty() => {
            bytes.extend_from_slice(format!("\x1b[200~{text}\x1b[201~").as_bytes());
        }
        _ => bytes.extend_from_slice(text.as_bytes()),
    }
    Ok(bytes)
}

fn report(job: &Job, said: String) -> ToolOutput {
    let state = job.process.state();
    let (status, code) = match state {
        ExitState::Running => ("running", None),
        ExitState::Code(0) => ("completed", Some(0)),
        ExitState::Code(code) => ("failed", Some(code)),
        ExitState::Signal(_) | ExitState::TimedOut | ExitState::Killed => ("failed", None),
    };
    ToolOutput::text(said)
        .with("status", status)
        .with("sessionId", job.id.to_string())
        .with("exitCode", code)
        .with("name", first(&job.command))
}

/// The start of a command, on one line.
fn first(command: &str) -> String {
    let line: String = command.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(COMMAND_CHARACTERS).collect()
}
