//! Deliveries through their public door, over a store in memory and in paused time.

#![cfg(test)]

mod network;
mod paces;
