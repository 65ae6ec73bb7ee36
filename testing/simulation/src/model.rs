//! The model: answers every question since its last words, now and then by way of tools, and fails as models do.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use net::Http;
use provider::{
    Api, Block, Descriptor, Message, ModelEvent, ModelRequest, ModelStream, Profile, Provider, ProviderError,
    StopReason, Usage,
};
use store::Store;

use crate::outside::Outside;
use crate::plan::numbers;

/// What every call is billed: tokens in and out.
pub(crate) const BILL: Usage = Usage { input: 100, output: 20, cache_read: 0, cache_write: 0 };

/// What was asked.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// By the number of the call: what it was asked.
    pub(crate) asked: Vec<u64>,
    /// Calls that told their bill.
    pub(crate) billed: u64,
    trouble: BTreeMap<u64, u32>,
}

#[derive(Debug)]
pub(crate) struct Talker {
    pub(crate) outside: Arc<Outside>,
    pub(crate) store: Store,
}

#[derive(Debug, Clone)]
enum Act {
    Say(ModelEvent),
    Cut,
    Stall,
}

impl Talker {
    /// Notes the call; gives its number.
    fn note(&self, request: &ModelRequest) -> usize {
        let digest = digest(request);
        let sql = "SELECT count(*) FROM ledger WHERE spent IS NULL";
        let open = self.store.read_blocking(|view| view.first(sql, [], |row| row.get::<_, i64>(0)));
        if !matches!(open, Ok(Some(1..))) {
            self.outside.wrong(format!("a model was called with {open:?} open reservations"));
        }
        let mut calls = self.outside.calls.lock();
        calls.asked.push(digest);
        calls.asked.len() - 1
    }

    fn is_troubled(&self, digest: u64) -> bool {
        if !self.outside.dice.chance(self.outside.plan.trouble) {
            return false;
        }
        let mut calls = self.outside.calls.lock();
        let had = calls.trouble.entry(digest).or_default();
        *had += 1;
        *had <= 4
    }

    fn answer(&self, request: &ModelRequest, call: usize) -> Vec<Act> {
        let dice = &self.outside.dice;
        let tools = request.messages.iter().rev().take_while(|message| !matches!(message, Message::User(_)));
        let tools = tools.filter(|message| matches!(message, Message::ToolResult { .. })).count();
        let mut acts = Vec::new();
        let stop = if tools < 2 && !request.tools.is_empty() && dice.chance(40) {
            if dice.chance(25) {
                acts.push(ModelEvent::Text(format!("one moment #{call}.")));
                acts.push(ModelEvent::TextEnd);
            }
            for number in 0..dice.between(1, 2) {
                let name = dice.pick(&["exec", "exec", "read"]);
                acts.push(ModelEvent::ToolCallStart { id: format!("c{call}x{number}"), name: name.to_owned() });
                acts.push(ModelEvent::ToolCallArguments(format!(r#"{{"path":"d{call}x{number}"}}"#)));
                acts.push(ModelEvent::ToolCallEnd);
            }
            StopReason::ToolUse
        } else {
            let answers: Vec<String> = questions(request).iter().map(|number| format!("ans-{number}.")).collect();
            acts.push(ModelEvent::Text(format!("#{call}. {} ", answers.join(" "))));
            acts.push(ModelEvent::Text("That is all there is to say.".to_owned()));
            acts.push(ModelEvent::TextEnd);
            StopReason::End
        };
        acts.push(ModelEvent::Usage(BILL));
        acts.push(ModelEvent::Stop(stop));
        acts.into_iter().map(Act::Say).collect()
    }
}

/// Questions since the last words of the model that were no call of a tool.
fn questions(request: &ModelRequest) -> Vec<usize> {
    let mut found = Vec::new();
    for message in request.messages.iter().rev() {
        match message {
            Message::User(blocks) => found.extend(texts(blocks).flat_map(|text| numbers(text, "ask-"))),
            Message::Assistant(blocks) if !blocks.iter().any(|block| matches!(block, Block::ToolCall { .. })) => break,
            Message::Assistant(_) | Message::ToolResult { .. } => {}
        }
    }
    found.sort_unstable();
    found
}

fn texts(blocks: &[Block]) -> impl Iterator<Item = &str> {
    blocks.iter().filter_map(|block| match block {
        Block::Text(text) => Some(&**text),
        _ => None,
    })
}

/// The same for the same conversation.
fn digest(request: &ModelRequest) -> u64 {
    let mut hash = DefaultHasher::new();
    hash.write(request.cache_key.as_bytes());
    for message in &request.messages {
        match message {
            Message::User(blocks) => texts(blocks).for_each(|text| hash.write(text.as_bytes())),
            Message::Assistant(blocks) => {
                hash.write(b"assistant");
                for block in blocks {
                    match block {
                        Block::Text(text) => hash.write(text.as_bytes()),
                        Block::ToolCall { id, .. } => hash.write(id.as_bytes()),
                        _ => {}
                    }
                }
            }
            Message::ToolResult { call, content, .. } => {
                hash.write(call.as_bytes());
                texts(content).for_each(|text| hash.write(text.as_bytes()));
            }
        }
    }
    hash.finish()
}

#[async_trait]
impl Provider for Talker {
    fn descriptor(&self) -> &'static Descriptor {
        &Descriptor { id: "talker", apis: &[Api::OpenaiCompletions] }
    }

    async fn stream(&self, _: &Http, request: ModelRequest, _: &Profile) -> Result<ModelStream, ProviderError> {
        let call = self.note(&request);
        let digest = digest(&request);
        self.outside.step("ask", &call).await;
        let mut acts = self.answer(&request, call);
        if self.is_troubled(digest) {
            let after = Some(Duration::from_millis(40));
            match self.outside.dice.below(9) {
                0 | 1 => return Err(ProviderError::RateLimited { after }),
                2 | 3 => return Err(ProviderError::Overloaded("busy".to_owned())),
                4 => return Err(ProviderError::Transport { detail: "no route".to_owned(), began: false }),
                5 => return Err(ProviderError::Refused("no".to_owned())),
                bad => {
                    acts.truncate(1);
                    acts.push(if bad == 6 { Act::Stall } else { Act::Cut });
                }
            }
        }
        let outside = Arc::clone(&self.outside);
        let stream = stream::iter(acts).then(move |act| {
            let outside = Arc::clone(&outside);
            async move {
                match act {
                    Act::Say(event) => {
                        outside.heard("says", &call).await;
                        if let ModelEvent::Stop(_) = &event {
                            outside.step("answer", &call).await;
                        }
                        if let ModelEvent::Usage(_) = &event {
                            outside.calls.lock().billed += 1;
                        }
                        Ok(event)
                    }
                    Act::Cut => {
                        outside.step("cut", &call).await;
                        Err(ProviderError::Transport { detail: "cut".to_owned(), began: true })
                    }
                    Act::Stall => std::future::pending().await,
                }
            }
        });
        Ok(Box::pin(stream))
    }
}
