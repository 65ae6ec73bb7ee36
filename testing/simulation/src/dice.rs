//! Chance, all of it from the seed.

use stdx::{Entropy as _, SeededEntropy};

/// A stream of choices that is the same for the same seed.
#[derive(Debug)]
pub(crate) struct Dice(SeededEntropy);

impl Dice {
    /// `stream` keeps the choices of one concern apart from those of others.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mixed = SeededEntropy::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ stream);
        mixed.next_u64();
        Self(SeededEntropy::new(mixed.next_u64()))
    }

    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    /// Both ends included.
    pub(crate) fn between(&self, low: u64, high: u64) -> u64 {
        low + self.0.below(high - low + 1)
    }

    pub(crate) fn chance(&self, percent: u64) -> bool {
        self.0.below(100) < percent
    }

    pub(crate) fn number(&self) -> u64 {
        self.0.next_u64()
    }

    pub(crate) fn pick<T: Copy>(&self, from: &[T]) -> T {
        let at = usize::try_from(self.0.below(u64::try_from(from.len()).unwrap_or(1))).unwrap_or(0);
        from[at]
    }
}
