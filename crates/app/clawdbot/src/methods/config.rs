//! `config.*`: the file over the wire. A writer must know what it writes over, and a broken file is never written.

use std::collections::BTreeMap;
use std::sync::Arc;

use config::{Base, Configuration, Edit, Issues, Schema, Snapshot, WriteError};
use ids::SessionKey;
use protocol::Text;
use protocol::config::{
    self as wire, Changed, ConfigIssue, InvalidConfig, Restart, Sentinel, SentinelNote, SentinelStats, apply, get,
    patch, schema, set,
};
use rpc::{Call, Methods, RpcError};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use stdx::Clock;

use crate::wire::ToMainSession;

/// Milliseconds after which a change takes effect, unless the caller says otherwise, and at most.
const DELAY_MS: u64 = 2_000;
const LONGEST_DELAY_MS: u64 = 60_000;

/// The config in force, and who is told that it changed.
#[derive(Debug)]
pub(crate) struct Desk {
    configuration: Arc<Configuration>,
    events: Arc<ToMainSession>,
    clock: Arc<dyn Clock>,
}

impl Desk {
    pub(crate) fn new(configuration: &Arc<Configuration>, events: &Arc<ToMainSession>, clock: &Arc<dyn Clock>) -> Self {
        Self { configuration: Arc::clone(configuration), events: Arc::clone(events), clock: Arc::clone(clock) }
    }
}

pub(crate) fn offer(methods: Methods, desk: &Arc<Desk>) -> Methods {
    methods
        .on::<wire::Get, _, _, _>(desk, get)
        .on::<wire::Schema, _, _, _>(desk, schema)
        .on::<wire::Set, _, _, _>(desk, set)
        .on::<wire::Patch, _, _, _>(desk, patch)
        .on::<wire::Apply, _, _, _>(desk, apply)
}

async fn get(desk: Arc<Desk>, _: Call, _: get::Params) -> Result<get::Reply, RpcError> {
    let snapshot = desk.configuration.file().load();
    Ok(get::Reply {
        path: snapshot.path.to_string(),
        exists: snapshot.exists(),
        raw: snapshot.raw.clone(),
        parsed: raw(&snapshot.parsed)?,
        valid: snapshot.is_valid(),
        config: raw(&snapshot.effective)?,
        hash: Some(snapshot.hash.clone()),
        issues: issues(&snapshot.issues),
        warnings: Vec::new(),
        legacy_issues: issues(&snapshot.moved),
    })
}

async fn schema(desk: Arc<Desk>, _: Call, _: schema::Params) -> Result<schema::Reply, RpcError> {
    let text = |text: String| Text::try_from(text).map_err(|error| RpcError::unavailable(format!("Error: {error}")));
    let known = desk.configuration.file().schema();
    Ok(schema::Reply {
        schema: raw(&known.to_json())?,
        ui_hints: hints(&known),
        version: text(env!("CARGO_PKG_VERSION").to_owned())?,
        generated_at: text(crate::logging::iso(desk.clock.now_ms()))?,
    })
}

/// Sections in the order in which editors of the published program show them; others come between the last two.
const SECTIONS: [&str; 25] = [
    "wizard",
    "update",
    "diagnostics",
    "gateway",
    "nodeHost",
    "agents",
    "tools",
    "bindings",
    "audio",
    "models",
    "messages",
    "commands",
    "session",
    "cron",
    "hooks",
    "ui",
    "browser",
    "talk",
    "channels",
    "skills",
    "plugins",
    "discovery",
    "presence",
    "voicewake",
    "logging",
];

fn hints(schema: &Schema) -> BTreeMap<String, schema::UiHint> {
    let shown = schema.hints().into_iter().map(|(path, hint)| {
        let mut shown = schema::UiHint { label: Some(hint.label), help: hint.help, ..schema::UiHint::default() };
        shown.sensitive = hint.sensitive.then_some(true);
        if !path.contains('.') {
            let place = SECTIONS.iter().position(|section| *section == path).unwrap_or(SECTIONS.len() - 2);
            shown.order = i64::try_from(place + 2).ok().map(|place| place * 10);
            shown.group.clone_from(&shown.label);
        }
        (path, shown)
    });
    shown.collect()
}

async fn set(desk: Arc<Desk>, _: Call, params: set::Params) -> Result<set::Reply, RpcError> {
    let snapshot = write(&desk, Edit::Replace(params.raw.into_string()), params.base_hash)?;
    Ok(set::Reply { ok: true, path: snapshot.path.to_string(), config: raw(&snapshot.effective)? })
}

