//! What we stand on: few packages, all licensed in a way that fits, and none where it does not belong.

use std::fs;

use anyhow::{Context as _, Result};

use super::{
    Finding,
    source::{Tree, everything},
};
use crate::steps::root;

const MOST_PACKAGES: usize = 600;

/// Any one of a package's alternatives must be among these.
const LICENCES: &[&str] = &[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unlicense",
    "CC0-1.0",
    "BSL-1.0",
    "Unicode-3.0",
    "WTFPL",
    "MPL-2.0",
    "OpenSSL",
    "CDLA-Permissive-2.0",
    "Apache-2.0 WITH LLVM-exception",
];

/// People read errors of programs; callers of libraries act on them.
const PROGRAMS: &[&str] = &["crates/app/", "testing/", "xtask"];

pub(super) fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).context("Cargo.lock")?;
    let count = lock.lines().filter(|line| *line == "[[package]]").count();
    let mut findings = Vec::new();
    if count > MOST_PACKAGES {
        let message = format!("{count} packages, at most {MOST_PACKAGES}: drop one before adding one");
        findings.push(Finding::new("lock size", "Cargo.lock", message));
    }
    for package in &tree.crates {
        let folder = package.folder();
        let is_program = PROGRAMS.iter().any(|program| folder.starts_with(program));
        let has_anyhow = package.dependencies.iter().any(|it| it.name == "anyhow" && it.kind.as_deref() != Some("dev"));
        if has_anyhow && !is_program {
            let message = "a library gives errors that its caller can act on: use thiserror";
            findings.push(Finding::new("anyhow", folder.clone(), message));
        }
        if package.license.as_deref() != Some("MIT OR Apache-2.0") {
            findings.push(Finding::new("licence", folder, "write `license.workspace = true`"));
        }
    }
    for package in everything()? {
        let licence = package.license.unwrap_or_default();
        if !fits(&licence) {
            let message = format!("its licence is `{licence}`: choose another package");
            findings.push(Finding::new("licence", package.name, message));
        }
    }
    Ok(findings)
}

/// `A OR B AND C`, with or without parentheses and the older slash.
fn fits(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], " ").replace('/', " OR ");
    plain.split(" OR ").any(|alternative| {
        alternative
            .split(" AND ")
            .all(|licence| LICENCES.contains(&licence.split_whitespace().collect::<Vec<_>>().join(" ").as_str()))
    })
}

#[cfg(test)]
mod held {
    use super::fits;

    #[test]
    fn one_fitting_alternative_is_enough_and_every_part_of_it_must_fit() {
        assert!(fits("GPL-3.0 OR MIT"));
        assert!(fits("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(fits("Apache-2.0/MIT"));
        assert!(!fits("GPL-3.0-only"));
        assert!(!fits("MIT AND GPL-3.0-only"));
        assert!(!fits(""));
    }
}
