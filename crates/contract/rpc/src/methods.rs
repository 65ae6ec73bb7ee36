//! The table of methods: engines add theirs, the gateway looks them up.

use std::{collections::BTreeMap, fmt, future::Future, pin::Pin, sync::Arc};

use protocol::{Effect, Method, Order, Scope};
use serde_json::value::RawValue;

use crate::{Call, RpcError, validate};

/// A call's answer.
pub type Outcome = Result<Box<RawValue>, RpcError>;

/// A call at work.
pub type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;
/// What a call must not overtake, and how it is run.
pub type Parsed = (Order, Box<dyn FnOnce(Call) -> Running + Send>);
type Parse = dyn Fn(Option<&RawValue>) -> Result<Parsed, RpcError> + Send + Sync;

/// One method, erased.
#[derive(Clone)]
pub struct Entry {
    pub name: &'static str,
    pub scope: Scope,
    pub effect: Effect,
    pub listed: bool,
    parse: Arc<Parse>,
}

impl Entry {
    /// Parses the params; what comes back says what the call must not overtake and runs it.
    ///
    /// # Errors
    /// `invalid <method> params: …` with every problem.
    pub fn prepare(&self, params: Option<&RawValue>) -> Result<Parsed, RpcError> {
        (self.parse)(params)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("name", &self.name).field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// Two engines offered the same name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the method {0} is offered twice")]
pub struct DuplicateMethod(pub &'static str);

/// A table of methods.
#[derive(Debug, Clone, Default)]
pub struct Methods {
    entries: BTreeMap<&'static str, Entry>,
    duplicates: Vec<DuplicateMethod>,
}

impl Methods {
    /// Adds a method, answered by `handler(state, call, params)`.
    #[must_use]
    pub fn on<M, S, F, R>(mut self, state: &Arc<S>, handler: F) -> Self
    where
        M: Method,
        S: Send + Sync + ?Sized + 'static,
        F: Fn(Arc<S>, Call, M::Params) -> R + Send + Sync + Clone + 'static,
        R: Future<Output = Result<M::Reply, RpcError>> + Send + 'static,
    {
        let state = Arc::clone(state);
        let parse = move |params: Option<&RawValue>| -> Result<Parsed, RpcError> {
            let params = validate::params::<M>(params)?;
            let order = M::order(&params);
            let (state, handler) = (Arc::clone(&state), handler.clone());
            let run = move |call: Call| -> Running {
                Box::pin(async move {
                    let reply = handler(state, call, params).await?;
                    serde_json::value::to_raw_value(&reply)
                        .map_err(|error| RpcError::unavailable(format!("Error: reply: {error}")))
                })
            };
            Ok((order, Box::new(run)))
        };
        let entry =
            Entry { name: M::NAME, scope: M::SCOPE, effect: M::EFFECT, listed: M::LISTED, parse: Arc::new(parse) };
        self.add(entry);
        self
    }

    fn add(&mut self, entry: Entry) {
        if self.entries.contains_key(entry.name) {
            self.duplicates.push(DuplicateMethod(entry.name));
        } else {
            self.entries.insert(entry.name, entry);
        }
    }

    /// Both tables in one.
    ///
    /// # Errors
    /// A name that both, or one of them twice, offer.
    pub fn merge(mut self, other: Self) -> Result<Self, DuplicateMethod> {
        self.duplicates.extend(other.duplicates);
        for entry in other.entries.into_values() {
            self.add(entry);
        }
        match self.duplicates.first() {
            Some(duplicate) => Err(duplicate.clone()),
            None => Ok(self),
        }
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// Every method, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }
}
