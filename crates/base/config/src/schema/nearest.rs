//! Guesses which known word a person meant.

/// The known word that differs least, if it differs little.
pub(super) fn nearest<'w>(written: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let most = match written.chars().count() {
        0..=2 => return None,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    let written: Vec<char> = written.to_lowercase().chars().collect();
    let distances = known.map(|word| (distance(&written, &word.to_lowercase().chars().collect::<Vec<_>>()), word));
    distances.filter(|(distance, _)| *distance <= most).min().map(|(_, word)| word)
}

/// How many letters must be added, removed, changed or swapped with their neighbour.
#[expect(clippy::indexing_slicing, reason = "both indexes run over the table's own lengths")]
fn distance(left: &[char], right: &[char]) -> usize {
    let mut table = vec![vec![0; right.len() + 1]; left.len() + 1];
    for (row, line) in table.iter_mut().enumerate() {
        line[0] = row;
    }
    for (column, cell) in table[0].iter_mut().enumerate() {
        *cell = column;
    }
    for row in 1..=left.len() {
        for column in 1..=right.len() {
            let changed = usize::from(left[row - 1] != right[column - 1]);
            let mut least =
                (table[row - 1][column] + 1).min(table[row][column - 1] + 1).min(table[row - 1][column - 1] + changed);
            let is_swap =
                row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1];
            if is_swap {
                least = least.min(table[row - 2][column - 2] + 1);
            }
            table[row][column] = least;
        }
    }
    table[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_a_letter_finds_the_word_and_a_stranger_does_not() {
        let known = ["gateway", "agents", "channels"];
        assert_eq!(nearest("gatway", known.into_iter()), Some("gateway"));
        assert_eq!(nearest("chanenls", known.into_iter()), Some("channels"));
        assert_eq!(nearest("bogusKey", known.into_iter()), None);
    }
}
