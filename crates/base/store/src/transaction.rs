//! Writing: what a transaction's closure is given, and the fact that goes with each change.

use std::cell::RefCell;
use std::ops::Deref;

use rusqlite::{Connection, Params};
use serde::Serialize;

use crate::{StoreError, View};

pub(crate) type Hook = Box<dyn FnOnce() + Send>;

/// The number of a fact. Later facts have higher numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactId(pub i64);

/// An open transaction. It reads through its [`View`]; all of it happens or nothing.
pub struct Tx<'a> {
    view: View<'a>,
    now_ms: i64,
    hooks: RefCell<Vec<Hook>>,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(connection: &'a Connection, now_ms: i64) -> Self {
        Self { view: View { connection }, now_ms, hooks: RefCell::default() }
    }

    /// Runs one statement; gives the number of rows it changed.
    pub fn execute(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        Ok(self.view.connection.prepare_cached(sql)?.execute(params)?)
    }

    /// The row id of the last insert.
    #[must_use]
    pub fn last_id(&self) -> i64 {
        self.view.connection.last_insert_rowid()
    }

    /// The wall time of this transaction, the same throughout.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// Records what happened and why, together with the change itself. `cause` is the id of what led to it.
    pub fn fact(&self, cause: &str, kind: &str, body: &impl Serialize) -> Result<FactId, StoreError> {
        self.insert_fact(cause, kind, None, body)
    }

    /// As [`Tx::fact`], and says that from `cause` there came something with an id of its own, whose facts follow.
    pub fn link(&self, cause: &str, kind: &str, effect: &str, body: &impl Serialize) -> Result<FactId, StoreError> {
        self.insert_fact(cause, kind, Some(effect), body)
    }

    /// Runs after the commit, in the order of commits, on the writer's thread: for keeping a copy in memory in step.
    /// Must be short and must not call the store.
    pub fn after_commit(&self, hook: impl FnOnce() + Send + 'static) {
        self.hooks.borrow_mut().push(Box::new(hook));
    }

    pub(crate) fn into_hooks(self) -> Vec<Hook> {
        self.hooks.into_inner()
    }

    fn insert_fact(
        &self,
        cause: &str,
        kind: &str,
        effect: Option<&str>,
        body: &impl Serialize,
    ) -> Result<FactId, StoreError> {
        let body = serde_json::to_string(body)?;
        self.execute(
            "INSERT INTO facts (cause, kind, effect, at, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            rusqlite::params![cause, kind, effect, self.now_ms, body],
        )?;
        Ok(FactId(self.last_id()))
    }
}

impl<'a> Deref for Tx<'a> {
    type Target = View<'a>;
    fn deref(&self) -> &View<'a> {
        &self.view
    }
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("now_ms", &self.now_ms).finish_non_exhaustive()
    }
}
