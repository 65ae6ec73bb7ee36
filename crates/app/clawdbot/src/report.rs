//! How everything is: what `health` and `status` say, from what the engines know.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use accounts::ChannelStatus;
use async_trait::async_trait;
use gateway::HealthSource;
use ids::AgentId;
use protocol::health::{AgentHealth, HeartbeatHealth, RecentSession, SessionsHealth, Snapshot};
use protocol::sessions::list::{Params, Row};
use protocol::status;
use rpc::{Call, RpcError};
use serde_json::value::{RawValue, to_raw_value};
use stdx::{AbsPath, Clock};

use crate::wire::House;

/// How long a network may take to say who we are.
const PROBE: Duration = Duration::from_secs(5);

/// Sessions that health names for each agent.
const RECENT_IN_HEALTH: usize = 5;
/// Sessions that status names.
const RECENT_IN_STATUS: usize = 10;

/// Asks the engines, once they stand.
#[derive(Debug)]
pub(crate) struct Report {
    house: OnceLock<Arc<House>>,
    clock: Arc<dyn Clock>,
    state: AbsPath,
}

impl Report {
    pub(crate) fn new(clock: Arc<dyn Clock>, state: AbsPath) -> Arc<Self> {
        Arc::new(Self { house: OnceLock::new(), clock, state })
    }

    /// From now on there are engines to ask.
    pub(crate) fn met(&self, house: &Arc<House>) {
        // Told twice is told once.
        let _first = self.house.set(Arc::clone(house));
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.now_ms()).unwrap_or(0)
    }

    async fn rows(&self) -> Vec<Row> {
        let Some(house) = self.house.get() else { return Vec::new() };
        let wanted = Params { include_global: Some(true), include_unknown: Some(false), ..Params::default() };
        match house.sessions.list(wanted).await {
            Ok(reply) => reply.sessions.parse().unwrap_or_default(),
            Err(error) => {
                tracing::warn!(%error, "the sessions could not be listed");
                Vec::new()
            }
        }
    }

    fn agents(&self) -> (AgentId, Vec<AgentId>) {
        let Some(house) = self.house.get() else { return (AgentId::main(), vec![AgentId::main()]) };
        let config = house.config.agent.get();
        (config.default_agent(), config.agents())
    }

    async fn channels(&self, probe: bool) -> Vec<ChannelStatus> {
        let Some(house) = self.house.get() else { return Vec::new() };
        if probe {
            house.accounts.probe(PROBE).await;
        }
        house.accounts.status()
    }

    fn store_of(&self, agent: &AgentId) -> String {
        self.state.join("agents").join(agent.as_str()).join("sessions").join("sessions.json").to_string()
    }

    fn in_short(&self, agent: &AgentId, rows: &[&Row]) -> SessionsHealth {
        let now = self.now();
        let recent = rows.iter().take(RECENT_IN_HEALTH).map(|row| RecentSession {
            key: row.key.clone(),
            updated_at: row.updated_at,
            age: row.updated_at.map(|at| now.saturating_sub(at)),
        });
        SessionsHealth { path: self.store_of(agent), count: count(rows), recent: recent.collect() }
    }

    fn recent(&self, row: &Row, defaults: &status::Defaults) -> status::RecentSession {
        let context = row.context_tokens.or(defaults.context_tokens);
        let room = row.total_tokens.zip(context.filter(|most| *most > 0));
        status::RecentSession {
            agent_id: row.key.agent(),
            key: row.key.clone(),
            kind: row.kind,
            session_id: row.session_id.clone(),
            updated_at: row.updated_at,
            age: row.updated_at.map(|at| self.now().saturating_sub(at)),
            thinking_level: row.thinking_level.clone(),
            verbose_level: row.verbose_level.clone(),
            reasoning_level: row.reasoning_level.clone(),
            elevated_level: row.elevated_level.clone(),
            system_sent: row.system_sent,
            aborted_last_run: row.aborted_last_run,
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            total_tokens: row.total_tokens,
            remaining_tokens: room.map(|(used, most)| most.saturating_sub(used)),
            percent_used: room.map(|(used, most)| (used.saturating_mul(100) / most).min(999)),
            model: row.model.clone().or_else(|| defaults.model.clone()),
            context_tokens: context,
            flags: Vec::new(),
        }
    }
}

fn in_health(channel: &ChannelStatus) -> Option<(String, Box<RawValue>)> {
    Some((channel.descriptor.kind.to_owned(), to_raw_value(&channel.health()).ok()?))
}

fn label(channel: &ChannelStatus) -> (String, String) {
    (channel.descriptor.kind.to_owned(), channel.descriptor.label.to_owned())
}

