//! Reads, checks, changes and watches the JSON5 config file without knowing what is in it.
//!
//! Sections say what may be written ([`Section`]); [`Schema`] joins them with a list of known keys; [`ConfigFile`]
//! reads and writes; [`Configuration`] keeps the last good reading and hands it out as [`Live`] sections.

mod backup; // the last five versions
mod configuration; // the config in force
mod diff; // which places differ
mod edit; // changes that keep comments
mod env; // the environment in place of `${NAME}`
mod file; // reading and writing, in order
mod home; // the home folder in place of `~`
mod include; // other files in place of `$include`
mod issue; // what is wrong, as a list
mod json5; // text to tree
mod live; // a value that changes while it is read
mod moves; // keys that stood elsewhere
mod path; // names of places in the tree
mod schema; // the tree of known keys
mod section; // what an owner says of its part
mod snapshot; // one reading of the file
mod watch; // following the file

pub use configuration::{Change, Configuration, Notice};
pub use diff::diff;
pub use edit::{Edit, EditError};
pub use file::{Base, ConfigFile, Environment, WriteError};
pub use issue::{Issue, Issues};
pub use json5::{SyntaxError, parse as parse_json5};
pub use live::{Live, LiveSetter};
pub use moves::{Move, Moving};
pub use path::{BadPath, ConfigPath};
pub use schema::{Hint, Schema, Survey};
pub use section::{Reload, Section};
pub use snapshot::Snapshot;
