//! Telegram bots, over the Bot API.
//!
//! Everything that only Telegram knows stays in this folder: its words, its limits, its HTML.

mod account; // what a configured bot can do
mod actions; // typing, reactions, edits
mod api; // one call, one answer
mod arrive; // an update becomes a message of ours
mod channel; // the network and its limits
mod config; // what the owner may set
mod draft; // what is not said yet
mod entities; // offsets in UTF-16 to offsets in bytes
mod files; // what people attach
mod format; // Markdown to Telegram's HTML
mod listen; // long polling
mod menu; // the bot's commands
mod offset; // how far we read
mod reaction; // what people feel about a message
mod send; // one message out
mod split_text; // long texts the app cut
mod target; // where a message goes
mod update; // Telegram's words
mod webhook; // Telegram calls us

pub use channel::Telegram;
