//! Sums of money in whole millionths of a dollar, so that adding them up never loses any.

use std::fmt;
use std::iter::Sum;

/// An amount of at least nothing, in millionths of a US dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(u64);

const MICROS: f64 = 1_000_000.0;

impl Money {
    pub const ZERO: Self = Self(0);

    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Rounds up: a bill is never smaller than what was used. Less than nothing is nothing, and what is no number is
    /// everything.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and the sign was looked at"
    )]
    pub fn from_dollars(dollars: f64) -> Self {
        if dollars.is_nan() {
            return Self(u64::MAX);
        }
        // What floating point adds behind the ninth digit is no money.
        let micros = (dollars.max(0.0) * MICROS * 1000.0).round() / 1000.0;
        Self(micros.ceil() as u64)
    }

    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }

    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "for people and reports")]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / MICROS
    }

    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left after taking `other`; never less than nothing.
    #[must_use]
    pub const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

/// `$1.25`; amounts under a cent keep the digits that matter: `$0.0003`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let digits = format!("{rest:06}");
        let kept = digits.trim_end_matches('0');
        write!(f, "${whole}.{kept:0<2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_rounded_up_to_the_next_millionth() {
        assert_eq!(Money::from_dollars(0.01).micros(), 10_000);
        assert_eq!(Money::from_dollars(0.000_000_1).micros(), 1);
        assert_eq!(Money::from_dollars(0.1 + 0.2).micros(), 300_000);
        assert_eq!(Money::from_dollars(-1.0), Money::ZERO);
        assert_eq!(Money::from_dollars(f64::NAN).micros(), u64::MAX);
    }

    #[test]
    fn an_amount_is_written_with_at_least_cents() {
        let texts = [0, 10_000, 1_250_000, 300, 5_000_000].map(|micros| Money::from_micros(micros).to_string());
        assert_eq!(texts, ["$0.00", "$0.01", "$1.25", "$0.0003", "$5.00"]);
    }
}
