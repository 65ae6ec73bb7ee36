//! A small house around the conversations, and short words for what tests say often.

use std::sync::Arc;

use config::Live;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ids::{AgentId, SessionKey};
use protocol::sessions::list::Defaults;
use serde_json::Value;
use sessions::{
    AssistantMessage, Config, Fresh, Message, ModelChoice, Neighbours, NewEntry, Opening, Part, Parts, Said, Session,
    Sessions, StopReason, ToolResultMessage, Usage, UserMessage,
};
use stdx::{AbsPath, Disk, ManualClock, MemoryDisk, Pool, RealDisk, SeededEntropy};
use store::Store;
use tool::{Origin, Provenance, Secrecy};

/// 2026-01-24T10:00:00Z.
pub(crate) const NOW: i64 = 1_769_248_800_000;

#[derive(Debug)]
pub(crate) struct FakeNeighbours {
    pub(crate) runs_end: bool,
    pub(crate) default_agent: AgentId,
}

impl Neighbours for FakeNeighbours {
    fn default_agent(&self) -> AgentId {
        self.default_agent.clone()
    }
    fn defaults(&self) -> Defaults {
        Defaults {
            model_provider: Some("anthropic".into()),
            model: Some("claude-opus-4-5".into()),
            context_tokens: Some(200_000),
        }
    }
    fn thinking_default(&self, _: &SessionKey) -> Option<String> {
        Some("low".into())
    }
    fn choose_model(&self, _: &SessionKey, word: &str) -> Result<ModelChoice, String> {
        let (provider, model) = word.split_once('/').ok_or_else(|| format!("invalid model: {word}"))?;
        let is_default = word == "anthropic/claude-opus-4-5";
        Ok(ModelChoice { provider: provider.into(), model: model.into(), is_default })
    }
    fn end_runs(&self, _: &SessionKey) -> BoxFuture<'static, bool> {
        let ended = self.runs_end;
        async move { ended }.boxed()
    }
}

/// What survives a restart.
#[derive(Debug, Clone)]
pub(crate) struct House {
    pub(crate) disk: MemoryDisk,
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) config: &'static str,
    pub(crate) default_agent: AgentId,
    pub(crate) state: &'static str,
    pub(crate) seed: u64,
}

pub(crate) fn house() -> House {
    let clock = Arc::new(ManualClock::new(NOW));
    let store = Store::memory(Sessions::MIGRATIONS, Arc::clone(&clock) as _).unwrap();
    House { disk: MemoryDisk::new(), store, clock, config: "{}", default_agent: AgentId::main(), state: "/s", seed: 7 }
}

impl House {
    pub(crate) fn sessions(&self) -> Arc<Sessions> {
        self.with_neighbours(self.neighbours(true))
    }

    pub(crate) fn neighbours(&self, runs_end: bool) -> FakeNeighbours {
        FakeNeighbours { runs_end, default_agent: self.default_agent.clone() }
    }

    /// With files on a thread of their own, as in the program.
    pub(crate) fn with_threads(&self) -> Arc<Sessions> {
        self.with(self.neighbours(true), Pool::new("files", 1, 8))
    }

    pub(crate) fn with_neighbours(&self, neighbours: FakeNeighbours) -> Arc<Sessions> {
        self.with(neighbours, Pool::inline())
    }

    /// With a folder of this machine as the state folder.
    pub(crate) fn on_disk(&self, state: &std::path::Path) -> Arc<Sessions> {
        self.on(self.neighbours(true), Pool::inline(), Arc::new(RealDisk), AbsPath::new(state).unwrap())
    }

    fn with(&self, neighbours: FakeNeighbours, pool: Pool) -> Arc<Sessions> {
        self.on(neighbours, pool, Arc::new(self.disk.clone()), path(self.state))
    }

    fn on(&self, neighbours: FakeNeighbours, pool: Pool, disk: Arc<dyn Disk>, state: AbsPath) -> Arc<Sessions> {
        let config: Config = serde_json::from_str(self.config).unwrap();
        Sessions::new(Parts {
            store: self.store.clone(),
            disk,
            pool: Arc::new(pool),
            clock: Arc::clone(&self.clock) as _,
            entropy: Arc::new(SeededEntropy::new(self.seed)),
            config: Live::fixed(config),
            state,
            home: path("/h"),
            neighbours: Arc::new(neighbours),
        })
    }

    /// As the next process finds it.
    pub(crate) fn crash(&self, seed: u64) -> Self {
        let store = self.store.crash(seed, Sessions::MIGRATIONS).unwrap();
        Self { disk: self.disk.crash(seed), store, seed: self.seed + 1, ..self.clone() }
    }

    pub(crate) fn text(&self, path: &AbsPath) -> String {
        String::from_utf8(self.disk.read(path, 0, usize::MAX).unwrap()).unwrap()
    }

    pub(crate) fn lines(&self, path: &AbsPath) -> Vec<Value> {
        self.text(path).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        self.disk.replace(&path(file), &mut |out| out.write_all(text.as_bytes())).unwrap();
    }

    pub(crate) fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.store.read_blocking(|view| view.first(&sql, [], |row| row.get(0))).unwrap().unwrap()
    }
}

pub(crate) fn path(text: &str) -> AbsPath {
    AbsPath::new(text).unwrap()
}

pub(crate) fn key(text: &str) -> SessionKey {
    text.parse().unwrap()
}

pub(crate) fn opening() -> Opening {
    Opening { channel: None, workspace: path("/w"), fresh: Fresh::IfStale }
}

pub(crate) async fn open(sessions: &Sessions, name: &str) -> Session {
    sessions.open(&key(name), opening()).await.unwrap().session
}

pub(crate) fn user(text: &str) -> NewEntry {
    let message = Message::User(UserMessage { content: vec![Part::text(text)], timestamp: NOW });
    NewEntry::message(message, Provenance::new(Origin::Owner, Secrecy::Chat))
}

pub(crate) fn assistant(content: Vec<Part>) -> NewEntry {
    let message = Message::Assistant(AssistantMessage {
        content,
        api: "anthropic-messages".into(),
        provider: "anthropic".into(),
        model: "claude-opus-4-5".into(),
        usage: Usage::default(),
        stop_reason: StopReason::Stop,
        error_message: None,
        timestamp: NOW,
    });
    NewEntry::message(message, Provenance::new(Origin::Model, Secrecy::Chat))
}

pub(crate) fn says(text: &str) -> NewEntry {
    assistant(vec![Part::text(text)])
}

pub(crate) fn calls(id: &str) -> NewEntry {
    let arguments = serde_json::value::to_raw_value(&serde_json::json!({"command": "ls"})).unwrap();
    assistant(vec![Part::ToolCall { id: id.into(), name: "exec".into(), arguments: arguments.into(), signature: None }])
}

pub(crate) fn result(id: &str, text: &str) -> NewEntry {
    let message = Message::ToolResult(ToolResultMessage {
        tool_call_id: id.into(),
        tool_name: "exec".into(),
        content: vec![Part::text(text)],
        details: None,
        is_error: false,
        timestamp: NOW,
    });
    NewEntry::message(message, Provenance::new(Origin::Tool, Secrecy::Chat))
}

/// The history as short texts.
pub(crate) async fn told(session: &Session) -> Vec<String> {
    let history = session.history().await.unwrap().mended();
    let one = |said: &Said| match said {
        Said::Message(message) => format!("{}: {}", message.role(), message.text()),
        Said::Summary(text) => format!("summary: {text}"),
    };
    history.entries.iter().map(|entry| one(&entry.said)).collect()
}
