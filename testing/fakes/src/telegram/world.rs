//! Everything that is true at Telegram: chats, updates that wait, files, the bot's deeds.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::{Value, json};
use stdx::{Clock as _, OwnedTask, SystemClock};
use tokio::sync::watch;

use super::accepted::Accepted;
use super::fault::Fault;
use super::onlooker::Onlooker;
use super::posts::Posts;

pub(super) const TOKEN: &str = "424242:fake-token-of-a-fake-bot";
pub(super) const BOT: i64 = 424_242;
pub(super) const BOT_NAME: &str = "fake_clawd_bot";

/// The world, and a bell that rings with each change.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) world: Mutex<World>,
    bell: watch::Sender<u64>,
    pub(super) calling: Mutex<Option<OwnedTask>>,
    pub(super) onlooker: Onlooker,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) chats: BTreeMap<i64, Value>,
    pub(super) people: BTreeMap<String, i64>,
    /// Oldest first; gone when confirmed.
    pub(super) updates: VecDeque<(i64, Value)>,
    /// Delivered once more, whatever was confirmed.
    pub(super) repeats: Vec<Value>,
    last_update: Option<Value>,
    next_update: i64,
    next_message: i64,
    next_chat: i64,
    /// The number of the newest poll: an older one is told of the conflict.
    pub(super) poll: u64,
    pub(super) open_polls: usize,
    pub(super) hook: Option<Hook>,
    pub(super) hook_answers: Vec<u16>,
    pub(super) posts: Posts,
    pub(super) files: BTreeMap<String, Bytes>,
    pub(super) faults: Vec<(String, Fault)>,
    pub(super) paces: BTreeMap<String, Duration>,
    pub(super) answer_paces: BTreeMap<String, Duration>,
    pub(super) log: Vec<Accepted>,
    read: usize,
}

/// Where updates are sent instead of waiting for polls.
#[derive(Debug, Clone)]
pub(super) struct Hook {
    pub(super) url: String,
    pub(super) secret: Option<String>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            chats: BTreeMap::new(),
            people: BTreeMap::new(),
            updates: VecDeque::new(),
            repeats: Vec::new(),
            last_update: None,
            next_update: 700_001,
            next_message: 1,
            next_chat: 1001,
            poll: 0,
            open_polls: 0,
            hook: None,
            hook_answers: Vec::new(),
            posts: Posts::default(),
            files: BTreeMap::new(),
            faults: Vec::new(),
            paces: BTreeMap::new(),
            answer_paces: BTreeMap::new(),
            log: Vec::new(),
            read: 0,
        }
    }
}

impl Shared {
    pub(super) fn new(world: World) -> Self {
        let bell = watch::Sender::new(0);
        Self { world: Mutex::new(world), bell, calling: Mutex::new(None), onlooker: Onlooker::default() }
    }

    /// Changes the world and wakes whoever waits for something.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let result = change(&mut self.world.lock());
        self.bell.send_modify(|count| *count += 1);
        result
    }

    /// Looks after each change until there is something or the time is over.
    pub(super) async fn wait_for<T>(&self, time: Duration, mut look: impl FnMut(&mut World) -> Option<T>) -> Option<T> {
        let mut bell = self.bell.subscribe();
        let waiting = async {
            loop {
                bell.mark_unchanged();
                if let Some(found) = look(&mut self.world.lock()) {
                    return Some(found);
                }
                bell.changed().await.ok()?;
            }
        };
        tokio::time::timeout(time, waiting).await.ok().flatten()
    }
}

impl World {
    pub(super) fn seconds(&self) -> i64 {
        SystemClock.now_ms() / 1000
    }

    pub(super) fn message_number(&mut self) -> i64 {
        self.next_message += 1;
        self.next_message
    }

    /// A person's number, the same for the same name.
    pub(super) fn person(&mut self, name: &str) -> i64 {
        if let Some(id) = self.people.get(name) {
            return *id;
        }
        let id = self.next_chat;
        self.next_chat += 1;
        self.people.insert(name.to_owned(), id);
        let chat = json!({ "id": id, "type": "private", "first_name": name, "username": name.to_lowercase() });
        self.chats.insert(id, chat);
        id
    }

    /// A group's number, the same for the same title.
    pub(super) fn room(&mut self, title: &str, is_forum: bool) -> i64 {
        let is_it = |chat: &Value| chat.get("title").and_then(Value::as_str) == Some(title);
        if let Some((id, _)) = self.chats.iter().find(|(_, chat)| is_it(chat)) {
            return *id;
        }
        let id = -1_001_000_000_000 - self.next_chat;
        self.next_chat += 1;
        let mut chat = json!({ "id": id, "type": "supergroup", "title": title });
        if let (true, Some(chat)) = (is_forum, chat.as_object_mut()) {
            chat.insert("is_forum".to_owned(), true.into());
        }
        self.chats.insert(id, chat);
        id
    }

    pub(super) fn push(&mut self, kind: &str, content: Value) {
        let number = self.next_update;
        self.next_update += 1;
        let mut update = json!({ "update_id": number });
        if let Some(update) = update.as_object_mut() {
            update.insert(kind.to_owned(), content);
        }
        self.last_update = Some(update.clone());
        self.updates.push_back((number, update));
    }

    pub(super) fn repeat_last(&mut self) {
        self.repeats.extend(self.last_update.clone());
    }

    pub(super) fn keep(&mut self, content: Bytes, name: &str) -> String {
        let path = format!("files/{}-{name}", self.files.len());
        self.files.insert(path.clone(), content);
        path
    }

    /// The first fault that waits for this method.
    pub(super) fn fault(&mut self, method: &str) -> Option<Fault> {
        let index = self.faults.iter().position(|(of, _)| of == method)?;
        Some(self.faults.remove(index).1)
    }

    pub(super) fn next_unread(&mut self) -> Option<Accepted> {
        while let Some(accepted) = self.log.get(self.read) {
            self.read += 1;
            if accepted.is_message() {
                return Some(accepted.clone());
            }
        }
        None
    }
}
