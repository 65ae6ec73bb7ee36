//! What every tool and every world must do; [`suite`] and [`world`] give back every promise that was not kept.

mod shape; // what a model is told of a tool
mod world; // where tools act

pub use shape::{Sample, suite};
pub use world::world;
