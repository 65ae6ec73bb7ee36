//! Runs the shipped engines under a seeded scheduler: the whole path of a message, with crashes, in one thread.
//!
//! Time, chance and everything outside the process are arguments, so a seed names one interleaving, and the same seed
//! gives the same again. The engines are the shipped ones; only what is outside of them is made here.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a harness that is broken must stop the test, not hide behind a result"
)]

mod check; // what must hold
mod client; // who asks over the wire
mod clock; // virtual time
mod dice; // chance from the seed
mod disk; // a disk whose machine may stop
mod fault; // what is wrong on purpose
mod house; // one process
mod model; // who answers
mod neighbours; // small ports
mod network; // who writes and reads
mod outside; // everything that is not the process
mod plan; // what happens in a schedule
mod planted; // seams that lie
mod schedule; // lives of the process, and the verdict
mod sweep; // many schedules
mod tools; // what runs may do

pub use fault::Fault;
pub use schedule::{Bench, Report};
pub use sweep::{Found, sweep};
