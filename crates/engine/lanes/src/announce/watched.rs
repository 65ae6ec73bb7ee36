//! One run as its watchers have seen it so far. Pure: time comes in, payloads go out.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use ids::RunId;
use protocol::{
    Text,
    events::{agent, chat},
};
use serde_json::{Value, json};

use super::AgentStep;
use crate::{Failover, RunEvent, RunOutcome, RunStart, StopCause, ToolPhase};

/// Least time between two `chat` deltas of one run.
const DELTA_EVERY: Duration = Duration::from_millis(150);
/// Characters of a tool's result that watchers get.
const RESULT_CHARS: usize = 8000;

/// Who is there to see a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Audience {
    pub(super) anybody: bool,
    /// Somebody asked for tool calls and changes of model, whatever the session shows.
    pub(super) wants_more: bool,
}

/// A payload and the event it goes out as.
#[derive(Debug)]
pub(super) enum Shown {
    Agent(AgentStep),
    /// For those who asked for more than the session shows.
    More(AgentStep),
    Delta(chat::Payload),
    Chat(chat::Payload),
}

#[derive(Debug)]
pub(super) struct Watched {
    run: RunId,
    session: String,
    seq: u64,
    verbose_tools: bool,
    /// What each open tool call is about, by its id.
    about: HashMap<Box<str>, String>,
    text: std::sync::Arc<str>,
    last_delta: Option<Instant>,
    /// The run's `chat` story is told: an abort was shown.
    closed: bool,
    /// The stop was a client's or a stop word's: nothing more is shown at all.
    silent: bool,
}

impl Watched {
    pub(super) fn new(start: &RunStart) -> Self {
        Self {
            run: start.turn.run.clone(),
            session: start.turn.key.as_sent().to_owned(),
            seq: 0,
            verbose_tools: false,
            about: HashMap::new(),
            text: "".into(),
            last_delta: None,
            closed: false,
            silent: false,
        }
    }

    /// What the event shows. Sequence numbers move on also for what is not shown.
    pub(super) fn on(&mut self, event: &RunEvent, ts: u64, now: Instant, audience: Audience) -> Vec<Shown> {
        if self.silent {
            return Vec::new();
        }
        match event {
            RunEvent::Started { at, verbose_tools, .. } => {
                self.verbose_tools = *verbose_tools;
                let started_at = u64::try_from(*at).unwrap_or(ts);
                vec![self.step(agent::Step::Lifecycle(agent::Lifecycle::Start { started_at }), ts)]
            }
            RunEvent::Text { delta, text } => {
                self.text = std::sync::Arc::clone(text);
                if audience.anybody { self.text(delta, ts, now) } else { self.skip() }
            }
            RunEvent::Tool { name, call, phase } => {
                // The next assistant message starts anew.
                if matches!(phase, ToolPhase::Start { .. }) {
                    self.last_delta = None;
                }
                let is_shown = self.verbose_tools || audience.wants_more;
                if is_shown { self.tool(name, call, phase, ts) } else { self.skip() }
            }
            RunEvent::CompactionStarted => vec![self.step(agent::Step::Compaction(agent::Compaction::Start {}), ts)],
            RunEvent::CompactionEnded { will_retry } => {
                let end = agent::Compaction::End { will_retry: *will_retry };
                vec![self.step(agent::Step::Compaction(end), ts)]
            }
            RunEvent::Stopping { cause } => self.stopping(*cause, ts),
            RunEvent::Ended(end) => self.ended(end, ts),
            RunEvent::Failover(failover) if audience.wants_more => {
                let Failover { from, to, reason } = failover.clone();
                let step = agent::Step::Lifecycle(agent::Lifecycle::Failover { from, to, reason });
                vec![Shown::More(self.payload(step, ts))]
            }
            // Reasoning is not streamed, and a change of model is a line in the log and a fact.
            RunEvent::Thinking { .. } | RunEvent::Failover(_) => self.skip(),
        }
    }

