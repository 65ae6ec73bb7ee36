//! Where the keys of older configs belong now: the only place that knows what they were called.
//!
//! The order matters: whole sections go first, so that what lies in them is found at one place by the rest.

use config::{ConfigPath, Move, Moving};
use serde_json::{Map, Value, json};

pub(super) const MOVES: &[Move] = &[
    // The networks.
    Move::Rename("providers", "channels"),
    Move::Rename("whatsapp", "channels.whatsapp"),
    Move::Rename("telegram", "channels.telegram"),
    Move::Rename("discord", "channels.discord"),
    Move::Rename("slack", "channels.slack"),
    Move::Rename("signal", "channels.signal"),
    Move::Rename("imessage", "channels.imessage"),
    Move::Rename("msteams", "channels.msteams"),
    Move::Rename("channels.telegram.requireMention", "channels.telegram.groups.*.requireMention"),
    // Who is heard where.
    Move::Rework(whatsapp_senders),
    Move::Rework(mention_in_groups),
    Move::Rename("routing.bindings", "bindings"),
    Move::Rename("bindings[].match.provider", "bindings[].match.channel"),
    Move::Rename("bindings[].match.accountID", "bindings[].match.accountId"),
    Move::Rename("routing.agentToAgent", "tools.agentToAgent"),
    Move::Rename("routing.queue", "messages.queue"),
    Move::Rename("messages.queue.byProvider", "messages.queue.byChannel"),
    Move::Rename("routing.groupChat.historyLimit", "messages.groupChat.historyLimit"),
    Move::Rename("routing.groupChat.mentionPatterns", "messages.groupChat.mentionPatterns"),
    Move::Rework(transcription),
    // The agents.
    Move::Rework(routed_agents),
    Move::Rework(routed_default),
    Move::Rework(identity),
    Move::Rename("agent.tools.allow", "tools.allow"),
    Move::Rename("agent.tools.deny", "tools.deny"),
    Move::Rename("agent.elevated", "tools.elevated"),
    Move::Rename("agent.bash", "tools.exec"),
    Move::Rename("agent.sandbox.tools", "tools.sandbox.tools"),
    Move::Rename("agent.subagents.tools", "tools.subagents.tools"),
    Move::Rename("agent.modelFallback", "agent.modelFallbacks"),
    Move::Rename("agent", "agents.defaults"),
    Move::Rework(models),
    Move::Rework(sandbox_scopes),
    // The rest.
    Move::Rename("tools.bash", "tools.exec"),
    Move::Rename("session.sendPolicy.rules[].match.provider", "session.sendPolicy.rules[].match.channel"),
    Move::Rework(spoken_answers),
    Move::Rework(gateway_token),
    Move::Rework(claude_cli),
];

fn at(text: &str) -> ConfigPath {
    text.split('.').collect()
}

/// The list was WhatsApp's when there was no other network.
fn whatsapp_senders(moving: &mut Moving) {
    let old = at("routing.allowFrom");
    if moving.get(&at("channels.whatsapp")).is_some() {
        moving.rename(&old, &at("channels.whatsapp.allowFrom"));
    } else {
        moving.leave_out(&old, "not read, because channels.whatsapp is not set up");
    }
}

/// One word for all groups became a word of each network.
fn mention_in_groups(moving: &mut Moving) {
    let old = at("routing.groupChat.requireMention");
    let Some(value) = moving.get(&old).cloned() else { return };
    let networks = ["whatsapp", "telegram", "imessage"].map(|network| at("channels").child(network));
    let set_up: Vec<_> = networks.iter().filter(|channel| moving.get(channel).is_some()).collect();
    if set_up.is_empty() {
        return moving
            .leave_out(&old, "not read, because neither channels.whatsapp nor .telegram nor .imessage is set up");
    }
    for place in set_up.into_iter().map(|channel| channel.join(&at("groups.*.requireMention"))) {
        if moving.get(&place).is_none() {
            moving.put(&place, value.clone());
        }
    }
    moving
        .remove(&old, "moved to groups.*.requireMention of channels.whatsapp, channels.telegram and channels.imessage");
}

