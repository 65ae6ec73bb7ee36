//! Compaction: the older part of the conversation gives way to a summary, by the model that answers.

use std::sync::Arc;

use budget::Money;
use lanes::RunEvent;
use provider::{Model, Usage};
use serde_json::json;
use sessions::{Body, NewEntry};

use super::batch::Batch;
use super::{Halt, Run};
use crate::compaction::{self, INSTRUCTIONS, Plan};
use crate::context;
use crate::summary::{Asking, Ended};

impl Run {
    /// Makes room before a call that would not fit.
    pub(super) async fn shrink_if_needed(&mut self) -> Result<(), Halt> {
        let Some(model) = self.model() else { return Ok(()) };
        let floor = self.config.agents.defaults.compaction.reserve_tokens_floor;
        let reserve = compaction::reserve(model.context_window, model.max_tokens, floor);
        let used = match self.context {
            Some(context) => context,
            None => {
                let history = context::latest(self.history().await?, self.turns_sent);
                context::tokens(context::weight_of_history(&history) + self.fixed_weight())
            }
        };
        self.context = Some(used);
        if used + reserve > u64::from(model.context_window) {
            self.shrink(false).await?;
        }
        Ok(())
    }

    /// True when the conversation is shorter now.
    pub(super) async fn shrink(&mut self, will_retry: bool) -> Result<bool, Halt> {
        let Some(model) = self.model() else { return Ok(false) };
        let history = self.history().await?;
        let most = usize::try_from(model.context_window).unwrap_or(usize::MAX).saturating_mul(2);
        let keep = compaction::keep(&history.entries, model.context_window >> self.compactions.min(4), will_retry);
        let plan = compaction::plan(&history.entries, keep, most);
        drop(history);
        let Some(plan) = plan else { return Ok(false) };
        self.compactions += 1;
        self.tell(&RunEvent::CompactionStarted);
        let done = self.replace(&model, &plan).await;
        self.tell(&RunEvent::CompactionEnded { will_retry });
        done.map(|()| true)
    }

    async fn replace(&mut self, model: &Arc<Model>, plan: &Plan) -> Result<(), Halt> {
        let mut batch = Batch::default();
        let summary = self.summary(model, plan, &mut batch).await?;
        let tokens_before = self.context.unwrap_or(0);
        let body = Body::Compaction {
            summary: summary.into(),
            first_kept_entry_id: plan.first_kept.clone(),
            tokens_before,
            details: None,
        };
        batch.facts.push(("session.compacted", json!({ "tokensBefore": tokens_before })));
        batch.record.push(Box::new(|record| {
            let count = record.get::<u64>("compactionCount").unwrap_or(0);
            record.set("compactionCount", &(count + 1));
        }));
        let count = self.compactions_before + u64::from(self.compactions);
        self.note(&mut batch, format!("compacted-{count}"), format!("🧹 Auto-compaction complete (count {count})."));
        self.commit(batch.entry(NewEntry::new(body, self.system_origin()))).await?;
        self.context = None;
        Ok(())
    }

    /// A summary by the model; one made of the person's own words where the model gives none.
    async fn summary(&mut self, model: &Arc<Model>, plan: &Plan, batch: &mut Batch) -> Result<String, Halt> {
        if self.profiles.is_none() {
            self.profiles = self.profiles_for(model).await.ok();
        }
        let Some(profile) = self.profiles.as_ref().and_then(|profiles| profiles.front()).cloned() else {
            return Ok(compaction::without_a_model(plan));
        };
        let agents = Arc::clone(&self.agents);
        let worst = self.worst(model, plan.text.len() + INSTRUCTIONS.len());
        let reserving = Batch { reserve: Some((Arc::clone(model), worst)), ..Batch::default() };
        let Some(Ok(reservation)) = self.commit(reserving).await?.reserved else {
            return Ok(compaction::without_a_model(plan));
        };
        let stop = self.stop.clone();
        let asking = Asking { model, profile: &profile, session: self.session.id(), stop: stop.token() };
        let (answer, ended) = asking.ask(&agents, &plan.text, None).await;
        let (bill, usage) = self.bill(model, &answer);
        let bill = if answer.weight() == 0 { (Money::ZERO, Usage::default()) } else { (bill, usage) };
        batch.settle.push((reservation, bill.0, bill.1));
        match ended {
            Ended::Stopped => {
                self.commit(std::mem::take(batch)).await?;
                Err(Halt::Stopped(None))
            }
            Ended::Whole => Ok(answer.text().to_owned()),
            Ended::Failed(error) => {
                tracing::warn!(run = %self.start.run(), %error, "no summary could be made");
                Ok(compaction::without_a_model(plan))
            }
        }
    }
}
