//! `clawdbot agent --rpc`: the agent for another program, one JSON object a line in and out, as `docs/agent-rpc.md` says.
//!
//! Short commands are carried out in the order of their lines. A prompt and a compaction answer when they are done, and
//! others may be asked for meanwhile. At the end of the input what is under way is finished first.

mod line; // what goes in and out

use std::collections::HashMap;
use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use ids::{RunId, SessionKey};
use protocol::events::chat::{ChatState, Payload as ChatPayload};
use protocol::{Change, Event as _, Text, Whole, chat, events, sessions};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::way::{Heard, Way};
use super::{Arguments, params, session};
use crate::output::Output;
use line::{Command, Id, Line, Request};

/// Prompts and compactions under way; one more is refused. Each prompt is a call of the gateway, and half of those that a
/// connection may have stay free: whoever has asked for too much must be able to abort.
const UNDER_WAY: usize = 32;

/// Who asked for what: the answer goes there.
type Asker = (Option<Id>, &'static str);

struct Program<'a> {
    arguments: &'a Arguments,
    way: &'a Way,
    key: SessionKey,
    output: Output,
    prompts: FuturesUnordered<BoxFuture<'a, (Asker, Result<Box<RawValue>>)>>,
    /// Compactions, by the run that their command was given.
    compactions: HashMap<RunId, Asker>,
}

/// The answer to `get_state`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct State {
    session_key: SessionKey,
    /// Prompts of this program that are not answered yet.
    running: usize,
    /// As `sessions.list` has it; absent before the first prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<sessions::list::Row>,
}

/// Whose event it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfSession {
    session_key: Option<SessionKey>,
}

