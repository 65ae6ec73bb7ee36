//! Turns what arrives into admitted, routed turns.
//!
//! What arrives is judged, routed and journalled in one synced commit before its network is told. After a crash the
//! rows that have no ended run are taken up again, in order, by the verdict and the route they were given.

mod access;
mod ack;
mod activation;
mod admit;
mod allowlist;
mod config;
mod debounce;
mod directive;
mod directives;
mod envelope;
mod error;
mod group_history;
mod intake;
mod journal;
mod methods;
mod ports;
mod request;
mod route;
mod sink;
mod system_events;

pub use access::{
    Access, ChannelAccess, DmPolicy, Entry, Group, GroupAccess, GroupPolicy, ReactionNotifications, ToolRules, Topic,
};
pub use activation::Activation;
pub use admit::{Admission, Facts, Patterns, Verdict, admit};
pub use allowlist::{List, ListChange};
pub use config::{AckScope, Binding, Config, DmScope, Match, PeerMatch, Scope};
pub use directive::{Directive, Parsed, parse as parse_directive};
pub use directives::{COMMANDS, NOT_COMPACTED};
pub use error::InboundError;
pub use intake::{Cut, Intake, Parts};
pub use journal::MIGRATIONS;
pub use methods::methods;
pub use ports::{AllowLists, Conversation, Networks, Pairing, People, Shown};
pub use route::{Route, route};
pub use sink::Closing;
pub use system_events::SystemEvents;
