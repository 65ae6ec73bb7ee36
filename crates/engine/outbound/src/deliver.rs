//! One place's worker: the first row, one attempt, what follows; in order, until nothing is left.
//!
//! A row is marked *sending* and synced before the attempt, so that a crash in between is seen as what it is: unknown.

use std::time::Duration;

use channel::{Attachment, ChannelError, Guarantee, Outbound, OutboundBody, Receipt, SendKey, Target, Verdict};
use ids::MessageId;
use stdx::CancellationToken;
use store::StoreError;
use tracing::{info, warn};

use crate::{
    Outlet, compose,
    deliveries::{Inner, Slot},
    outbox::{self, Body, Draft, Pending, Place, State},
    retry::{self, Attempt, Next},
    shape,
};

/// How long a worker waits for an account to connect before it looks again by itself.
const RECHECK: Duration = Duration::from_secs(30);

/// How long after a failed question about an unknown send the network is asked again.
const ASK_AGAIN_MS: i64 = 5_000;

/// How long a piece waits for an account that is not connected: a removed one must not fill the outbox for ever.
const PATIENCE_MS: i64 = 48 * 3600 * 1000;

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
    while !cancel.is_cancelled() {
        let step = match step(inner, place, slot, cancel).await {
            Ok(step) => step,
            Err(error) => {
                warn!(%error, "the outbox cannot be used; trying again");
                pause(inner, slot, RECHECK, cancel).await
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

/// One row, one attempt.
async fn step(inner: &Inner, place: &Place, slot: &Slot, cancel: &CancellationToken) -> Result<Step, StoreError> {
    let asked = place.clone();
    let Some(pending) = inner.store.read(move |view| outbox::head(view, &asked)).await? else {
        return Ok(Step::Empty);
    };
    let early = retry::remaining(pending.due, inner.clock.now_ms());
    if !early.is_zero() {
        return Ok(pause(inner, slot, early, cancel).await);
    }
    let Some(outlet) = inner.outlets.outlet(&place.channel, &place.account) else {
        if inner.clock.now_ms().saturating_sub(pending.at) > PATIENCE_MS {
            abandon(inner, pending).await?;
            return Ok(Step::Again);
        }
        return Ok(pause(inner, slot, RECHECK, cancel).await);
    };
    if pending.state == State::Sending {
        // The process that began this attempt is gone: whether the network took it, nobody here knows.
        let error = ChannelError::Unknown("the gateway stopped during the send".into());
        settle(inner, &outlet, pending, Err(error)).await?;
        return Ok(Step::Again);
    }
    let act = match prepare(inner, &pending).await {
        Ok(act) => act,
        Err(Unready::Apart(why)) => {
            take_apart(inner, pending, why).await?;
            return Ok(Step::Again);
        }
        Err(Unready::Never(problem)) => {
            replace_by_notice(inner, pending, problem).await?;
            return Ok(Step::Again);
        }
    };
    let Some(counted) = paced(inner, place, slot, cancel).await else { return Ok(Step::Leave) };
    let marked = pending.clone();
    inner.store.write(move |tx| outbox::begin(tx, &marked)).await?;
    let result = act.carry_out(&outlet).await;
    drop(counted);
    let begun = Pending { attempts: pending.attempts + 1, ..pending };
    settle(inner, &outlet, begun, result).await?;
    Ok(Step::Again)
}

/// Waits until the network takes one more, while the row is still *prepared*. `None` at the end.
async fn paced<'a>(
    inner: &'a Inner,
    place: &'a Place,
    slot: &Slot,
    cancel: &CancellationToken,
) -> Option<UnderWay<'a>> {
    let pace = inner.outlets.descriptor(&place.channel).and_then(|network| network.limits.pace);
    loop {
        let asked = inner.paces.lock().begin(place, pace, inner.clock.now());
        match asked {
            Ok(()) => return Some(UnderWay { inner, place }),
            Err(wait) => {
                if let Step::Leave = pause(inner, slot, wait, cancel).await {
                    return None;
                }
            }
        }
    }
}

/// An attempt that counts; its span begins when it is over, however it ends.
struct UnderWay<'a> {
    inner: &'a Inner,
    place: &'a Place,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.inner.paces.lock().ended(self.place, self.inner.clock.now());
    }
}

async fn abandon(inner: &Inner, pending: Pending) -> Result<(), StoreError> {
    let (key, place) = (pending.draft.key.clone(), pending.draft.place.clone());
    warn!(channel = %place.channel, account = %place.account, cause = pending.draft.cause, key = %key.0, "a message waited two days for its account and is given up");
    inner.store.write(move |tx| outbox::failed(tx, &pending, "the account was not connected for two days")).await?;
    inner.tell(&key, Err(ChannelError::Ended));
    Ok(())
}

