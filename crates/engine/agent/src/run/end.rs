//! The last word of a run that did not end by itself: it was stopped, it failed, or nothing can be written.

use lanes::{RunOutcome, StopCause};
use sessions::{NewEntry, StopReason};
use tool::Origin;

use super::batch::Batch;
use super::said::{note_model, notice};
use super::{Halt, Run};
use crate::advice;
use crate::stream::Answer;

const STOPPED: &str = "Request was aborted.";

impl Run {
    pub(super) async fn halt(&mut self, halt: Halt) -> RunOutcome {
        let ended = match halt {
            Halt::Stopped(partial) => self.stopped(partial).await,
            Halt::Failed { message, error } => self.failed(message, &error).await,
            Halt::Store(error) => Err(error),
        };
        ended.unwrap_or_else(|error| {
            tracing::error!(run = %self.start.run(), %error, "a run could not be written");
            RunOutcome::Failed { message: advice::storage(&error) }
        })
    }

    /// What was said so far becomes an entry. After a shutdown nothing does: the run goes on from its last commit.
    async fn stopped(
        &mut self,
        partial: Option<Box<(std::sync::Arc<provider::Model>, Answer)>>,
    ) -> Result<RunOutcome, store::StoreError> {
        let cause = self.stop_cause();
        let outcome = RunOutcome::Aborted { cause };
        if cause == StopCause::Shutdown {
            return Ok(outcome);
        }
        let mut batch = Batch::default();
        let (model, answer) = match partial.map(|partial| *partial) {
            Some((model, answer)) => (Some(model), answer),
            None => (self.answered.clone().or_else(|| self.model()), Answer::default()),
        };
        if let Some(model) = &model {
            self.settle(&mut batch, model, &answer);
            batch.entries.push(self.assistant_entry(model, &answer, StopReason::Aborted, Some(STOPPED)));
            if !answer.text().trim().is_empty() {
                self.texts.push(answer.text().to_owned());
            }
        }
        batch.record.push(Box::new(|record| record.set("abortedLastRun", &true)));
        self.leave(&mut batch);
        self.commit(batch.end(&outcome)).await?;
        Ok(outcome)
    }

    async fn failed(&mut self, message: String, error: &str) -> Result<RunOutcome, store::StoreError> {
        let outcome = RunOutcome::Failed { message };
        let mut batch = Batch::default();
        match self.answered.clone().or_else(|| self.named_model()) {
            Some(model) => {
                self.settle(&mut batch, &model, &Answer::default());
                batch.entries.push(self.assistant_entry(&model, &Answer::default(), StopReason::Error, Some(error)));
                batch.record.push(Box::new(move |record| note_model(record, &model)));
            }
            // What has no content is shown with its reason, and sent to no model.
            None => {
                let failure = notice(Vec::new(), Some(error), self.now_ms());
                batch.entries.push(NewEntry::message(failure, self.system_origin()));
            }
        }
        self.leave(&mut batch);
        self.commit(batch.end(&outcome)).await?;
        Ok(outcome)
    }

    /// The model that was to answer, also when the chain is at its end.
    fn named_model(&self) -> Option<std::sync::Arc<provider::Model>> {
        self.model().or_else(|| self.chain.iter().rev().find_map(|model| model.as_ref().ok()).cloned())
    }

    /// Turns that were steered into the run and never looked at stay in the conversation.
    fn leave(&mut self, batch: &mut Batch) {
        self.steer.close();
        let steered = self.steered();
        self.add_steered(batch, &steered);
    }

    pub(super) fn system_origin(&self) -> tool::Provenance {
        self.derived(Origin::System, "gateway")
    }
}