async fn patch(desk: Arc<Desk>, _: Call, params: patch::Params) -> Result<Changed, RpcError> {
    // The hash is asked for before the text is looked at.
    guard(&desk, params.base_hash.as_ref())?;
    let merge = config::parse_json5(params.raw.as_str()).map_err(|error| RpcError::invalid(error.to_string()))?;
    if !merge.is_object() {
        return Err(RpcError::invalid("config.patch raw must be an object"));
    }
    let snapshot = write(&desk, Edit::Merge(merge), params.base_hash)?;
    let delay_ms = params.restart_delay_ms.map(protocol::Whole::get);
    let wish = Wish { mode: "config.patch", session: params.session_key, note: params.note, delay_ms };
    changed(&desk, &snapshot, wish)
}

async fn apply(desk: Arc<Desk>, _: Call, params: apply::Params) -> Result<Changed, RpcError> {
    let snapshot = write(&desk, Edit::Replace(params.raw.into_string()), params.base_hash)?;
    let delay_ms = params.restart_delay_ms.map(protocol::Whole::get);
    let wish = Wish { mode: "config.apply", session: params.session_key, note: params.note, delay_ms };
    changed(&desk, &snapshot, wish)
}

/// What the caller says of the change besides the change.
struct Wish {
    mode: &'static str,
    session: Option<SessionKey>,
    note: Option<String>,
    delay_ms: Option<u64>,
}

fn guard(desk: &Desk, base: Option<&Text>) -> Result<(), RpcError> {
    let snapshot = desk.configuration.file().load();
    match base {
        None if snapshot.exists() => Err(refusal(WriteError::HashRequired)),
        Some(hash) if snapshot.exists() && hash.as_str() != snapshot.hash => Err(refusal(WriteError::Changed)),
        _ => Ok(()),
    }
}

fn write(desk: &Desk, edit: Edit, base: Option<Text>) -> Result<Arc<Snapshot>, RpcError> {
    let base = Base::Hash(base.map(Text::into_string));
    desk.configuration.write(&[edit], &base).map_err(refusal)
}

fn refusal(error: WriteError) -> RpcError {
    match error {
        WriteError::Invalid(found) => {
            RpcError::invalid("invalid config").with_details(&InvalidConfig { issues: issues(&found) })
        }
        WriteError::BrokenBefore(found) => RpcError::invalid("invalid config; fix before patching")
            .with_details(&InvalidConfig { issues: issues(&found) }),
        WriteError::Disk { .. } => RpcError::unavailable(format!("Error: {error}")),
        WriteError::HashRequired | WriteError::Changed | WriteError::Syntax(_) | WriteError::Edit(_) => {
            RpcError::invalid(error.to_string())
        }
    }
}

fn changed(desk: &Desk, snapshot: &Snapshot, wish: Wish) -> Result<Changed, RpcError> {
    let Wish { mode, session, note, delay_ms } = wish;
    let note = note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    if let Some(note) = &note {
        let key = session.clone().unwrap_or_else(|| desk.events.key());
        desk.events.queue.push(&key, desk.clock.now_ms(), &format!("The config was changed: {note}"));
    }
    let payload = SentinelNote {
        kind: "config-apply".to_owned(),
        status: "ok".to_owned(),
        ts: u64::try_from(desk.clock.now_ms()).unwrap_or(0),
        session_key: session.map(|key| key.as_sent().to_owned()),
        message: note,
        doctor_hint: "Run: clawdbot doctor --non-interactive".to_owned(),
        stats: SentinelStats { mode: mode.to_owned(), root: None },
    };
    Ok(Changed {
        ok: true,
        path: snapshot.path.to_string(),
        config: raw(&snapshot.effective)?,
        restart: Restart {
            ok: true,
            pid: std::process::id(),
            signal: "SIGUSR1".to_owned(),
            delay_ms: delay_ms.unwrap_or(DELAY_MS).min(LONGEST_DELAY_MS),
            reason: Some(mode.to_owned()),
            mode: "emit".to_owned(),
        },
        sentinel: Sentinel { path: None, payload },
    })
}

fn issues(found: &Issues) -> Vec<ConfigIssue> {
    let told = found.iter().map(|issue| {
        let advice = issue.advice.as_ref().map(|advice| format!(" ({advice})")).unwrap_or_default();
        ConfigIssue { path: issue.path.to_string(), message: format!("{}{advice}", issue.message) }
    });
    told.collect()
}

fn raw(value: &Value) -> Result<Box<RawValue>, RpcError> {
    to_raw_value(value).map_err(|error| RpcError::unavailable(format!("Error: {error}")))
}
