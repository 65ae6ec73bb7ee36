//! Gets a reply to its reader in pieces the network accepts, once where the network can tell.
//!
//! A piece is a row in the outbox before its first byte leaves, and it comes from a committed transcript entry. Only
//! [`Visible`] text can become an outbound message, and only [`shape`] makes visible text.

mod blocks;
mod chunk;
mod compose;
mod config;
mod deliver;
mod deliveries;
mod draft;
mod error;
mod left;
mod message;
mod methods;
mod outbox;
mod outlet;
mod pace;
mod retry;
mod rules;
mod shape;
mod sink;
mod stream;
mod told;
mod tool_line;
mod typing;
mod way;

pub use blocks::{Blocks, Break, Leaves};
pub use chunk::chunk;
pub use config::{AfterUnknown, Config};
pub use deliveries::{Deliveries, Door, Neighbours, Origin};
pub use draft::Growth;
pub use error::OutboundError;
pub use message::message_tool;
pub use methods::{Mirror, methods};
pub use outbox::{Body, Draft, MIGRATIONS, Place};
pub use outlet::{Outlet, Outlets};
pub use retry::{Attempt, Next, after as after_attempt};
pub use rules::{ActionGates, ButtonScope, Capabilities, Rules};
pub use shape::{Part, Quote, Visible, notice, quote, shape};
