//! Why things happened: reads the facts that every engine writes with its changes, and keeps them honest.
//!
//! A fact's cause is the id of what led to it; a fact with an effect says which id came of it, and that id's own facts
//! follow. An inbound event's chain is everything that can be reached from it. Engines that record arrivals call the
//! fact `inbound.received` with `channel`, `account`, `peer` and `message`, and the choice of a session
//! `inbound.route` with `key`; nothing else is known of their words here.

mod audit; // the handle and its task
mod chain; // everything that came of an event
mod config; // how long facts are kept
mod explain; // the answer
mod fact; // one fact, and how to read them
mod methods;
mod question; // what a person asks by: pure
mod retain; // forgetting whole chains
mod seal; // the hash chain over the facts
mod sentence; // a fact as a sentence: pure
mod state; // whether anything is still to come: pure // what operators may call

pub use audit::Audit;
pub use config::{Config, Keep};
pub use explain::{ExplainError, Explanation};
pub use fact::Fact;
pub use methods::methods;
pub use question::{Question, Scope};
pub use seal::Verdict;
