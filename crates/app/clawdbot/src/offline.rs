//! What can be told without a gateway: from the files and the database, opened for reading.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use audit::{Audit, Question};
use config::Live;
use ids::ConnId;
use protocol::sessions::list::{Params, Row};
use protocol::{Role, Scope};
use rpc::{Call, Caller, Methods, RpcError};
use serde_json::Value;
use serde_json::value::RawValue;
use sessions::Sessions;
use stdx::{AbsPath, CancellationToken, OsEntropy, Pool, RealDisk};
use store::Store;

use crate::context::Context;
use crate::wire::Neighbourhood;

/// The database, if there is one.
fn database(context: &Context) -> Result<Option<Store>> {
    let path = context.places.database();
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(Store::open_read_only(&path)?))
}

/// The sessions, newest first.
pub(crate) async fn sessions(context: &Context, wanted: Params) -> Result<Vec<Row>> {
    let snapshot = context.config()?;
    let Some(store) = database(context)? else { return Ok(from_files(&context.places.state)) };
    let sessions = Sessions::new(sessions::Parts {
        store,
        disk: Arc::new(RealDisk),
        pool: Arc::new(Pool::new("transcripts", 1, 8)),
        clock: Arc::clone(&context.clock),
        entropy: Arc::new(OsEntropy),
        config: Live::fixed(crate::config::section(&snapshot)?),
        state: context.places.state.clone(),
        home: context.places.home.clone(),
        neighbours: Arc::new(Neighbourhood::new(Live::fixed(crate::config::section(&snapshot)?))),
    });
    Ok(sessions.list(wanted).await?.sessions.parse()?)
}

/// The published program's index, where ours was never written.
fn from_files(state: &AbsPath) -> Vec<Row> {
    let Ok(agents) = std::fs::read_dir(state.join("agents")) else { return Vec::new() };
    let mut rows = Vec::new();
    for agent in agents.flatten() {
        let Ok(text) = std::fs::read_to_string(agent.path().join("sessions").join("sessions.json")) else { continue };
        let Ok(Value::Object(entries)) = config::parse_json5(&text) else { continue };
        for (key, mut entry) in entries {
            let Some(fields) = entry.as_object_mut() else { continue };
            let kind = key.parse::<ids::SessionKey>().map(|key| protocol::sessions::SessionKind::from(key.chat()));
            let Ok(kind) = kind else { continue };
            fields.insert("key".to_owned(), Value::String(key));
            fields.insert("kind".to_owned(), serde_json::to_value(kind).unwrap_or_default());
            rows.extend(serde_json::from_value::<Row>(entry));
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.updated_at));
    rows
}

/// What became of a message.
pub(crate) async fn explain(context: &Context, question: Question) -> Result<audit::Explanation> {
    let store = database(context)?.ok_or_else(|| anyhow!("nothing was journalled here yet"))?;
    let audit = Audit::new(store, Arc::clone(&context.clock), Live::fixed(audit::Config::default()));
    Ok(audit.explain(question).await?)
}

/// Calls a method of a table, as the owner.
pub(crate) async fn call(methods: &Methods, method: &str, params: &RawValue) -> Result<Box<RawValue>, RpcError> {
    let entry = methods.get(method).ok_or_else(|| RpcError::invalid(format!("unknown method: {method}")))?;
    let (_, run) = entry.prepare(Some(params))?;
    let owner = Arc::new(Caller {
        conn: ConnId::random(),
        role: Role::Operator,
        scopes: Arc::from([Scope::Admin]),
        device: None,
        client_id: "cli".into(),
        client_mode: "cli".into(),
        display_name: None,
        is_local: true,
    });
    run(Call::new(owner, CancellationToken::new(), Box::new(drop))).await
}
