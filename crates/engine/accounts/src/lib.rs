//! Keeps every configured channel account connected.
//!
//! An account's task pulls a batch, waits until the inbox has written it down, and only then asks for more: that is
//! when the network is told. A busy inbox therefore slows the network down and nothing piles up in between.

mod accounts; // all of them, and what changes when the config does
mod inbox; // where messages go
mod methods; // what operators may ask
mod neighbours; // what this engine needs of others
mod online; // what a connected account can do
mod pump; // from the network into the inbox
mod status; // what is known of an account
mod supervisor; // connects again and again

pub use accounts::Accounts;
pub use inbox::{Arrived, Inbox, NotAccepted};
pub use methods::methods;
pub use neighbours::{Environment, Mounted, Mounts, Neighbours, NoMounts};
pub use online::Online;
pub use status::{AccountStatus, ChannelStatus};
