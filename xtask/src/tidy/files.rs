//! Names, sizes and first lines of files.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{
    Finding,
    source::{File, Tree},
};

const LONGEST_FILE: usize = 500;
const LONGEST_MAP: usize = 120;
const LARGEST_CRATE: usize = 5_000;
const LARGEST_ADAPTER: usize = 2_000;

/// Names that do not say what is inside.
const DRAWERS: &[&str] =
    &["utils", "util", "helpers", "helper", "common", "misc", "core", "manager", "service", "types", "shared"];

/// What does not reach main, in parts so that this file is not found itself.
const UNFINISHED: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("to", "do!("), concat!("unimpl", "emented!(")];

/// The machine somebody wrote on is nobody's business.
const ELSEWHERE: &[&str] = &[concat!("/wo", "rk/"), concat!("/fa", "rm/")];

pub(super) fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings: Vec<Finding> = tree.rust.iter().flat_map(file).collect();
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for package in &tree.crates {
        let folder = package.folder();
        let own = tree.rust.iter().filter(|file| file.path.starts_with(&format!("{folder}/src/")) && !file.is_test());
        let lines = own.map(|file| file.production().lines().count()).sum();
        sizes.insert(folder, lines);
    }
    for (folder, lines) in sizes {
        let most = if folder.starts_with("adapters/") { LARGEST_ADAPTER } else { LARGEST_CRATE };
        if lines > most {
            let message = format!("{lines} lines, at most {most}: give a responsibility to a crate of its own");
            findings.push(Finding::new("crate size", folder, message));
        }
    }
    Ok(findings)
}

fn file(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |rule, message: String| findings.push(Finding::new(rule, file.path.clone(), message));
    if !file.text.starts_with("//!") {
        found("first line", "begin with `//!` and say why the file exists".to_owned());
    }
    let name = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    if name == "mod" {
        found("name", "put it beside its folder: `thing.rs` and `thing/`".to_owned());
    }
    if DRAWERS.contains(&name) {
        found("name", format!("`{name}` says nothing: name it by what is inside"));
    }
    let (whole, own) = (file.text.lines().count(), file.production().lines().count());
    let most = if name == "lib" { LONGEST_MAP } else { LONGEST_FILE };
    let counted = if file.is_test() { whole } else { own };
    if counted > most {
        found("file size", format!("{counted} lines, at most {most}: split it by what it does"));
    }
    for word in UNFINISHED.iter().filter(|word| file.text.contains(**word)) {
        found("unfinished", format!("`{word}`: finish it, or write it down in docs/known-gaps.md"));
    }
    for word in ELSEWHERE.iter().filter(|word| file.text.contains(**word)) {
        found("elsewhere", format!("`{word}` is a path of one machine"));
    }
    findings
}
