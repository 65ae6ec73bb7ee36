//! `cargo xtask tidy`: the rules of the house that no compiler knows. Each finding says what to do. The same rules run
//! as tests.

mod adapters; // a vendor's word stays in its folder
mod documents; // ARCHITECTURE.md against the tree
mod egress; // one way out of the machine
mod exceptions; // the rules' exceptions, with reasons
mod files; // names, sizes and first lines
mod layers; // the folder is the dependency rule
mod packages; // what we stand on
mod source; // the files, read once
mod tests; // how tests are written
mod ways; // by hand, at a commit, at every change

use anyhow::{Result, ensure};

use crate::steps::say;
use exceptions::EXCEPTIONS;
use source::Tree;

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    rule: &'static str,
    /// Relative to the repository, or a crate's name.
    place: String,
    /// What is wrong, and what to do.
    message: String,
}

impl Finding {
    fn new(rule: &'static str, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { rule, place: place.into(), message: message.into() }
    }
}

type Rule = fn(&Tree) -> Result<Vec<Finding>>;

/// The rules by name.
const RULES: &[(&str, Rule)] = &[
    ("files", files::check),
    ("tests", tests::check),
    ("adapters", adapters::check),
    ("layers", layers::check),
    ("packages", packages::check),
    ("documents", documents::check),
    ("egress", egress::check),
    ("ways", ways::check),
];

pub(crate) fn chore() -> Result<()> {
    let findings = all(&Tree::read()?)?;
    for Finding { rule, place, message } in &findings {
        say(&format!("{place}: {message} [{rule}]"));
    }
    for exception in EXCEPTIONS {
        say(&format!("{}: left as it is, because {} [{}]", exception.place, exception.reason, exception.rule));
    }
    ensure!(findings.is_empty(), "{} findings", findings.len());
    Ok(())
}

/// Everything that breaks a rule and is no exception.
fn all(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (_, rule) in RULES {
        findings.extend(rule(tree)?);
    }
    let is_excepted = |finding: &Finding| {
        EXCEPTIONS.iter().any(|exception| exception.rule == finding.rule && exception.place == finding.place)
    };
    findings.retain(|finding| !is_excepted(finding));
    Ok(findings)
}

#[cfg(test)]
mod held {
    use super::*;

    fn broken(name: &str) -> Vec<Finding> {
        let tree = Tree::read().unwrap();
        let (_, rule) = RULES.iter().find(|(known, _)| *known == name).unwrap();
        let excepted =
            |finding: &Finding| EXCEPTIONS.iter().any(|it| it.rule == finding.rule && it.place == finding.place);
        rule(&tree).unwrap().into_iter().filter(|finding| !excepted(finding)).collect()
    }

    #[test]
    fn files_have_a_first_line_a_good_name_and_a_size() {
        assert_eq!(broken("files"), []);
    }

    #[test]
    fn tests_are_named_as_sentences_and_never_sleep() {
        assert_eq!(broken("tests"), []);
    }

    #[test]
    fn a_networks_name_stays_in_its_own_folder() {
        assert_eq!(broken("adapters"), []);
    }

    #[test]
    fn crates_depend_only_on_what_their_folder_allows() {
        assert_eq!(broken("layers"), []);
    }

    #[test]
    fn packages_are_few_licensed_and_without_anyhow_in_libraries() {
        assert_eq!(broken("packages"), []);
    }

    #[test]
    fn the_architecture_names_every_crate_and_every_queue_as_it_is() {
        assert_eq!(broken("documents"), []);
    }

    #[test]
    fn only_the_way_out_and_the_gateways_client_open_connections() {
        assert_eq!(broken("egress"), []);
    }

    #[test]
    fn a_commit_and_every_change_are_checked_by_the_commands_that_people_use() {
        assert_eq!(broken("ways"), []);
    }

    #[test]
    fn every_exception_is_still_needed_and_has_a_reason() {
        let tree = Tree::read().unwrap();
        let findings: Vec<Finding> = RULES.iter().flat_map(|(_, rule)| rule(&tree).unwrap()).collect();
        let stale = EXCEPTIONS.iter().filter(|exception| {
            exception.reason.is_empty()
                || !findings.iter().any(|it| it.rule == exception.rule && it.place == exception.place)
        });
        assert_eq!(stale.map(|exception| (exception.rule, exception.place)).collect::<Vec<_>>(), []);
        assert!(EXCEPTIONS.len() <= exceptions::MOST, "mend a file instead of adding an exception");
    }
}
