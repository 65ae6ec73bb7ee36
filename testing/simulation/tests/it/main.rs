//! The path of a message holds through ten thousand schedules, and every planted fault is found in as many.

mod events;
mod faults;
mod holds;
mod replays;