/// Serves the program until its input ends.
pub(super) async fn serve(arguments: &Arguments, way: &Way, output: Output) -> Result<ExitCode> {
    let key = session(arguments, way).await?;
    let (prompts, compactions) = (FuturesUnordered::new(), HashMap::new());
    let mut program = Program { arguments, way, key, output, prompts, compactions };
    let mut heard = Some(way.heard());
    // Bytes, because a line that is no text is answered as any other that cannot be read.
    let mut lines = Some(BufReader::new(tokio::io::stdin()).split(b'\n'));
    while lines.is_some() || program.under_way() > 0 {
        let next_event = async {
            match heard.as_mut() {
                Some(heard) => heard.next().await,
                None => std::future::pending().await,
            }
        };
        let next_line = async {
            match lines.as_mut() {
                Some(lines) => lines.next_segment().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // Events first: what led to an answer is told before it.
            biased;
            event = next_event => match event {
                Some(event) => program.hear(&event),
                None => {
                    heard = None;
                    program.hears_no_more();
                }
            },
            Some((asker, answer)) = program.prompts.next(), if !program.prompts.is_empty() => {
                program.answer(&asker, answer);
            }
            line = next_line => match line? {
                Some(line) if line.iter().all(u8::is_ascii_whitespace) => {}
                Some(line) => program.obey(&line).await,
                None => lines = None,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Program<'_> {
    fn under_way(&self) -> usize {
        self.prompts.len() + self.compactions.len()
    }

    async fn obey(&mut self, line: &[u8]) {
        let request: Request = match serde_json::from_slice(line) {
            Ok(request) => request,
            Err(error) => return self.answer(&(None, ""), Err(anyhow!("the line cannot be read: {error}"))),
        };
        let asker = (request.id, request.command.name());
        let done = match request.command {
            Command::Prompt { .. } | Command::Compact { .. } if self.under_way() >= UNDER_WAY => {
                Err(anyhow!("{UNDER_WAY} prompts are under way: wait for an answer, or send `abort`"))
            }
            Command::Prompt { message, thinking } => match self.prompt(asker.clone(), message, thinking) {
                Ok(()) => return,
                Err(error) => Err(error),
            },
            Command::Compact { instructions } => {
                let words = format!("/compact {}", instructions.unwrap_or_default());
                match self.say(words).await {
                    Ok((run, _)) => {
                        self.compactions.insert(run, asker);
                        return;
                    }
                    Err(error) => Err(error),
                }
            }
            Command::Steer { message } => self.say(message).await.map(|(_, data)| data),
            other => self.short(other).await,
        };
        self.answer(&asker, done);
    }

    /// What is answered at once.
    async fn short(&self, command: Command) -> Result<Box<RawValue>> {
        let (way, key) = (self.way, self.key.clone());
        match command {
            Command::Abort {} => {
                let params = chat::abort::Params { session_key: key, run_id: None };
                Ok(to_raw_value(&way.call::<chat::Abort>(&params).await?)?)
            }
            Command::GetState {} => {
                let listed = way.call::<sessions::List>(&sessions::list::Params::default()).await?;
                let session = listed.sessions.parse()?.into_iter().find(|row| row.key == key);
                Ok(to_raw_value(&State { session_key: key, running: self.prompts.len(), session })?)
            }
            Command::GetMessages { limit } => {
                let limit = limit.map(Whole::try_from).transpose()?;
                let params = chat::history::Params { session_key: key, limit };
                Ok(to_raw_value(&way.call::<chat::History>(&params).await?)?)
            }
            Command::SetModel { model } => {
                let model = Change::Set(text(model)?);
                self.patch(sessions::patch::Params { model, ..sessions::patch::Params::of(key) }).await
            }
            Command::SetThinking { level } => {
                let thinking_level = Change::Set(text(level)?);
                self.patch(sessions::patch::Params { thinking_level, ..sessions::patch::Params::of(key) }).await
            }
            Command::Prompt { .. } | Command::Steer { .. } | Command::Compact { .. } => bail!("not a short command"),
        }
    }

    async fn patch(&self, params: sessions::patch::Params) -> Result<Box<RawValue>> {
        Ok(to_raw_value(&self.way.call::<sessions::Patch>(&params).await?)?)
    }

    fn prompt(&mut self, asker: Asker, message: String, thinking: Option<String>) -> Result<()> {
        let asked = params(self.arguments, text(message)?, self.key.clone(), RunId::random())?;
        let thinking = thinking.or_else(|| asked.thinking.clone());
        let run = self.way.run(&protocol::agent::run::Params { thinking, ..asked });
        self.prompts.push(Box::pin(async move {
            let answer = async { Ok(to_raw_value(&run.await?)?) };
            (asker, answer.await)
        }));
        Ok(())
    }

    /// Says something in the session without waiting for what comes of it.
    async fn say(&self, message: String) -> Result<(RunId, Box<RawValue>)> {
        let run = RunId::random();
        let params = chat::send::Params {
            session_key: self.key.clone(),
            message: text(message)?,
            thinking: None,
            deliver: None,
            attachments: None,
            timeout_ms: None,
            idempotency_key: run.clone(),
        };
        let reply = self.way.call::<chat::Send>(&params).await?;
        Ok((run, to_raw_value(&reply)?))
    }

    /// Passes on the steps of this session's runs, and takes the word that a compaction is over.
    fn hear(&mut self, event: &Heard) {
        if event.name == events::Chat::NAME {
            self.hear_of_compaction(&event.payload);
        }
        let of: Option<OfSession> = serde_json::from_str(event.payload.get()).ok();
        let is_ours = of.and_then(|of| of.session_key).is_some_and(|key| key == self.key);
        if event.name == events::Agent::NAME && is_ours {
            self.write(&Line::Event { event: events::Agent::NAME, payload: &event.payload });
        }
    }

    fn hear_of_compaction(&mut self, payload: &RawValue) {
        let Ok(told) = serde_json::from_str::<ChatPayload>(payload.get()) else { return };
        if told.state == ChatState::Delta {
            return;
        }
        if let Some(asker) = self.compactions.remove(&told.run_id) {
            self.answer(&asker, compacted(told));
        }
    }

    /// The gateway is gone, and nobody will say how its compactions ended.
    fn hears_no_more(&mut self) {
        for asker in std::mem::take(&mut self.compactions).into_values() {
            self.answer(&asker, Err(anyhow!("the connection ended before the compaction was done")));
        }
    }

    fn answer(&self, (id, command): &Asker, answer: Result<Box<RawValue>>) {
        let error = answer.as_ref().err().map(|error| format!("{error:#}"));
        self.write(&Line::Response {
            id: id.as_ref(),
            command: Some(*command).filter(|command| !command.is_empty()),
            success: error.is_none(),
            data: answer.as_deref().ok(),
            error: error.as_deref(),
        });
    }

    fn write(&self, line: &Line<'_>) {
        match serde_json::to_string(line) {
            Ok(text) => self.output.piece(&format!("{text}\n")),
            Err(error) => crate::output::aside(format!("a line cannot be written as JSON: {error}")),
        }
    }
}

/// What a compaction came to.
fn compacted(told: ChatPayload) -> Result<Box<RawValue>> {
    let parts = told.message.map(|message| message.content).unwrap_or_default();
    let said: String = parts.into_iter().map(|part| part.text).collect();
    match (told.state, said.strip_prefix(inbound::NOT_COMPACTED)) {
        (ChatState::Final, None) => Ok(to_raw_value(&serde_json::json!({ "text": said }))?),
        (ChatState::Final, Some(why)) => bail!("{why}"),
        (ChatState::Delta | ChatState::Aborted | ChatState::Error, _) => {
            bail!(told.error_message.unwrap_or_else(|| "the compaction was stopped".to_owned()))
        }
    }
}

fn text(words: String) -> Result<Text> {
    Text::try_from(words.trim().to_owned()).map_err(|_| anyhow!("the text is empty"))
}
