//! A network's word stays in its folder: the app's list and the app's manifest are the two places that name it.

use std::fs;

use anyhow::{Context as _, Result};

use super::{Finding, source::Tree};
use crate::steps::root;

const LIST: &str = "crates/app/clawdbot/src/adapters.rs";
/// What older configs called things is a fact about files, whichever adapter reads them now.
const OLD_KEYS: &str = "crates/app/clawdbot/src/config/legacy.rs";
const MOST_FILES: usize = 2;

pub(super) fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let list = fs::read_to_string(root().join(LIST)).context(LIST)?;
    for folder in fs::read_dir(root().join("adapters/channels"))? {
        let folder = folder?.file_name();
        let name = folder.to_string_lossy();
        let own = format!("adapters/channels/{name}");
        if !list.contains(&format!("{name}::")) {
            findings.push(Finding::new("adapter list", own.clone(), format!("add a line for `{name}` to {LIST}")));
        }
        let naming = tree.rust.iter().filter(|file| {
            !file.is_test()
                && !file.path.starts_with(&own)
                && !file.path.starts_with("xtask/")
                && file.path != OLD_KEYS
                && code(file.production()).any(|line| line.to_lowercase().contains(&*name))
        });
        let naming: Vec<&str> = naming.map(|file| file.path.as_str()).collect();
        // The manifest is one of the two.
        if naming.len() + 1 > MOST_FILES {
            for path in naming.iter().filter(|path| **path != LIST) {
                let message = format!("names `{name}`: make it a field of its descriptor, or an ability");
                findings.push(Finding::new("adapter name", *path, message));
            }
        }
    }
    Ok(findings)
}

/// Lines that do something: comments may explain by example.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.starts_with("//"))
}
