//! What the gateway announces.

pub mod agent;
pub mod challenge;
pub mod chat;
pub mod device_pair;
pub mod health;
pub mod presence;
pub mod shutdown;
pub mod tick;

pub use agent::Agent;
pub use challenge::Challenge;
pub use chat::{Chat, ChatDelta};
pub use device_pair::{Requested as DevicePairRequested, Resolved as DevicePairResolved};
pub use health::Health;
pub use presence::Presence;
pub use shutdown::Shutdown;
pub use tick::Tick;
