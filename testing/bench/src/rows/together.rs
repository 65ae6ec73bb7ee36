//! Many sessions at once, each with a client of its own.

use std::sync::Barrier;
use std::time::Instant;

use anyhow::{Result, anyhow};

use super::{Figures, Scale};
use crate::model::Model;
use crate::process::Running;
use crate::program::Program;
use crate::state::Home;
use crate::table::aside;
use crate::talk::Talk;

const SESSIONS: usize = 20;

pub(super) fn measure(program: &Program, scale: &Scale, figures: &mut Figures) -> Result<()> {
    let model = Model::start()?;
    let home = Home::new(program, &model)?;
    let running = Running::start(program, &home)?;
    let talks: Vec<Talk> = (0..SESSIONS).map(|_| running.talk()).collect::<Result<_>>()?;
    let together = Barrier::new(SESSIONS + 1);
    let (good, seconds) = std::thread::scope(|scope| {
        let together = &together;
        let clients: Vec<_> = talks
            .into_iter()
            .enumerate()
            .map(|(number, talk)| scope.spawn(move || converse(talk, number, scale, together)))
            .collect();
        together.wait();
        let began = Instant::now();
        let mut good = 0;
        for client in clients {
            good += client.join().map_err(|_| anyhow!("a client failed"))?;
        }
        Ok::<_, anyhow::Error>((good, began.elapsed().as_secs_f64()))
    })?;
    let all = f64::from(u32::try_from(SESSIONS * scale.turns_together)?);
    let size = format!("{} turns each", scale.turns_together);
    figures.put_sized("together-rate", f64::from(good) / seconds, scale, &size);
    figures.put_sized("together-failed", (all - f64::from(good)) / all * 100.0, scale, &size);
    running.stop()
}

/// How many turns of one session came to a good end.
fn converse(mut talk: Talk, number: usize, scale: &Scale, together: &Barrier) -> u32 {
    let session = format!("agent:main:together-{number}");
    let warm = talk.turn(&session).is_ok();
    together.wait();
    let mut good = 0;
    for _ in 0..scale.turns_together {
        match talk.turn(&session) {
            Ok(_) => good += u32::from(warm),
            Err(problem) => aside(&format!("session {number}: {problem:#}")),
        }
    }
    good
}