/// One command that wrote voice notes down; only `whisper` is one that the list of commands takes.
fn transcription(moving: &mut Moving) {
    let (old, place) = (at("routing.transcribeAudio"), at("tools.media.audio.models"));
    let Some(command) = moving.get(&old.child("command")).and_then(Value::as_array).cloned() else {
        return moving.leave_out(&old, "not read, because it names no command");
    };
    let words: Vec<&str> = command.iter().filter_map(Value::as_str).collect();
    let Some((program, arguments)) = words.split_first() else {
        return moving.leave_out(&old, "not read, because it names no command");
    };
    if program.rsplit('/').next() != Some("whisper") {
        return moving.leave_out(&old, "not read: only whisper may be a command of tools.media.audio.models");
    }
    let mut model = Map::from_iter([("type".to_owned(), "cli".into()), ("command".to_owned(), (*program).into())]);
    if !arguments.is_empty() {
        model.insert("args".to_owned(), json!(arguments));
    }
    if let Some(seconds) = moving.get(&old.child("timeoutSeconds")).cloned() {
        model.insert("timeoutSeconds".to_owned(), seconds);
    }
    if moving.get(&place).is_none() {
        moving.put(&at("tools.media.audio.enabled"), Value::Bool(true));
        moving.put(&place, Value::Array(vec![Value::Object(model)]));
    }
    moving.remove(&old, "moved to tools.media.audio.models");
}

/// Agents were a map of ids.
fn routed_agents(moving: &mut Moving) {
    let old = at("routing.agents");
    let ids: Vec<String> =
        moving.get(&old).and_then(Value::as_object).map(|agents| agents.keys().cloned().collect()).unwrap_or_default();
    for id in ids {
        let (from, to) = (old.child(&id), entry(moving, &id));
        moving.rename(&from.child("mentionPatterns"), &to.join(&at("groupChat.mentionPatterns")));
        moving.rename(&from.join(&at("sandbox.tools")), &to.join(&at("tools.sandbox.tools")));
        moving.rename(&from, &to);
    }
}

fn routed_default(moving: &mut Moving) {
    let old = at("routing.defaultAgentId");
    let Some(id) = moving.text(&old) else { return };
    if default_entry(moving).is_none() {
        let place = entry(moving, &id);
        moving.put(&place.child("default"), Value::Bool(true));
    }
    moving.remove(&old, "moved to agents.list[].default");
}

/// There was one agent, and this was its name.
fn identity(moving: &mut Moving) {
    let old = at("identity");
    if moving.get(&old).is_none() {
        return;
    }
    let place = default_entry(moving).unwrap_or_else(|| match moving.text(&at("agents.list.0.id")) {
        Some(_) => at("agents.list.0"),
        None => entry(moving, "main"),
    });
    moving.rename(&old, &place.child("identity"));
}

