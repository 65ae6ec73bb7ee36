//! Carries one run from prompt to last word.
//!
//! Every step is one transaction: the entry, what it costs, and what it causes elsewhere are committed together. What
//! streams to screens before that promises nothing.

mod advice; // sentences for people
mod agents; // what runs are made from
mod compaction; // what to keep of a long conversation: pure
mod config; // what the owner may set
mod context; // what a model is sent: pure
mod failover; // what to do when a call fails: pure
mod methods; // what operators may call
mod models; // which model answers: pure
mod ports; // what others stand in for
mod prune; // what an old prompt is sent without: pure
mod resume; // after a restart
mod run; // one run
mod runs; // the table of runs
mod stream; // an answer, put together: pure
mod summary; // asking for one
mod tool_call; // one tool call

pub use advice::no_model_advice;
pub use agents::{Agents, Folders, Host, Parts};
pub use config::{
    AgentEntry, AgentsSection, Choice, ChosenModel, CompactionSettings, Config, Defaults, Face, HardClear, ModelEntry,
    ModelsSection, Params, ProviderEntry, Pruning, PruningMode, SoftTrim, UiSection,
};
pub use methods::methods;
pub use ports::{HistoryLimits, Keyring, NoHistoryLimits, WorldSource};
pub use runs::{MIGRATIONS, Unfinished};
pub use tool_call::gate::{GroupPolicy, NoGroupRules};
