//! What a failed attempt means for the piece. Pure.

use std::time::Duration;

use channel::{ChannelError, Guarantee};

use crate::AfterUnknown;

/// Attempts that a network which cannot be reached gets before the piece is given up; with the delays below that is
/// more than a day.
const MOST_UNREACHABLE: u32 = 300;
/// Attempts whose fate stayed unknown.
const MOST_UNKNOWN: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(400);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

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
        ChannelError::RateLimited { after } => Next::Again(after.unwrap_or(Duration::from_secs(1)).min(LONGEST_WAIT)),
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
