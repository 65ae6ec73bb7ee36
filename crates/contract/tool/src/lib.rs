//! What a tool is, what it needs, and the world it is given.
//!
//! A tool states its needs before it runs; a gate outside decides; the tool then acts only through the [`World`] it is
//! handed. It never asks for approval and never sees the host's file system by itself.

mod context;
mod erased;
mod error;
mod need;
mod output;
mod process;
mod provenance;
mod tool;
mod world;

pub use context::{Conversation, Progress, ToolContext};
pub use erased::{AnyTool, Prepared, ToolSpec, erase};
pub use error::ToolError;
pub use need::{CommandLine, Need, WorldPath};
pub use output::{Content, ToolOutput};
pub use process::{ExitState, Launch, Process, ProcessId, Snapshot, Terminal};
pub use provenance::{Origin, Power, Provenance, Secrecy};
pub use tool::Tool;
pub use world::{FileStamp, World, WorldError};
