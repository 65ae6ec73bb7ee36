//! While questions are asked, the terminal shows nothing by itself.
//!
//! A question hides a key as it is typed, but what comes between two questions, or in pieces as a slow line brings a
//! pasted key, would be shown by the terminal.

use std::io::stdin;

use anyhow::{Context as _, Result};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Ends with its owner; then the terminal is as it was.
#[derive(Debug)]
pub(super) struct Silence(Termios);

impl Silence {
    pub(super) fn keep() -> Result<Self> {
        let before = tcgetattr(stdin()).context("the terminal cannot be asked")?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        tcsetattr(stdin(), OptionalActions::Now, &silent).context("the terminal cannot be silenced")?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        let _gone = tcsetattr(stdin(), OptionalActions::Now, &self.0);
    }
}
