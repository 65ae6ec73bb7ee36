//! One place's worker: the first row, one attempt, what follows; in order, until nothing is left.
//!
//! A row is marked *sending* and synced before the attempt, so that a crash in between is seen as what it is: unknown.
//! What came of the attempt is written before anything else of the place leaves, however long the disk takes nothing.

use std::time::Duration;

use channel::{Attachment, ChannelError, Guarantee, Outbound, OutboundBody, Receipt, SendKey, Target, Verdict};
use ids::MessageId;
use stdx::CancellationToken;
use store::{StoreError, Tx};
use tracing::{error, info, warn};

use crate::{
    Outlet, compose,
    deliveries::{Inner, Slot},
    outbox::{self, Body, Draft, Head, Pending, Place, State, Unreadable},
    pace::Leaving,
    retry::{self, Absence, Attempt, Next},
    shape,
    way::UnderWay,
};

/// How long a worker waits for an account to connect before it looks again by itself.
const RECHECK: Duration = Duration::from_secs(30);

/// How long after a failed question about an unknown send the network is asked again.
const ASK_AGAIN_MS: i64 = 5_000;

/// How soon what came of an attempt is written again that the disk did not take.
const WRITE_AGAIN: Duration = Duration::from_secs(1);

/// What a look at the first row came to.
enum Step {
    Again,
    /// Nothing is left.
    Empty,
    /// The gateway leaves, and the row would have to wait.
    Leave,
}

/// Runs until the place has no work left or the gateway stops. When it is about to, what need not wait still leaves.
pub(crate) async fn work(inner: &Inner, place: &Place, slot: &Slot, cancel: &CancellationToken) {
    let mut worker = Worker { inner, place, slot, cancel, absence: None };
    while !cancel.is_cancelled() {
        let step = match worker.step().await {
            Ok(step) => step,
            Err(error) => {
                warn!(%error, "the outbox cannot be used; trying again");
                worker.pause(RECHECK).await
            }
        };
        match step {
            Step::Again => {}
            Step::Empty if inner.retire(place, slot) => return,
            Step::Empty => {}
            Step::Leave => return,
        }
    }
}

struct Worker<'a> {
    inner: &'a Inner,
    place: &'a Place,
    slot: &'a Slot,
    cancel: &'a CancellationToken,
    /// Since the account is looked for in vain.
    absence: Option<Absence>,
}

impl<'a> Worker<'a> {
    /// One row, one attempt.
    async fn step(&mut self) -> Result<Step, StoreError> {
        let asked = self.place.clone();
        let pending = match self.inner.store.read(move |view| outbox::head(view, &asked)).await? {
            None => return Ok(Step::Empty),
            Some(Head::Unreadable(row)) => {
                set_aside(self.inner, row).await?;
                return Ok(Step::Again);
            }
            Some(Head::Pending(pending)) => *pending,
        };
        let early = retry::remaining(pending.due, self.inner.clock.now_ms());
        if !early.is_zero() {
            return Ok(self.pause(early).await);
        }
        let Some(outlet) = self.inner.ways.outlet(self.place) else {
            return self.wait_for_account(pending).await;
        };
        self.absence = None;
        if pending.state == State::Sending {
            // The process that began this attempt is gone: whether the network took it, nobody here knows.
            let error = ChannelError::Unknown("the gateway stopped during the send".into());
            self.settle(&outlet, pending, Err(error)).await?;
            return Ok(Step::Again);
        }
        match prepare(self.inner, &pending).await {
            Ok(act) => return self.attempt(outlet, pending, act).await,
            Err(Unready::Apart(why)) => self.take_apart(pending, why).await?,
            Err(Unready::Never(problem)) => self.replace_by_notice(pending, problem).await?,
        }
        Ok(Step::Again)
    }

    async fn attempt(&self, before: Outlet, pending: Pending, act: Act) -> Result<Step, StoreError> {
        let Some(under_way) = self.paced(act.leaving()).await else { return Ok(Step::Leave) };
        let marked = pending.clone();
        self.inner.store.write(move |tx| outbox::begin(tx, &marked)).await?;
        // While the piece waited the account may have gone or become another one.
        let (outlet, result) = match self.inner.ways.outlet(self.place) {
            Some(outlet) => {
                let result = act.carry_out(&outlet).await;
                (outlet, result)
            }
            None => (before, Err(ChannelError::Ended)),
        };
        under_way.heard(&result);
        drop(under_way);
        let begun = Pending { attempts: pending.attempts + 1, ..pending };
        self.settle(&outlet, begun, result).await?;
        Ok(Step::Again)
    }

