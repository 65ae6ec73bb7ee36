//! Tools on a real workspace and real processes.

#![cfg(test)]

mod commands; // exec and process
mod conforming; // what every tool and world must do
mod crash; // kill -9 of this program
mod files; // read, write, edit
mod output; // what commands write
mod prompt; // what the tools cost in every request
mod room; // a workspace with everything around it
mod schemas; // what models are told, and what they write
mod terminal; // commands on a pseudo-terminal
mod trees; // everything a command started
