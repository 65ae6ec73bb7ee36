//! Where tools touch the machine, and who said they may.
//!
//! [`gate`] decides, purely; a [`tool::World`] acts; [`Processes`] remembers every command that was started, so that
//! none is forgotten when this program dies.

mod config; // what the user may set
mod policy; // who may use which tool: pure
mod process; // one command on this machine
mod processes; // every command that was started
mod tools; // what the model may call
mod worlds; // the places where tools act

pub use config::{
    AgentTools, Ask, Config, ContainerMode, Containers, Exec, ExecHost, Files, GroupRules, Profile, ProviderRules,
    Rules, Security,
};
pub use policy::{Facts, Refusal, Verdict, canonical, gate, offers};
pub use process::PROCESS_OUTPUT_BYTES;
pub use processes::{ENDED_COMMANDS, Ended, ExecFor, Interrupted, MIGRATIONS, OnEnd, Parts, Processes};
pub use tools::tools;
pub use worlds::{Machine, RUNNING_COMMANDS, Worlds};
