//! What was said in a group since the agent last spoke there: context for its next turn, bounded.

use std::collections::{HashMap, VecDeque};

use ids::SessionKey;

/// Groups remembered; the one that was quiet longest is forgotten first.
const GROUPS: usize = 1000;

/// One line of context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) text: String,
}

/// All groups' lines.
#[derive(Debug, Default)]
pub(crate) struct GroupHistory {
    groups: HashMap<SessionKey, VecDeque<Heard>>,
    order: VecDeque<SessionKey>,
}

impl GroupHistory {
    pub(crate) fn keep(&mut self, key: &SessionKey, heard: Heard, limit: usize) {
        if limit == 0 {
            return;
        }
        if !self.groups.contains_key(key) {
            self.order.push_back(key.clone());
            if self.order.len() > GROUPS
                && let Some(quiet) = self.order.pop_front()
            {
                self.groups.remove(&quiet);
            }
        }
        let lines = self.groups.entry(key.clone()).or_default();
        lines.push_back(heard);
        while lines.len() > limit {
            lines.pop_front();
        }
    }

    /// The lines, which are context once.
    pub(crate) fn take(&mut self, key: &SessionKey) -> Vec<Heard> {
        self.order.retain(|other| other != key);
        self.groups.remove(key).map(Vec::from).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_remembers_its_last_lines_until_they_are_taken() {
        let key: SessionKey = "agent:main:net:group:1".parse().unwrap();
        let mut history = GroupHistory::default();
        for n in 0..5 {
            history.keep(&key, Heard { text: n.to_string() }, 3);
        }
        let texts: Vec<String> = history.take(&key).into_iter().map(|heard| heard.text).collect();
        assert_eq!(texts, ["2", "3", "4"]);
        assert!(history.take(&key).is_empty());
    }
}
