//! A model that says what a test wrote down, and tools that do what a test asks.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use net::Http;
use parking_lot::Mutex;
use provider::{
    Api, Descriptor, ModelEvent, ModelRequest, ModelStream, Profile, Provider, ProviderError, StopReason, Usage,
};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::Notify;
use tool::{FileStamp, Launch, Need, Process, Tool, ToolContext, ToolError, ToolOutput, World, WorldError, WorldPath};

/// One step of one answer.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Event(ModelEvent),
    Fail(ProviderError),
    /// Says nothing for ever.
    Hang,
    Panic,
}

type Answer = Result<Vec<Step>, ProviderError>;

/// The answers, one for each request; when they are over, the last one is given again.
#[derive(Debug, Default)]
pub(crate) struct Script {
    answers: Mutex<VecDeque<Answer>>,
    last: Mutex<Option<Answer>>,
    pub(crate) requests: Mutex<Vec<ModelRequest>>,
    pub(crate) profiles: Mutex<Vec<String>>,
    pub(crate) asked: Notify,
}

impl Script {
    pub(crate) fn then(&self, answer: Vec<Step>) {
        self.answers.lock().push_back(Ok(answer));
    }

    pub(crate) fn refuses(&self, error: ProviderError) {
        self.answers.lock().push_back(Err(error));
    }

    pub(crate) fn says(&self, text: &str) {
        self.then(say(text));
    }

    pub(crate) fn calls(&self, calls: &[(&str, &str, &str)]) {
        let mut steps = Vec::new();
        for (id, name, arguments) in calls {
            steps.push(Step::Event(ModelEvent::ToolCallStart { id: (*id).to_owned(), name: (*name).to_owned() }));
            steps.push(Step::Event(ModelEvent::ToolCallArguments((*arguments).to_owned())));
            steps.push(Step::Event(ModelEvent::ToolCallEnd));
        }
        steps.push(Step::Event(ModelEvent::Usage(Usage { input: 10, output: 5, ..Usage::default() })));
        steps.push(Step::Event(ModelEvent::Stop(StopReason::ToolUse)));
        self.then(steps);
    }

    pub(crate) fn request(&self, at: usize) -> ModelRequest {
        self.requests.lock().get(at).cloned().expect("so many requests were made")
    }

    pub(crate) fn count(&self) -> usize {
        self.requests.lock().len()
    }
}

pub(crate) fn say(text: &str) -> Vec<Step> {
    vec![
        Step::Event(ModelEvent::Text(text.to_owned())),
        Step::Event(ModelEvent::TextEnd),
        Step::Event(ModelEvent::Usage(Usage { input: 10, output: 5, ..Usage::default() })),
        Step::Event(ModelEvent::Stop(StopReason::End)),
    ]
}

#[async_trait]
impl Provider for Script {
    fn descriptor(&self) -> &'static Descriptor {
        &Descriptor { id: "script", apis: &[Api::OpenaiCompletions, Api::AnthropicMessages] }
    }

    async fn stream(&self, _: &Http, request: ModelRequest, profile: &Profile) -> Result<ModelStream, ProviderError> {
        self.requests.lock().push(request);
        self.profiles.lock().push(profile.id.to_string());
        let next = self.answers.lock().pop_front();
        let answer = next.or_else(|| self.last.lock().clone());
        self.last.lock().clone_from(&answer);
        self.asked.notify_one();
        let steps = answer.unwrap_or_else(|| Ok(say("…")))?;
        assert!(!matches!(steps.first(), Some(Step::Panic)), "as the test wants");
        let stream = stream::iter(steps).then(|step| async move {
            // As on a real line, pieces do not come all at once.
            pass(Duration::from_millis(1)).await;
            match step {
                Step::Event(event) => Ok(event),
                Step::Fail(error) => Err(error),
                Step::Hang | Step::Panic => std::future::pending().await,
            }
        });
        Ok(Box::pin(stream))
    }
}

/// Time passes, on a clock that otherwise stands still.
pub(crate) async fn pass(time: Duration) {
    let _over = tokio::time::timeout(time, std::future::pending::<()>()).await;
}

/// What tools did, in order.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Words {
    /// What to look at.
    pub(crate) path: String,
}

/// Only reads.
pub(crate) struct Look(pub(crate) Log);

impl Tool for Look {
    const NAME: &'static str = "read";
    const ABOUT: &'static str = "Looks at something.";
    const SUMMARY: &'static str = "Look";
    type Input = Words;

    fn needs(&self, input: &Words) -> Vec<Need> {
        vec![Need::Read(WorldPath(input.path.clone()))]
    }

    async fn run(&self, input: Words, cx: ToolContext) -> Result<ToolOutput, ToolError> {
        self.0.lock().push(format!("+{}", input.path));
        (cx.progress)("looking");
        pass(Duration::from_millis(50)).await;
        self.0.lock().push(format!("-{}", input.path));
        Ok(ToolOutput::text(format!("seen {}", input.path)))
    }
}

/// Has effects; `wait` takes until it is cancelled.
pub(crate) struct Act(pub(crate) Log, pub(crate) Arc<Notify>);

impl Tool for Act {
    const NAME: &'static str = "exec";
    const ABOUT: &'static str = "Does something.";
    const SUMMARY: &'static str = "Act";
    type Input = Words;

    fn needs(&self, input: &Words) -> Vec<Need> {
        vec![Need::Write(WorldPath(input.path.clone()))]
    }

    async fn run(&self, input: Words, cx: ToolContext) -> Result<ToolOutput, ToolError> {
        self.0.lock().push(format!("+{}", input.path));
        self.1.notify_one();
        if input.path == "wait" {
            cx.cancel.cancelled().await;
            return Err(ToolError::Cancelled);
        }
        assert!(input.path != "panic", "as the test wants");
        if input.path == "fail" {
            return Err(ToolError::Failed("exit 1".to_owned()));
        }
        pass(Duration::from_millis(50)).await;
        self.0.lock().push(format!("-{}", input.path));
        Ok(ToolOutput::text(format!("did {}", input.path)))
    }
}

/// A world nothing happens in.
#[derive(Debug)]
pub(crate) struct Nowhere;

#[async_trait]
impl World for Nowhere {
    async fn read(&self, path: &WorldPath, _: u64) -> Result<(Bytes, FileStamp), WorldError> {
        Err(WorldError::NotFound(path.to_string()))
    }

    async fn stamp(&self, _: &WorldPath) -> Result<Option<FileStamp>, WorldError> {
        Ok(None)
    }

    async fn write(&self, path: &WorldPath, _: Bytes, _: Option<FileStamp>) -> Result<FileStamp, WorldError> {
        Err(WorldError::NotFound(path.to_string()))
    }

    async fn spawn(&self, _: Launch) -> Result<Arc<dyn Process>, WorldError> {
        Err(WorldError::NotFound("a shell".to_owned()))
    }

    fn root(&self) -> &str {
        "/clawd"
    }
}
