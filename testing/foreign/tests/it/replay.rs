//! Every recorded story, played again on the built binary.
//!
//! Differences that are not in the table of
//! `docs/compatibility.md` fail, and so does a row of that table which excuses nothing.

use std::path::{Path, PathBuf};

use fakes::FakeModel;
use foreign::{BuiltGateway, Deviations, Forms, GatewayKind, Story, replay, script};
use stdx::SystemClock;

fn here(path: &str) -> PathBuf {
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
    for kind in [GatewayKind::Token, GatewayKind::Password] {
        let gateway = BuiltGateway::start(kind, &model).await.unwrap();
        for story in stories.iter().filter(|story| story.gateway == kind) {
            findings.extend(replay(story, &gateway, &SystemClock, (&forms, &deviations)).await.unwrap());
        }
    }
    let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{} differences:\n{}", findings.len(), findings.join("\n"));
    assert_eq!(deviations.unused(), Vec::<String>::new(), "rows of docs/compatibility.md that excuse nothing");
}
