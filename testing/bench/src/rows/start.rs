//! From spawn to the first greeting: on a folder that was opened before, and on one that only the published program
//! has seen.

use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::json;

use super::{Figures, Scale};
use crate::model::Model;
use crate::process::Running;
use crate::program::Program;
use crate::state::Home;
use crate::statistics::median;

const IMPORTS: usize = 3;

pub(super) fn measure(program: &Program, scale: &Scale, figures: &mut Figures) -> Result<()> {
    let model = Model::start()?;
    let (mut greetings, mut imports) = (Vec::new(), Vec::new());
    let mut opened = None;
    for _ in 0..IMPORTS.min(scale.starts) {
        let home = Home::new(program, &model)?.with_sessions(scale.sessions)?;
        let began = Instant::now();
        let running = Running::start(program, &home)?;
        listed(&running, scale)?;
        imports.push(began.elapsed().as_secs_f64() * 1e3);
        running.stop()?;
        opened = Some(home);
    }
    if let Some(home) = opened {
        for _ in 0..scale.starts {
            let running = Running::start(program, &home)?;
            greetings.push(running.came_up.as_secs_f64() * 1e3);
            listed(&running, scale)?;
            running.stop()?;
        }
    }
    figures.put("hello", median(&greetings));
    figures.put("import", median(&imports));
    Ok(())
}

/// Whether the sessions are really there.
fn listed(running: &Running, scale: &Scale) -> Result<()> {
    let mut talk = running.talk()?;
    let answer = String::from_utf8_lossy(talk.call("sessions.list", &json!({}))?).into_owned();
    let last = format!("agent:main:bench-{}\"", scale.sessions - 1);
    let count = answer.matches("\"key\":\"agent:main:bench-").count();
    ensure!(answer.contains(&last), "only {count} of {} sessions are listed", scale.sessions);
    Ok(())
}
