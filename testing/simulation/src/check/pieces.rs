//! What people saw: every piece that was prepared, once where the network can tell, in its order, and nothing else.

use std::collections::BTreeMap;

use channel::Guarantee;

use super::records::Records;
use crate::outside::Outside;

/// Attempts whose fate stays unknown before a piece may be given up.
const MOST_UNKNOWN: u32 = 5;

pub(super) fn check(outside: &Outside, records: &Records) {
    let vendor = outside.vendor.lock();
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for piece in &vendor.seen {
        *seen.entry(&piece.key).or_default() += 1;
    }
    let prepared: Vec<&str> = records.of_kind("outbound.prepared").filter_map(|fact| fact.effect.as_deref()).collect();
    let uncertain = |key: &str| vendor.uncertain.get(key).copied().unwrap_or(0);
    for key in &prepared {
        let times = seen.get(key).copied().unwrap_or(0);
        let is_refused = vendor.refused.contains(*key);
        if times == 0 && !is_refused && uncertain(key) < MOST_UNKNOWN {
            outside.wrong(format!("{key} was prepared and nobody saw it"));
        }
        let unclear = u32::from(vendor.uncertain.contains_key(&format!("unclear {key}")));
        let most = match outside.plan.guarantee {
            Guarantee::ClientKey => 1,
            Guarantee::Query if unclear == 0 => 1,
            Guarantee::Query | Guarantee::EditAnchor | Guarantee::None => 1 + uncertain(key),
        };
        if times > most {
            outside.wrong(format!("{key} was seen {times} times, at most {most} are explained"));
        }
        if !is_refused && !records.has(key, "outbound.sent") && !records.has(key, "outbound.failed") {
            outside.wrong(format!("{key} has no end in the facts"));
        }
    }
    for key in seen.keys().filter(|key| !prepared.contains(key)) {
        outside.wrong(format!("{key} was seen and never prepared"));
    }
    let people: std::collections::BTreeSet<&str> = vendor.seen.iter().map(|piece| piece.person.as_str()).collect();
    for person in people {
        let mut last = 0;
        let mut met = Vec::new();
        for piece in vendor.seen.iter().filter(|piece| piece.person == person) {
            if met.contains(&piece.key) {
                continue;
            }
            met.push(piece.key.clone());
            let place = prepared.iter().position(|key| *key == piece.key).unwrap_or(last);
            if place < last {
                outside.wrong(format!("{} was seen after a later piece", piece.key));
            }
            last = place;
        }
    }
}
