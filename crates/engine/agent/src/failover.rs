//! What to do when a call fails: again, thinking more or less, with the next profile, with the next model, or give up.
//! Pure.

use std::time::Duration;

use provider::{ProviderError, Thinking};

/// Tries of one profile and model before the next one gets its turn.
const TRIES: u32 = 3;
/// Waiting longer than this for a vendor is no conversation: somebody else answers, or the person is told.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// With another model at hand nobody waits this long.
const LONGEST_WAIT_WITH_OTHERS: Duration = Duration::from_secs(3);
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// The same again, after this.
    Retry(Duration),
    NextProfile,
    NextModel,
    /// The same again at once, with this thinking level.
    Think(Thinking),
    /// The prompt is too long.
    Compact,
    GiveUp,
}

/// How often this profile and model failed in this call, the last time included, and who else could answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation<'a> {
    pub failures: u32,
    pub other_profiles: bool,
    pub other_models: bool,
    /// The thinking levels this model was asked with, the last one at the end.
    pub levels: &'a [Thinking],
}

pub(crate) fn remedy(error: &ProviderError, now: Situation<'_>) -> Remedy {
    let Situation { failures, other_profiles, other_models, levels } = now;
    let others = other_profiles || other_models;
    let onwards = if other_profiles { Remedy::NextProfile } else { Remedy::NextModel };
    let wait = FIRST_WAIT.saturating_mul(2u32.saturating_pow(failures.saturating_sub(1).min(8)));
    match error {
        ProviderError::ContextOverflow { .. } => Remedy::Compact,
        ProviderError::Refused(_) => Remedy::GiveUp,
        ProviderError::ThinkingLevel { supported, .. } => {
            nearest(supported, levels).map_or(Remedy::GiveUp, Remedy::Think)
        }
        ProviderError::Auth(_) | ProviderError::Billing(_) => onwards,
        ProviderError::UnknownModel(_) => Remedy::NextModel,
        ProviderError::Unusable(_) if failures == 1 => Remedy::Retry(Duration::ZERO),
        ProviderError::Unusable(_) => Remedy::NextModel,
        ProviderError::RateLimited { after } => {
            let wait = after.unwrap_or(wait.saturating_mul(2));
            let longest = if others { LONGEST_WAIT_WITH_OTHERS } else { LONGEST_WAIT };
            if failures < TRIES && wait <= longest { Remedy::Retry(wait) } else { onwards }
        }
        ProviderError::Overloaded(_) if failures < TRIES => Remedy::Retry(wait),
        ProviderError::Overloaded(_) => Remedy::NextModel,
        ProviderError::Transport { .. } if failures < TRIES => Remedy::Retry(wait),
        ProviderError::Transport { .. } => onwards,
    }
}

/// The level to ask with instead: the highest below what was wanted, else the lowest above it. None is asked for twice.
fn nearest(supported: &[Thinking], tried: &[Thinking]) -> Option<Thinking> {
    let wanted = *tried.first()?;
    let left = || supported.iter().copied().filter(|level| !tried.contains(level));
    left().filter(|level| *level < wanted).max().or_else(|| left().min())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(failures: u32) -> Situation<'static> {
        Situation { failures, other_profiles: false, other_models: false, levels: &[] }
    }

    #[test]
    fn a_refused_thinking_level_gives_way_to_the_nearest_one_that_is_taken_and_each_is_tried_once() {
        use Thinking::{High, Low, Medium, Minimal, Off, Xhigh};
        let refused = |supported: &[Thinking], levels: &[Thinking]| {
            let error = ProviderError::ThinkingLevel { supported: supported.to_vec(), detail: String::new() };
            remedy(&error, Situation { levels, ..alone(1) })
        };
        assert_eq!(refused(&[Low, Medium, High], &[Xhigh]), Remedy::Think(High));
        assert_eq!(refused(&[Low, Medium, High], &[Xhigh, High]), Remedy::Think(Medium));
        assert_eq!(refused(&[Low, High], &[Minimal]), Remedy::Think(Low));
        assert_eq!(refused(&[Medium], &[Off]), Remedy::Think(Medium));
        assert_eq!(refused(&[Low], &[High, Low]), Remedy::GiveUp);
        assert_eq!(refused(&[], &[High]), Remedy::GiveUp);
    }

    fn rate(seconds: u64) -> ProviderError {
        ProviderError::RateLimited { after: Some(Duration::from_secs(seconds)) }
    }

    #[test]
    fn a_short_rate_limit_is_waited_out_and_a_long_one_goes_to_somebody_else() {
        let others = Situation { other_profiles: true, ..alone(1) };
        assert_eq!(remedy(&rate(2), others), Remedy::Retry(Duration::from_secs(2)));
        assert_eq!(remedy(&rate(20), others), Remedy::NextProfile);
        assert_eq!(remedy(&rate(20), alone(1)), Remedy::Retry(Duration::from_secs(20)));
        assert_eq!(remedy(&rate(600), alone(1)), Remedy::NextModel);
    }

    #[test]
    fn bad_credentials_are_never_tried_twice() {
        let auth = ProviderError::Auth(String::new());
        assert_eq!(remedy(&auth, Situation { other_profiles: true, ..alone(1) }), Remedy::NextProfile);
        assert_eq!(remedy(&auth, alone(1)), Remedy::NextModel);
    }

    #[test]
    fn a_broken_line_is_tried_three_times_with_longer_waits() {
        let cut = ProviderError::Transport { detail: String::new(), began: true };
        let waits: Vec<_> = (1..=3).map(|failures| remedy(&cut, alone(failures))).collect();
        let ms = |ms| Remedy::Retry(Duration::from_millis(ms));
        assert_eq!(waits, [ms(500), ms(1000), Remedy::NextModel]);
    }

    #[test]
    fn a_request_the_vendor_refuses_is_not_taken_to_another() {
        let situation = Situation { other_profiles: true, other_models: true, ..alone(1) };
        assert_eq!(remedy(&ProviderError::Refused(String::new()), situation), Remedy::GiveUp);
        assert_eq!(remedy(&ProviderError::ContextOverflow { limit: None }, situation), Remedy::Compact);
    }
}
