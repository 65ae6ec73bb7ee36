//! Why things happened: reads the facts that every engine writes with its changes, and keeps them honest.
//!
//! A fact's cause is the id of what led to it; a fact with an effect says which id came of it, and that id's own facts
//! follow. An inbound event's chain is everything that can be reached from it. Engines that record arrivals call the
//! fact `inbound.received` with `channel`, `account`, `peer` and `message`, and the choice of a session
//! `inbound.route` with `key`; nothing else is known of their words here.

mod audit;
mod chain;
mod config;
mod explain;
mod fact;
mod methods;
mod question;
mod retain;
mod seal;
mod sentence;
mod state;

pub use audit::Audit;
pub use config::{Config, Keep};
pub use explain::{ExplainError, Explanation};
pub use fact::Fact;
pub use methods::methods;
pub use question::{Question, Scope};
pub use seal::Verdict;
