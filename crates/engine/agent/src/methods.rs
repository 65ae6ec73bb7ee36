//! What operators may ask of agents and models.

use std::sync::Arc;

use config::Live;
use ids::AgentId;
use prompt::Identity;
use protocol::agent::{Identity as IdentityMethod, identity};
use protocol::agents::list::{AgentIdentity, AgentSummary, SessionScope};
use protocol::agents::{List as AgentsList, list as agents_list};
use protocol::models::list::ModelChoice;
use protocol::models::{List as ModelsList, list as models_list};
use protocol::{Text, Whole};
use provider::{Input, KnownModel};
use rpc::{Call, Methods, RpcError};

use crate::agents::Agents;
use crate::models;

/// What clients see of an agent without a name and a face.
const NAME: &str = "Assistant";
const AVATAR: &str = "A";
const LONGEST_NAME: usize = 50;
/// A face that is no address is a short text.
const LONGEST_AVATAR: usize = 4;
const MAIN_KEY: &str = "main";

#[derive(Debug)]
struct Desk {
    agents: Agents,
    sessions: Live<sessions::Config>,
}

/// The methods of this crate.
#[must_use]
pub fn methods(agents: &Agents, sessions: Live<sessions::Config>) -> Methods {
    let desk = Arc::new(Desk { agents: agents.clone(), sessions });
    Methods::default()
        .on::<ModelsList, _, _, _>(&desk, models)
        .on::<AgentsList, _, _, _>(&desk, agents_list)
        .on::<IdentityMethod, _, _, _>(&desk, identity)
}

async fn models(desk: Arc<Desk>, _call: Call, _params: models_list::Params) -> Result<models_list::Reply, RpcError> {
    let config = desk.agents.0.parts.config.get();
    Ok(models_list::Reply { models: models::choices(&config).into_iter().filter_map(choice).collect() })
}

fn choice(model: KnownModel) -> Option<ModelChoice> {
    let word = |input: &Input| match input {
        Input::Text => "text".to_owned(),
        Input::Image => "image".to_owned(),
    };
    Some(ModelChoice {
        id: Text::new(model.id)?,
        name: Text::new(model.name)?,
        provider: Text::new(model.provider)?,
        context_window: Whole::try_from(u64::from(model.context_window)).ok(),
        reasoning: Some(model.reasoning),
        input: Some(model.input.iter().map(word).collect()),
    })
}

async fn agents_list(
    desk: Arc<Desk>,
    _call: Call,
    _params: agents_list::Params,
) -> Result<agents_list::Reply, RpcError> {
    let config = desk.agents.0.parts.config.get();
    let sessions = desk.sessions.get();
    let summary = |id: AgentId| {
        let entry = config.entry(&id);
        let written = entry.and_then(|entry| entry.identity.clone());
        let identity = written.map(|identity| AgentIdentity {
            name: text(identity.name),
            theme: text(identity.theme),
            emoji: text(identity.emoji),
            avatar_url: text(identity.avatar.clone().filter(|avatar| is_address(avatar))),
            avatar: text(identity.avatar),
        });
        AgentSummary { name: text(entry.and_then(|entry| entry.name.clone())), identity, id }
    };
    let main_key = text(sessions.main_key.clone()).or_else(|| Text::new(MAIN_KEY));
    Ok(agents_list::Reply {
        default_id: config.default_agent(),
        main_key: main_key.ok_or_else(|| RpcError::unavailable("Error: session.mainKey"))?,
        scope: match sessions.scope {
            sessions::Scope::PerSender => SessionScope::PerSender,
            sessions::Scope::Global => SessionScope::Global,
        },
        agents: config.agents().into_iter().map(summary).collect(),
    })
}

async fn identity(desk: Arc<Desk>, _call: Call, params: identity::Params) -> Result<identity::Reply, RpcError> {
    let config = desk.agents.0.parts.config.get();
    let of_key = params.session_key.as_ref().and_then(ids::SessionKey::agent);
    if let (Some(asked), Some(of_key)) = (&params.agent_id, &of_key)
        && asked != of_key
    {
        return Err(RpcError::invalid(format!(
            "invalid agent.identity.get params: agent \"{asked}\" does not match session key agent \"{of_key}\""
        )));
    }
    let agent = params.agent_id.or(of_key).unwrap_or_else(|| config.default_agent());
    let written = config.entry(&agent).and_then(|entry| entry.identity.clone()).unwrap_or_default();
    let file = desk.agents.0.prompts.identity(&desk.agents.workspace(&agent));
    let face = &config.ui.assistant;
    let Identity { name: in_file, avatar: avatar_in_file, emoji: emoji_in_file, .. } = file;
    let name = face.name.clone().or(written.name).or(in_file).unwrap_or_else(|| NAME.to_owned());
    let faces = [face.avatar.clone(), written.avatar, written.emoji, avatar_in_file, emoji_in_file];
    let avatar = faces.into_iter().flatten().find_map(|avatar| shown(&avatar)).unwrap_or_else(|| AVATAR.to_owned());
    let name: String = name.trim().chars().take(LONGEST_NAME).collect();
    Ok(identity::Reply { agent_id: agent, name: Text::new(name), avatar: Text::new(avatar) })
}

/// A face a client can show: an address or a short text. A file in the workspace has no address here.
fn shown(avatar: &str) -> Option<String> {
    let avatar = avatar.trim();
    let is_short = !avatar.is_empty() && avatar.chars().count() <= LONGEST_AVATAR;
    (is_short || is_address(avatar)).then(|| avatar.to_owned())
}

fn is_address(avatar: &str) -> bool {
    ["https://", "http://", "data:image/"].iter().any(|scheme| avatar.starts_with(scheme))
}

fn text(written: Option<String>) -> Option<Text> {
    written.and_then(|written| Text::new(written.trim().to_owned()))
}
