//! What all connections of one gateway share.

use std::{
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::Instant,
};

use parking_lot::RwLock;
use rpc::{Authenticate, Methods};
use serde_json::value::{RawValue, to_raw_value};
use stdx::Clock;
use tokio::sync::Semaphore;

use crate::{
    call::{once::Once, order::Lines},
    config::{Config, Ports},
    http::{codes::PageCodes, router::Router},
    hub::Hub,
    state::State,
};

/// Connections at once; the descriptor limit is raised to fit.
pub(crate) const CONNECTIONS: usize = 16_384;
/// Of these, not yet past the handshake.
pub(crate) const PENDING: usize = 512;

/// Writes figures of somebody else into `/metrics`.
pub(crate) type Gauge = Box<dyn Fn(&mut String) + Send + Sync>;

/// One gateway's things.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) started: Instant,
    pub(crate) hub: Arc<Hub>,
    pub(crate) state: Arc<State>,
    pub(crate) lines: Arc<Lines>,
    pub(crate) once: Arc<Once>,
    pub(crate) router: Arc<Router>,
    pub(crate) codes: PageCodes,
    pub(crate) room: Arc<Semaphore>,
    pub(crate) pending: Arc<Semaphore>,
    pub(crate) is_stopping: AtomicBool,
    pub(crate) gauges: RwLock<Vec<Gauge>>,
    serving: OnceLock<Serving>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("config", &self.config).finish_non_exhaustive()
    }
}

/// What is known once the engines stand.
struct Serving {
    methods: Methods,
    auth: Arc<dyn Authenticate>,
    features: Box<RawValue>,
}

impl Shared {
    pub(crate) fn new(config: Config, ports: Ports) -> Self {
        let state = State::new(&config.identity, Arc::clone(&ports.clock), ports.health);
        Self {
            started: ports.clock.now(),
            codes: PageCodes::new(config.page_token.clone()),
            config,
            clock: ports.clock,
            hub: Arc::default(),
            state: Arc::new(state),
            lines: Arc::default(),
            once: Arc::new(Once::new()),
            router: Arc::default(),
            room: Arc::new(Semaphore::new(CONNECTIONS)),
            pending: Arc::new(Semaphore::new(PENDING)),
            is_stopping: AtomicBool::new(false),
            gauges: RwLock::default(),
            serving: OnceLock::new(),
        }
    }

    /// The engines stand. Only the first call counts.
    pub(crate) fn serve(&self, methods: Methods, auth: Arc<dyn Authenticate>) {
        let listed: Vec<_> = protocol::catalogue::listed_methods(|name| methods.get(name).is_some()).collect();
        let events: Vec<_> = protocol::catalogue::listed_events().collect();
        let features = to_raw_value(&serde_json::json!({ "methods": listed, "events": events }));
        let Ok(features) = features else { return };
        drop(self.serving.set(Serving { methods, auth, features }));
    }

    pub(crate) fn methods(&self) -> Option<&Methods> {
        self.serving.get().map(|serving| &serving.methods)
    }

    pub(crate) fn auth(&self) -> Option<&Arc<dyn Authenticate>> {
        self.serving.get().map(|serving| &serving.auth)
    }

    pub(crate) fn features(&self) -> Option<&RawValue> {
        self.serving.get().map(|serving| &*serving.features)
    }
}
