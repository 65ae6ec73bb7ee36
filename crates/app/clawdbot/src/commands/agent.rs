//! `clawdbot agent`: one turn with the agent, shown as it happens.

mod rpc; // for another program
mod screen; // what a person sees of a run
mod way; // through the gateway, or here

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use ids::{AgentId, RunId, SessionId, SessionKey};
use protocol::agent::run::{Params, Reply};
use protocol::{Text, Whole};
use provider::Thinking;
use store::LeaseError;
use tokio::signal::unix::{SignalKind, signal};

use crate::context::Context;
use crate::lease;
use crate::local::Local;
use crate::logging;
use crate::output::aside;
use crate::remote::{self, Reach};
use screen::Screen;
use way::Way;

/// After an abort the run has this long to end cleanly.
const AFTER_ABORT: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What to say
    #[arg(short, long, required_unless_present = "rpc", conflicts_with = "rpc")]
    message: Option<String>,
    /// The session, by its key
    #[arg(long, value_name = "KEY")]
    session: Option<SessionKey>,
    /// The session, by its id
    #[arg(long, value_name = "ID")]
    session_id: Option<SessionId>,
    /// The session of a person, by number or id
    #[arg(short, long, value_name = "NUMBER")]
    to: Option<String>,
    /// The agent
    #[arg(long, value_name = "ID")]
    agent: Option<AgentId>,
    /// How much to think: off, minimal, low, medium, high, xhigh
    #[arg(long, value_name = "LEVEL")]
    thinking: Option<Thinking>,
    /// Run here, without a gateway
    #[arg(long)]
    local: bool,
    /// Seconds the run may take
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// Speak JSON lines with another program, on standard input and output
    #[arg(long, conflicts_with_all = ["json", "to"])]
    rpc: bool,
    /// The gateway's address, ws://host:port
    #[arg(long)]
    url: Option<String>,
    /// The gateway's token
    #[arg(long)]
    token: Option<String>,
    /// The gateway's password
    #[arg(long)]
    password: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let way = way(arguments, context).await?;
        let ended = if arguments.rpc {
            rpc::serve(arguments, &way, context.output).await
        } else {
            ask(arguments, context, &way).await
        };
        way.close().await;
        ended
    })
}

async fn way(arguments: &Arguments, context: &Context) -> Result<Way> {
    let reach = Reach {
        url: arguments.url.clone(),
        token: arguments.token.clone(),
        password: arguments.password.clone(),
        timeout: 10_000,
    };
    if !arguments.local {
        return Ok(Way::Gateway(Box::new(remote::connect_to_watch(context, &reach).await?)));
    }
    match lease::acquire(context) {
        Ok(lease) => {
            logging::to_file(context)?;
            Ok(Way::Here(Box::new(Local::open(context, lease).await?)))
        }
        Err(LeaseError::Held { .. }) => {
            aside("A gateway holds this state folder: the run goes through it.");
            Ok(Way::Gateway(Box::new(remote::connect_to_watch(context, &reach).await?)))
        }
        Err(error) => bail!("{error}"),
    }
}

async fn ask(arguments: &Arguments, context: &Context, way: &Way) -> Result<ExitCode> {
    let message = arguments.message.as_deref().unwrap_or_default().trim();
    let Ok(message) = Text::try_from(message.to_owned()) else {
        bail!("--message is empty: write what to say");
    };
    let key = session(arguments, way).await?;
    let run_id = RunId::random();
    let params = params(arguments, message, key.clone(), run_id.clone())?;
    let mut screen = Screen::new(context.output.with_json(arguments.json));
    let mut steps = way.steps(run_id.clone());
    let mut answer = Box::pin(way.run(&params));
    // Listened to all along: one that comes while a step is shown counts too.
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut is_stopping = false;
    let mut deadline = None;
    let reply = loop {
        let late = async {
            match deadline {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Some(step) = steps.next() => screen.show(&step),
            answered = &mut answer => break answered,
            () = screen.turn() => {}
            Some(()) = interrupts.recv(), if !is_stopping => {
                is_stopping = true;
                deadline = Some(tokio::time::Instant::now() + AFTER_ABORT);
                screen.note("stopping");
                way.abort(&key, &run_id).await?;
            }
            () = late => bail!("the run does not stop; the gateway goes on ending it"),
        }
    };
    while let Some(step) = steps.ready() {
        screen.show(&step);
    }
    screen.clear();
    finish(screen, reply, is_stopping, arguments.timeout)
}

fn finish(mut screen: Screen, reply: Result<Reply>, is_stopping: bool, allowed: Option<u64>) -> Result<ExitCode> {
    match reply {
        Ok(reply) => {
            screen.result(&reply);
            let is_aborted = reply.result.meta.aborted;
            if is_aborted {
                let took = reply.result.meta.duration_ms;
                match allowed.filter(|seconds| took >= seconds.saturating_mul(1_000)) {
                    _ if is_stopping => screen.note("stopped"),
                    Some(seconds) => screen.note(&format!("the run took longer than {seconds} s and was stopped")),
                    None => screen.note("the run was stopped"),
                }
            }
            Ok(if is_aborted { ExitCode::from(130) } else { ExitCode::SUCCESS })
        }
        Err(error) => {
            screen.end();
            Err(error)
        }
    }
}

/// The session that is meant, by whatever name; the main one when none is named.
async fn session(arguments: &Arguments, way: &Way) -> Result<SessionKey> {
    if let Some(key) = &arguments.session {
        return Ok(key.clone());
    }
    if let Some(id) = &arguments.session_id {
        return way.resolve(id.clone()).await;
    }
    Ok(match &arguments.agent {
        Some(agent) => SessionKey::of_agent(agent, &way.main_key()),
        None => way.main_session(),
    })
}

fn params(arguments: &Arguments, message: Text, key: SessionKey, run_id: RunId) -> Result<Params> {
    Ok(Params {
        message,
        agent_id: arguments.agent.clone(),
        to: arguments.to.clone(),
        reply_to: None,
        session_id: None,
        session_key: Some(key),
        thinking: arguments.thinking.map(|level| level.as_str().to_owned()),
        deliver: None,
        attachments: None,
        channel: None,
        reply_channel: None,
        account_id: None,
        reply_account_id: None,
        thread_id: None,
        group_id: None,
        group_channel: None,
        group_space: None,
        timeout: arguments.timeout.map(Whole::try_from).transpose()?,
        lane: None,
        extra_system_prompt: None,
        idempotency_key: run_id,
        label: None,
        spawned_by: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn the_person_that_is_named_is_named_to_the_gateway_too() {
        let line = Line::try_parse_from(["agent", "-m", "hi", "--to", "+15550001"]).unwrap();
        let (key, message) = ("agent:main:main".parse().unwrap(), Text::try_from("hi".to_owned()).unwrap());
        let params = params(&line.arguments, message, key, RunId::random()).unwrap();
        assert_eq!(params.to.as_deref(), Some("+15550001"));
    }

    #[test]
    fn a_program_brings_its_message_later_and_a_person_must_say_something() {
        assert!(Line::try_parse_from(["agent", "--rpc"]).is_ok());
        assert!(Line::try_parse_from(["agent"]).is_err());
        assert!(Line::try_parse_from(["agent", "--rpc", "-m", "hi"]).is_err());
    }
}
