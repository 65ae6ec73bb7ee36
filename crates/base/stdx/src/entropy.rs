//! Chance as an argument: the machine's for real life, a seeded one for runs that can be repeated.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::TryRngCore as _;

/// Where random numbers come from.
pub trait Entropy: Send + Sync + fmt::Debug {
    fn next_u64(&self) -> u64;

    /// A number from 0 up to, not including, `bound`; 0 when `bound` is 0.
    fn below(&self, bound: u64) -> u64 {
        // The high half of a 128-bit product: no division, and a bias below 2^-32 for the bounds we use.
        u64::try_from((u128::from(self.next_u64()) * u128::from(bound)) >> 64).unwrap_or(0)
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let random = self.next_u64().to_le_bytes();
            for (to, from) in chunk.iter_mut().zip(random) {
                *to = from;
            }
        }
    }
}

/// The operating system's generator: fit for tokens and keys.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    #[expect(clippy::panic, reason = "without the system's randomness no token is safe, so nothing may go on")]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = rand::rngs::OsRng.try_fill_bytes(bytes) {
            panic!("the operating system gives no random numbers: {error}");
        }
    }
}

/// A small generator (SplitMix64) that repeats itself for the same seed. Never for secrets.
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn next_u64(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let state = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (one, two) = (SeededEntropy::new(7), SeededEntropy::new(7));
        let draw = |from: &SeededEntropy| (0..20).map(|_| from.below(100)).collect::<Vec<_>>();
        assert_eq!(draw(&one), draw(&two));
    }

    #[test]
    fn a_bound_is_never_reached_and_every_value_below_it_comes() {
        let entropy = SeededEntropy::new(1);
        let mut seen = [false; 6];
        for _ in 0..200 {
            seen[usize::try_from(entropy.below(6)).unwrap()] = true;
        }
        assert_eq!(seen, [true; 6]);
        assert_eq!(entropy.below(0), 0);
    }

    #[test]
    fn the_system_fills_odd_lengths_with_something() {
        let mut bytes = [0; 33];
        OsEntropy.fill(&mut bytes);
        assert_ne!(bytes, [0; 33]);
    }
}
