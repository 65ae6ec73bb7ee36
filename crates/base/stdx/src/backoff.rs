//! How long to wait before the next attempt. Pure: the caller sleeps.

use std::time::Duration;

use crate::Entropy;

/// Exponential waits with jitter, from a first wait up to a longest one.
#[derive(Debug, Clone, PartialEq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    factor: f64,
    jitter: f64,
    attempts: u32,
}

impl Backoff {
    /// Doubles from `first` to `longest`, each wait up to a quarter shorter or longer.
    #[must_use]
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, factor: 2.0, jitter: 0.25, attempts: 0 }
    }

    /// Grows by this factor instead of doubling.
    #[must_use]
    pub const fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// Strays by this part of each wait (0 = never, 0.25 = a quarter either way).
    #[must_use]
    pub const fn jitter(mut self, jitter: f64) -> Self {
        self.jitter = jitter;
        self
    }

    /// The wait before the next attempt; each call counts one attempt.
    pub fn next_wait(&mut self, entropy: &dyn Entropy) -> Duration {
        let longest = self.longest.as_secs_f64();
        let exponent = i32::try_from(self.attempts.min(64)).unwrap_or(64);
        let wait = (self.first.as_secs_f64() * self.factor.powi(exponent)).min(longest);
        self.attempts = self.attempts.saturating_add(1);
        let part = f64::from(u32::try_from(entropy.below(1 << 31)).unwrap_or(0)) / f64::from(1_u32 << 31);
        let strayed = wait * (1.0 + self.jitter * (2.0 * part - 1.0));
        Duration::try_from_secs_f64(strayed.clamp(0.0, longest)).unwrap_or(self.longest)
    }

    /// How many waits were handed out since the last success.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Starts over: the last attempt succeeded.
    pub const fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededEntropy;
    use proptest::prelude::*;

    #[test]
    fn waits_double_until_the_longest_and_start_over_after_a_success() {
        let entropy = SeededEntropy::new(1);
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5)).jitter(0.0);
        let waits: Vec<_> = (0..4).map(|_| backoff.next_wait(&entropy).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 5]);
        backoff.reset();
        assert_eq!(backoff.next_wait(&entropy).as_secs(), 1);
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_the_longest(seed: u64, attempts in 1..200_u32) {
            let entropy = SeededEntropy::new(seed);
            let longest = Duration::from_secs(30);
            let mut backoff = Backoff::new(Duration::from_millis(200), longest);
            for _ in 0..attempts {
                prop_assert!(backoff.next_wait(&entropy) <= longest);
            }
        }
    }
}
