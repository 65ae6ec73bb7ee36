//! Reading from a long session and from many sessions.

use std::time::Instant;

use anyhow::Result;
use serde_json::{Value, json};

use super::{Figures, Scale};
use crate::model::Model;
use crate::process::Running;
use crate::program::Program;
use crate::state::Home;
use crate::statistics::median;
use crate::talk::Talk;

const SESSION: &str = "agent:main:long";
/// Letters of each message.
const LETTERS: usize = 400;

pub(super) fn measure(program: &Program, scale: &Scale, figures: &mut Figures) -> Result<()> {
    let model = Model::start()?;
    let home = Home::new(program, &model)?.with_sessions(scale.sessions)?;
    let running = Running::start(program, &home)?;
    let mut talk = running.talk()?;
    talk.turn(SESSION)?;
    let messages: Vec<Value> = (0..scale.messages)
        .map(|number| {
            let text: String =
                format!("message {number} ").chars().chain("lorem ipsum ".chars().cycle()).take(LETTERS).collect();
            json!({ "sessionKey": SESSION, "message": text })
        })
        .collect();
    talk.call_all("chat.inject", &messages)?;
    let history = calls(&mut talk, "chat.history", &json!({ "sessionKey": SESSION, "limit": 200 }), scale)?;
    let list = calls(&mut talk, "sessions.list", &json!({}), scale)?;
    figures.put("history", history);
    figures.put("list", list);
    drop(talk);
    running.stop()
}

/// The median of many calls, in milliseconds.
fn calls(talk: &mut Talk, method: &str, params: &Value, scale: &Scale) -> Result<f64> {
    let mut took = Vec::new();
    for _ in 0..scale.calls + 2 {
        let began = Instant::now();
        talk.call(method, params)?;
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    // The first ones fill what is kept of the files.
    Ok(median(took.get(2..).unwrap_or_default()))
}