    fn skip(&mut self) -> Vec<Shown> {
        self.seq += 1;
        Vec::new()
    }

    fn step(&mut self, step: agent::Step, ts: u64) -> Shown {
        Shown::Agent(self.payload(step, ts))
    }

    fn payload(&mut self, step: agent::Step, ts: u64) -> AgentStep {
        self.seq += 1;
        agent::Payload {
            run_id: self.run.clone(),
            step,
            session_key: Some(self.session.clone()),
            seq: Some(self.seq),
            ts,
        }
    }

    fn text(&mut self, delta: &str, ts: u64, now: Instant) -> Vec<Shown> {
        let whole = self.text.to_string();
        let assistant = agent::Assistant { text: whole.clone(), delta: delta.to_owned(), media_urls: None };
        let mut shown = vec![self.step(agent::Step::Assistant(assistant), ts)];
        let due = self.last_delta.is_none_or(|last| now.saturating_duration_since(last) >= DELTA_EVERY);
        if due && !self.closed {
            self.last_delta = Some(now);
            let message = chat::ChatMessage::said(whole, ts);
            shown.extend(
                chat(&self.run, &self.session, self.seq, chat::ChatState::Delta, Some(message)).map(Shown::Delta),
            );
        }
        shown
    }

    fn tool(&mut self, name: &str, call: &str, phase: &ToolPhase, ts: u64) -> Vec<Shown> {
        let Ok(tool_call_id) = call.parse() else { return self.skip() };
        let name = name.to_owned();
        let parsed =
            |raw: &serde_json::value::RawValue| serde_json::from_str::<Value>(raw.get()).unwrap_or(Value::Null);
        let tool = match phase {
            ToolPhase::Start { arguments } => {
                let args = parsed(arguments);
                if let Some(about) = crate::about(&args) {
                    self.about.insert(call.into(), cut(about));
                }
                agent::Tool::Start { name, tool_call_id, args }
            }
            ToolPhase::Update { partial } => {
                let partial_result = json!({ "content": [{ "type": "text", "text": cut(partial) }] });
                agent::Tool::Update { name, tool_call_id, partial_result }
            }
            ToolPhase::Result { is_error, result } => {
                let mut result = parsed(result);
                lighten(&mut result);
                let meta = self.about.remove(call);
                agent::Tool::Result { name, tool_call_id, meta, is_error: *is_error, result }
            }
        };
        let payload = self.payload(agent::Step::Tool(tool), ts);
        vec![if self.verbose_tools { Shown::Agent(payload) } else { Shown::More(payload) }]
    }

    fn stopping(&mut self, cause: StopCause, ts: u64) -> Vec<Shown> {
        if cause == StopCause::Shutdown {
            return Vec::new();
        }
        self.closed = true;
        let mut shown = Vec::new();
        if cause == StopCause::Timeout {
            let end = agent::Lifecycle::End { started_at: None, ended_at: ts, aborted: Some(true) };
            shown.push(self.step(agent::Step::Lifecycle(end), ts));
        } else {
            self.seq += 1;
        }
        self.silent = true;
        let payload = chat(&self.run, &self.session, self.seq, chat::ChatState::Aborted, None);
        shown.extend(
            payload
                .map(|payload| Shown::Chat(chat::Payload { stop_reason: Some(cause.as_str().to_owned()), ..payload })),
        );
        shown
    }

