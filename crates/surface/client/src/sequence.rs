//! Which events a reader did not hear, by the numbers that the gateway gives them. Pure.
//!
//! The gateway counts every broadcast, also those it skips for a slow client or keeps from one that may not see them. A
//! gap is therefore a hint to look again, and never a fault.

/// The last number that was heard.
#[derive(Debug, Default)]
pub(crate) struct Sequence {
    last: Option<u64>,
}

impl Sequence {
    /// How many numbers lie between this event and the one before it. Events without a number are outside the count.
    pub(crate) fn missed(&mut self, seq: Option<u64>) -> u64 {
        let Some(seq) = seq else { return 0 };
        let last = self.last.replace(seq);
        last.map_or(0, |last| seq.saturating_sub(last.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_were_jumped_over_are_missed_events() {
        let mut sequence = Sequence::default();
        let missed = [Some(7), Some(8), None, Some(9), Some(12), Some(1), Some(2)].map(|seq| sequence.missed(seq));
        assert_eq!(missed, [0, 0, 0, 0, 2, 0, 0], "a gateway that began anew counts from 1");
    }
}
