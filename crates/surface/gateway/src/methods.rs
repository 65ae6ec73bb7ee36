//! What operators may ask of the gateway itself.

use std::sync::Arc;

use protocol::{health, system, system::PresenceEntry};
use rpc::{Call, Methods, RpcError};

use crate::{config::SystemEvents, state::State};

/// The gateway's own state, and who hears what is reported.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) state: Arc<State>,
    pub(crate) events: Arc<dyn SystemEvents>,
}

pub(crate) fn methods(own: &Arc<Own>) -> Methods {
    Methods::default()
        .on::<health::Health, _, _, _>(own, health)
        .on::<system::Presence, _, _, _>(own, presence)
        .on::<system::Event, _, _, _>(own, event)
}

async fn health(own: Arc<Own>, _: Call, params: health::Params) -> Result<health::Snapshot, RpcError> {
    let snapshot = own.state.health(params.probe.unwrap_or(false)).await;
    Ok(health::Snapshot::clone(&snapshot))
}

async fn presence(own: Arc<Own>, _: Call, _: system::presence::Params) -> Result<Vec<PresenceEntry>, RpcError> {
    Ok(own.state.presence())
}

async fn event(own: Arc<Own>, _: Call, params: system::event::Params) -> Result<system::event::Reply, RpcError> {
    let report = Report::read(params).ok_or_else(|| RpcError::invalid("text required"))?;
    let before = own.state.known(&report.key);
    let note = report.note(before.as_ref());
    let context = report.is_beacon.then(|| format!("presence:{}", report.key));
    own.state.seen(&report.key, report.entry);
    if let Some(note) = note {
        own.events.system_event(note, context);
    }
    Ok(system::event::Reply { ok: true })
}

/// A report of a machine or a person.
#[derive(Debug)]
struct Report {
    key: String,
    text: String,
    /// A sign of life rather than a note.
    is_beacon: bool,
    entry: PresenceEntry,
}

impl Report {
    fn read(params: system::event::Params) -> Option<Self> {
        let text = params.text.as_deref().map(str::trim).filter(|text| !text.is_empty())?.to_owned();
        let word = |text: Option<String>| text.map(|text| text.trim().to_owned())?.try_into().ok();
        let words = |texts: Option<Vec<String>>| {
            let texts: Vec<_> = texts?.into_iter().filter_map(|text| text.trim().to_owned().try_into().ok()).collect();
            (!texts.is_empty()).then_some(texts)
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "seconds, checked to be a whole number"
        )]
        let last_input = params.last_input_seconds.filter(|s| (0.0..1e15).contains(s)).map(|s| s as u64);
        let entry = PresenceEntry {
            host: word(params.host),
            ip: word(params.ip),
            version: word(params.version),
            platform: word(params.platform),
            device_family: word(params.device_family),
            model_identifier: word(params.model_identifier),
            mode: word(params.mode),
            last_input_seconds: last_input,
            device_id: word(params.device_id),
            roles: words(params.roles),
            scopes: words(params.scopes),
            instance_id: word(params.instance_id),
            reason: word(params.reason),
            // As the published program does: tags are taken and not shown.
            tags: None,
            text: Some(text.clone()),
            ts: 0,
        };
        let named = [&entry.device_id, &entry.instance_id, &entry.host, &entry.ip].into_iter().flatten().next();
        let key = named.map_or_else(|| text.chars().take(64).collect(), ToString::to_string);
        Some(Self { key: key.to_lowercase(), is_beacon: text.starts_with("Node:"), text, entry })
    }

    /// What the main session is told; nothing when a sign of life brings nothing new.
    fn note(&self, before: Option<&PresenceEntry>) -> Option<String> {
        if !self.is_beacon {
            return Some(self.text.clone());
        }
        let new = &self.entry;
        let none = PresenceEntry::default();
        let before = before.unwrap_or(&none);
        let reason = new.reason.as_deref().filter(|reason| {
            let reason = reason.to_lowercase();
            !reason.starts_with("periodic") && reason != "heartbeat"
        });
        let changed = |new: &Option<protocol::Text>, old: &Option<protocol::Text>| new.is_some() && new != old;
        let (host, ip) = (changed(&new.host, &before.host), changed(&new.ip, &before.ip));
        let reason = reason.filter(|_| changed(&new.reason, &before.reason));
        let version = new.version.as_ref().filter(|_| changed(&new.version, &before.version));
        let mode = new.mode.as_ref().filter(|_| changed(&new.mode, &before.mode));
        let mut parts = Vec::new();
        if host || ip {
            let host = new.host.as_deref().unwrap_or("unknown");
            parts.push(new.ip.as_ref().map_or_else(|| format!("Node: {host}"), |ip| format!("Node: {host} ({ip})")));
        }
        parts.extend(version.map(|version| format!("app {version}")));
        parts.extend(mode.map(|mode| format!("mode {mode}")));
        parts.extend(reason.map(|reason| format!("reason {reason}")));
        (!parts.is_empty()).then(|| parts.join(" · "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(reason: &str, version: &str) -> Report {
        let text = |text: &str| Some(text.to_owned());
        let params = system::event::Params {
            text: text("Node: box (10.0.0.9) · app 1 · mode ui"),
            host: text("box"),
            ip: text("10.0.0.9"),
            version: text(version),
            mode: text("ui"),
            reason: text(reason),
            ..system::event::Params::default()
        };
        Report::read(params).unwrap()
    }

    #[test]
    fn a_sign_of_life_tells_only_what_changed() {
        let first = report("launch", "1");
        assert_eq!(first.note(None).as_deref(), Some("Node: box (10.0.0.9) · app 1 · mode ui · reason launch"));
        assert_eq!(report("launch", "1").note(Some(&first.entry)), None);
        assert_eq!(report("periodic check", "2").note(Some(&first.entry)).as_deref(), Some("app 2"));
    }

    #[test]
    fn a_plain_line_is_passed_on_as_it_is_and_no_line_is_an_error() {
        let plain = system::event::Params { text: Some(" hello ".into()), ..system::event::Params::default() };
        assert_eq!(Report::read(plain).unwrap().note(None).as_deref(), Some("hello"));
        assert!(Report::read(system::event::Params::default()).is_none());
    }
}
