//! Answers into the config, in keys that 2026.1.24 accepts; first into a copy, until they turn out right.

use anyhow::{Context as _, Result};
use config::{Base, ConfigPath, Edit};
use serde_json::{Value, json};
use stdx::{AtomicFile, Entropy as _, OsEntropy};

use super::network::Checked;
use super::{Arguments, Choice, Key};
use crate::config::{GatewaySection, section};
use crate::context::Context;
use crate::local::Local;

/// A copy of the config beside it, to try answers on: the file itself, and a gateway that runs on it, see only answers
/// that are good. Goes with its owner.
#[derive(Debug)]
pub(super) struct Draft {
    /// As the command's own, but with the copy for a config.
    pub(super) context: Context,
}

impl Draft {
    pub(super) fn of(context: &Context) -> Result<Self> {
        let folder = context.places.config.parent();
        stdx::create_private_dir(&folder)?;
        let mut copy = context.clone();
        // Beside it, because a config may name others relative to itself.
        copy.places.config = folder.join(format!("onboard-{}.json", std::process::id()));
        let draft = Self { context: copy };
        if let Some(bytes) = AtomicFile::real(context.places.config.clone()).read()? {
            AtomicFile::real(draft.context.places.config.clone()).write(&bytes)?;
        }
        Ok(draft)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let path = self.context.places.config.as_path();
        for path in [path.to_owned(), path.with_extension("json.bak")] {
            // It may never have been written.
            let _gone = std::fs::remove_file(path);
        }
    }
}

/// Writes the answers.
pub(super) fn write(
    context: &Context,
    arguments: &Arguments,
    choice: &Choice,
    network: Option<&Checked>,
) -> Result<()> {
    let file = context.config_file();
    let snapshot = file.load();
    let gateway: GatewaySection = section(&snapshot)?;
    let path = |text: &str| text.split('.').collect::<ConfigPath>();
    let mut edits = vec![
        Edit::Set(path("gateway.mode"), json!("local")),
        Edit::Set(path("agents.defaults.model.primary"), json!(choice.model)),
    ];
    if let Some(token) = &arguments.gateway_token {
        edits.push(Edit::Set(path("gateway.auth.token"), json!(token)));
    } else if context.shared(&gateway).is_none() {
        edits.push(Edit::Set(path("gateway.auth.token"), json!(fresh_token())));
    }
    if let Some(port) = arguments.gateway_port {
        edits.push(Edit::Set(path("gateway.port"), json!(port)));
    }
    if let Some(workspace) = &arguments.workspace {
        edits.push(Edit::Set(path("agents.defaults.workspace"), json!(workspace)));
    }
    if let (Some(entry), Some((provider, _))) = (&choice.entry, choice.model.split_once('/')) {
        let place = path("models.providers").child(provider);
        edits.push(Edit::Set(place, entry.clone()));
    }
    if let Some(network) = network {
        let place = path("channels").child(network.kind);
        for (name, value) in network.section.as_object().into_iter().flatten() {
            edits.push(Edit::Set(place.child(name), value.clone()));
        }
        edits.extend(enable_plugin(network.kind, path("plugins.allow").find(&snapshot.parsed)));
    }
    // A model written as one text would stand in the way of `primary`.
    let model = path("agents.defaults.model");
    if matches!(model.find(&snapshot.parsed), Some(Value::String(_))) {
        edits.insert(0, Edit::Set(model, json!({})));
    }
    stdx::create_private_dir(&context.places.config.parent())?;
    file.write(&edits, &Base::Whatever).context("the config cannot be written")?;
    Ok(())
}

/// For the published program a network is a plugin, and one that is set up but not enabled is not used.
fn enable_plugin(kind: &str, allowed: Option<&Value>) -> Vec<Edit> {
    let plugins = ConfigPath::root().child("plugins");
    let mut edits = vec![Edit::Set(plugins.child("entries").child(kind).child("enabled"), json!(true))];
    // A list of those that may be used leaves all others out.
    if let Some(list) = allowed.and_then(Value::as_array).filter(|list| !list.contains(&json!(kind))) {
        let more: Vec<Value> = list.iter().cloned().chain([json!(kind)]).collect();
        edits.push(Edit::Set(plugins.child("allow"), Value::Array(more)));
    }
    edits
}

/// Keeps a key that was given where the published program looks for it too.
pub(super) async fn keep_key(context: &Context, choice: &Choice) -> Result<()> {
    let (Key::Given(secret), Some((provider, _))) = (&choice.key, choice.model.split_once('/')) else {
        return Ok(());
    };
    let local = Local::on_nothing(context).await?;
    let kept = local.house.keep_key(provider, secret.clone()).await;
    local.close().await;
    kept.context("the key cannot be kept")
}

/// 48 hex digits.
fn fresh_token() -> String {
    let mut bytes = [0; 24];
    OsEntropy.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
