//! Many transactions, one commit: each that follows another runs under a savepoint, so that one that fails takes no other
//! with it, and all learn their results after the one sync.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rusqlite::Connection;
use stdx::Clock;
use tokio::sync::oneshot;

use crate::transaction::Hook;
use crate::{StoreError, Tx};

/// Tells one caller its result, once it is known whether the group was committed.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// One caller's transaction, waiting to run.
pub(crate) struct Job(Box<Work>);

type Work = dyn FnOnce(Result<&Tx<'_>, &StoreError>) -> Ran + Send;

struct Ran {
    failure: Option<StoreError>,
    answer: Answer,
}

impl Job {
    pub(crate) fn new<T: Send + 'static>(
        work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> (Self, oneshot::Receiver<Result<T, StoreError>>) {
        let (sender, result) = oneshot::channel();
        let job = Self(Box::new(move |tx| {
            let outcome = match tx {
                Ok(tx) => catch_unwind(AssertUnwindSafe(|| work(tx)))
                    .unwrap_or_else(|panic| Err(StoreError::Panicked(panic_text(&*panic)))),
                Err(error) => Err(error.clone()),
            };
            let failure = outcome.as_ref().err().cloned();
            let answer: Answer = Box::new(move |committed| {
                // A caller that went away is not told; its change stands.
                drop(sender.send(outcome.and_then(|value| committed.map(|()| value))));
            });
            Ran { failure, answer }
        }));
        (job, result)
    }

    /// Tells the caller why its transaction did not run.
    pub(crate) fn refuse(self, error: &StoreError) {
        ((self.0)(Err(error)).answer)(Err(error.clone()));
    }
}

/// What a transaction holds so far.
#[derive(Debug, Clone, Copy)]
enum Group {
    Empty,
    /// Work of somebody whom the failure of another must not touch.
    Kept,
}

/// The write connection and what a commit needs.
#[derive(Debug)]
pub(crate) struct Writing {
    connection: Connection,
    clock: Arc<dyn Clock>,
    token: u64,
}

impl Writing {
    pub(crate) fn new(connection: Connection, clock: Arc<dyn Clock>, token: u64) -> Self {
        Self { connection, clock, token }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn into_connection(self) -> Connection {
        self.connection
    }

    /// Runs one job and all that `more` gives, commits once, then tells every caller.
    pub(crate) fn commit(&self, first: Job, mut more: impl FnMut() -> Option<Job>) {
        let mut answers = Vec::new();
        let mut hooks = Vec::new();
        let mut state = self.begin().map(|()| Group::Empty);
        let mut next = Some(first);
        while let Some(job) = next {
            state = match state {
                Ok(group) => self.run(job, group, &mut answers, &mut hooks),
                Err(error) => {
                    answers.push((job.0)(Err(&error)).answer);
                    Err(error)
                }
            };
            next = more();
        }
        let committed = state.and_then(|_| self.end());
        if committed.is_ok() {
            hooks.into_iter().for_each(|hook| hook());
        } else if !self.connection.is_autocommit() {
            // The commit's own error is what the callers need; a failed rollback leaves the next `BEGIN` to complain.
            drop(self.connection.execute_batch("ROLLBACK"));
        }
        for answer in answers {
            answer(committed.clone());
        }
    }

    fn begin(&self) -> Result<(), StoreError> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let token: i64 = self.connection.prepare_cached("SELECT token FROM fence")?.query_row([], |row| row.get(0))?;
        if token.unsigned_abs() == self.token { Ok(()) } else { Err(StoreError::Fenced) }
    }

    fn end(&self) -> Result<(), StoreError> {
        Ok(self.connection.prepare_cached("COMMIT")?.execute([]).map(drop)?)
    }

    /// The whole group is lost when this gives an error. Most groups are of one, which needs no savepoint: SQLite keeps
    /// copies of all it changes under one.
    fn run(
        &self,
        job: Job,
        group: Group,
        answers: &mut Vec<Answer>,
        hooks: &mut Vec<Hook>,
    ) -> Result<Group, StoreError> {
        if let Group::Kept = group {
            self.statement("SAVEPOINT one")?;
        }
        let tx = Tx::new(&self.connection, self.clock.now_ms());
        let ran = (job.0)(Ok(&tx));
        let own_hooks = tx.into_hooks();
        answers.push(ran.answer);
        if self.connection.is_autocommit() {
            // A full disk or a failing one makes SQLite undo the whole transaction at once.
            return Err(ran.failure.unwrap_or(StoreError::DiskFull));
        }
        match (group, ran.failure) {
            (Group::Empty, None) => hooks.extend(own_hooks),
            (Group::Empty, Some(_)) => {
                self.statement("ROLLBACK")?;
                self.begin()?;
                return Ok(Group::Empty);
            }
            (Group::Kept, None) => {
                hooks.extend(own_hooks);
                self.statement("RELEASE one")?;
            }
            (Group::Kept, Some(_)) => {
                self.statement("ROLLBACK TO one")?;
                self.statement("RELEASE one")?;
            }
        }
        Ok(Group::Kept)
    }

    fn statement(&self, sql: &str) -> Result<(), StoreError> {
        Ok(self.connection.prepare_cached(sql)?.execute([]).map(drop)?)
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text").to_owned()
}
