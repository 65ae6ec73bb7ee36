//! Deliveries through their public door, over a store in memory and in paused time.

#![cfg(test)]

mod blocks;
mod network;
mod outlives;
mod paces;
