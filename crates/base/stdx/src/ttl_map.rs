//! A bounded map whose entries end after a while. Pure: time is an argument.
//!
//! When full, the entry that was put in first makes room: what it guarded is the closest to its end anyway.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::{Duration, Instant};

#[derive(Debug)]
struct Entry<V> {
    value: V,
    turn: u64,
    ends: Instant,
}

/// At most `capacity` entries, each alive for `ttl` after it was put in.
#[derive(Debug)]
pub struct TtlMap<K, V> {
    entries: HashMap<K, Entry<V>>,
    // Oldest first. An entry that was replaced or removed leaves a stale line behind, told apart by its turn.
    order: VecDeque<(K, u64, Instant)>,
    turn: u64,
    capacity: usize,
    ttl: Duration,
}

impl<K: Hash + Eq + Clone, V> TtlMap<K, V> {
    #[must_use]
    pub fn new(capacity: usize, ttl: Duration) -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new(), turn: 0, capacity: capacity.max(1), ttl }
    }

    /// Puts a value in and starts its time anew; gives back the one it replaced.
    pub fn insert(&mut self, key: K, value: V, now: Instant) -> Option<V> {
        self.expire(now);
        self.turn += 1;
        let ends = now + self.ttl;
        let old = self.entries.insert(key.clone(), Entry { value, turn: self.turn, ends });
        self.order.push_back((key, self.turn, ends));
        while self.entries.len() > self.capacity {
            self.drop_first();
        }
        if self.order.len() > 2 * self.capacity {
            let entries = &self.entries;
            self.order.retain(|(key, turn, _)| entries.get(key).is_some_and(|entry| entry.turn == *turn));
        }
        old.filter(|old| old.ends > now).map(|old| old.value)
    }

    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q, now: Instant) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key).filter(|entry| entry.ends > now).map(|entry| &entry.value)
    }

    pub fn get_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q, now: Instant) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.entries.get_mut(key).filter(|entry| entry.ends > now).map(|entry| &mut entry.value)
    }

    pub fn contains<Q: Hash + Eq + ?Sized>(&self, key: &Q, now: Instant) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key, now).is_some()
    }

    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q, now: Instant) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let entry = self.entries.remove(key)?;
        (entry.ends > now).then_some(entry.value)
    }

    /// Drops what has ended. Called by `insert` too; a map that is only read may call it now and then.
    pub fn expire(&mut self, now: Instant) {
        while self.order.front().is_some_and(|(_, _, ends)| *ends <= now) {
            self.drop_first();
        }
    }

    /// How many entries are held, ended ones included until they are dropped.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn drop_first(&mut self) {
        if let Some((key, turn, _)) = self.order.pop_front()
            && self.entries.get(&key).is_some_and(|entry| entry.turn == turn)
        {
            self.entries.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock as _, SystemClock};
    use proptest::prelude::*;

    const TTL: Duration = Duration::from_millis(10);

    #[test]
    fn an_entry_ends_when_its_time_is_over() {
        let start = SystemClock.now();
        let mut map = TtlMap::new(4, TTL);
        map.insert("a", 1, start);
        assert_eq!(map.get("a", start + TTL / 2), Some(&1));
        assert_eq!(map.get("a", start + TTL), None);
    }

    #[test]
    fn the_oldest_entry_makes_room_when_the_map_is_full() {
        let start = SystemClock.now();
        let mut map = TtlMap::new(2, TTL);
        for key in ["a", "b", "a", "c"] {
            map.insert(key, (), start);
        }
        assert_eq!((map.contains("a", start), map.contains("b", start), map.len()), (true, false, 2));
    }

    proptest! {
        #[test]
        fn it_answers_like_a_plain_list_of_the_newest(steps in prop::collection::vec((0..6_u8, 0..5_u64, any::<bool>()), 0..200)) {
            let start = SystemClock.now();
            let mut now = start;
            let mut map = TtlMap::new(3, TTL);
            let mut model: Vec<(u8, Instant)> = Vec::new();
            for (key, wait, insert) in steps {
                now += Duration::from_millis(wait);
                model.retain(|(_, ends)| *ends > now);
                if insert {
                    map.insert(key, (), now);
                    model.retain(|(other, _)| *other != key);
                    model.push((key, now + TTL));
                    if model.len() > 3 { model.remove(0); }
                } else {
                    map.remove(&key, now);
                    model.retain(|(other, _)| *other != key);
                }
                for key in 0..6 {
                    prop_assert_eq!(map.contains(&key, now), model.iter().any(|(other, _)| *other == key));
                }
                prop_assert!(map.len() <= 3 && map.order.len() <= 7);
            }
        }
    }
}
