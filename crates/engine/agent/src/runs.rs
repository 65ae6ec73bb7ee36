//! The table of runs: what runs now, and what a crash cut off.
//!
//! A row is opened with the user entry and closed with the last word, each in the same transaction. One that is open
//! when the program starts was cut off.

use std::sync::Arc;
use std::time::Duration;

use ids::{AgentId, EventId, RunId, SessionId, SessionKey};
use lanes::{LaneName, Queued, ReplyTo, RunOutcome, RunStart, Turn, TurnOptions};
use provider::Thinking;
use serde::{Deserialize, Serialize};
use store::{Migration, Row, StoreError, Tx, View, params};
use tool::Provenance;

/// The tables of this crate.
pub const MIGRATIONS: &[Migration] = &[Migration {
    owner: "agent",
    version: 1,
    sql: "CREATE TABLE runs (
              run TEXT PRIMARY KEY,
              session_key TEXT NOT NULL,
              agent TEXT NOT NULL,
              started_at INTEGER NOT NULL,
              turn TEXT NOT NULL,
              tool TEXT,
              ended_at INTEGER,
              outcome TEXT
          );
          CREATE INDEX runs_open ON runs (started_at) WHERE ended_at IS NULL;
          CREATE INDEX runs_ended ON runs (ended_at) WHERE ended_at IS NOT NULL;",
}];

/// Closed rows are looked at only by people who ask why; facts tell the same for longer.
const KEPT_MS: i64 = 7 * 24 * 3_600 * 1_000;

/// A run that was cut off.
#[derive(Debug, Clone)]
pub struct Unfinished {
    /// The turn as it was, without its text and files, to be submitted again with [`TurnOptions::resume`].
    pub turn: Turn,
    /// Wall time in milliseconds.
    pub started_at: i64,
    /// A tool that has effects was at work.
    pub tool_in_flight: Option<String>,
    /// The transcript that has its words; the conversation may have started over since.
    pub session: Option<SessionId>,
}

impl Unfinished {
    /// The run as it started.
    #[must_use]
    pub fn start(&self) -> RunStart {
        RunStart { turn: self.turn.clone(), at: self.started_at }
    }
}

/// What of a turn must outlive the process; its text is in the transcript.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    causes: Vec<EventId>,
    reply: ReplyTo,
    provenance: Provenance,
    lane: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thinking: Option<Thinking>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extra: Option<String>,
    /// The transcript that has its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<SessionId>,
}

/// How a row changes in a transaction.
#[derive(Debug, Clone)]
pub(crate) enum RowChange {
    Open(SessionId),
    /// A resumed run has its row.
    Reopen(SessionId),
    Tool(Option<Arc<str>>),
    Close(RunOutcome),
}

pub(crate) fn apply(tx: &Tx<'_>, start: &RunStart, change: &RowChange) -> Result<(), StoreError> {
    let run = start.run().as_str();
    match change {
        RowChange::Open(session) => open(tx, start, session),
        RowChange::Reopen(session) => {
            let changed = tx.execute("UPDATE runs SET tool = NULL WHERE run = ?1 AND ended_at IS NULL", [run])?;
            if changed == 0 { open(tx, start, session) } else { Ok(()) }
        }
        RowChange::Tool(tool) => {
            tx.execute("UPDATE runs SET tool = ?2 WHERE run = ?1", params![run, tool.as_deref()]).map(drop)
        }
        RowChange::Close(outcome) => {
            let outcome = serde_json::to_string(outcome)?;
            let sql = "UPDATE runs SET ended_at = ?2, outcome = ?3, tool = NULL WHERE run = ?1";
            tx.execute(sql, params![run, tx.now_ms(), outcome]).map(drop)
        }
    }
}

fn open(tx: &Tx<'_>, start: &RunStart, session: &SessionId) -> Result<(), StoreError> {
    let turn = &start.turn;
    let kept = Kept {
        causes: turn.causes.clone(),
        reply: turn.reply.clone(),
        provenance: turn.provenance.clone(),
        lane: turn.lane.as_str().to_owned(),
        thinking: turn.options.thinking,
        timeout_ms: turn.options.timeout.map(|t| u64::try_from(t.as_millis()).unwrap_or(u64::MAX)),
        extra: turn.options.extra_system_prompt.clone(),
        session: Some(session.clone()),
    };
    let kept = serde_json::to_string(&kept)?;
    tx.execute(
        "INSERT INTO runs (run, session_key, agent, started_at, turn) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (run) DO UPDATE SET started_at = ?4, turn = ?5, tool = NULL, ended_at = NULL, outcome = NULL",
        params![turn.run.as_str(), turn.key.as_str(), turn.agent.as_str(), start.at, kept],
    )
    .map(drop)
}

