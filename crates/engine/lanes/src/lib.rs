//! Runs at most one turn per session and a few per lane.
//!
//! A conversation's place in its line is taken by a [`Ticket`] before slow work (fetching pictures) starts, so that
//! slow work cannot reorder messages. What a busy session does with another message is its queue mode; that decision
//! is the pure [`Lane`]. One task owns all lanes; runs are tasks below it.

mod about;
mod announce;
mod config;
mod error;
mod lane;
mod merge;
mod methods;
mod run;
mod sink;
mod table;
mod ticket;
mod turn;

pub use about::about;
pub use announce::Announce;
pub use config::{Config, DropPolicy, QueueMode, QueueSettings};
pub use error::LaneError;
pub use lane::{Effect, Event, Lane, Waiting};
pub use methods::{Resolve, methods};
pub use run::{
    Accepted, Beside, Committed, Failover, RunContext, RunEnd, RunEvent, RunOutcome, RunStart, Runner, StopCause,
    Stopper, ToolPhase,
};
pub use sink::{RunSink, Sinks};
pub use table::{Ended, Figures, Lanes, Neighbours, OtherSession};
pub use ticket::Ticket;
pub use turn::{LaneName, Queued, ReplyTo, Turn, TurnFile, TurnOptions};
