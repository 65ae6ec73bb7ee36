//! The fake model vendor as the conformance suite wants it.

use async_trait::async_trait;
use conformance::provider::{Behaviour, Fault, Step, Vendor};
use fakes::FakeModel;
use fakes::model::{Answer, StopWord};
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) struct Fake {
    pub(crate) model: FakeModel,
    path: &'static str,
    left: AtomicUsize,
}

impl Fake {
    /// `path` is what the format's base address has behind the port.
    pub(crate) async fn start(path: &'static str) -> Self {
        Self { model: FakeModel::start().await.unwrap(), path, left: AtomicUsize::new(0) }
    }
}

fn answer(behaviour: Behaviour) -> Answer {
    let answer = match behaviour.fault {
        None => Answer::silent(),
        Some(Fault::Status(status)) => Answer::status(status),
        Some(Fault::RetryAfter(status, value)) => Answer::status(status).retry_after(value),
        Some(Fault::Overflow(limit)) => Answer::overflow(limit),
        Some(Fault::Nothing) => Answer::empty(),
        Some(Fault::HangUp) => Answer::hang_up(),
    };
    let answer = behaviour.steps.into_iter().fold(answer, |answer, step| match step {
        Step::Text(text) => answer.and_text(text),
        Step::Thinking { text, signature } => answer.thinking(&text, &signature),
        Step::Call { name, arguments } => answer.tool_call(&name, &arguments),
        Step::Stall => answer.stall(),
        Step::Cut => answer.cut(),
        Step::Malformed => answer.malformed(),
    });
    let answer = if behaviour.cut_short { answer.stop(StopWord::Length) } else { answer };
    behaviour.usage.into_iter().fold(answer, |answer, (input, output, cached)| answer.usage(input, output, cached))
}

#[async_trait]
impl Vendor for Fake {
    fn base_url(&self) -> String {
        format!("{}{}", self.model.url(), self.path)
    }

    async fn closed_url(&self) -> String {
        FakeModel::closed_url().await.unwrap()
    }

    fn will(&self, behaviour: Behaviour) {
        self.model.answer(answer(behaviour));
    }

    fn last(&self) -> (Vec<(String, String)>, String) {
        let seen = self.model.requests().pop().unwrap();
        (seen.headers.clone(), seen.body.to_string())
    }

    fn connections(&self) -> usize {
        self.model.connections()
    }

    async fn abandoned(&self) {
        self.model.abandoned(self.left.fetch_add(1, Ordering::Relaxed) + 1).await;
    }
}