/// The agent of this id in the list; it is added if it is not there.
fn entry(moving: &mut Moving, id: &str) -> ConfigPath {
    let list = at("agents.list");
    let known = moving.get(&list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let index =
        known.iter().position(|agent| agent.get("id").and_then(Value::as_str).map(str::trim) == Some(id.trim()));
    let place = list.child(index.unwrap_or(known.len()));
    if index.is_none() {
        moving.put(&place, json!({"id": id.trim()}));
    }
    place
}

fn default_entry(moving: &Moving) -> Option<ConfigPath> {
    let list = at("agents.list");
    let index =
        moving.get(&list)?.as_array()?.iter().position(|agent| agent.get("default") == Some(&Value::Bool(true)))?;
    Some(list.child(index))
}

/// A model was one word, with lists of others beside it.
fn models(moving: &mut Moving) {
    let defaults = at("agents.defaults");
    for (model, fallbacks) in [("model", "modelFallbacks"), ("imageModel", "imageModelFallbacks")] {
        let (model, fallbacks) = (defaults.child(model), defaults.child(fallbacks));
        if let Some(word) = moving.text(&model) {
            moving.tell(&model, &format!("moved to {}", model.child("primary")));
            moving.put(&model, json!({"primary": word}));
        }
        if let Some(word) = moving.text(&fallbacks) {
            moving.put(&fallbacks, json!([word]));
        }
        moving.rename(&fallbacks, &model.child("fallbacks"));
    }
    let (allowed, aliases) = (defaults.child("allowedModels"), defaults.child("modelAliases"));
    let texts = |value: &Value| value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let mut listed: Vec<String> =
        moving.get(&allowed).and_then(Value::as_array).into_iter().flatten().filter_map(texts).collect();
    let named: Vec<(String, String)> = moving
        .get(&aliases)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(alias, model)| Some((alias.clone(), texts(model)?)))
        .collect();
    if listed.is_empty() && named.is_empty() {
        return;
    }
    // A list of models is also the list of those that may be chosen: the ones in use belong to it.
    for place in ["model", "imageModel"].map(|name| defaults.child(name)) {
        listed.extend(moving.text(&place.child("primary")));
        let more = moving.get(&place.child("fallbacks")).and_then(Value::as_array);
        listed.extend(more.into_iter().flatten().filter_map(texts));
    }
    listed.extend(named.iter().map(|(_, model)| model.clone()));
    let table = defaults.child("models");
    for model in listed {
        let place = table.child(&model);
        if moving.get(&place).is_none() {
            moving.put(&place, json!({}));
        }
    }
    for (alias, model) in named {
        let place = table.child(&model).child("alias");
        if moving.get(&place).is_none() {
            moving.put(&place, Value::String(alias));
        }
    }
    moving.remove(&allowed, "moved to agents.defaults.models");
    moving.remove(&aliases, "moved to agents.defaults.models.*.alias");
}

fn sandbox_scopes(moving: &mut Moving) {
    let agents = moving.get(&at("agents.list")).and_then(Value::as_array).map_or(0, Vec::len);
    let sandboxes = (0..agents).map(|index| at("agents.list").child(index)).chain([at("agents.defaults")]);
    for sandbox in sandboxes.map(|agent| agent.child("sandbox")) {
        let old = sandbox.child("perSession");
        let Some(alone) = moving.get(&old).and_then(Value::as_bool) else { continue };
        if moving.get(&sandbox.child("scope")).is_none() {
            moving.put(&sandbox.child("scope"), if alone { "session" } else { "shared" }.into());
        }
        moving.remove(&old, &format!("moved to {}", sandbox.child("scope")));
    }
}

fn spoken_answers(moving: &mut Moving) {
    let old = at("messages.tts.enabled");
    let Some(on) = moving.get(&old).and_then(Value::as_bool) else { return };
    if moving.get(&at("messages.tts.auto")).is_none() {
        moving.put(&at("messages.tts.auto"), if on { "always" } else { "off" }.into());
    }
    moving.remove(&old, "moved to messages.tts.auto");
}

fn gateway_token(moving: &mut Moving) {
    let (old, place, mode) = (at("gateway.token"), at("gateway.auth.token"), at("gateway.auth.mode"));
    if moving.get(&old).is_some() && moving.get(&place).is_none() && moving.get(&mode).is_none() {
        moving.put(&mode, "token".into());
    }
    moving.rename(&old, &place);
}

/// This profile was called a token before it was known to be renewed.
fn claude_cli(moving: &mut Moving) {
    let place = at("auth.profiles").child("anthropic:claude-cli").child("mode");
    if moving.text(&place).as_deref() == Some("token") {
        moving.tell(&place, "read as oauth");
        moving.put(&place, "oauth".into());
    }
}

#[cfg(test)]
mod tests;
