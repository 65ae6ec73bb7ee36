//! How long a profile rests after a failure: pure.

use std::time::Duration;

use provider::ProviderError;

use crate::config::Cooldowns;
use crate::stored::{Usage, milliseconds, time};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: f64 = 3_600_000.0;
const LONGEST_MS: i64 = 60 * MINUTE_MS;

/// Why a call with a profile failed, as far as the profile is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    Auth,
    Billing,
    /// Wait at least this long, if the vendor said so.
    RateLimit {
        after: Option<Duration>,
    },
    Timeout,
}

impl Failure {
    /// What an error says about the profile; `None` where another profile would fail the same way.
    #[must_use]
    pub fn of(error: &ProviderError) -> Option<Self> {
        match error {
            ProviderError::Auth(_) => Some(Self::Auth),
            ProviderError::Billing(_) => Some(Self::Billing),
            ProviderError::RateLimited { after } => Some(Self::RateLimit { after: *after }),
            ProviderError::Transport { .. } => Some(Self::Timeout),
            ProviderError::Overloaded(_)
            | ProviderError::ContextOverflow { .. }
            | ProviderError::Refused(_)
            | ProviderError::ThinkingLevel { .. }
            | ProviderError::UnknownModel(_)
            | ProviderError::Unusable(_) => None,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Billing => "billing",
            Self::RateLimit { .. } => "rate_limit",
            Self::Timeout => "timeout",
        }
    }
}

/// Notes a failure: one, five, 25 and then 60 minutes of rest; for lack of payment hours, doubling.
pub(crate) fn fail(usage: &mut Usage, failure: Failure, provider: &str, rules: &Cooldowns, now_ms: i64) {
    let window = milliseconds(rules.failure_window_hours * HOUR_MS);
    if usage.last_failure_at.is_some_and(|last| now_ms - milliseconds(last) > window) {
        usage.error_count = 0;
        usage.failure_counts.clear();
    }
    usage.error_count = usage.error_count.saturating_add(1);
    let count = usage.failure_counts.entry(failure.reason().to_owned()).or_default();
    *count = count.saturating_add(1);
    let count = *count;
    usage.last_failure_at = Some(time(now_ms));
    if failure == Failure::Billing {
        let first =
            rules.billing_backoff_hours_by_provider.get(provider).copied().unwrap_or(rules.billing_backoff_hours);
        let doublings = i32::try_from(count.saturating_sub(1).min(16)).unwrap_or(16);
        let hours = (first * 2f64.powi(doublings)).min(rules.billing_max_hours);
        usage.disabled_until = Some(time(now_ms) + hours * HOUR_MS);
        usage.disabled_reason = Some(failure.reason().to_owned());
        return;
    }
    let step = usage.error_count.saturating_sub(1).min(3);
    let mut rest = (MINUTE_MS * 5i64.pow(step)).min(LONGEST_MS);
    if let Failure::RateLimit { after: Some(after) } = failure {
        rest = rest.max(i64::try_from(after.as_millis()).unwrap_or(LONGEST_MS).min(LONGEST_MS));
    }
    usage.cooldown_until = Some(time(now_ms + rest));
}

/// Notes that a call went well.
pub(crate) fn succeed(usage: &mut Usage, now_ms: i64) {
    *usage = Usage { last_used: Some(time(now_ms)), last_failure_at: usage.last_failure_at, ..Usage::default() };
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn rests(failures: &[Failure]) -> Vec<i64> {
        let mut usage = Usage::default();
        let rest = |failure: &Failure| {
            fail(&mut usage, *failure, "anthropic", &Cooldowns::default(), NOW);
            (usage.rests_until(NOW).unwrap() - NOW) / MINUTE_MS
        };
        failures.iter().map(rest).collect()
    }

    #[test]
    fn the_rest_grows_from_a_minute_to_an_hour() {
        assert_eq!(rests(&[Failure::Auth; 5]), [1, 5, 25, 60, 60]);
    }

    #[test]
    fn lack_of_payment_rests_for_hours_up_to_a_day() {
        assert_eq!(rests(&[Failure::Billing; 4]), [5 * 60, 10 * 60, 20 * 60, 24 * 60]);
    }

    #[test]
    fn a_vendor_may_ask_for_a_longer_rest_than_ours() {
        let after = Some(Duration::from_secs(600));
        assert_eq!(rests(&[Failure::RateLimit { after }]), [10]);
    }

    #[test]
    fn failures_outside_the_window_are_forgotten_and_success_clears_all() {
        let mut usage = Usage::default();
        fail(&mut usage, Failure::Auth, "x", &Cooldowns::default(), NOW);
        fail(&mut usage, Failure::Auth, "x", &Cooldowns::default(), NOW + 25 * 3_600_000);
        assert_eq!(usage.error_count, 1);
        succeed(&mut usage, NOW);
        assert_eq!(usage.rests_until(0), None);
    }
}
