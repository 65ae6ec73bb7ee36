//! What operators may ask of the journal.

use std::sync::Arc;

use protocol::journal::{self, explain};
use rpc::{Call, Methods, RpcError};
use serde_json::value::to_raw_value;

use crate::audit::Audit;
use crate::explain::ExplainError;
use crate::question::{Question, Scope};

/// The methods of this crate.
#[must_use]
pub fn methods(audit: &Arc<Audit>) -> Methods {
    Methods::default().on::<journal::Explain, _, _, _>(audit, explain)
}

async fn explain(audit: Arc<Audit>, _: Call, params: explain::Params) -> Result<explain::Reply, RpcError> {
    let asked = params.event.as_deref().unwrap_or("last");
    let question = match asked.parse::<Question>() {
        Ok(Question::Last(_)) => Question::Last(Scope {
            session: params.session.map(|key| key.to_string()),
            channel: params.channel.map(|channel| channel.to_string()),
        }),
        Ok(question) => question,
        Err(refusal) => return Err(RpcError::invalid(refusal.to_string())),
    };
    let explanation = audit.explain(question).await.map_err(|error| match error {
        ExplainError::Unknown(_) | ExplainError::Ambiguous { .. } => RpcError::invalid(error.to_string()),
        ExplainError::Store(error) => RpcError::unavailable(format!("Error: {error}")),
    })?;
    let steps = explanation.steps.into_iter().map(|(fact, text)| explain::Step {
        at: fact.at.unsigned_abs(),
        kind: fact.kind,
        text,
        details: to_raw_value(&fact.body).ok().filter(|body| !matches!(body.get(), "null" | "{}")),
    });
    Ok(explain::Reply { event: explanation.id, complete: explanation.complete, steps: steps.collect() })
}
