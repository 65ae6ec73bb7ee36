//! ARCHITECTURE.md is held true: every crate has a paragraph, every queue of its table is a constant of that value.

use std::fs;

use anyhow::{Context as _, Result};

use super::{Finding, source::Tree};
use crate::steps::root;

const DOCUMENT: &str = "ARCHITECTURE.md";

pub(super) fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let text = fs::read_to_string(root().join(DOCUMENT)).context(DOCUMENT)?;
    let described = names(section(&text, "Crates"));
    let mut findings = Vec::new();
    for package in &tree.crates {
        if !described.contains(&package.name.as_str()) {
            let message = format!("has no paragraph in {DOCUMENT}: say what it is for, as `**`name`**: …`");
            findings.push(Finding::new("crate paragraph", package.name.clone(), message));
        }
    }
    for name in described {
        if !tree.crates.iter().any(|package| package.name == name) {
            findings.push(Finding::new(
                "crate paragraph",
                name,
                format!("{DOCUMENT} describes it, and it is not there"),
            ));
        }
    }
    findings.extend(queues(&text).flat_map(|(constant, bound)| queue(tree, constant, bound)));
    Ok(findings)
}

/// What stands below a heading.
fn section<'t>(text: &'t str, heading: &str) -> &'t str {
    let below = text.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_default();
    below.split("\n## ").next().unwrap_or_default()
}

/// The names in bold.
fn names(text: &str) -> Vec<&str> {
    text.split("**").filter_map(|part| part.strip_prefix('`')?.strip_suffix('`')).collect()
}

/// The rows of the queue table that name a constant.
fn queues(text: &str) -> impl Iterator<Item = (&str, &str)> {
    section(text, "Queues").lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(2);
        let constant = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
        let is_constant = constant.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        is_constant.then(|| cells.next().map(|bound| (constant, bound))).flatten()
    })
}

fn queue(tree: &Tree, constant: &str, bound: &str) -> Vec<Finding> {
    let needle = format!("const {constant}: ");
    let lines = tree.rust.iter().filter(|file| !file.is_test()).flat_map(|file| file.text.lines());
    let values: Vec<&str> =
        lines.filter_map(|line| line.split_once(&needle)?.1.split_once('=')?.1.trim().strip_suffix(';')).collect();
    let said = stated(bound);
    // One made of other constants has no number here to compare.
    let agrees = |value: &&str| product(value).is_none_or(|value| said == Some(value));
    if !values.iter().any(agrees) {
        let message = format!("{DOCUMENT} says {bound}, the code {values:?}: make them agree");
        return vec![Finding::new("queue", constant, message)];
    }
    Vec::new()
}

/// `1.5 MiB` or `10,000` as a number.
fn stated(bound: &str) -> Option<f64> {
    let mut words = bound.split_whitespace();
    let number: f64 = words.next()?.replace(',', "").parse().ok()?;
    let unit = match words.next() {
        Some("KiB") => 1024.0,
        Some("MiB") => 1024.0 * 1024.0,
        _ => 1.0,
    };
    Some(number * unit)
}

/// `256 * 1024`, `3 << 19`, `3 * 512 * 1024` or `10_000` as a number.
fn product(text: &str) -> Option<f64> {
    let number = |text: &str| text.trim().replace('_', "").parse::<f64>().ok();
    if let Some((left, right)) = text.split_once("<<") {
        return Some(number(left)? * 2f64.powf(number(right)?));
    }
    text.split(['*', '/'])
        .try_fold((1.0, 0), |(sum, at), part| {
            let divides = text.get(..at).is_some_and(|before| before.ends_with('/'));
            let value = number(part)?;
            Some((if divides { sum / value } else { sum * value }, at + part.len() + 1))
        })
        .map(|(sum, _)| sum)
}

#[cfg(test)]
mod held {
    use super::*;

    #[test]
    fn bounds_are_read_as_people_and_as_code_write_them() {
        assert_eq!(stated("1.5 MiB"), product("3 * 512 * 1024"));
        assert_eq!(stated("10,000"), product("10_000"));
        assert_eq!(stated("64 batches"), Some(64.0));
        assert_eq!(product("3 << 19"), product("1536 * 1024"));
    }

    #[test]
    fn a_paragraph_may_describe_several_crates_at_once() {
        assert_eq!(names("- **`a`**, **`b`**: two: **things**\n  **`c`**: one"), ["a", "b", "c"]);
    }
}
