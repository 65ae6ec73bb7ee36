//! How tests are written: names are sentences, nobody waits for time, none is switched off.

use anyhow::Result;

use super::{
    Finding,
    source::{File, Tree},
};

const FEWEST_WORDS: usize = 4;

/// In parts, so that this file is not found itself.
const IGNORED: &str = concat!("#[ign", "ore");
const SLEEPS: [&str; 2] = [concat!("::sl", "eep("), concat!(" sl", "eep(")];

pub(super) fn check(tree: &Tree) -> Result<Vec<Finding>> {
    Ok(tree.rust.iter().flat_map(file).collect())
}

fn file(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |rule, message: String| findings.push(Finding::new(rule, file.path.clone(), message));
    for name in names(&file.text) {
        if name.starts_with("test_") || name.split('_').count() < FEWEST_WORDS {
            found("test name", format!("`{name}`: say in a sentence what holds"));
        }
    }
    if file.text.contains(IGNORED) {
        found("ignored test", "assert what happens today and say why, rather than ignore the test".to_owned());
    }
    let (_, below) = file.text.split_at(file.production().len());
    let tests = if file.path.contains("/tests/") { &file.text } else { below };
    if SLEEPS.iter().any(|sleep| tests.contains(sleep)) {
        found("sleep", "wait for what happens, not for time to pass".to_owned());
    }
    findings
}

/// The functions below a test attribute.
fn names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(name) = is_test.then(|| function(line)).flatten() {
            names.push(name);
            is_test = false;
        }
    }
    names
}

fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    line.strip_prefix("fn ")?.split('(').next()
}
