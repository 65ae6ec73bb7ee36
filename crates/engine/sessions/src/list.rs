//! `sessions.list`: rows that were rendered when they were written, filtered by the database.

use std::sync::Arc;

use ids::SessionKey;
use protocol::Rendered;
use protocol::sessions::list::{Params, Reply};
use serde_json::value::RawValue;
use stdx::Disk;
use store::{StoreError, View, params_from_iter, types::Value};

use crate::SessionsError;
use crate::active::Place;
use crate::index;
use crate::peek;
use crate::record::Record;
use crate::sessions::Sessions;

impl Sessions {
    /// The rows that `sessions.list` answers.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn list(&self, wanted: Params) -> Result<Reply, SessionsError> {
        self.ready().await;
        let now_ms = self.shared.clock.now_ms();
        let looks_inside = wanted.include_derived_titles == Some(true) || wanted.include_last_message == Some(true);
        let (count, sessions) = if looks_inside {
            self.rows_with_texts(wanted, now_ms).await?
        } else {
            self.shared.store.read(move |view| rows(view, &wanted, now_ms)).await?
        };
        let configured = self.shared.config.get().store.clone().filter(|path| !path.contains("{agentId}"));
        let raw = RawValue::from_string(sessions).map_err(StoreError::from)?;
        Ok(Reply {
            ts: now_ms.unsigned_abs(),
            path: configured.unwrap_or_else(|| "(multiple)".to_owned()),
            count,
            defaults: self.shared.neighbours.defaults(),
            sessions: Rendered::from_raw(raw),
        })
    }

    /// Rows whose transcripts are looked into, for a title or the last message.
    async fn rows_with_texts(&self, wanted: Params, now_ms: i64) -> Result<(u64, String), SessionsError> {
        let query = Query::new(&wanted, now_ms, "key, record, shown");
        let found = self.shared.store.read(move |view| {
            view.query(&query.sql, params_from_iter(query.values), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        });
        let found: Vec<(String, String, String)> = found.await?;
        let mut places = Vec::new();
        for (key, record, shown) in found {
            let record = index::parse(&record)?;
            let place =
                key.parse::<SessionKey>().ok().and_then(|key| self.place(&key, &record, &self.shared.places.state));
            places.push((record, place, shown));
        }
        let disk = Arc::clone(&self.shared.disk);
        let rendered = self.shared.pool.run(move || {
            let mut out = String::from("[");
            let count = places.len();
            for (record, place, shown) in places {
                if out.len() > 1 {
                    out.push(',');
                }
                let path = place.map(Place::readable);
                let title = wanted
                    .include_derived_titles
                    .unwrap_or(false)
                    .then(|| title(disk.as_ref(), &record, path.as_ref()));
                let last = path.filter(|_| wanted.include_last_message.unwrap_or(false));
                let last = last.and_then(|path| peek::last_text(disk.as_ref(), &path).ok().flatten());
                out.push_str(shown.strip_suffix('}').unwrap_or(&shown));
                for (field, text) in [("derivedTitle", title.flatten()), ("lastMessagePreview", last)] {
                    if let Some(text) = text {
                        out.push_str(&format!(",\"{field}\":{}", serde_json::Value::from(text)));
                    }
                }
                out.push('}');
            }
            out.push(']');
            (u64::try_from(count).unwrap_or(0), out)
        });
        rendered.await.map_err(|_| SessionsError::Closed)
    }
}

/// The rows as one JSON array.
fn rows(view: &View<'_>, wanted: &Params, now_ms: i64) -> Result<(u64, String), StoreError> {
    let query = Query::new(wanted, now_ms, "shown");
    let (mut count, mut out) = (0, String::from("["));
    view.each(&query.sql, params_from_iter(query.values), |row| {
        if count > 0 {
            out.push(',');
        }
        count += 1;
        out.push_str(row.get_ref(0)?.as_str()?);
        Ok(true)
    })?;
    out.push(']');
    Ok((count, out))
}

/// The filters as SQL.
struct Query {
    sql: String,
    values: Vec<Value>,
}

impl Query {
    fn new(wanted: &Params, now_ms: i64, columns: &str) -> Self {
        let mut query = Self { sql: format!("SELECT {columns} FROM sessions WHERE 1"), values: Vec::new() };
        if wanted.include_global != Some(true) {
            query.sql.push_str(" AND key <> 'global'");
        }
        if wanted.include_unknown != Some(true) {
            query.sql.push_str(" AND key <> 'unknown'");
        }
        if let Some(agent) = &wanted.agent_id {
            query.filter(" AND agent = ? AND key NOT IN ('global', 'unknown')", agent.as_str().to_owned());
        }
        if let Some(parent) = &wanted.spawned_by {
            query.filter(" AND spawned_by = ?", parent.as_str().to_owned());
        }
        if let Some(label) = &wanted.label {
            query.filter(" AND label = ?", label.trim().to_owned());
        }
        if let Some(search) = wanted.search.as_deref().map(str::trim).filter(|search| !search.is_empty()) {
            query.filter(" AND instr(haystack, ?) > 0", search.to_lowercase());
        }
        if let Some(minutes) = wanted.active_minutes {
            let minutes = i64::try_from(minutes.get()).unwrap_or(i64::MAX);
            query.filter(" AND updated_at >= ?", now_ms.saturating_sub(minutes.saturating_mul(60_000)));
        }
        query.sql.push_str(" ORDER BY updated_at DESC");
        if let Some(limit) = wanted.limit {
            query.filter(" LIMIT ?", i64::try_from(limit.get()).unwrap_or(i64::MAX));
        }
        query
    }

    fn filter(&mut self, sql: &str, value: impl Into<Value>) {
        self.sql.push_str(sql);
        self.values.push(value.into());
    }
}

fn title(disk: &dyn Disk, record: &Record, path: Option<&stdx::AbsPath>) -> Option<String> {
    let named = ["displayName", "subject"].iter().find_map(|field| record.text(field));
    if let Some(name) = named.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()) {
        return Some(name);
    }
    let said = path.and_then(|path| peek::first_user_text(disk, path).ok().flatten());
    if let Some(said) = said {
        return Some(peek::title(&said));
    }
    let session = record.session()?;
    let day = crate::transcript::entry::iso(record.updated_at());
    let short: String = session.as_str().chars().take(8).collect();
    Some(format!("{short} ({})", day.get(..10).unwrap_or_default()))
}
