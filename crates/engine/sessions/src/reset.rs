//! When a conversation starts over by itself. Pure.

use ids::SessionKey;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};

/// Where a message stands: decides which rule holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Surroundings {
    pub(crate) kind: Rule,
    pub(crate) channel: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Dm,
    Group,
    Thread,
}

impl Surroundings {
    pub(crate) fn of(key: &SessionKey, channel: Option<&str>) -> Self {
        let kind = if key.as_str().contains(":thread:") || key.as_str().contains(":topic:") {
            Rule::Thread
        } else if key.chat() == ids::Chat::Group {
            Rule::Group
        } else {
            Rule::Dm
        };
        Self { kind, channel: channel.map(str::to_owned) }
    }
}

/// The rule that holds: the earlier of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Starts over at this local hour.
    pub(crate) at_hour: Option<u8>,
    /// Starts over after this long without a message.
    pub(crate) idle_minutes: Option<u32>,
}

impl Policy {
    /// Whether a conversation that was last used then has ended by now.
    pub(crate) fn is_stale(&self, last_used_ms: i64, now_ms: i64, zone: &TimeZone) -> bool {
        let is_idle = self.idle_minutes.is_some_and(|minutes| now_ms > last_used_ms + i64::from(minutes) * 60_000);
        let is_over =
            self.at_hour.and_then(|hour| last_boundary(hour, now_ms, zone)).is_some_and(|at| last_used_ms < at);
        is_idle || is_over
    }
}

/// The last time the local clock showed this hour.
fn last_boundary(hour: u8, now_ms: i64, zone: &TimeZone) -> Option<i64> {
    let now = Timestamp::from_millisecond(now_ms).ok()?.to_zoned(zone.clone());
    let today = at_hour(&now, hour)?;
    let boundary = if today <= now { today } else { at_hour(&now.checked_sub(1.day()).ok()?, hour)? };
    Some(boundary.timestamp().as_millisecond())
}

fn at_hour(day: &Zoned, hour: u8) -> Option<Zoned> {
    let hour = i8::try_from(hour).ok()?;
    day.date().at(hour, 0, 0, 0).to_zoned(day.time_zone().clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn ms(time: &str) -> i64 {
        time.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC)
    }

    fn policy(config: &str, key: &str, channel: Option<&str>) -> Policy {
        let config: Config = serde_json::from_str(config).unwrap();
        config.reset_policy(&Surroundings::of(&key.parse().unwrap(), channel))
    }

    #[test]
    fn by_default_a_conversation_starts_over_at_four_in_the_morning() {
        let daily = policy("{}", "agent:main:main", None);
        assert_eq!(daily, Policy { at_hour: Some(4), idle_minutes: None });
        let is_stale = |last: &str, now: &str| daily.is_stale(ms(last), ms(now), &TimeZone::UTC);
        assert!(!is_stale("2026-01-24T04:00:00Z", "2026-01-25T03:59:59Z"));
        assert!(is_stale("2026-01-25T03:59:59Z", "2026-01-25T04:00:00Z"));
        assert!(is_stale("2026-01-20T12:00:00Z", "2026-01-25T03:00:00Z"));
    }

    #[test]
    fn the_hour_is_the_local_one_also_when_the_clock_was_changed() {
        let daily = policy("{}", "agent:main:main", None);
        // 04:00 in Berlin is 03:00 UTC in winter and 02:00 UTC in summer.
        let stale = |last: &str, now: &str| daily.is_stale(ms(last), ms(now), &berlin());
        if berlin() != TimeZone::UTC {
            assert!(stale("2026-01-25T02:59:00Z", "2026-01-25T03:00:00Z"));
            assert!(stale("2026-07-25T01:59:00Z", "2026-07-25T02:00:00Z"));
            assert!(!stale("2026-07-25T02:00:00Z", "2026-07-25T03:30:00Z"));
        }
    }

    #[test]
    fn the_earlier_of_daily_and_idle_counts() {
        let both = policy(r#"{"reset":{"atHour":5,"idleMinutes":30}}"#, "agent:main:main", None);
        let is_stale = |last: &str, now: &str| both.is_stale(ms(last), ms(now), &TimeZone::UTC);
        assert!(!is_stale("2026-01-24T12:00:00Z", "2026-01-24T12:30:00Z"));
        assert!(is_stale("2026-01-24T12:00:00Z", "2026-01-24T12:30:01Z"));
        assert!(is_stale("2026-01-24T04:50:00Z", "2026-01-24T05:00:00Z"));
    }

    #[test]
    fn kinds_and_channels_have_rules_of_their_own() {
        let config = r#"{"reset":{"mode":"daily","atHour":6},"resetByType":{"group":{"mode":"idle","idleMinutes":10}},
            "resetByChannel":{"telegram":{"atHour":1}}}"#;
        let group = "agent:main:telegram:group:-1";
        assert_eq!(policy(config, group, None), Policy { at_hour: None, idle_minutes: Some(10) });
        assert_eq!(policy(config, group, Some("telegram")), Policy { at_hour: Some(1), idle_minutes: None });
        assert_eq!(policy(config, "agent:main:main", None), Policy { at_hour: Some(6), idle_minutes: None });
        let thread = "agent:main:telegram:group:-1:topic:7";
        assert_eq!(policy(config, thread, None), Policy { at_hour: Some(6), idle_minutes: None });
    }

    #[test]
    fn minutes_in_the_older_spelling_replace_the_daily_reset() {
        let old = policy(r#"{"idleMinutes":90}"#, "agent:main:main", None);
        assert_eq!(old, Policy { at_hour: None, idle_minutes: Some(90) });
    }
}
