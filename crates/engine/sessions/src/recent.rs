//! The records that were committed last: what is asked of a conversation under way reads no row.
//!
//! Only commits put records here, in their order. Somebody who read a row could bring an older one.

use std::collections::VecDeque;
use std::sync::Arc;

use ids::SessionKey;
use parking_lot::Mutex;

use crate::record::Record;

/// Some hundred bytes to a few kilobytes each.
const KEPT: usize = 64;

/// Newest last.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<VecDeque<(SessionKey, Arc<Record>)>>);

impl Recent {
    pub(crate) fn find(&self, key: &SessionKey) -> Option<Arc<Record>> {
        let kept = self.0.lock();
        kept.iter().rev().find(|(of, _)| of == key).map(|(_, record)| Arc::clone(record))
    }

    /// The record was committed, or with `None` its row was removed.
    pub(crate) fn committed(&self, key: SessionKey, record: Option<Record>) {
        let mut kept = self.0.lock();
        kept.retain(|(of, _)| *of != key);
        if let Some(record) = record {
            kept.push_back((key, Arc::new(record)));
            if kept.len() > KEPT {
                kept.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> SessionKey {
        format!("agent:main:s{number}").parse().unwrap()
    }

    fn record(label: &str) -> Record {
        let mut record = Record::default();
        record.set("label", &label);
        record
    }

    #[test]
    fn the_last_commit_counts_and_a_removed_record_is_gone() {
        let recent = Recent::default();
        recent.committed(key(1), Some(record("a")));
        recent.committed(key(1), Some(record("b")));
        assert_eq!(recent.find(&key(1)).and_then(|record| record.text("label")), Some("b".to_owned()));
        recent.committed(key(1), None);
        assert!(recent.find(&key(1)).is_none());
    }

    #[test]
    fn of_many_sessions_the_longest_untouched_is_let_go() {
        let recent = Recent::default();
        (0..=KEPT).for_each(|number| recent.committed(key(number), Some(record("x"))));
        assert!(recent.find(&key(0)).is_none());
        assert!((1..=KEPT).all(|number| recent.find(&key(number)).is_some()));
    }
}
