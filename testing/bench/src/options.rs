//! What may be asked of a run.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

const USAGE: &str = "bench [--quick] [--only ROW]… [--without-peer] [--binary PATH]";

/// A run's wishes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Small numbers, no budgets: shows only that everything works.
    pub(crate) is_quick: bool,
    /// Rows by id; none means all.
    pub(crate) only: Vec<String>,
    /// Whether the published program is measured too.
    pub(crate) has_peer: bool,
    pub(crate) binary: PathBuf,
}

impl Options {
    pub(crate) fn read(words: impl IntoIterator<Item = String>) -> Result<Self> {
        let binary = root().join("target/release/clawdbot");
        let mut options = Self { is_quick: false, only: Vec::new(), has_peer: true, binary };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--quick" => options.is_quick = true,
                "--without-peer" => options.has_peer = false,
                "--only" => options.only.push(words.next().context(USAGE)?),
                "--binary" => options.binary = words.next().context(USAGE)?.into(),
                _ => bail!("{word}? {USAGE}"),
            }
        }
        Ok(options)
    }

    /// Whether a measurement that gives these rows is to be made.
    pub(crate) fn wants(&self, ids: &[&str]) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| ids.contains(&only.as_str()))
    }
}

/// The repository's folder.
pub(crate) fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map(PathBuf::from).unwrap_or(here)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options> {
        Options::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn one_named_row_leaves_the_others_out() {
        let options = read("--quick --only version --without-peer").unwrap();
        assert!(options.is_quick && !options.has_peer);
        assert!(options.wants(&["version"]) && !options.wants(&["size", "list"]));
        assert!(read("--only").is_err() && read("--slow").is_err());
    }
}
