//! People and devices through their public types, on real files.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what fails in a test fails the test")]

mod people;
