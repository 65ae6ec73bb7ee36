//! Every recorded story, played again on the built binary.
//!
//! Differences that are not in the table of
//! `docs/compatibility.md` fail, and so does a row of that table which excuses nothing.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use fakes::FakeModel;
use foreign::{BuiltGateway, Deviations, Finding, Forms, GatewayKind, Story, replay, script};
use stdx::SystemClock;

/// A path in the repository.
pub(crate) fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

#[tokio::test]
async fn every_recorded_story_is_told_again() {
    let stories = Story::read_all(&here("testing/recorded/frames")).unwrap();
    let deviations = Deviations::read(&here("docs/compatibility.md")).unwrap();
    let forms = Forms::of(&stories);
    let model = FakeModel::start().await.unwrap();
    script(&model);
    let mut findings = Vec::new();
    for kind in [GatewayKind::Token, GatewayKind::Password, GatewayKind::Configured] {
        let gateway = BuiltGateway::start(kind, &model).await.unwrap();
        for story in stories.iter().filter(|story| story.gateway == kind) {
            findings.extend(replay(story, &gateway, &SystemClock, (&forms, &deviations)).await.unwrap());
        }
    }
    assert!(findings.is_empty(), "{}", told_once(&findings));
    assert_eq!(deviations.unused(), Vec::<String>::new(), "rows of docs/compatibility.md that excuse nothing");
}

/// Each difference once, with the stories it is in.
fn told_once(findings: &[Finding]) -> String {
    let mut stories = BTreeMap::<String, Vec<&str>>::new();
    for Finding { story, subject, at, kind, shown } in findings {
        // Places in a list of equals are one place.
        let steps = at.split('/').map(|step| if step.parse::<usize>().is_ok() { "*" } else { step });
        let at = steps.collect::<Vec<_>>().join("/");
        let line = format!("`{subject}` | `{at}` | {} | {shown}", kind.as_str());
        stories.entry(line).or_default().push(story);
    }
    let lines =
        stories.iter().map(|(line, stories)| format!("{line}\n    {} times, first in {}", stories.len(), stories[0]));
    format!("{} differences:\n{}", stories.len(), lines.collect::<Vec<_>>().join("\n"))
}
