//! Answers into the config, in keys that 2026.1.24 accepts; and back, when they turn out wrong.

use anyhow::{Context as _, Result};
use config::{Base, ConfigPath, Edit};
use serde_json::{Value, json};
use stdx::{AtomicFile, Entropy as _, OsEntropy};

use super::network::Checked;
use super::{Arguments, Choice, Key};
use crate::config::{GatewaySection, section};
use crate::context::Context;
use crate::local::Local;

/// The file as it was.
#[derive(Debug)]
pub(super) struct Undo(Option<Vec<u8>>);

impl Undo {
    pub(super) fn note(context: &Context) -> Result<Self> {
        Ok(Self(AtomicFile::real(context.places.config.clone()).read()?))
    }

    /// Puts it back.
    pub(super) fn back(self, context: &Context) -> Result<()> {
        match self.0 {
            Some(bytes) => AtomicFile::real(context.places.config.clone()).write(&bytes)?,
            None if context.places.config.exists() => std::fs::remove_file(&context.places.config)?,
            None => {}
        }
        Ok(())
    }
}

/// Writes the answers.
pub(super) fn write(
    context: &Context,
    arguments: &Arguments,
    choice: &Choice,
    network: Option<&Checked>,
) -> Result<()> {
    let file = context.config_file()?;
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