    /// Waits until the network takes one more, while the row is still *prepared*. `None` at the end.
    async fn paced(&self, what: Leaving) -> Option<UnderWay<'a>> {
        loop {
            match self.inner.ways.begin(self.place, what) {
                Ok(under_way) => return Some(under_way),
                Err(wait) => {
                    if let Step::Leave = self.pause(wait).await {
                        return None;
                    }
                }
            }
        }
    }

    /// Waits for the time, a change of the account or the end; loses nothing when cut short.
    async fn pause(&self, time: Duration) -> Step {
        tokio::select! {
            biased;
            () = tokio::time::sleep(time) => Step::Again,
            () = self.slot.woken() => Step::Again,
            () = self.cancel.cancelled() => Step::Leave,
            () = self.inner.leaving.cancelled() => Step::Leave,
        }
    }

    async fn wait_for_account(&mut self, pending: Pending) -> Result<Step, StoreError> {
        let clock = &self.inner.clock;
        let now = Absence { wall_ms: clock.now_ms(), at: clock.now() };
        if self.absence.get_or_insert(now).ends(pending.at, now) {
            self.abandon(pending).await?;
            return Ok(Step::Again);
        }
        Ok(self.pause(RECHECK).await)
    }

    async fn abandon(&self, pending: Pending) -> Result<(), StoreError> {
        let (key, place) = (pending.draft.key.clone(), self.place);
        warn!(channel = %place.channel, account = %place.account, cause = pending.draft.cause, key = %key.0, "a message waited two days for its account and is given up");
        let why = "the account was not connected for two days";
        self.record(move |tx| outbox::failed(tx, &pending, why)).await?;
        self.inner.tell(&key, Err(ChannelError::Ended));
        Ok(())
    }

    /// Writes what became of a row, again and again until it is written: what the network took and no row says would
    /// be sent twice. At the end of the gateway once more.
    async fn record(
        &self,
        write: impl Fn(&Tx<'_>) -> Result<(), StoreError> + Clone + Send + 'static,
    ) -> Result<(), StoreError> {
        let mut is_told = false;
        loop {
            let is_last = self.cancel.is_cancelled() || self.inner.leaving.is_cancelled();
            match self.inner.store.write(write.clone()).await {
                Ok(()) => return Ok(()),
                Err(error) if is_last => return Err(error),
                Err(error) if !is_told => {
                    is_told = true;
                    let (channel, account) = (&self.place.channel, &self.place.account);
                    error!(%channel, %account, %error, "what became of a message cannot be written; nothing more is sent to this chat before it is");
                }
                Err(_) => {}
            }
            self.pause(WRITE_AGAIN).await;
        }
    }
}

/// A row that nobody here can read holds up nothing.
pub(crate) async fn set_aside(inner: &Inner, row: Unreadable) -> Result<(), StoreError> {
    error!(key = %row.key.0, problem = row.problem, "a message cannot be read and is set aside: its row stays in the outbox table, the next ones leave");
    let (key, problem) = (row.key.clone(), row.problem.clone());
    inner.store.write(move |tx| outbox::set_aside(tx, &row)).await?;
    inner.tell(&key, Err(ChannelError::Rejected(problem)));
    Ok(())
}

/// Why a piece cannot leave as it is.
enum Unready {
    /// An album of something else than pictures and videos: its files go one by one.
    Apart(String),
    /// A file that cannot be sent.
    Never(String),
}

/// What a row asks for.
enum Act {
    Say(Outbound),
    React { target: Target, message: MessageId, emoji: Option<String> },
}

impl Act {
    fn leaving(&self) -> Leaving {
        match self {
            Self::Say(_) => Leaving::Message,
            Self::React { .. } => Leaving::Sign,
        }
    }