/// One line for each network that is set up.
fn in_summary(channel: &ChannelStatus) -> Option<String> {
    let configured = channel.accounts.iter().filter(|account| account.enabled && account.configured);
    let states = configured.map(|account| {
        let state = match (account.is_connected(), account.is_starting()) {
            (true, _) => "connected",
            (false, true) => "starting",
            (false, false) => "not connected",
        };
        let why = account.last_error().map(|error| format!(" ({error})")).unwrap_or_default();
        format!("{}: {state}{why}", account.account)
    });
    let states: Vec<String> = states.collect();
    (!states.is_empty()).then(|| format!("{}: {}", channel.descriptor.label, states.join(", ")))
}

fn count(rows: &[&Row]) -> u64 {
    u64::try_from(rows.len()).unwrap_or(u64::MAX)
}

fn of_agent<'r>(rows: &'r [Row], agent: &AgentId, default: &AgentId) -> Vec<&'r Row> {
    rows.iter().filter(|row| row.key.agent().as_ref().unwrap_or(default) == agent).collect()
}

/// No agent wakes by itself yet.
fn heartbeat() -> HeartbeatHealth {
    HeartbeatHealth {
        enabled: false,
        every: "disabled".to_owned(),
        every_ms: None,
        prompt: String::new(),
        target: "last".to_owned(),
        ack_max_chars: 300,
    }
}

#[async_trait]
impl HealthSource for Report {
    async fn collect(&self, probe: bool) -> Snapshot {
        let started = self.clock.now();
        let channels = self.channels(probe).await;
        let (default, agents) = self.agents();
        let rows = self.rows().await;
        let names = self.house.get().map(|house| house.config.agent.get());
        let agents = agents.into_iter().map(|agent| AgentHealth {
            name: names.as_ref().and_then(|config| config.entry(&agent)?.name.clone()),
            is_default: agent == default,
            heartbeat: heartbeat(),
            sessions: self.in_short(&agent, &of_agent(&rows, &agent, &default)),
            agent_id: agent,
        });
        let agents: Vec<AgentHealth> = agents.collect();
        let sessions = self.in_short(&default, &of_agent(&rows, &default, &default));
        let took = self.clock.now().saturating_duration_since(started);
        Snapshot {
            ok: true,
            ts: self.now(),
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            channels: channels.iter().filter_map(in_health).collect(),
            channel_order: channels.iter().map(|channel| channel.descriptor.kind.to_owned()).collect(),
            channel_labels: channels.iter().map(label).collect(),
            heartbeat_seconds: 0,
            default_agent_id: default,
            agents,
            sessions,
        }
    }
}

/// Answers `status`.
pub(crate) async fn status(report: Arc<Report>, _: Call, _: status::Params) -> Result<status::Reply, RpcError> {
    let house = report.house.get().ok_or_else(|| RpcError::unavailable("the gateway is still starting"))?;
    let (default, agents) = report.agents();
    let rows = report.rows().await;
    let model = house.agents.model_of(&default);
    let defaults = status::Defaults {
        model: model.as_ref().map(|model| model.reference.model.to_string()),
        context_tokens: model.as_ref().map(|model| u64::from(model.context_window)),
    };
    let recent =
        |rows: &[&Row]| rows.iter().take(RECENT_IN_STATUS).map(|row| report.recent(row, &defaults)).collect::<Vec<_>>();
    let by_agent = agents.iter().map(|agent| {
        let rows = of_agent(&rows, agent, &default);
        status::AgentSessions {
            agent_id: agent.clone(),
            path: report.store_of(agent),
            count: count(&rows),
            recent: recent(&rows),
        }
    });
    let by_agent: Vec<_> = by_agent.collect();
    let all: Vec<&Row> = rows.iter().collect();
    let main = crate::wire::main_session(&house.config.inbound.get());
    let beats = agents.iter().map(|agent| status::AgentHeartbeat {
        agent_id: agent.clone(),
        enabled: false,
        every: heartbeat().every,
        every_ms: None,
    });
    Ok(status::Reply {
        link_channel: None,
        heartbeat: status::Heartbeats { default_agent_id: default.clone(), agents: beats.collect() },
        channel_summary: report.channels(false).await.iter().filter_map(in_summary).collect(),
        queued_system_events: house.system_events.peek(&main),
        sessions: status::SessionsStatus {
            paths: agents.iter().map(|agent| report.store_of(agent)).collect(),
            count: count(&all),
            recent: recent(&all),
            defaults,
            by_agent,
        },
    })
}
