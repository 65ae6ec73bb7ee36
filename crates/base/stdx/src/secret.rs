//! Values that must never reach a log, an error text or a file by accident.

use std::fmt;

use serde::{Deserialize, Deserializer};

/// A value that prints as `***` and cannot be serialised. Equality serves change detection only:
/// a token from outside is compared in constant time by its owner.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret<T = String>(T);

impl<T> Secret<T> {
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Every call is a place to look at in a review.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl From<String> for Secret<String> {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_three_stars_wherever_it_stands() {
        #[derive(Debug, Deserialize)]
        struct Account {
            token: Secret,
        }
        let account: Account = serde_json::from_str(r#"{"token":"sk-live"}"#).unwrap();
        assert_eq!(format!("{account:?}"), "Account { token: *** }");
        assert_eq!(account.token.expose(), "sk-live");
    }
}
