//! The commands of ours that a network may show in a menu.

/// A command and what it does, in a few words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// Without a slash; small letters and underscores.
    pub name: &'static str,
    /// What may stand behind it; empty for nothing.
    pub takes: &'static str,
    pub about: &'static str,
}

/// What a network with a menu shows. Its own section of the config may say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Menu {
    pub commands: &'static [Command],
    /// The owner wants our commands in menus.
    pub is_wanted: bool,
}
