//! `clawdbot config`: reads and changes the file, key by key, keeping comments and order.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use config::{Base, ConfigPath, Edit, WriteError};
use serde_json::{Map, Value, json};

use crate::context::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the value at a path
    Get {
        /// `a.b[0].c` or `a.b.0.c`
        path: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Set a value: JSON5, or a text as it stands
    Set {
        path: String,
        value: String,
        /// Take the value as JSON5 and nothing else
        #[arg(long)]
        json: bool,
    },
    /// Remove a key
    Unset {
        path: String,
        #[arg(long)]
        json: bool,
    },
    /// Print everything that is written, one path a line
    List {
        #[arg(long)]
        json: bool,
    },
    /// Say whether the file is valid, and what is wrong
    Validate {
        #[arg(long)]
        json: bool,
    },
    /// Print where the file is
    File {
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    match &arguments.action {
        Action::Get { path, json } => get(context, path, *json),
        Action::Set { path, value, json } => {
            let edit = Edit::Set(parse(path)?, written(value, *json)?);
            change(context, edit, &format!("{path} is set."), *json)
        }
        Action::Unset { path, json } => {
            change(context, Edit::Unset(parse(path)?), &format!("{path} is removed."), *json)
        }
        Action::List { json } => list(context, *json),
        Action::Validate { json } => validate(context, *json),
        Action::File { json } => {
            let output = context.output.with_json(*json);
            let path = &context.places.config;
            if output.json {
                output.value(&json!({"path": path, "exists": path.exists()}));
            } else {
                output.line(path.to_string());
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn parse(path: &str) -> Result<ConfigPath> {
    path.parse().with_context(|| format!("{path:?} is no path; write a.b[0].c or a.b.0.c"))
}

fn written(value: &str, only_json: bool) -> Result<Value> {
    match config::parse_json5(value.trim()) {
        Ok(value) => Ok(value),
        Err(error) if only_json => Err(error).context("the value is not JSON5"),
        Err(_) => Ok(Value::String(value.to_owned())),
    }
}

fn get(context: &Context, path: &str, json: bool) -> Result<ExitCode> {
    // What is written is shown even where it is not valid, and secrets of the environment stay there.
    let file = context.config_file();
    let snapshot = file.load();
    let Some(value) = file.find(&snapshot, &parse(path)?) else {
        bail!("{path} is not set in {}", snapshot.path);
    };
    match &value {
        Value::String(text) if !json => context.output.line(text),
        Value::Object(_) | Value::Array(_) => context.output.value(&value),
        _ => context.output.line(value.to_string()),
    }
    Ok(ExitCode::SUCCESS)
}

fn change(context: &Context, edit: Edit, done: &str, json: bool) -> Result<ExitCode> {
    let file = context.config_file();
    let snapshot = file.write(&[edit], &Base::Whatever).map_err(|error| match error {
        WriteError::Invalid(issues) | WriteError::BrokenBefore(issues) => {
            anyhow::anyhow!("nothing was changed, because the config would not be valid:\n{issues}")
        }
        other => other.into(),
    })?;
    if json {
        context.output.value(&json!({"ok": true, "path": snapshot.path, "hash": snapshot.hash}));
    } else {
        context.output.line(done);
    }
    Ok(ExitCode::SUCCESS)
}

fn list(context: &Context, json: bool) -> Result<ExitCode> {
    let snapshot = context.config_file().load();
    let mut found = Map::new();
    flatten(&snapshot.parsed, &ConfigPath::root(), &mut found);
    if json {
        context.output.value(&found);
    } else {
        for (path, value) in &found {
            context.output.line(format!("{path} = {value}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn flatten(value: &Value, path: &ConfigPath, found: &mut Map<String, Value>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(name, value)| flatten(value, &path.child(name), found));
        }
        Value::Object(_) if path.is_root() => {}
        other => drop(found.insert(path.to_string(), other.clone())),
    }
}

fn validate(context: &Context, json: bool) -> Result<ExitCode> {
    let snapshot = context.config_file().load();
    let valid = snapshot.is_valid();
    if json {
        context.output.value(
            &json!({"path": snapshot.path, "exists": snapshot.exists(), "valid": valid, "issues": snapshot.issues,
                "legacyIssues": snapshot.moved}),
        );
    } else if !snapshot.exists() {
        context.output.line(format!("{} does not exist; defaults are in force.", snapshot.path));
    } else if valid {
        context.output.line(format!("{} is valid.", snapshot.path));
        let gateway: crate::config::GatewaySection = crate::config::section(&snapshot)?;
        if let Some(mode) = gateway.tailscale.mode.and_then(crate::config::TailscaleMode::wished) {
            context.output.line(format!("gateway.tailscale.mode {mode:?} is not carried out by this release."));
        }
        if !snapshot.moved.is_empty() {
            let moved = &snapshot.moved;
            context.output.line(format!("Keys of an older version; `clawdbot doctor --fix` moves them:\n{moved}"));
        }
    } else {
        context.output.line(format!("{} is not valid:\n{}", snapshot.path, snapshot.issues));
    }
    Ok(if valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