    fn ended(&mut self, end: &crate::RunEnd, ts: u64) -> Vec<Shown> {
        let ended_at = u64::try_from(end.ended_at).unwrap_or(ts);
        match &end.outcome {
            RunOutcome::Done => {
                let end = agent::Lifecycle::End { started_at: None, ended_at, aborted: None };
                let mut shown = vec![self.step(agent::Step::Lifecycle(end), ts)];
                let text = self.text.trim();
                let message = (!text.is_empty()).then(|| chat::ChatMessage::said(text.to_owned(), ts));
                shown
                    .extend(chat(&self.run, &self.session, self.seq, chat::ChatState::Final, message).map(Shown::Chat));
                shown
            }
            RunOutcome::Failed { message } => {
                let error = agent::Lifecycle::Error { error: message.clone(), started_at: None, ended_at };
                let mut shown = vec![self.step(agent::Step::Lifecycle(error), ts)];
                let payload = chat(&self.run, &self.session, self.seq, chat::ChatState::Error, None);
                shown.extend(
                    payload
                        .map(|payload| Shown::Chat(chat::Payload { error_message: Some(message.clone()), ..payload })),
                );
                shown
            }
            RunOutcome::Aborted { cause } => self.stopping(*cause, ts),
        }
    }
}

/// A `chat` payload; `None` for a session without a name, which no client can watch.
pub(super) fn chat(
    run: &RunId,
    session: &str,
    seq: u64,
    state: chat::ChatState,
    message: Option<chat::ChatMessage>,
) -> Option<chat::Payload> {
    Some(chat::Payload {
        run_id: run.clone(),
        session_key: Text::new(session)?,
        seq,
        state,
        message,
        error_message: None,
        stop_reason: None,
    })
}

pub(super) fn injected(text: &str, ts: u64) -> chat::ChatMessage {
    chat::ChatMessage::injected(text.to_owned(), ts)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(RESULT_CHARS) {
        Some((at, _)) => format!("{}\n…(truncated)…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Cuts long texts and takes picture data out: watchers read, they do not rebuild.
fn lighten(result: &mut Value) {
    let Some(parts) = result.get_mut("content").and_then(Value::as_array_mut) else { return };
    for part in parts.iter_mut().filter_map(Value::as_object_mut) {
        if let Some(Value::String(text)) = part.get_mut("text") {
            *text = cut(text);
        }
        if let Some(Value::String(data)) = part.remove("data") {
            part.insert("bytes".into(), data.len().into());
            part.insert("omitted".into(), true.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::to_raw_value;

    use super::*;
    use crate::Turn;

    fn start() -> RunStart {
        RunStart { turn: Turn::sample("r"), at: 1 }
    }

    fn tool(phase: ToolPhase) -> RunEvent {
        RunEvent::Tool { name: "exec".into(), call: "c1".into(), phase }
    }

    const BOTH: Audience = Audience { anybody: true, wants_more: true };

    #[test]
    fn tool_calls_of_a_quiet_session_are_for_those_who_asked() {
        let start_of_call = || tool(ToolPhase::Start { arguments: to_raw_value(&json!({})).unwrap().into() });
        let started = RunEvent::Started { at: 1, verbose_tools: false, reasoning: false };
        for (audience, count) in [(BOTH, 1), (Audience { wants_more: false, ..BOTH }, 0)] {
            let mut watched = Watched::new(&start());
            watched.on(&started, 2, Instant::now(), audience);
            let shown = watched.on(&start_of_call(), 2, Instant::now(), audience);
            assert!(shown.len() == count && shown.iter().all(|shown| matches!(shown, Shown::More(_))), "{shown:?}");
        }
    }

    #[test]
    fn the_result_of_a_tool_call_says_what_the_call_was_about() {
        let mut watched = Watched::new(&start());
        let arguments = to_raw_value(&json!({ "timeout": 5, "command": "ls -l" })).unwrap();
        let result = to_raw_value(&json!({ "content": [] })).unwrap();
        let events = [
            RunEvent::Started { at: 1, verbose_tools: true, reasoning: false },
            tool(ToolPhase::Start { arguments: arguments.into() }),
            tool(ToolPhase::Result { is_error: false, result: result.into() }),
        ];
        let shown: Vec<_> = events.iter().flat_map(|event| watched.on(event, 2, Instant::now(), BOTH)).collect();
        let Some(Shown::Agent(payload)) = shown.last() else { panic!("a step") };
        assert_eq!(serde_json::to_value(payload).unwrap()["data"]["meta"], "ls -l");
        assert!(watched.about.is_empty());
    }
}