/// The runs that were cut off, oldest first.
pub(crate) fn unfinished(view: &View<'_>) -> Result<Vec<Unfinished>, StoreError> {
    let sql =
        "SELECT run, session_key, agent, started_at, turn, tool FROM runs WHERE ended_at IS NULL ORDER BY started_at";
    let rows: Vec<Option<Unfinished>> = view.query(sql, [], |row| Ok(read(row)))?;
    Ok(rows.into_iter().flatten().collect())
}

/// The transcript that has the words of a run.
pub(crate) fn session_of(view: &View<'_>, run: &RunId) -> Result<Option<SessionId>, StoreError> {
    let turn = view.first("SELECT turn FROM runs WHERE run = ?1", [run.as_str()], |row| row.get::<_, String>(0))?;
    Ok(turn.and_then(|turn| serde_json::from_str::<Kept>(&turn).ok()).and_then(|kept| kept.session))
}

/// A row that cannot be read is nobody's run any more.
fn read(row: &Row<'_>) -> Option<Unfinished> {
    let text = |column: usize| row.get::<_, String>(column).ok();
    let kept: Kept = serde_json::from_str(&text(4)?).ok()?;
    let run: RunId = text(0)?.parse().ok()?;
    let key: SessionKey = text(1)?.parse().ok()?;
    let agent: AgentId = text(2)?.parse().ok()?;
    let options = TurnOptions {
        thinking: kept.thinking,
        timeout: kept.timeout_ms.map(Duration::from_millis),
        extra_system_prompt: kept.extra,
        resume: true,
    };
    let turn = Turn {
        run,
        key,
        agent,
        causes: kept.causes,
        text: String::new(),
        files: Vec::new(),
        provenance: kept.provenance,
        reply: kept.reply,
        lane: lane_of(&kept.lane),
        queued: Queued::default(),
        options,
    };
    Some(Unfinished { turn, started_at: row.get(3).ok()?, tool_in_flight: row.get(5).ok()?, session: kept.session })
}

/// Old closed rows go.
pub(crate) fn prune(tx: &Tx<'_>) -> Result<usize, StoreError> {
    tx.execute("DELETE FROM runs WHERE ended_at < ?1", [tx.now_ms() - KEPT_MS])
}

fn lane_of(word: &str) -> LaneName {
    match word {
        "subagent" => LaneName::Subagent,
        "cron" => LaneName::Cron,
        _ => LaneName::Main,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use stdx::ManualClock;
    use store::Store;

    use super::*;

    #[test]
    fn a_closed_row_stays_for_a_week_and_an_open_one_until_it_is_closed() {
        let clock = Arc::new(ManualClock::new(1_769_248_800_000));
        let store = Store::memory(MIGRATIONS, Arc::clone(&clock) as _).unwrap();
        let insert =
            "INSERT INTO runs (run, session_key, agent, started_at, turn, ended_at) VALUES (?1, 'k', 'a', 1, '', ?2)";
        let now = 1_769_248_800_000_i64;
        store
            .write_blocking(move |tx| {
                tx.execute(insert, params!["closed", now])?;
                tx.execute(insert, params!["open", None::<i64>])
            })
            .unwrap();
        let left = |after: Duration| {
            clock.advance(after);
            store.write_blocking(prune).unwrap();
            store.read_blocking(|view| view.query("SELECT run FROM runs ORDER BY run", [], |row| row.get(0))).unwrap()
        };
        let (day, none): (Duration, Vec<String>) = (Duration::from_secs(24 * 3_600), left(Duration::ZERO));
        assert_eq!(none, ["closed", "open"]);
        assert_eq!(left(7 * day), ["closed", "open"]);
        assert_eq!(left(Duration::from_secs(1)), ["open"]);
    }
}
