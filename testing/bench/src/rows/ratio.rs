//! What a turn costs when the store is full, against an empty one: two gateways side by side, asked in turns, so that
//! the machine's moods fall on both.

use anyhow::Result;

use super::{Figures, Scale};
use crate::model::Model;
use crate::process::Running;
use crate::program::Program;
use crate::state::Home;

const WARM: usize = 10;
/// Turns of one gateway before the other has its turn.
const STRETCH: usize = 10;

pub(super) fn measure(program: &Program, scale: &Scale, figures: &mut Figures) -> Result<()> {
    let model = Model::start()?;
    let homes = [Home::new(program, &model)?, Home::new(program, &model)?.with_sessions(scale.sessions)?];
    let [empty, full] = homes.each_ref().map(|home| Running::start(program, home));
    let gateways = [empty?, full?];
    let mut cpu = [0.0; 2];
    for block in 0..scale.blocks * 2 {
        let session = format!("agent:main:ratio-{block}");
        for gateway in &gateways {
            let mut talk = gateway.talk()?;
            for _ in 0..WARM.min(scale.turns_per_block) {
                talk.turn(&session)?;
            }
        }
        for stretch in 0..scale.turns_per_block.div_ceil(STRETCH) {
            // Who comes first changes, too.
            for place in [stretch % 2, 1 - stretch % 2] {
                let (Some(gateway), Some(sum)) = (gateways.get(place), cpu.get_mut(place)) else { continue };
                let mut talk = gateway.talk()?;
                let before = gateway.cpu();
                for _ in 0..STRETCH {
                    talk.turn(&session)?;
                }
                *sum += gateway.cpu() - before;
            }
        }
    }
    let [empty, full] = cpu;
    figures.put("store-ratio", full / empty);
    gateways.into_iter().try_for_each(Running::stop)
}
