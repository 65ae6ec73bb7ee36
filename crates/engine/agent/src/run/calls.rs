//! Takes an answer: the last word, or tools to run and then another round.
//!
//! Calls that only read run side by side; all others one after the other, each result committed before the next call
//! starts. A message steered into the run ends the round: what was not started is skipped.

use std::collections::{HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use budget::Money;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use lanes::{Committed, ReplyTo, RunEvent, StopCause, ToolPhase, Turn};
use provider::{Model, StopReason as Stopped, Usage};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use sessions::{Message, Part, Said, StopReason};
use stdx::CancellationToken;
use tool::{Conversation, Power, ToolContext, ToolError};

use super::batch::{Batch, Step};
use super::{Halt, Run, ToolsShown};
use crate::context;
use crate::runs::RowChange;
use crate::stream::{Answer, WrittenCall, arguments};
use crate::tool_call::Finished;
use crate::tool_call::finish::finish;
use crate::tool_call::gate::judge;
use crate::tool_call::prepare::{Ready, prepare};

/// Reading calls at work at once.
const AT_ONCE: usize = 8;
/// A call that is asked to stop has this long to end by itself.
const GRACE: Duration = Duration::from_secs(3);
const SKIPPED: &str = "Skipped: a new message from the person came first.";
const CANCELLED: &str = "Cancelled: the run was stopped.";

/// A call, ready to run or already answered.
enum Call {
    Ready(Box<Ready>, Arc<RawValue>),
    Answered(Finished, Arc<RawValue>),
}

impl Run {
    /// True when the run is over.
    pub(super) async fn take(&mut self, model: &Arc<Model>, mut answer: Answer) -> Result<bool, Halt> {
        self.tell_ids_apart(&mut answer).await?;
        let calls: Vec<WrittenCall> = answer.calls().cloned().collect();
        let mut batch = Batch::default();
        self.settle(&mut batch, model, &answer);
        let Usage { input, output, .. } = answer.usage;
        tracing::info!(model = %model.reference, input, output, "model answered");
        let what = json!({ "model": model.reference.to_string(), "input": input, "output": output });
        batch.facts.push(("model.answered", what));
        if calls.is_empty() {
            return self.last_word(batch, model, &answer).await;
        }
        self.say(&mut batch, model, &answer, StopReason::ToolUse);
        self.run_calls(batch, calls).await?;
        Ok(false)
    }

    async fn last_word(&mut self, mut batch: Batch, model: &Arc<Model>, answer: &Answer) -> Result<bool, Halt> {
        let stop = if answer.stop == Some(Stopped::Length) { StopReason::Length } else { StopReason::Stop };
        self.say(&mut batch, model, answer, stop);
        let mut steered = self.steered();
        if steered.is_empty() {
            // From here on a message that comes is the next run's.
            self.steer.close();
            steered = self.steered();
        }
        if steered.is_empty() {
            self.add_footer(&mut batch, model);
            self.commit(batch.end(&lanes::RunOutcome::Done)).await?;
            return Ok(true);
        }
        self.add_steered(&mut batch, &steered);
        self.commit_and_reserve(batch).await?;
        Ok(false)
    }

    /// The calls that a run which was cut off had not started or not finished.
    pub(super) async fn resume_calls(&mut self) -> Result<(), Halt> {
        let history = self.history().await?;
        let answered: HashSet<&str> = history
            .entries
            .iter()
            .filter_map(|entry| match &entry.said {
                Said::Message(Message::ToolResult(result)) => Some(&*result.tool_call_id),
                _ => None,
            })
            .collect();
        let last = history.entries.iter().rev().find_map(|entry| match &entry.said {
            Said::Message(Message::Assistant(message)) => Some(Some(message)),
            Said::Message(Message::User(_)) => Some(None),
            _ => None,
        });
        let Some(Some(last)) = last else { return Ok(()) };
        let open = last.content.iter().filter_map(|part| match part {
            Part::ToolCall { id, name, arguments, .. } if !answered.contains(&**id) => {
                Some(WrittenCall { id: Arc::clone(id), name: Arc::clone(name), arguments: arguments.get().to_owned() })
            }
            _ => None,
        });
        let open: Vec<WrittenCall> = open.collect();
        drop(answered);
        drop(history);
        if open.is_empty() { Ok(()) } else { self.run_calls(Batch::default(), open).await }
    }

    /// Runs the calls; `batch` holds what must be on disk before the first one starts.
    async fn run_calls(&mut self, mut batch: Batch, calls: Vec<WrittenCall>) -> Result<(), Halt> {
        let mut calls: VecDeque<Call> = calls.iter().map(|call| self.prepare(call)).collect();
        let mut steered: Vec<Turn> = Vec::new();
        let mut in_doubt = false;
        while let Some(call) = calls.pop_front() {
            if !steered.is_empty() {
                let finished = call.given_up(SKIPPED);
                self.result(&mut batch, &finished);
                continue;
            }
            match call {
                Call::Answered(finished, arguments) => self.not_run(&mut batch, &finished, arguments),
                Call::Ready(ready, arguments) if ready.only_reads() => {
                    let mut side_by_side = vec![(ready, arguments)];
                    while side_by_side.len() < AT_ONCE && calls.front().is_some_and(Call::only_reads) {
                        if let Some(Call::Ready(ready, arguments)) = calls.pop_front() {
                            side_by_side.push((ready, arguments));
                        }
                    }
                    for (ready, arguments) in &side_by_side {
                        self.show_call(&mut batch, &ready.name.into(), &ready.id, arguments);
                    }
                    batch = self.before_tools(batch).await?;
                    let cancel = self.stop.token().child_token();
                    let run = &*self;
                    let all =
                        join_all(side_by_side.into_iter().map(|(ready, arguments)| run.one(ready, arguments, &cancel)));
                    for finished in all.await {
                        in_doubt |= finished.was_cancelled;
                        self.result(&mut batch, &finished);
                    }
                }
                Call::Ready(ready, arguments) => {
                    let name: Arc<str> = ready.name.into();
                    let has_effects = ready.has_effects();
                    if has_effects {
                        batch.row.push(RowChange::Tool(Some(Arc::clone(&name))));
                        batch.facts.push(("tool.started", json!({ "tool": name, "call": ready.id })));
                        batch = batch.step(Committed::ToolStarted { name: Arc::clone(&name) });
                    }
                    self.show_call(&mut batch, &name, &ready.id, &arguments);
                    batch = self.before_tools(batch).await?;
                    let cancel = self.stop.token().child_token();
                    let finished = self.one(ready, arguments, &cancel).await;
                    in_doubt |= finished.was_cancelled;
                    self.result(&mut batch, &finished);
                    if has_effects {
                        batch.row.push(RowChange::Tool(None));
                        batch = batch.step(Committed::ToolEnded { name });
                    }
                }
            }
            if self.is_stopped() {
                return self.stopped_between(batch, calls, in_doubt).await;
            }
            steered.extend(self.steered());
        }
        self.add_steered(&mut batch, &steered);
        self.commit_and_reserve(batch).await
    }

    /// The run was stopped: what was not started gets a result all the same. At a shutdown the run goes on from here
    /// after the next start, so only results that are beyond doubt are kept.
    async fn stopped_between(&mut self, mut batch: Batch, calls: VecDeque<Call>, in_doubt: bool) -> Result<(), Halt> {
        if self.stop_cause() == StopCause::Shutdown {
            if !in_doubt {
                self.commit(batch).await?;
            }
            return Err(Halt::Stopped(None));
        }
        for call in calls {
            let finished = call.given_up(CANCELLED);
            self.result(&mut batch, &finished);
        }
        self.commit(batch).await?;
        Err(Halt::Stopped(None))
    }

    /// Commits what must be on disk before a tool starts.
    async fn before_tools(&mut self, batch: Batch) -> Result<Batch, Halt> {
        if !batch.is_empty() {
            self.commit(batch).await?;
        }
        Ok(Batch::default())
    }

    /// Commits, with the worst case of the call that follows.
    async fn commit_and_reserve(&mut self, mut batch: Batch) -> Result<(), Halt> {
        let model = self.model();
        if let Some((_, unused)) = self.reservation.take() {
            // A run that was cut off among its calls reserved when it began again, and asks nothing before them.
            batch.settle.push((unused, Money::ZERO, Usage::default()));
        }
        if let Some(model) = &model {
            let added: usize = batch.entries.iter().map(weight).sum();
            let bytes = added + usize::try_from(self.context.unwrap_or(0)).unwrap_or(0).saturating_mul(4);
            self.context = Some(self.context.unwrap_or(0) + context::tokens(added));
            batch.reserve = Some((Arc::clone(model), self.worst(model, bytes)));
        }
        let reserved = self.commit(batch).await?.reserved;
        self.hold(model, reserved)
    }

    fn prepare(&mut self, call: &WrittenCall) -> Call {
        let raw = arguments(&call.arguments).unwrap_or_else(|_| RawValue::NULL.to_owned().into());
        let offered: Vec<&str> = self.offer.summaries.iter().map(|(name, _)| *name).collect();
        let ready = match prepare(call, &self.agents.tools, &offered) {
            Ok(ready) => ready,
            Err(finished) => return Call::Answered(finished, raw),
        };
        match judge(ready, &self.standing, &self.tools_config) {
            Ok(ready) => Call::Ready(Box::new(ready), raw),
            Err((finished, rule)) => {
                self.facts.push(("tool.refused", json!({ "tool": finished.name, "rule": rule })));
                Call::Answered(finished, raw)
            }
        }
    }

    /// Runs one call to its end.
    async fn one(&self, ready: Box<Ready>, arguments: Arc<RawValue>, cancel: &CancellationToken) -> Finished {
        let (id, name): (Arc<str>, Arc<str>) = (Arc::clone(&ready.id), ready.name.into());
        self.tool_started(&name, &id, arguments);
        let began = self.agents.parts.clock.now();
        let turn = &self.start.turn;
        let (sinks, start) = (self.sinks.clone(), Arc::clone(&self.start));
        let (of, called) = (Arc::clone(&id), Arc::clone(&name));
        let cx = ToolContext {
            world: self.agents.parts.worlds.host(self.agents.workspace(&self.config, &turn.agent)),
            cancel: cancel.clone(),
            progress: Arc::new(move |partial: &str| {
                let phase = ToolPhase::Update { partial: partial.to_owned() };
                sinks.on(&start, &RunEvent::Tool { name: Arc::clone(&called), call: Arc::clone(&of), phase });
            }),
            agent: turn.agent.clone(),
            session: turn.key.clone(),
            run: turn.run.clone(),
            call: Arc::clone(&id),
            conversation: conversation(&turn.reply, self.standing.power),
            sees_images: self.model().is_some_and(|model| model.sees_images()),
        };
        // A tool with a defect must not take the run with it.
        let running = AssertUnwindSafe(ready.prepared.run(cx)).catch_unwind().map(|ended| {
            ended.unwrap_or_else(|_| Err(ToolError::Failed("the tool broke and gave no result".to_owned())))
        });
        tokio::pin!(running);
        let outcome = tokio::select! {
            biased;
            outcome = &mut running => outcome,
            () = cancel.cancelled() => {
                tokio::time::timeout(GRACE, running).await.unwrap_or(Err(ToolError::Cancelled))
            }
        };
        let took = self.agents.parts.clock.now().saturating_duration_since(began);
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(tool = &*name, ok = outcome.is_ok(), ms, "tool ended");
        finish(&id, &name, outcome, &self.agents.spill, &self.agents.pictures).await
    }

    /// A call that has its answer already: it is shown like the others.
    fn not_run(&self, batch: &mut Batch, finished: &Finished, arguments: Arc<RawValue>) {
        self.show_call(batch, &finished.name, &finished.id, &arguments);
        self.tool_started(&finished.name, &finished.id, arguments);
        self.result(batch, finished);
    }

    /// The chat is told with the next commit what is about to be called, if its person asked for that.
    fn show_call(&self, batch: &mut Batch, name: &Arc<str>, call: &Arc<str>, arguments: &RawValue) {
        if self.shown.tools == ToolsShown::Off {
            return;
        }
        let arguments: Value = serde_json::from_str(arguments.get()).unwrap_or_default();
        let about = lanes::about(&arguments).map(Into::into);
        let (name, call) = (Arc::clone(name), Arc::clone(call));
        batch.steps.push(Step::Known(Committed::Called { name, call, about }));
    }

    fn tool_started(&self, name: &Arc<str>, id: &Arc<str>, arguments: Arc<RawValue>) {
        let phase = ToolPhase::Start { arguments };
        self.tell(&RunEvent::Tool { name: Arc::clone(name), call: Arc::clone(id), phase });
    }

    /// Adds a result to the batch and shows it.
    fn result(&self, batch: &mut Batch, finished: &Finished) {
        let shown = json!({ "content": finished.content, "details": finished.details });
        let result = to_raw_value(&shown).map_or_else(|_| RawValue::NULL.to_owned().into(), Arc::from);
        let phase = ToolPhase::Result { is_error: finished.is_error, result };
        self.tell(&RunEvent::Tool { name: Arc::clone(&finished.name), call: Arc::clone(&finished.id), phase });
        let ended = json!({ "tool": finished.name, "call": finished.id, "error": finished.is_error });
        batch.facts.push(("tool.ended", ended));
        if self.shown.tools == ToolsShown::Results {
            let (name, call) = (Arc::clone(&finished.name), Arc::clone(&finished.id));
            let (text, is_error) = (finished.text().into(), finished.is_error);
            batch.steps.push(Step::Known(Committed::Answered { name, call, text, is_error }));
        }
        batch.entries.push(self.result_entry(finished));
    }

    /// Vendors that name calls alike in every answer would mix up their results.
    async fn tell_ids_apart(&self, answer: &mut Answer) -> Result<(), Halt> {
        if answer.calls().next().is_none() {
            return Ok(());
        }
        let history = self.history().await?;
        let calls = history.entries.iter().filter_map(|entry| match &entry.said {
            Said::Message(Message::Assistant(message)) => Some(&message.content),
            _ => None,
        });
        let taken: HashSet<&str> = calls
            .flatten()
            .filter_map(|part| match part {
                Part::ToolCall { id, .. } => Some(&**id),
                _ => None,
            })
            .collect();
        answer.rename_calls(|id| taken.contains(id));
        Ok(())
    }
}

impl Call {
    fn only_reads(&self) -> bool {
        matches!(self, Self::Ready(ready, _) if ready.only_reads())
    }

    fn given_up(self, why: &str) -> Finished {
        match self {
            Self::Ready(ready, _) => Finished::failed(&ready.id, &ready.name.into(), why),
            Self::Answered(finished, _) => finished,
        }
    }
}

/// The conversation that a call may speak in.
fn conversation(reply: &ReplyTo, power: Power) -> Option<Conversation> {
    let ReplyTo::Channel { channel, account, target, message } = reply else { return None };
    Some(Conversation {
        channel: channel.clone(),
        account: account.clone(),
        peer: target.peer.clone(),
        thread: target.thread.clone(),
        message: message.clone(),
        is_trusted: power != Power::Bystander,
    })
}

/// About how many bytes of prompt an entry adds.
fn weight(entry: &sessions::NewEntry) -> usize {
    let sessions::Body::Message(message) = &entry.body else { return 0 };
    message.content().iter().map(context::weight_of_part).sum()
}
