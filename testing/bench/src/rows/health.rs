//! Many clients that ask the same small thing as fast as they can.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use serde_json::json;

use super::{Figures, Scale};
use crate::model::Model;
use crate::process::Running;
use crate::program::Program;
use crate::state::Home;
use crate::talk::Talk;

const CLIENTS: usize = 50;
const WARM: Duration = Duration::from_secs(1);

pub(super) fn measure(program: &Program, scale: &Scale, figures: &mut Figures) -> Result<()> {
    let home = Home::new(program, &Model::start()?)?;
    let running = Running::start(program, &home)?;
    let talks: Vec<Talk> = (0..CLIENTS).map(|_| running.talk()).collect::<Result<_>>()?;
    let together = Barrier::new(CLIENTS + 1);
    let length = Duration::from_secs(scale.health_seconds);
    let per_request = std::thread::scope(|scope| {
        let together = &together;
        let clients: Vec<_> = talks.into_iter().map(|talk| scope.spawn(move || ask(talk, together, length))).collect();
        together.wait();
        let before = running.cpu();
        let mut count = 0;
        for client in clients {
            count += client.join().map_err(|_| anyhow!("a client failed"))??;
        }
        Ok::<_, anyhow::Error>((running.cpu() - before) / f64::from(count))
    })?;
    figures.put("health-cpu", per_request);
    running.stop()
}

/// How many answers one client got.
fn ask(mut talk: Talk, together: &Barrier, length: Duration) -> Result<u32> {
    let mut warm = Ok(());
    let began = Instant::now();
    while warm.is_ok() && began.elapsed() < WARM {
        warm = talk.call("health", &json!({})).map(drop);
    }
    together.wait();
    warm?;
    let (began, mut count) = (Instant::now(), 0);
    while began.elapsed() < length {
        talk.call("health", &json!({}))?;
        count += 1;
    }
    Ok(count)
}
