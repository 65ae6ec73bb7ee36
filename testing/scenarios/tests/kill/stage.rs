//! The stage: a gateway, a model that repeats marks, a network that takes its time, and the line of the windows.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use client::EventStream;
use fakes::model::{Answer, Seen};
use fakes::telegram::Person;
use fakes::{FakeModel, FakeTelegram};
use serde_json::{Value, json};
use testkit::{TestGateway, config_for};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::bell::Bell;
use crate::book::{Book, Moment};
use crate::mark::Mark;
use crate::people::Line;

/// What a call takes on its way there, and its answer on its way back: kills fall between.
const ON_THE_WAY: Duration = Duration::from_millis(4);
/// Between two words of the model.
const WORD: Duration = Duration::from_millis(2);
/// Where the tool leaves its traces, in the workspace.
const TRACES: &str = "traces.txt";

pub(crate) struct Stage {
    pub(crate) gateway: TestGateway,
    pub(crate) telegram: FakeTelegram,
    pub(crate) people: Vec<Person>,
    _model: FakeModel,
    _bell: Bell,
    line: watch::Sender<Option<Arc<client::Client>>>,
    readers: JoinSet<()>,
    book: Arc<Book>,
}

impl Stage {
    pub(crate) async fn set(book: &Arc<Book>, people: u32) -> anyhow::Result<Self> {
        let (model, telegram) = (FakeModel::start().await?, FakeTelegram::start().await?);
        let bell = Bell::hang(book)?;
        let rings = bell.rung_by();
        model.remember(16).slow(ON_THE_WAY).otherwise(move |seen| answer(seen, &rings));
        let watched = Arc::clone(book);
        model.watch(move |seen, moment| watched.model(&Mark::wished_in(&seen.user_text()), round(seen), moment));
        telegram.slow("sendMessage", ON_THE_WAY);
        telegram.slow_answers("sendMessage", ON_THE_WAY);
        let watched = Arc::clone(book);
        telegram.watch(move |moment| match moment {
            fakes::telegram::Moment::Arrived { method: "sendMessage" } => watched.tell(Moment::SendArrived),
            fakes::telegram::Moment::Taken(accepted) if accepted.is_message() => watched.taken(accepted),
            fakes::telegram::Moment::Arrived { .. } | fakes::telegram::Moment::Taken(_) => {}
        });
        let people: Vec<Person> = (0..people).map(|number| telegram.user(&format!("person{number}"))).collect();
        let ids: Vec<i64> = people.iter().map(Person::id).collect();
        let gateway = TestGateway::start(&config(&model, &telegram, &ids)).await?;
        let (line, readers) = (watch::Sender::new(None), JoinSet::new());
        let mut stage =
            Self { gateway, telegram, people, _model: model, _bell: bell, line, readers, book: Arc::clone(book) };
        stage.connect().await?;
        Ok(stage)
    }

    pub(crate) fn line(&self) -> Line {
        self.line.subscribe()
    }

    /// The windows reach the gateway again.
    async fn connect(&mut self) -> anyhow::Result<()> {
        let client = self.gateway.client().await.context("the windows' line")?;
        let events = client.events();
        self.readers.spawn(read(events, Arc::clone(&self.book)));
        self.line.send_replace(Some(Arc::new(client)));
        Ok(())
    }

    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        self.gateway.kill().await?;
        self.line.send_replace(None);
        // What had left the program before it died has been read when its line ends.
        while self.readers.join_next().await.is_some() {}
        Ok(())
    }

    pub(crate) async fn restart(&mut self) -> anyhow::Result<()> {
        self.gateway.restart().await?;
        self.connect().await
    }

    /// What the tool did: one mark for each time.
    pub(crate) fn traces(&self) -> Vec<Mark> {
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
        let text = read(&self.gateway.home().workspace().join(TRACES));
        text.lines().flat_map(Mark::all_in).collect()
    }
}

async fn read(mut events: EventStream, book: Arc<Book>) {
    while let Some(event) = events.named("chat").await {
        let payload: Value = serde_json::from_str(event.payload.get()).unwrap_or_default();
        if let (Some(run), Some(state)) = (payload["runId"].as_str(), payload["state"].as_str())
            && state != "delta"
        {
            book.told(run, state);
        }
    }
}

fn config(model: &FakeModel, telegram: &FakeTelegram, people: &[i64]) -> Value {
    let mut config = config_for(Some(model), Some((telegram, people)));
    // A session for each chat, and no second's wait behind a busy one.
    config["session"] = json!({ "dmScope": "per-channel-peer" });
    config["messages"] = json!({ "queue": { "debounceMs": 10 } });
    config
}

/// 1 when the model is asked what follows its tool's result.
fn round(seen: &Seen) -> u32 {
    u32::from(seen.messages().last().is_some_and(|message| message["role"] == "tool"))
}

/// A tool with effects for some, and an answer that repeats every mark it was asked about.
fn answer(seen: &Seen, rings: &str) -> Answer {
    let marks = Mark::wished_in(&seen.user_text());
    let wanted: Vec<&str> = marks.iter().filter(|mark| mark.wants_tool()).map(Mark::as_str).collect();
    if !wanted.is_empty() && round(seen) == 0 {
        // What a tool takes: long enough to be hit.
        let command = format!("echo {} >> {TRACES}; sleep 0.02; {rings}", wanted.join(" "));
        return Answer::call("exec", &json!({ "command": command }).to_string()).pace(WORD);
    }
    let mut answer = Answer::text("Done:");
    for mark in &marks {
        answer = answer.and_text(format!(" {mark}"));
    }
    answer.and_text(" as").and_text(" you").and_text(" wished.").pace(WORD)
}