    async fn carry_out(self, outlet: &Outlet) -> Result<Receipt, ChannelError> {
        match self {
            Self::Say(message) => outlet.speaker.send(&message).await,
            Self::React { target, message, emoji } => {
                let actions = outlet.actions.as_ref();
                let actions = actions.ok_or_else(|| ChannelError::Rejected("it knows no reactions".to_owned()))?;
                actions.react(&target, &message, emoji.as_deref()).await?;
                Ok(Receipt { message, others: Vec::new(), peer: target.peer.to_string() })
            }
        }
    }
}

async fn prepare(inner: &Inner, pending: &Pending) -> Result<Act, Unready> {
    let draft = &pending.draft;
    let body = match &draft.body {
        Body::Reaction { message, emoji } => {
            let (target, message, emoji) = (draft.place.target.clone(), message.clone(), emoji.clone());
            return Ok(Act::React { target, message, emoji });
        }
        Body::Text { markdown } => OutboundBody::Text { markdown: markdown.clone() },
        Body::File { path, agent, caption } => {
            let file: Attachment = inner.door.admit(agent, path).await.map_err(Unready::Never)?;
            OutboundBody::Media { file, caption: caption.clone() }
        }
        Body::Album { paths, agent, caption } => {
            let mut files = Vec::with_capacity(paths.len());
            for path in paths {
                let file = inner.door.admit(agent, path).await.map_err(Unready::Apart)?;
                if !compose::is_showable(&file.mime) {
                    return Err(Unready::Apart(format!("{path} is neither a picture nor a video")));
                }
                files.push(file);
            }
            OutboundBody::Album { files, caption: caption.clone() }
        }
    };
    Ok(Act::Say(Outbound {
        key: draft.key.clone(),
        target: draft.place.target.clone(),
        reply_to: draft.reply_to.clone(),
        body,
        keyboard: draft.keyboard.clone(),
        silent: false,
    }))
}

