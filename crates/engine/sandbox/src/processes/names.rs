//! Two words for a command: easy for a model to repeat and for a person to read out.

use stdx::Entropy;
use tool::ProcessId;

const FIRST: &[&str] = &[
    "amber", "brave", "brisk", "calm", "clear", "cosy", "crisp", "dapper", "early", "fair", "fleet", "fresh", "gentle",
    "glad", "golden", "keen", "kind", "lively", "lucid", "mellow", "merry", "mild", "neat", "nimble", "plucky",
    "proud", "quick", "quiet", "rapid", "ready", "rosy", "silent", "sleek", "spry", "steady", "sunny", "swift", "tidy",
    "vivid", "warm",
];
const SECOND: &[&str] = &[
    "atlas", "beacon", "birch", "breeze", "brook", "canyon", "cedar", "cloud", "comet", "coral", "crane", "dune",
    "ember", "falcon", "fern", "fjord", "forest", "glade", "harbor", "heron", "island", "kelp", "lagoon", "lark",
    "maple", "meadow", "mesa", "otter", "pebble", "pine", "prairie", "reef", "river", "robin", "shore", "slope",
    "summit", "tide", "valley", "willow",
];
/// Then a number is put behind: the words have run out.
const TRIES: u32 = 20;

/// A name nobody has.
pub(super) fn free(entropy: &dyn Entropy, is_taken: impl Fn(&ProcessId) -> bool) -> ProcessId {
    for attempt in 0.. {
        let words = format!("{}-{}", pick(entropy, FIRST), pick(entropy, SECOND));
        let id = ProcessId(if attempt < TRIES { words } else { format!("{words}-{attempt}") });
        if !is_taken(&id) {
            return id;
        }
    }
    ProcessId(format!("command-{}", entropy.next_u64()))
}

fn pick(entropy: &dyn Entropy, words: &'static [&'static str]) -> &'static str {
    let bound = u64::try_from(words.len()).unwrap_or(1);
    let index = usize::try_from(entropy.below(bound)).unwrap_or(0);
    words.get(index).copied().unwrap_or("plain")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_thousand_commands_have_a_thousand_names() {
        let (entropy, mut taken) = (stdx::SeededEntropy::new(7), BTreeSet::new());
        for _ in 0..2_000 {
            let id = free(&entropy, |id| taken.contains(id));
            assert!(taken.insert(id));
        }
    }
}
