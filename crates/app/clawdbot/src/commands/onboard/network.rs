//! Is this token good? Asks the network who we are.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use channel::{AccountContext, Channel, ChannelError, Menu};
use net::{Http, HttpConfig};
use serde_json::{Value, json};
use stdx::CancellationToken;

use super::{Answer, Wrong};
use crate::context::Context;

/// Under this key the networks of this build keep a bot's token.
const TOKEN_KEY: &str = "botToken";

/// A token that works.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    pub(super) kind: &'static str,
    pub(super) label: &'static str,
    /// Who the bot is, for people.
    pub(super) name: String,
    /// What to set below the network's section.
    pub(super) section: Value,
}

/// The network of that name; the first of this build when none is named.
pub(super) fn network(kind: Option<&str>) -> Result<Arc<dyn Channel>> {
    let mut networks = crate::adapters::channels().into_iter();
    let found = match kind {
        Some(kind) => networks.find(|network| network.descriptor().kind == kind),
        None => networks.next(),
    };
    found.with_context(|| format!("this build has no network called {}", kind.unwrap_or("anything")))
}

/// Asks the network.
pub(super) async fn check(context: &Context, kind: Option<&str>, token: &str) -> Result<Checked> {
    let network = network(kind)?;
    let descriptor = network.descriptor();
    let wrong = |message: String| Wrong { answer: Answer::BotToken, message };
    let token = token.trim();
    let section = json!({"enabled": true, TOKEN_KEY: token});
    // What the owner wrote before counts too: a server of their own, say.
    let mut whole = context.config()?.effective.get("channels").and_then(|all| all.get(descriptor.kind)).cloned();
    let fields =
        whole.get_or_insert_with(|| json!({})).as_object_mut().context("the network's section is no object")?;
    fields.extend(section.as_object().cloned().unwrap_or_default());
    let raw = serde_json::value::to_raw_value(fields)?;
    let accounts = network.accounts(&raw, &|name| context.variable(name).map(str::to_owned));
    let account = accounts.ok().and_then(|accounts| accounts.into_iter().next());
    let account = account.ok_or_else(|| wrong(format!("{} does not take such a token", descriptor.label)))?;
    let cx = AccountContext {
        http: Http::new(HttpConfig::default()),
        state: context.places.state.join(descriptor.kind),
        clock: Arc::clone(&context.clock),
        menu: Menu::default(),
        cancel: CancellationToken::new(),
    };
    match account.probe(cx).await {
        Ok(probe) => {
            let profile = probe.profile;
            let name = profile.username.map(|name| format!("@{name}")).or(profile.display_name).unwrap_or(profile.id);
            Ok(Checked { kind: descriptor.kind, label: descriptor.label, name, section })
        }
        Err(ChannelError::Auth(_)) => Err(wrong(format!("{} refuses this token", descriptor.label)).into()),
        Err(error) => Err(wrong(format!("{} cannot be asked: {error}", descriptor.label)).into()),
    }
}
