//! Answers that are still being written: a task for each stages what is ripe, block by block, or shows a draft.
//!
//! A block is a row like any other piece. What the run commits in the end stages only what has not left: which part
//! that is stands in the store, and a block that comes after the commit stages nothing.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ids::RunId;
use lanes::RunStart;
use parking_lot::Mutex;
use stdx::OwnedTask;
use store::{StoreError, Tx};
use tokio::sync::watch;
use tracing::warn;

use crate::{
    Blocks, Deliveries, Place,
    blocks::{self, Leaves},
    deliveries::Said,
    draft::Draft,
    left, outbox, sink, told,
};

/// The answers by their runs; a run whose answers leave whole is not among them.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<HashMap<RunId, Option<Stream>>>);

#[derive(Debug)]
struct Stream {
    /// All of the answer so far. Only the newest counts.
    text: watch::Sender<Arc<str>>,
    /// The answer is committed.
    over: Arc<AtomicBool>,
    _task: OwnedTask,
}

impl Streams {
    /// The answer is being committed: nothing of it leaves any more but with the commit.
    pub(crate) fn answered(&self, run: &RunId) {
        if let Some(stream) = self.0.lock().get_mut(run).and_then(Option::take) {
            stream.over.store(true, Ordering::Release);
        }
    }

    pub(crate) fn ended(&self, run: &RunId) {
        self.answered(run);
        self.0.lock().remove(run);
    }
}

impl Deliveries {
    /// A run began; its answers are shown while they are written if its account is set so.
    pub(crate) fn may_stream(&self, start: &RunStart) {
        let Some(place) = sink::place(&start.turn) else { return };
        if self.leaving(&place).is_some() || self.draft(&place).is_some() {
            self.0.streams.0.lock().entry(start.run().clone()).or_default();
        }
    }

    /// How answers leave there before they are whole.
    fn leaving(&self, place: &Place) -> Option<Blocks> {
        self.blocks(place).filter(|blocks| blocks.when == Leaves::TextEnd)
    }

    /// A draft for an answer there. Where there is one, nothing leaves in blocks.
    pub(crate) fn draft(&self, place: &Place) -> Option<Draft> {
        let growth = self.0.config.get().drafts(place.channel.as_str(), place.account.as_str())?;
        let drafts = self.0.ways.outlet(place)?.drafts?;
        let room = self.room(&place.channel).text;
        // Drafts of one conversation are told apart by the time at which they began.
        let number = u64::try_from(self.0.clock.now_ms()).unwrap_or(0).max(1);
        drafts.are_shown_in(&place.target).then_some(Draft {
            drafts,
            ways: Arc::clone(&self.0.ways),
            place: place.clone(),
            number,
            growth,
            room,
        })
    }

    /// More of a run's answer.
    pub(crate) fn streams(&self, start: &RunStart, delta: &str, text: &Arc<str>) {
        let mut streams = self.0.streams.0.lock();
        let Some(stream) = streams.get_mut(start.run()) else { return };
        // A model that is asked again begins anew.
        let goes_on = |stream: &&mut Stream| stream.text.borrow().len() + delta.len() == text.len();
        if let Some(stream) = stream.as_mut().filter(goes_on) {
            stream.text.send_replace(Arc::clone(text));
            return;
        }
        let Some(place) = sink::place(&start.turn) else { return };
        let (sender, text) = watch::channel(Arc::clone(text));
        let over = Arc::<AtomicBool>::default();
        let task = match (self.draft(&place), self.leaving(&place)) {
            (Some(draft), _) => OwnedTask::spawn(self.cancel(), |cancel| async move {
                cancel.run_until_cancelled(draft.show(text)).await;
            }),
            (None, Some(blocks)) => {
                let (deliveries, over) = (self.clone(), Arc::clone(&over));
                let flow = Flow { deliveries, start: start.clone(), place, blocks, over };
                OwnedTask::spawn(self.cancel(), |cancel| async move {
                    cancel.run_until_cancelled(flow.run(text)).await;
                })
            }
            (None, None) => return,
        };
        *stream = Some(Stream { text: sender, over, _task: task });
    }

