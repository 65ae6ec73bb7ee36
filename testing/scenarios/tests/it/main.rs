//! Stories through the real binary: a user, their apps, their files.

#![cfg(test)]

mod agent_cli;
mod agent_rpc;
mod agents;
mod allowlist;
mod blocks;
mod channel_faults;
mod commands;
mod crash;
mod door;
mod drafts;
mod earlier;
mod explain;
mod failover;
mod find;
mod first_start;
mod follow;
mod group_rules;
mod groups;
mod history;
mod logs;
mod machine;
mod menu;
mod message_tool;
mod money;
mod onboard;
mod pace;
mod pairing;
mod places;
mod profiles;
mod provenance;
mod provider_faults;
mod reactions;
mod running;
mod send;
mod stage;
mod stopping;
mod telegram_features;
mod thinking;
mod tools;
mod webchat;