impl Worker<'_> {
    /// A file that cannot be sent becomes a sentence about it, in its place. What stood below it is not lost.
    async fn replace_by_notice(&self, pending: Pending, problem: String) -> Result<(), StoreError> {
        let caption = match &pending.draft.body {
            Body::File { caption, .. } | Body::Album { caption, .. } => caption.as_str(),
            Body::Text { .. } | Body::Reaction { .. } => "",
        };
        let text = shape::notice(&format!("{caption}\n\n⚠️ A file could not be sent: {problem}"));
        let key = pending.draft.key.clone();
        let told = ChannelError::Rejected(problem.clone());
        let notice = text.map(|text| Draft {
            key: SendKey(format!("{}:notice", pending.draft.key.0).into()),
            body: Body::Text { markdown: text.as_str().to_owned() },
            ..pending.draft.clone()
        });
        self.record(move |tx| outbox::replace(tx, &pending, notice.as_slice(), &problem)).await?;
        self.inner.tell(&key, Err(told));
        Ok(())
    }

    /// The files of an album become pieces of their own, in its place; the last one keeps its name, so that whoever
    /// waits for the album hears of its end.
    async fn take_apart(&self, pending: Pending, why: String) -> Result<(), StoreError> {
        let Body::Album { paths, agent, caption } = &pending.draft.body else { return Ok(()) };
        let last = paths.len();
        let key = &pending.draft.key.0;
        let single = |(number, body): (usize, Body)| Draft {
            key: if number == last { pending.draft.key.clone() } else { SendKey(format!("{key}:{number}").into()) },
            reply_to: pending.draft.reply_to.clone().filter(|_| number == 1),
            body,
            ..pending.draft.clone()
        };
        let singles: Vec<Draft> = (1..).zip(compose::apart(paths, agent, caption)).map(single).collect();
        self.record(move |tx| outbox::replace(tx, &pending, &singles, &why)).await
    }

    async fn settle(
        &self,
        outlet: &Outlet,
        pending: Pending,
        result: Result<Receipt, ChannelError>,
    ) -> Result<(), StoreError> {
        match result {
            Ok(receipt) => self.accepted(pending, receipt).await,
            Err(error) => self.refused(outlet, pending, error).await,
        }
    }

    async fn accepted(&self, pending: Pending, receipt: Receipt) -> Result<(), StoreError> {
        let (draft, told) = (pending.draft.clone(), receipt.clone());
        self.record(move |tx| outbox::sent(tx, &pending, &receipt)).await?;
        let Draft { key, place, cause, .. } = draft;
        info!(channel = %place.channel, cause, key = &*key.0, receipt = %told.message, "message delivered");
        self.inner.ways.delivered(&place);
        self.inner.tell(&key, Ok(told));
        Ok(())
    }

    async fn refused(&self, outlet: &Outlet, pending: Pending, error: ChannelError) -> Result<(), StoreError> {
        let is_reaction = matches!(pending.draft.body, Body::Reaction { .. });
        let attempt = Attempt {
            number: pending.attempts.max(1),
            error: &error,
            // A reaction set twice is set once.
            guarantee: if is_reaction { Guarantee::ClientKey } else { outlet.guarantee },
            after_unknown: self.inner.config.get().after_unknown,
        };
        let unknown = matches!(error, ChannelError::Unknown(_));
        let mut next = retry::after(&attempt);
        if next == Next::Ask {
            next = match ask(outlet, &pending).await {
                Ok(Verdict::Arrived(receipt)) => return self.accepted(pending, receipt).await,
                Ok(Verdict::Absent | Verdict::Unclear) => Next::Again(Duration::ZERO),
                // Nothing is known yet: asked again later, without a send in between.
                Err(_) => return self.ask_again(pending, &error).await,
            };
        }
        let (key, why) = (pending.draft.key.clone(), error.to_string());
        match (&pending.draft.body, &error) {
            (Body::Album { .. }, ChannelError::Rejected(_)) => return self.take_apart(pending, why).await,
            (Body::File { .. }, ChannelError::Rejected(why)) => {
                return self.replace_by_notice(pending, why.clone()).await;
            }
            _ => {}
        }
        match next {
            Next::Again(wait) => {
                info!(channel = %pending.draft.place.channel, cause = pending.draft.cause, key = %key.0, attempt = pending.attempts, wait_ms = wait.as_millis(), %error, "delivery is tried again");
                let due = self.inner.clock.now_ms().saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
                self.record(move |tx| outbox::again(tx, &pending, due, &why, unknown)).await
            }
            Next::GiveUp | Next::Tell | Next::Ask => {
                warn!(channel = %pending.draft.place.channel, cause = pending.draft.cause, key = %key.0, %error, "a message could not be delivered");
                let tell = next == Next::Tell;
                self.record(move |tx| close(tx, &pending, &why, tell)).await?;
                self.inner.tell(&key, Err(error));
                Ok(())
            }
        }
    }

    /// The row stays *sending*, as nobody knows, and the network is asked again after a while.
    async fn ask_again(&self, pending: Pending, error: &ChannelError) -> Result<(), StoreError> {
        let due = self.inner.clock.now_ms().saturating_add(ASK_AGAIN_MS);
        let why = error.to_string();
        self.record(move |tx| outbox::unknown(tx, &pending, due, &why)).await
    }
}

fn close(tx: &Tx<'_>, pending: &Pending, why: &str, tell: bool) -> Result<(), StoreError> {
    outbox::failed(tx, pending, why)?;
    if tell
        && let Some(text) = shape::notice("⚠️ A part of my last answer may be missing: the network did not confirm it.")
    {
        let mut draft = pending.draft.clone();
        draft.key = SendKey(format!("{}:missing", draft.key.0).into());
        draft.body = Body::Text { markdown: text.as_str().to_owned() };
        outbox::stage(tx, &draft)?;
    }
    Ok(())
}

async fn ask(outlet: &Outlet, pending: &Pending) -> Result<Verdict, ChannelError> {
    let Some(reconcile) = &outlet.reconcile else { return Ok(Verdict::Unclear) };
    let Body::Text { markdown } = &pending.draft.body else { return Ok(Verdict::Unclear) };
    let message = Outbound {
        key: pending.draft.key.clone(),
        target: pending.draft.place.target.clone(),
        reply_to: pending.draft.reply_to.clone(),
        body: OutboundBody::Text { markdown: markdown.clone() },
        keyboard: pending.draft.keyboard.clone(),
        silent: false,
    };
    reconcile.ask(&message).await
}
