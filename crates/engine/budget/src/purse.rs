//! Which purses a call is paid from, and what each may hold: pure.

use std::collections::BTreeMap;
use std::fmt;

use ids::{AgentId, SessionKey};

use crate::config::{Config, Limits};
use crate::money::Money;

/// On whose behalf something costs money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spender {
    pub agent: AgentId,
    /// The person who caused it, as `<channel>:<sender id>`.
    pub person: Option<String>,
    pub chat: Option<SessionKey>,
    /// The job that caused it, where no person did.
    pub job: Option<String>,
}

/// One purse; its text is its name in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purse {
    All,
    Agent(String),
    Person(String),
    Chat(String),
    Job(String),
}

/// The time a limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    Day,
    Month,
}

/// A purse that has a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limited {
    pub purse: Purse,
    pub period: Period,
    pub limit: Money,
    /// Where the limit is written.
    pub key: String,
}

impl Spender {
    /// Every purse this spender pays from.
    #[must_use]
    pub fn purses(&self) -> Vec<Purse> {
        let mut purses = vec![Purse::All, Purse::Agent(self.agent.to_string())];
        purses.extend(self.person.clone().map(Purse::Person));
        purses.extend(self.chat.as_ref().map(|chat| Purse::Chat(chat.to_string())));
        purses.extend(self.job.clone().map(Purse::Job));
        purses
    }
}

/// The limits that hold for these purses.
pub(crate) fn limited(config: &Config, purses: &[Purse]) -> Vec<Limited> {
    let mut all = Vec::new();
    for purse in purses {
        let Some((limits, key)) = limits(config, purse) else { continue };
        for (period, limit) in [(Period::Day, limits.day), (Period::Month, limits.month)] {
            if let Some(dollars) = limit {
                let limit = Money::from_dollars(dollars);
                all.push(Limited { purse: purse.clone(), period, limit, key: format!("{key}.{period}") });
            }
        }
    }
    all
}

fn limits(config: &Config, purse: &Purse) -> Option<(Limits, String)> {
    let named = |group: &str, limits: &BTreeMap<String, Limits>, name: &str| {
        let (key, limits) = limits.get_key_value(name).or_else(|| limits.get_key_value("*"))?;
        Some((*limits, format!("budget.{group}.{key}")))
    };
    match purse {
        Purse::All => Some((Limits { day: config.day, month: config.month }, "budget".to_owned())),
        Purse::Agent(name) => named("agents", &config.agents, name),
        Purse::Person(name) => named("people", &config.people, name),
        Purse::Chat(name) => named("chats", &config.chats, name),
        Purse::Job(name) => named("jobs", &config.jobs, name),
    }
}

impl fmt::Display for Purse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Agent(name) => write!(f, "agent {name}"),
            Self::Person(name) => write!(f, "person {name}"),
            Self::Chat(name) => write!(f, "chat {name}"),
            Self::Job(name) => write!(f, "job {name}"),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Day => "day",
            Self::Month => "month",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_limit_is_taken_before_the_one_for_all_others() {
        let limits = |day| Limits { day: Some(day), month: None };
        let agents = BTreeMap::from([("*".to_owned(), limits(2.0)), ("main".to_owned(), limits(5.0))]);
        let config = Config { month: Some(50.0), agents, ..Config::default() };
        let purses = [Purse::All, Purse::Agent("main".into()), Purse::Agent("ops".into()), Purse::Person("x:1".into())];
        let found: Vec<_> = limited(&config, &purses).into_iter().map(|limited| (limited.key, limited.limit)).collect();
        assert_eq!(
            found,
            [
                ("budget.month".to_owned(), Money::from_dollars(50.0)),
                ("budget.agents.main.day".to_owned(), Money::from_dollars(5.0)),
                ("budget.agents.*.day".to_owned(), Money::from_dollars(2.0)),
            ]
        );
    }
}
