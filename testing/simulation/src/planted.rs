//! The seams that lie, for planted faults.

use std::sync::Arc;

use accounts::{Arrived, Inbox, NotAccepted};
use agent::Agents;
use async_trait::async_trait;
use channel::{Outbound, OutboundBody, SendKey};
use futures_util::future::BoxFuture;
use ids::AccountId;
use inbound::Intake;
use lanes::{Committed, ReplyTo, RunContext, RunEnd, RunSink, RunStart, Runner};
use outbound::Outlets as _;
use stdx::{CancellationToken, OwnedTasks};
use store::{StoreError, Tx};
use tokio::sync::mpsc;

use crate::network::Line;

/// Says yes first and writes later.
#[derive(Debug)]
pub(crate) struct HastyInbox {
    intake: Intake,
    tasks: OwnedTasks,
}

impl HastyInbox {
    pub(crate) fn new(intake: Intake, cancel: &CancellationToken) -> Self {
        Self { intake, tasks: OwnedTasks::new("hasty", cancel, 64) }
    }
}

#[async_trait]
impl Inbox for HastyInbox {
    async fn accept(&self, batch: Vec<Arrived>) -> Result<(), NotAccepted> {
        let intake = self.intake.clone();
        let later = move |_| async move {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            let _lost = intake.accept(batch).await;
        };
        self.tasks.spawn(later).await;
        Ok(())
    }
}

/// Starts every run as if its words were in the transcript already.
pub(crate) struct ForgetfulRunner(pub(crate) Agents);

impl Runner for ForgetfulRunner {
    fn run(&self, mut start: RunStart, cx: RunContext) -> BoxFuture<'static, RunEnd> {
        start.turn.options.resume = true;
        self.0.run(start, cx)
    }
}

/// Carries every run out, and then again.
pub(crate) struct TwiceRunner(pub(crate) Agents);

impl Runner for TwiceRunner {
    fn run(&self, start: RunStart, cx: RunContext) -> BoxFuture<'static, RunEnd> {
        let agents = self.0.clone();
        Box::pin(async move {
            let (_, steer) = mpsc::channel(1);
            let again = RunContext { stop: cx.stop.clone(), steer, sinks: cx.sinks.clone() };
            agents.run(start.clone(), cx).await;
            agents.run(start, again).await
        })
    }
}

/// Opens the row of a run again in the transaction that closes it.
pub(crate) struct Reopening;

impl RunSink for Reopening {
    fn commit(&self, tx: &Tx<'_>, start: &RunStart, step: &Committed) -> Result<(), StoreError> {
        if matches!(step, Committed::Ended { .. }) {
            tx.execute("UPDATE runs SET ended_at = NULL WHERE run = ?1", [start.run().as_str()])?;
        }
        Ok(())
    }
}

/// Sends what is said at once, besides staging it.
pub(crate) struct LooseSender {
    line: Arc<Line>,
    tasks: OwnedTasks,
}

impl LooseSender {
    pub(crate) fn new(line: Arc<Line>, cancel: &CancellationToken) -> Self {
        Self { line, tasks: OwnedTasks::new("loose", cancel, 64) }
    }
}

impl RunSink for LooseSender {
    fn commit(&self, _: &Tx<'_>, start: &RunStart, step: &Committed) -> Result<(), StoreError> {
        let (Committed::Said { entry, text, .. }, ReplyTo::Channel { channel, target, .. }) = (step, &start.turn.reply)
        else {
            return Ok(());
        };
        let message = Outbound {
            key: SendKey(format!("{}:{entry}:1", start.run()).into()),
            target: target.clone(),
            reply_to: None,
            body: OutboundBody::Text { markdown: text.to_string() },
            keyboard: None,
            silent: false,
        };
        let outlet = self.line.outlet(channel, &AccountId::default_account());
        let loose = move |_| async move {
            if let Some(outlet) = outlet {
                let _unheard = outlet.speaker.send(&message).await;
            }
        };
        let _full = self.tasks.try_spawn(loose);
        Ok(())
    }
}
