//! The repository's files and packages, read once.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::steps::root;

/// What the rules look at.
#[derive(Debug)]
pub(super) struct Tree {
    /// Every Rust file, by its path in the repository.
    pub(super) rust: Vec<File>,
    /// Every crate of ours.
    pub(super) crates: Vec<Package>,
}

#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    /// Whether all of it is a test.
    pub(super) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs") || self.path.starts_with("testing/")
    }

    /// The part before the unit tests.
    pub(super) fn production(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod ").next().unwrap_or(&self.text)
    }
}

/// A crate, as cargo knows it.
#[derive(Debug, Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) manifest_path: PathBuf,
    pub(super) license: Option<String>,
    pub(super) dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Dependency {
    pub(super) name: String,
    /// `dev`, `build`, or nothing.
    pub(super) kind: Option<String>,
    /// Only ours have one.
    pub(super) path: Option<PathBuf>,
}

impl Package {
    /// Its folder in the repository.
    pub(super) fn folder(&self) -> String {
        let folder = self.manifest_path.parent().unwrap_or(Path::new(""));
        folder.strip_prefix(root()).unwrap_or(folder).display().to_string()
    }
}

impl Tree {
    pub(super) fn read() -> Result<Self> {
        let mut rust = Vec::new();
        for folder in ["crates", "adapters", "testing", "xtask"] {
            walk(&root().join(folder), &mut rust)?;
        }
        rust.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Self { rust, crates: metadata(&["--no-deps"])? })
    }
}

/// Every package that a build on this machine uses.
pub(super) fn everything() -> Result<Vec<Package>> {
    let output = Command::new("rustc").arg("-vV").output().context("rustc")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    metadata(&["--offline", "--filter-platform", host])
}

/// What cargo says of packages.
fn metadata(arguments: &[&str]) -> Result<Vec<Package>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--format-version", "1", "--locked"]).args(arguments);
    let output = command.current_dir(root()).output().context("cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    Ok(metadata.packages)
}

fn walk(folder: &Path, found: &mut Vec<File>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "node_modules" && name != "target" {
                walk(&path, found)?;
            }
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let path = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
            found.push(File { path, text });
        }
    }
    Ok(())
}
