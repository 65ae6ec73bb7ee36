//! What a call would touch, in words a policy can judge.

use std::fmt;

use crate::ProcessId;

/// A path as the model wrote it: relative to the workspace or absolute, not yet resolved by a world.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorldPath(pub String);

impl fmt::Display for WorldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A command line as the model wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CommandLine(pub String);

/// One thing a call would touch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Need {
    Read(WorldPath),
    Write(WorldPath),
    Exec(CommandLine),
    /// To look at a background command, or at the list of them.
    Watch(Option<ProcessId>),
    Network(String),
    /// To say or do something in the conversation that the run answers to. A repeat of the same call is known by its name
    /// and does nothing twice.
    Send,
}
