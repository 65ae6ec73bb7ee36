//! `chat.send` and `agent`: how clients start runs.

use std::sync::Arc;

use ids::{AgentId, SessionKey};
use lanes::{ReplyTo, RunEnd, RunOutcome};
use protocol::{agent::run, chat::send};
use rpc::{Call, Methods, RpcError};

use crate::{
    InboundError, Intake,
    journal::Style,
    request::{self, Asked, Taken},
};

/// The methods of this engine.
#[must_use]
pub fn methods(intake: &Intake) -> Methods {
    let intake = Arc::new(intake.clone());
    Methods::default()
        .on::<protocol::chat::Send, _, _, _>(&intake, chat_send)
        .on::<protocol::agent::Run, _, _, _>(&intake, agent)
}

fn refusal(error: InboundError) -> RpcError {
    match error {
        InboundError::Invalid(message) => RpcError::invalid(message),
        InboundError::Sessions(error) => error.into(),
        InboundError::Store(_) | InboundError::Lanes(_) => RpcError::unavailable(format!("Error: {error}")),
    }
}

fn agent_of(intake: &Intake, key: &SessionKey) -> AgentId {
    key.agent().unwrap_or_else(|| intake.inner.config.get().default_agent())
}

async fn chat_send(intake: Arc<Intake>, call: Call, params: send::Params) -> Result<send::Reply, RpcError> {
    let run_id = params.idempotency_key.clone();
    let key = intake.inner.sessions.resolve_key(&params.session_key)?;
    let asked = Asked {
        run: run_id.clone(),
        agent: agent_of(&intake, &key),
        key,
        sent: params.session_key.as_sent().to_owned(),
        text: params.message.into_string(),
        attachments: params.attachments.unwrap_or_default(),
        thinking: params.thinking,
        timeout_ms: params.timeout_ms.map(|ms| ms.get()),
        extra_system_prompt: None,
        reply: ReplyTo::Operators,
        style: Style::Chat,
        is_admin: call.caller.may(protocol::Scope::Admin),
    };
    let ack = |status| Ok(send::Reply::Run(send::Ack { run_id: run_id.clone(), status }));
    match request::take(&intake.inner, asked).await.map_err(refusal)? {
        Taken::Started => ack(send::AckStatus::Started),
        Taken::InFlight => ack(send::AckStatus::InFlight),
        Taken::Done => ack(send::AckStatus::Ok),
        Taken::Failed(summary) => {
            let payload = send::Failed { run_id, status: send::FailedStatus::Error, summary: summary.clone() };
            Err(RpcError::unavailable(summary).with_payload(&payload))
        }
        Taken::Stopped(run_ids) => {
            Ok(send::Reply::Stopped(protocol::chat::abort::Reply { ok: true, aborted: !run_ids.is_empty(), run_ids }))
        }
    }
}

async fn agent(intake: Arc<Intake>, call: Call, params: run::Params) -> Result<run::Reply, RpcError> {
    let run_id = params.idempotency_key.clone();
    let accepted_at = u64::try_from(intake.inner.clock.now_ms()).unwrap_or(0);
    let accepted = || run::Accepted { run_id: run_id.clone(), status: run::AcceptedStatus::Accepted, accepted_at };
    let asked = asked(&intake, params).inspect_err(|error| {
        // Clients take what is said of the run, and not of the request, only as the second answer.
        if error.payload.is_some() {
            call.accepted(&accepted());
        }
    })?;
    let end = intake.inner.lanes.follow(run_id.clone()).await.map_err(|error| refusal(error.into()))?;
    match request::take(&intake.inner, asked).await.map_err(refusal)? {
        Taken::Started | Taken::InFlight | Taken::Stopped(_) => call.accepted(&accepted()),
        Taken::Done => {
            return Err(RpcError::unavailable("Error: the run of this key has ended; its answer is in the session"));
        }
        Taken::Failed(summary) => return Err(failed(&run_id, summary)),
    }
    match end.await {
        Ok(end) => finished(run_id, &end),
        Err(_) => Err(failed(&run_id, "the run was let go before it started".to_owned())),
    }
}

fn failed(run_id: &ids::RunId, summary: String) -> RpcError {
    let payload = run::Failed { run_id: run_id.clone(), status: run::FailedStatus::Error, summary: summary.clone() };
    RpcError::unavailable(summary).with_payload(&payload)
}

