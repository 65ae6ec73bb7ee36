//! What kills are aimed at: each step of the path in turn, and in the end the steps that were met least.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use crate::aftermath::Standing;
use crate::book::Moment;
use crate::report::Report;
use crate::step::Step;

/// A moment seen from outside, and the milliseconds from it to the step that is to be met.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Aim {
    step: Step,
    pub(crate) moment: Moment,
    after: &'static [u64],
}

const SOON: &[u64] = &[0, 0, 0, 1, 1, 2, 4, 8];
/// While what was just heard or done is written down.
const AS_IT_IS_WRITTEN: &[u64] = &[1, 2, 3, 4, 5, 6, 7];

const AIMS: [Aim; 11] = [
    Aim { step: Step::Waiting, moment: Moment::Written, after: SOON },
    Aim { step: Step::Journalled, moment: Moment::Written, after: AS_IT_IS_WRITTEN },
    Aim { step: Step::Started, moment: Moment::Acknowledged, after: SOON },
    Aim { step: Step::Called, moment: Moment::ModelAsked, after: SOON },
    Aim { step: Step::Streaming, moment: Moment::ModelBegun, after: SOON },
    Aim { step: Step::Answered, moment: Moment::ModelSaid, after: SOON },
    Aim { step: Step::ToolAtWork, moment: Moment::ToolCalled, after: SOON },
    Aim { step: Step::ToolAnswered, moment: Moment::ToolEnds, after: AS_IT_IS_WRITTEN },
    Aim { step: Step::Untold, moment: Moment::WindowAnswered, after: AS_IT_IS_WRITTEN },
    Aim { step: Step::Sending, moment: Moment::SendArrived, after: SOON },
    Aim { step: Step::Taken, moment: Moment::SendTaken, after: SOON },
];

/// One kill of these is aimed at nothing.
const AT_ANY_MOMENT: usize = 12;
/// This part of the kills, the last, goes where the fewest have been.
const FOR_THE_RARE: usize = 4;

impl Aim {
    /// The aim of the next of so many kills, after what the earlier ones met.
    pub(crate) fn next(kills: usize, earlier: &[Standing]) -> Option<Self> {
        let number = earlier.len();
        if number >= kills - kills / FOR_THE_RARE {
            let met = Report::met(earlier);
            let count = |aim: &Self| met.iter().find(|(step, ..)| *step == aim.step).map_or(0, |(_, kills, _)| *kills);
            return AIMS.into_iter().min_by_key(count);
        }
        AIMS.get(number % AT_ANY_MOMENT).copied()
    }

    pub(crate) fn after(&self, rng: &mut StdRng) -> u64 {
        self.after.choose(rng).copied().unwrap_or_default()
    }
}
