//! Which credentials a session goes on with: a vendor that keeps prompts keeps them for one account.
//!
//! The pin stands in the session's record, in the published program's fields. One that a run left gives way when the
//! profile rests and when the conversation was summarised since; one that a person chose gives way to nothing.

use credentials::Candidate;
use provider::{Model, Profile};
use sessions::Record;

use super::Run;
use super::batch::Batch;

/// A session's profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pin {
    profile: String,
    is_persons: bool,
    /// How often the conversation had been summarised.
    compactions: u64,
}

impl Pin {
    pub(super) fn of(record: &Record) -> Option<Self> {
        let profile = record.text("authProfileOverride").filter(|profile| !profile.is_empty())?;
        let compactions = record.get::<u64>("authProfileOverrideCompactionCount");
        let is_persons = match record.text("authProfileOverrideSource").as_deref() {
            Some(source) => source == "user",
            None => compactions.is_none(),
        };
        Some(Self { profile, is_persons, compactions: compactions.unwrap_or(0) })
    }

    /// The candidates in the order in which this session tries them.
    fn arrange(&self, mut candidates: Vec<Candidate>, compactions: u64, now_ms: i64) -> Vec<Candidate> {
        let Some(at) = candidates.iter().position(|candidate| *candidate.profile.id == *self.profile) else {
            return candidates;
        };
        let pinned = candidates.remove(at);
        if self.is_persons {
            return vec![pinned];
        }
        let rests = pinned.rests_until_ms.is_some_and(|until| until > now_ms);
        let holds = !rests && self.compactions == compactions;
        candidates.insert(if holds { 0 } else { at }, pinned);
        candidates
    }

    fn write(&self, record: &mut Record) {
        record.set("authProfileOverride", &self.profile);
        record.set("authProfileOverrideSource", "auto");
        record.set("authProfileOverrideCompactionCount", &self.compactions);
    }
}

impl Run {
    pub(super) fn in_sessions_order(&self, candidates: Vec<Candidate>) -> Vec<Candidate> {
        match &self.pin {
            Some(pin) => pin.arrange(candidates, self.compactions_before, self.now_ms()),
            None => candidates,
        }
    }

    /// The session goes on with what answered, if it is stored and belongs to the model that the session means.
    pub(super) fn pin(&mut self, batch: &mut Batch, model: &Model) {
        let answered = self.profiles.as_ref().and_then(|profiles| profiles.front());
        let Some(Profile { id, .. }) = answered.filter(|profile| profile.id.contains(':')) else { return };
        let first = self.chain.iter().find_map(|model| model.as_ref().ok());
        let is_meant = first.is_some_and(|first| first.reference.provider == model.reference.provider);
        let pin = Pin { profile: id.to_string(), is_persons: false, compactions: self.compactions_before };
        let stays = self.pin.as_ref().is_some_and(|old| old.is_persons || *old == pin);
        if is_meant && !stays {
            self.pin = Some(pin.clone());
            batch.record.push(Box::new(move |record| pin.write(record)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provider::ProfileKind;

    fn pin(record: &str) -> Option<Pin> {
        Pin::of(&serde_json::from_str(record).unwrap())
    }

    /// The order of `x:a` (which rests until `a_rests`), `x:b` and `x:c` for a session with this record.
    fn order(record: &str, a_rests: Option<i64>, compactions: u64) -> Vec<String> {
        let candidate = |id: &str, rests_until_ms| Candidate {
            profile: Profile { id: id.into(), kind: ProfileKind::None },
            rests_until_ms,
        };
        let candidates = vec![candidate("x:b", None), candidate("x:c", None), candidate("x:a", a_rests)];
        let arranged = pin(record).unwrap().arrange(candidates, compactions, 1_000);
        arranged.iter().map(|candidate| candidate.profile.id.to_string()).collect()
    }

    #[test]
    fn a_pin_holds_until_its_profile_rests_or_the_conversation_was_summarised() {
        let auto = r#"{"authProfileOverride":"x:a","authProfileOverrideSource":"auto","authProfileOverrideCompactionCount":2}"#;
        assert_eq!(order(auto, None, 2), ["x:a", "x:b", "x:c"]);
        assert_eq!(order(auto, Some(900), 2), ["x:a", "x:b", "x:c"]);
        assert_eq!(order(auto, Some(2_000), 2), ["x:b", "x:c", "x:a"]);
        assert_eq!(order(auto, None, 3), ["x:b", "x:c", "x:a"]);
    }

    #[test]
    fn a_persons_choice_is_the_only_candidate_while_it_exists() {
        let chosen = r#"{"authProfileOverride":"x:a","authProfileOverrideSource":"user"}"#;
        assert_eq!(order(chosen, Some(2_000), 9), ["x:a"]);
        let gone = r#"{"authProfileOverride":"x:gone","authProfileOverrideSource":"user"}"#;
        assert_eq!(order(gone, None, 0), ["x:b", "x:c", "x:a"]);
    }

    #[test]
    fn a_record_without_a_source_is_read_as_the_published_program_reads_it() {
        assert!(pin(r#"{"authProfileOverride":"x:a"}"#).unwrap().is_persons);
        assert!(!pin(r#"{"authProfileOverride":"x:a","authProfileOverrideCompactionCount":0}"#).unwrap().is_persons);
        assert_eq!(pin("{}"), None);
    }
}
