//! Everything that came of an event, in the order it happened.

use std::collections::{BTreeMap, HashSet, VecDeque};

use store::{StoreError, View};

use crate::fact::Fact;

/// Ids in one chain: more than any message has, so that a broken link cannot walk the whole journal.
const MOST_IDS: usize = 2_000;

/// The facts that can be reached from an id by following effects.
pub(crate) fn from(view: &View<'_>, start: &str) -> Result<Vec<Fact>, StoreError> {
    let mut seen = HashSet::from([start.to_owned()]);
    let mut waiting = VecDeque::from([start.to_owned()]);
    let mut facts = BTreeMap::new();
    while let Some(id) = waiting.pop_front() {
        for fact in Fact::of_cause(view, &id)? {
            if let Some(effect) = &fact.effect
                && seen.len() < MOST_IDS
                && seen.insert(effect.clone())
            {
                waiting.push_back(effect.clone());
            }
            facts.insert(fact.id, fact);
        }
    }
    Ok(facts.into_values().collect())
}

/// The ids that an id came of and that came of nothing themselves: for a run the messages that it answers.
pub(crate) fn roots(view: &View<'_>, id: &str) -> Result<Vec<String>, StoreError> {
    let mut seen = HashSet::from([id.to_owned()]);
    let mut waiting = VecDeque::from([id.to_owned()]);
    let mut roots = Vec::new();
    while let Some(id) = waiting.pop_front() {
        let causes: Vec<String> = Fact::of_effect(view, &id)?.into_iter().map(|fact| fact.cause).collect();
        if causes.is_empty() {
            roots.push(id);
            continue;
        }
        waiting.extend(causes.into_iter().filter(|cause| seen.len() < MOST_IDS && seen.insert(cause.clone())));
    }
    Ok(roots)
}