    /// Stages what has not left of an answer that is committed.
    pub(crate) fn stage_rest(
        &self,
        tx: &Tx<'_>,
        start: &RunStart,
        name: &str,
        (text, footer): (&str, Option<&str>),
    ) -> Result<(), StoreError> {
        let run = start.run().as_str();
        let Some(place) = sink::place(&start.turn) else { return Ok(()) };
        if !told::has_told(tx, run, text)? {
            let (from, _) = left::left_of(tx, run, text)?;
            outbox::stage_all(tx, &self.pieces(&place, start, Slice { name, text, from, footer }))?;
        }
        left::answered(tx, run)
    }

    fn pieces(&self, place: &Place, start: &RunStart, slice: Slice<'_>) -> Vec<outbox::Draft> {
        let Slice { name, text, from, footer } = slice;
        let (turn, raw) = (&start.turn, text.get(from..).unwrap_or_default());
        // Files are the machine's: only who may use tools here is sent any.
        let agent = turn.is_trusted().then_some(&turn.agent);
        let said = Said { cause: turn.run.as_str(), name, agent, quote: sink::quoted(turn, raw), footer };
        self.said(place, &said, (raw, from == 0))
    }
}

/// The part of an answer behind `from`, and what its pieces are called.
struct Slice<'a> {
    name: &'a str,
    text: &'a str,
    from: usize,
    footer: Option<&'a str>,
}

/// One answer on its way out.
struct Flow {
    deliveries: Deliveries,
    start: RunStart,
    place: Place,
    blocks: Blocks,
    over: Arc<AtomicBool>,
}

impl Flow {
    async fn run(self, mut texts: watch::Receiver<Arc<str>>) {
        let (mut at, mut paused) = (0, false);
        loop {
            let text = Arc::clone(&texts.borrow_and_update());
            while let Some(length) = text.get(at..).and_then(|rest| blocks::ripe(rest, &self.blocks, paused)) {
                at += length;
                self.leave(Arc::clone(&text), at).await;
            }
            let more = texts.changed();
            // What a pause did not let out waits for more.
            let is_waiting = !paused && at < text.len() && !self.blocks.idle.is_zero();
            paused = false;
            let ended = if is_waiting {
                match tokio::time::timeout(self.blocks.idle, more).await {
                    Ok(more) => more.is_err(),
                    Err(_) => {
                        paused = true;
                        false
                    }
                }
            } else {
                more.await.is_err()
            };
            if ended {
                return;
            }
        }
    }

    /// Stages what has not left of the first `upto` bytes.
    async fn leave(&self, text: Arc<str>, upto: usize) {
        let (deliveries, start, place) = (self.deliveries.clone(), self.start.clone(), self.place.clone());
        let over = Arc::clone(&self.over);
        let staged = self.deliveries.0.store.write(move |tx| {
            let (run, text) = (start.run().as_str(), text.get(..upto).unwrap_or_default());
            // What the tool said is compared with the whole answer.
            if over.load(Ordering::Acquire) || told::has_any(tx, run)? || left::may_catch_up(tx, run, text)? {
                return Ok(());
            }
            let (from, before) = left::left_of(tx, run, text)?;
            let name = format!("{run}:block-{}", before + 1);
            let pieces = deliveries.pieces(&place, &start, Slice { name: &name, text, from, footer: None });
            // What shows nothing, or has no room, has not left: it counts with what follows it.
            if pieces.is_empty() || !outbox::takes(tx, &pieces)? {
                return Ok(());
            }
            outbox::stage_all(tx, &pieces)?;
            left::left(tx, run, text)
        });
        match staged.await {
            Ok(()) => self.deliveries.wake(&self.place),
            // The answer's own commit stages it.
            Err(error) => warn!(%error, "a block could not be staged"),
        }
    }
}