fn asked(intake: &Intake, params: run::Params) -> Result<Asked, RpcError> {
    let config = intake.inner.config.get();
    if let Some(channel) = params.channel.as_deref().filter(|name| !name.trim().is_empty() && *name != "last") {
        let known = params.channel_kind().filter(|kind| config.channels.contains_key(kind.as_str()));
        // A run that delivers nothing may name a network that is not set up: the published command line always does.
        let is_spare = params.deliver != Some(true) && run::PUBLISHED_CHANNELS.contains(&channel);
        if known.is_none() && channel != "webchat" && !is_spare {
            return Err(RpcError::invalid(format!("invalid agent params: unknown channel: {channel}")));
        }
    }
    if let Some(agent) = params.agent_id.as_ref().filter(|agent| !config.has_agent(agent)) {
        return Err(RpcError::invalid(format!("invalid agent params: unknown agent id \"{agent}\"")));
    }
    let named = params.session_key.as_ref().map(|key| intake.inner.sessions.resolve_key(key)).transpose()?;
    if let (Some(agent), Some(of_key)) = (&params.agent_id, named.as_ref().and_then(SessionKey::agent))
        && *agent != of_key
    {
        let message = format!("invalid agent params: agent \"{agent}\" does not match session key agent \"{of_key}\"");
        return Err(RpcError::invalid(message));
    }
    let main_of = |agent: &AgentId| SessionKey::of_agent(agent, &config.main_key());
    let key = match (named, &params.agent_id, params.to.as_deref().map(str::trim).filter(|to| !to.is_empty())) {
        (Some(key), _, _) => key,
        (None, Some(agent), _) => main_of(agent),
        (None, None, Some(_)) => main_of(&config.default_agent()),
        (None, None, None) => {
            let run_id = params.idempotency_key;
            return Err(failed(
                &run_id,
                "Error: Pass --to <E.164>, --session-id, or --agent to choose a session".to_owned(),
            ));
        }
    };
    if params.timeout.is_some_and(|seconds| seconds.get() == 0) {
        let message = "Error: --timeout must be a positive integer (seconds)".to_owned();
        return Err(failed(&params.idempotency_key, message));
    }
    let sent = params.session_key.as_ref().map_or_else(|| key.to_string(), |key| key.as_sent().to_owned());
    Ok(Asked {
        run: params.idempotency_key,
        agent: agent_of(intake, &key),
        key,
        sent,
        text: params.message.into_string(),
        attachments: params.attachments.unwrap_or_default(),
        thinking: params.thinking,
        timeout_ms: params.timeout.map(|seconds| seconds.get().saturating_mul(1000)),
        extra_system_prompt: params.extra_system_prompt,
        reply: ReplyTo::Operators,
        style: Style::Agent,
        // A bare text gives no commands.
        is_admin: false,
    })
}

fn finished(run_id: ids::RunId, end: &RunEnd) -> Result<run::Reply, RpcError> {
    if let RunOutcome::Failed { message } = &end.outcome {
        return Err(failed(&run_id, message.clone()));
    }
    let payloads = end.texts.iter().flat_map(|text| outbound::shape(text, None)).map(|part| match part {
        outbound::Part::Text(text) => {
            run::ReplyPart { text: text.as_str().to_owned(), media_url: None, media_urls: None }
        }
        outbound::Part::Media(path) => {
            run::ReplyPart { text: String::new(), media_url: Some(path.clone()), media_urls: Some(vec![path]) }
        }
    });
    let session_id = end.session.clone().unwrap_or_else(ids::SessionId::random);
    let (provider, model) = end.model.clone().unwrap_or_default();
    let usage = run::RunUsage {
        input: end.usage.input,
        output: end.usage.output,
        cache_read: Some(end.usage.cache_read),
        cache_write: Some(end.usage.cache_write),
        total: end.usage.total(),
    };
    let meta = run::RunMeta {
        duration_ms: u64::try_from(end.ended_at - end.started_at).unwrap_or(0),
        agent_meta: run::AgentMeta { session_id, provider, model, usage: Some(usage) },
        failovers: end.failovers.iter().map(failover).collect(),
        aborted: matches!(end.outcome, RunOutcome::Aborted { .. }),
        system_prompt_report: None,
        error: None,
    };
    let result = run::RunResult { payloads: payloads.collect(), meta };
    Ok(run::Reply { run_id, status: run::DoneStatus::Ok, summary: "completed".to_owned(), result })
}

fn failover(failover: &lanes::Failover) -> run::Failover {
    let lanes::Failover { from, to, reason } = failover.clone();
    run::Failover { from, to, reason }
}
