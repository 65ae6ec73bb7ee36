//! What the owner may set: how much may be spent, by whom, in which time.

use std::collections::BTreeMap;

use config::{ConfigPath, Issues, Reload, Section};
use schemars::JsonSchema;
use serde::Deserialize;

/// Spending limits. Without any, everything is recorded and nothing is refused.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    /// US dollars a day, for everything together.
    pub day: Option<f64>,
    /// US dollars a month, for everything together.
    pub month: Option<f64>,
    /// Limits of single agents by their id; `*` holds for each agent that is not named.
    pub agents: BTreeMap<String, Limits>,
    /// Limits of single people by `<channel>:<sender id>`; `*` holds for each person who is not named.
    pub people: BTreeMap<String, Limits>,
    /// Limits of single conversations by session key; `*` holds for each that is not named.
    pub chats: BTreeMap<String, Limits>,
    /// Limits of single jobs by their id; `*` holds for each job that is not named.
    pub jobs: BTreeMap<String, Limits>,
}

/// Limits of one purse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// US dollars a day.
    pub day: Option<f64>,
    /// US dollars a month.
    pub month: Option<f64>,
}

impl Section for Config {
    const PATH: &'static str = "budget";
    const RELOAD: Reload = Reload::Now;

    fn check(&self, issues: &mut Issues) {
        let root: ConfigPath = [Self::PATH].into_iter().collect();
        let all = Limits { day: self.day, month: self.month };
        all.check(&root, issues);
        let groups = [("agents", &self.agents), ("people", &self.people), ("chats", &self.chats), ("jobs", &self.jobs)];
        for (group, limits) in groups {
            for (name, limits) in limits {
                limits.check(&root.child(group).child(name), issues);
            }
        }
    }
}

impl Limits {
    fn check(&self, path: &ConfigPath, issues: &mut Issues) {
        for (name, limit) in [("day", self.day), ("month", self.month)] {
            if limit.is_some_and(|limit| limit < 0.0) {
                issues.add(&path.child(name), "a limit cannot be below 0 dollars");
            }
        }
    }
}
