//! Takes the worst case out of the purses before a paid call, and gives the rest back when the bill is known.

use std::sync::Arc;

use config::Live;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use provider::Usage;
use serde_json::json;
use store::{Store, StoreError, Tx};
use tracing::warn;

use crate::config::Config;
use crate::ledger::{self, Line};
use crate::money::Money;
use crate::purse::{Period, Purse, Spender, limited};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// All purses. Clones share them.
#[derive(Clone, Debug)]
pub struct Purses {
    store: Store,
    config: Live<Config>,
    zone: Arc<TimeZone>,
}

/// What is about to cost money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expense {
    pub spender: Spender,
    /// The id of the run or message it is for.
    pub cause: String,
    /// The model or tool that is paid.
    pub what: String,
    /// The most it can cost.
    pub worst: Money,
}

/// Money set aside for one call. It stays spent until the reservation is settled.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a reservation that is not settled counts as spent"]
pub struct Reservation {
    id: i64,
    cause: String,
    worst: Money,
}

/// A purse cannot pay for a call. Its text is for the chat the call was for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "I stopped before a paid call: it could cost up to {worst}, and of the {limit} a {period} for {whose} only {left} \
     is left. The limit is {key} in the configuration."
)]
pub struct Refusal {
    pub purse: Purse,
    pub period: Period,
    pub limit: Money,
    pub left: Money,
    pub worst: Money,
    /// Where the limit is written.
    pub key: String,
    whose: String,
}

/// Why nothing was reserved.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// Tell the person; do not call.
    #[error(transparent)]
    Empty(#[from] Refusal),
    /// Do not call: what it costs could not be written down.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Purses {
    /// Opens the purses; what an earlier process reserved and never settled is spent now.
    ///
    /// # Errors
    /// If the ledger cannot be read or written.
    pub async fn open(store: Store, config: Live<Config>, zone: TimeZone) -> Result<Self, StoreError> {
        let expired = store
            .write(|tx| {
                let expired = ledger::expire(tx)?;
                for (id, cause, worst) in &expired {
                    tx.fact(cause, "budget.expired", &json!({"line": id, "micros": worst.micros()}))?;
                }
                Ok(expired)
            })
            .await?;
        if !expired.is_empty() {
            let total: Money = expired.iter().map(|(_, _, worst)| *worst).sum();
            warn!(lines = expired.len(), %total, "calls without a bill are counted at their worst case");
        }
        Ok(Self { store, config, zone: Arc::new(zone) })
    }

    /// Sets the worst case aside, committed before this returns.
    ///
    /// # Errors
    /// [`ReserveError`]: the call must not be made.
    pub async fn reserve(&self, expense: Expense) -> Result<Reservation, ReserveError> {
        let purses = self.clone();
        Ok(self.store.write(move |tx| purses.reserve_in(tx, &expense)).await??)
    }

    /// As [`Purses::reserve`], inside a transaction that writes more.
    ///
    /// # Errors
    /// The outer error undoes the transaction; the inner one has changed nothing.
    pub fn reserve_in(&self, tx: &Tx<'_>, expense: &Expense) -> Result<Result<Reservation, Refusal>, StoreError> {
        let Expense { spender, cause, what, worst } = expense;
        let worst = *worst;
        let day = self.day(tx.now_ms());
        let purses = spender.purses();
        for limited in limited(&self.config.get(), &purses) {
            let left = limited.limit.less(ledger::spent(tx, &limited.purse, limited.period, &day)?);
            // What costs nothing is never refused, even from an empty purse.
            if worst > left {
                let whose = limited.purse.whose();
                let (purse, period, limit, key) = (limited.purse, limited.period, limited.limit, limited.key);
                let refusal = Refusal { purse, period, limit, left, worst, key, whose };
                tx.fact(cause, "budget.refused", &json!({"what": what, "reason": refusal.to_string()}))?;
                return Ok(Err(refusal));
            }
        }
        let id = ledger::open(tx, &Line { day: &day, cause, what, purses: &purses, reserved: worst })?;
        tx.fact(cause, "budget.reserved", &json!({"line": id, "what": what, "micros": worst.micros()}))?;
        Ok(Ok(Reservation { id, cause: cause.clone(), worst }))
    }

    /// Closes a reservation with its bill: the rest goes back into the purses.
    ///
    /// # Errors
    /// If it could not be written; the worst case then stays spent.
    pub async fn settle(&self, reservation: Reservation, bill: Money, usage: Usage) -> Result<(), StoreError> {
        let purses = self.clone();
        self.store.write(move |tx| purses.settle_in(tx, &reservation, bill, &usage)).await
    }

    /// As [`Purses::settle`], inside a transaction that writes more. Settling twice changes nothing.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn settle_in(
        &self,
        tx: &Tx<'_>,
        reservation: &Reservation,
        bill: Money,
        usage: &Usage,
    ) -> Result<(), StoreError> {
        if ledger::close(tx, reservation.id, bill, usage)? {
            let body = json!({"line": reservation.id, "micros": bill.micros(), "usage": usage});
            tx.fact(&reservation.cause, "budget.settled", &body)?;
        }
        Ok(())
    }

    /// Gives everything back: the call never left the machine.
    ///
    /// # Errors
    /// If it could not be written; the worst case then stays spent.
    pub async fn release(&self, reservation: Reservation) -> Result<(), StoreError> {
        self.settle(reservation, Money::ZERO, Usage::default()).await
    }

    /// What a purse has paid and set aside in the period that runs now.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub async fn spent(&self, purse: &Purse, period: Period, now_ms: i64) -> Result<Money, StoreError> {
        let (purse, day) = (purse.clone(), self.day(now_ms));
        self.store.read(move |view| ledger::spent(view, &purse, period, &day)).await
    }

    /// What a purse has paid and set aside in so many days, today the last of them; `None` is ever.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub async fn spent_in_days(&self, purse: &Purse, days: Option<u16>, now_ms: i64) -> Result<Money, StoreError> {
        let (purse, today) = (purse.clone(), self.day(now_ms));
        let before = |days: u16| now_ms - i64::from(days.saturating_sub(1)) * DAY_MS;
        let from = days.map_or_else(String::new, |days| self.day(before(days)));
        self.store.read(move |view| ledger::spent_since(view, &purse, &from, &today)).await
    }

    /// The owner's day, as `2026-01-31`.
    fn day(&self, now_ms: i64) -> String {
        let now = Timestamp::from_millisecond(now_ms).unwrap_or_default();
        now.to_zoned((*self.zone).clone()).date().to_string()
    }
}

impl Reservation {
    #[must_use]
    pub fn worst(&self) -> Money {
        self.worst
    }

    /// Its line in the ledger.
    #[must_use]
    pub fn line(&self) -> i64 {
        self.id
    }
}

impl Purse {
    /// As a chat should read it.
    fn whose(&self) -> String {
        match self {
            Self::All => "everything together".to_owned(),
            Self::Agent(name) => format!("the agent {name}"),
            Self::Person(_) => "you".to_owned(),
            Self::Chat(_) => "this conversation".to_owned(),
            Self::Job(name) => format!("the job {name}"),
        }
    }
}