/// Waits for the time, a change of the account or the end; loses nothing when cut short.
async fn pause(inner: &Inner, slot: &Slot, time: Duration, cancel: &CancellationToken) -> Step {
    tokio::select! {
        biased;
        () = tokio::time::sleep(time) => Step::Again,
        () = slot.woken() => Step::Again,
        () = cancel.cancelled() => Step::Leave,
        () = inner.leaving.cancelled() => Step::Leave,
    }
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

/// A file that cannot be sent becomes a sentence about it, in its place. What stood below it is not lost.
async fn replace_by_notice(inner: &Inner, pending: Pending, problem: String) -> Result<(), StoreError> {
    let caption = match &pending.draft.body {
        Body::File { caption, .. } | Body::Album { caption, .. } => caption.as_str(),
        Body::Text { .. } | Body::Reaction { .. } => "",
    };
    let text = shape::notice(&format!("{caption}\n\n⚠️ A file could not be sent: {problem}"));
    let key = pending.draft.key.clone();
    let told = ChannelError::Rejected(problem.clone());
    inner
        .store
        .write(move |tx| {
            let notice = text.map(|text| Draft {
                key: SendKey(format!("{}:notice", pending.draft.key.0).into()),
                body: Body::Text { markdown: text.as_str().to_owned() },
                ..pending.draft.clone()
            });
            outbox::replace(tx, &pending, notice.as_slice(), &problem)
        })
        .await?;
    inner.tell(&key, Err(told));
    Ok(())
}

/// The files of an album become pieces of their own, in its place; the last one keeps its name, so that whoever waits
/// for the album hears of its end.
async fn take_apart(inner: &Inner, pending: Pending, why: String) -> Result<(), StoreError> {
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
    inner.store.write(move |tx| outbox::replace(tx, &pending, &singles, &why)).await
}

async fn settle(
    inner: &Inner,
    outlet: &Outlet,
    pending: Pending,
    result: Result<Receipt, ChannelError>,
) -> Result<(), StoreError> {
    match result {
        Ok(receipt) => accepted(inner, pending, receipt).await,
        Err(error) => refused(inner, outlet, pending, error).await,
    }
}

async fn accepted(inner: &Inner, pending: Pending, receipt: Receipt) -> Result<(), StoreError> {
    let (draft, told) = (pending.draft.clone(), receipt.clone());
    inner.store.write(move |tx| outbox::sent(tx, &pending, &receipt)).await?;
    let Draft { key, place, cause, .. } = draft;
    info!(channel = %place.channel, cause, key = &*key.0, receipt = %told.message, "message delivered");
    inner.outlets.delivered(&place.channel, &place.account);
    inner.tell(&key, Ok(told));
    Ok(())
}

async fn refused(inner: &Inner, outlet: &Outlet, pending: Pending, error: ChannelError) -> Result<(), StoreError> {
    let is_reaction = matches!(pending.draft.body, Body::Reaction { .. });
    let attempt = Attempt {
        number: pending.attempts.max(1),
        error: &error,
        // A reaction set twice is set once.
        guarantee: if is_reaction { Guarantee::ClientKey } else { outlet.guarantee },
        after_unknown: inner.config.get().after_unknown,
    };
    let unknown = matches!(error, ChannelError::Unknown(_));
    let mut next = retry::after(&attempt);
    if let (ChannelError::RateLimited { .. }, Next::Again(wait)) = (&error, next) {
        inner.paces.lock().hold(&pending.draft.place, inner.clock.now() + wait);
    }
    if next == Next::Ask {
        next = match ask(outlet, &pending).await {
            Ok(Verdict::Arrived(receipt)) => return accepted(inner, pending, receipt).await,
            Ok(Verdict::Absent | Verdict::Unclear) => Next::Again(Duration::ZERO),
            // Nothing is known yet: asked again later, without a send in between.
            Err(_) => return ask_again(inner, pending, &error).await,
        };
    }
    let (key, why) = (pending.draft.key.clone(), error.to_string());
    match (&pending.draft.body, &error) {
        (Body::Album { .. }, ChannelError::Rejected(_)) => return take_apart(inner, pending, why).await,
        (Body::File { .. }, ChannelError::Rejected(why)) => {
            return replace_by_notice(inner, pending, why.clone()).await;
        }
        _ => {}
    }
    match next {
        Next::Again(wait) => {
            info!(channel = %pending.draft.place.channel, cause = pending.draft.cause, key = %key.0, attempt = pending.attempts, wait_ms = wait.as_millis(), %error, "delivery is tried again");
            let due = inner.clock.now_ms().saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
            inner.store.write(move |tx| outbox::again(tx, &pending, due, &why, unknown)).await
        }
        Next::GiveUp | Next::Tell | Next::Ask => {
            warn!(channel = %pending.draft.place.channel, cause = pending.draft.cause, key = %key.0, %error, "a message could not be delivered");
            let tell = next == Next::Tell;
            inner.store.write(move |tx| close(tx, &pending, &why, tell)).await?;
            inner.tell(&key, Err(error));
            Ok(())
        }
    }
}

/// The row stays *sending*, as nobody knows, and the network is asked again after a while.
async fn ask_again(inner: &Inner, pending: Pending, error: &ChannelError) -> Result<(), StoreError> {
    let due = inner.clock.now_ms().saturating_add(ASK_AGAIN_MS);
    let why = error.to_string();
    inner.store.write(move |tx| outbox::unknown(tx, &pending, due, &why)).await
}

fn close(tx: &store::Tx<'_>, pending: &Pending, why: &str, tell: bool) -> Result<(), StoreError> {
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
