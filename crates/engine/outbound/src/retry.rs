//! What a failed attempt means for the piece. Pure.

use std::time::{Duration, Instant};

use channel::{ChannelError, Guarantee};

use crate::AfterUnknown;

/// Attempts that a network which cannot be reached gets before the piece is given up; with the delays below that is
/// more than a day.
const MOST_UNREACHABLE: u32 = 300;
/// Attempts whose fate stayed unknown.
const MOST_UNKNOWN: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(400);
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// How long a piece waits for an account that is not connected: a removed one must not fill the outbox for ever.
const PATIENCE_MS: i64 = 48 * 3600 * 1000;
/// How long of that an account was looked for, by a machine that was on: before, it had no chance.
const FAIR_TIME: Duration = Duration::from_secs(3600);

/// One attempt that failed.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// 1 for the first.
    pub number: u32,
    pub error: &'a ChannelError,
    pub guarantee: Guarantee,
    pub after_unknown: AfterUnknown,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The same piece, after the wait.
    Again(Duration),
    /// Ask the network's history first.
    Ask,
    /// Never: the piece is closed as failed.
    GiveUp,
    /// Never, and the reader is told that something may be missing.
    Tell,
}

/// Decides.
#[must_use]
pub fn after(attempt: &Attempt<'_>) -> Next {
    match attempt.error {
        ChannelError::Rejected(_) => Next::GiveUp,
        ChannelError::RateLimited { after } => Next::Again(asked(*after)),
        // The account reconnects, or a person mends it: the piece stays.
        ChannelError::Auth(_) | ChannelError::Ended | ChannelError::Conflict(_) | ChannelError::Unreachable(_) => {
            if attempt.number >= MOST_UNREACHABLE {
                Next::GiveUp
            } else {
                Next::Again(wait(attempt.number))
            }
        }
        ChannelError::Unknown(_) => match (attempt.guarantee, attempt.after_unknown) {
            _ if attempt.number >= MOST_UNKNOWN => Next::GiveUp,
            (Guarantee::ClientKey, _) => Next::Again(wait(attempt.number)),
            (Guarantee::Query, _) => Next::Ask,
            (Guarantee::EditAnchor | Guarantee::None, AfterUnknown::Repeat) => Next::Again(wait(attempt.number)),
            (Guarantee::EditAnchor | Guarantee::None, AfterUnknown::Tell) => Next::Tell,
        },
    }
}

/// How long a piece still waits whose row is due then. No wait of ours is longer than the longest one: a row that is due
/// later was written before somebody set the wall clock back, and counts as due.
#[must_use]
pub(crate) fn remaining(due_ms: i64, now_ms: i64) -> Duration {
    let remaining = Duration::from_millis(due_ms.saturating_sub(now_ms).max(0).unsigned_abs());
    if remaining > LONGEST_WAIT { Duration::ZERO } else { remaining }
}

/// How long a network is left alone that asked to wait.
#[must_use]
pub(crate) fn asked(after: Option<Duration>) -> Duration {
    after.unwrap_or(Duration::from_secs(1)).min(LONGEST_WAIT)
}

/// When an account was first looked for in vain: by the wall, which goes on while the machine is off or asleep, and by
/// the machine's own clock, which does not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Absence {
    pub(crate) wall_ms: i64,
    pub(crate) at: Instant,
}

impl Absence {
    /// Whether a piece that was staged then is given up by now. A machine that slept begins to look anew.
    pub(crate) fn ends(&mut self, staged_ms: i64, now: Self) -> bool {
        let looked = now.at.saturating_duration_since(self.at);
        let passed = Duration::from_millis(now.wall_ms.saturating_sub(self.wall_ms).max(0).unsigned_abs());
        if passed.saturating_sub(looked) > FAIR_TIME {
            *self = now;
            return false;
        }
        looked >= FAIR_TIME && now.wall_ms.saturating_sub(staged_ms) > PATIENCE_MS
    }
}

fn wait(number: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1u32 << number.saturating_sub(1).min(12)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(error: ChannelError, number: u32, guarantee: Guarantee, after_unknown: AfterUnknown) -> Next {
        after(&Attempt { number, error: &error, guarantee, after_unknown })
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_no_piece_waiting() {
        assert_eq!(remaining(5_000, 2_000), Duration::from_secs(3));
        assert_eq!(remaining(2_000, 5_000), Duration::ZERO);
        assert_eq!(remaining(7_200_000, 0), Duration::ZERO);
    }

    #[test]
    fn an_old_piece_is_given_up_only_when_its_account_was_looked_for_by_a_machine_that_was_on() {
        let began = Instant::now();
        let hours = |hours: i64| hours * 3_600_000;
        let moment = |wall, on: u64| Absence { wall_ms: hours(wall), at: began + Duration::from_secs(on * 3600) };
        let mut after_the_start = moment(100, 0);
        assert!(!after_the_start.ends(0, moment(100, 0)), "the machine was off: the account gets its time");
        assert!(after_the_start.ends(0, moment(101, 1)));
        assert!(!after_the_start.ends(hours(60), moment(101, 1)), "it has not waited for two days");
        let mut asleep = moment(0, 0);
        assert!(!asleep.ends(0, moment(102, 2)), "the machine slept for a hundred hours");
        assert!(asleep.ends(0, moment(103, 3)));
    }

    #[test]
    fn each_error_leads_to_what_it_says() {
        let repeat = AfterUnknown::Repeat;
        let unknown = || ChannelError::Unknown("cut".into());
        assert_eq!(next(ChannelError::Rejected("no".into()), 1, Guarantee::None, repeat), Next::GiveUp);
        let limited = ChannelError::RateLimited { after: Some(Duration::from_secs(7)) };
        assert_eq!(next(limited, 1, Guarantee::None, repeat), Next::Again(Duration::from_secs(7)));
        assert_eq!(
            next(ChannelError::Unreachable("dns".into()), 2, Guarantee::None, repeat),
            Next::Again(Duration::from_millis(800))
        );
        assert_eq!(next(unknown(), 1, Guarantee::ClientKey, repeat), Next::Again(FIRST_WAIT));
        assert_eq!(next(unknown(), 1, Guarantee::Query, repeat), Next::Ask);
        assert_eq!(next(unknown(), 1, Guarantee::None, repeat), Next::Again(FIRST_WAIT));
        assert_eq!(next(unknown(), 1, Guarantee::None, AfterUnknown::Tell), Next::Tell);
    }

    #[test]
    fn a_network_that_is_away_for_a_night_loses_nothing() {
        let total: Duration = (1..MOST_UNREACHABLE).map(wait).sum();
        assert!(total > Duration::from_secs(20 * 3600), "{total:?}");
        assert!(matches!(
            next(ChannelError::Unreachable("dns".into()), 299, Guarantee::None, AfterUnknown::Repeat),
            Next::Again(_)
        ));
    }
}
