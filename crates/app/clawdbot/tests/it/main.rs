//! The binary itself, as a person calls it: what needs no model, and the first steps with one.

#![cfg(test)]

mod asking; // commands without a gateway
mod editing; // clawdbot config
mod first_steps; // clawdbot onboard
mod home; // a folder for one test
mod running; // clawdbot gateway
