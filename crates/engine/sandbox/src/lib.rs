//! Where tools touch the machine, and who said they may.
//!
//! [`gate`] decides, purely; a [`tool::World`] acts; [`Processes`] remembers every command that was started, so that
//! none is forgotten when this program dies.

mod config; // what the user may set
mod policy; // who may use which tool: pure

pub use config::{Ask, Config, Exec, ExecHost, Files, GroupRules, Profile, ProviderRules, Rules, Security};
pub use policy::{Facts, Refusal, Verdict, canonical, gate, offers};
