//! Which answer comes next: by marker first, then the queue, then the rest.

use std::collections::VecDeque;
use std::fmt;

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::answer::Answer;
use super::seen::Seen;

type Otherwise = Box<dyn Fn(&Seen) -> Answer + Send + Sync>;

#[derive(Default)]
pub(crate) struct Script {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    marked: Vec<(String, VecDeque<Answer>)>,
    queue: VecDeque<Answer>,
    otherwise: Option<Otherwise>,
    served: Vec<(String, u32, Vec<String>)>,
}

impl Script {
    pub(crate) fn push(&self, answer: Answer) {
        self.inner.lock().queue.push_back(answer);
    }

    pub(crate) fn when(&self, marker: &str, answers: impl IntoIterator<Item = Answer>) {
        self.inner.lock().marked.push((marker.to_owned(), answers.into_iter().collect()));
    }

    pub(crate) fn otherwise(&self, answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) {
        self.inner.lock().otherwise = Some(Box::new(answer));
    }

    pub(crate) fn serves(&self, name: &str, context: u32, abilities: &[&str]) {
        let abilities = abilities.iter().map(|&ability| ability.to_owned()).collect();
        self.inner.lock().served.push((name.to_owned(), context, abilities));
    }

    pub(crate) fn next(&self, seen: &Seen) -> Answer {
        let mut inner = self.inner.lock();
        if inner.marked.iter().any(|(_, answers)| !answers.is_empty()) {
            let said = seen.user_text();
            let matching =
                inner.marked.iter_mut().find(|(marker, answers)| !answers.is_empty() && said.contains(marker));
            if let Some(answer) = matching.and_then(|(_, answers)| answers.pop_front()) {
                return answer;
            }
        }
        if let Some(answer) = inner.queue.pop_front() {
            return answer;
        }
        match &inner.otherwise {
            Some(otherwise) => otherwise(seen),
            None => Answer::text("ok"),
        }
    }

    /// The body of Ollama's `/api/tags`.
    pub(crate) fn tags(&self) -> Value {
        let inner = self.inner.lock();
        let model = |(name, _, _): &(String, u32, Vec<String>)| json!({"name": name, "model": name, "size": 1});
        json!({"models": inner.served.iter().map(model).collect::<Vec<_>>()})
    }

    /// The body of the listing that OpenAI's formats have; `None` where nothing is served.
    pub(crate) fn models(&self) -> Option<Value> {
        let inner = self.inner.lock();
        let model = |(name, window, _): &(String, u32, Vec<String>)| json!({"id": name, "object": "model", "max_context_length": window});
        let models: Vec<Value> = inner.served.iter().map(model).collect();
        (!models.is_empty()).then(|| json!({"object": "list", "data": models}))
    }

    /// The body of Ollama's `/api/show`, or `None` for a model it does not serve.
    pub(crate) fn show(&self, wanted: &str) -> Option<Value> {
        let inner = self.inner.lock();
        let (_, context, abilities) = inner.served.iter().find(|(name, _, _)| name == wanted)?;
        let facts = json!({"general.architecture": "fake", "fake.context_length": context});
        Some(json!({"model_info": facts, "capabilities": abilities, "details": {"family": "fake"}}))
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Script").field("queued", &self.inner.lock().queue.len()).finish_non_exhaustive()
    }
}
