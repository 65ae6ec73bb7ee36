//! The gateway as its owner sees it: bind, mount, serve, say goodbye.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use parking_lot::Mutex;
use protocol::{Text, events};
use rpc::{Authenticate, Events, Methods};
use stdx::{CancellationToken, OwnedTask, OwnedTasks, TaskEnd};
use tokio::net::{TcpListener, TcpStream};

use crate::{
    BindError, Mounted, Route,
    config::{Config, Ports},
    conn, http, listen,
    methods::{self, Own},
    shared::{CONNECTIONS, Shared},
};

/// TCP connections at once: WebSockets, and HTTP beside them.
const SOCKETS: u32 = 16_384 + 1_024;
const HEALTH_EVERY: Duration = Duration::from_secs(60);
/// After clients left; by then their sockets are gone too.
const SWEEP_AFTER: Duration = Duration::from_secs(3);
/// After an accept that failed, for want of descriptors say.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A bound gateway. Dropping it ends every connection.
#[derive(Debug)]
pub struct Gateway {
    shared: Arc<Shared>,
    own: Arc<Own>,
    addresses: Vec<SocketAddr>,
    bound: Mutex<Vec<TcpListener>>,
    accepting: Mutex<Vec<OwnedTask>>,
    beat: Mutex<Option<OwnedTask>>,
    connections: Arc<OwnedTasks>,
    cancel: CancellationToken,
}

impl Gateway {
    /// Binds the port. Nobody is answered before [`Gateway::serve`].
    ///
    /// # Errors
    /// The port is taken, or may not be bound without authentication.
    pub fn bind(config: Config, ports: Ports, cancel: &CancellationToken) -> Result<Self, BindError> {
        let bound = listen::bind(&config)?;
        let addresses = bound.iter().filter_map(|listener| listener.local_addr().ok()).collect();
        let system_events = Arc::clone(&ports.system_events);
        let shared = Arc::new(Shared::new(config, ports));
        let cancel = cancel.child_token();
        Ok(Self {
            own: Arc::new(Own { state: Arc::clone(&shared.state), events: system_events }),
            shared,
            addresses,
            bound: Mutex::new(bound),
            accepting: Mutex::default(),
            beat: Mutex::default(),
            connections: Arc::new(OwnedTasks::new("connection", &cancel, SOCKETS)),
            cancel,
        })
    }

    /// Where it listens; the port is the same everywhere.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }

    /// Through this engines announce.
    #[must_use]
    pub fn events(&self) -> Events {
        Events::new(Arc::clone(&self.shared.hub) as Arc<dyn rpc::Sink>)
    }

    /// `health`, `system-presence` and `system-event`: to be merged with the tables of the engines.
    #[must_use]
    pub fn methods(&self) -> Methods {
        methods::methods(&self.own)
    }

    /// Answers HTTP requests at a path, or at all paths below one (`/hooks/*`). Exact paths go before prefixes, long
    /// prefixes before short ones.
    pub fn mount(&self, pattern: &str, route: Arc<dyn Route>) -> Mounted {
        self.shared.router.mount(pattern, route)
    }

    /// Adds figures to `/metrics`; `render` writes them with [`crate::sample`].
    pub fn gauge(&self, render: impl Fn(&mut String) + Send + Sync + 'static) {
        self.shared.gauges.write().push(Box::new(render));
    }

    /// A one-time code that the page exchanges for the token, good for ten minutes.
    #[must_use]
    pub fn page_code(&self) -> String {
        self.shared.codes.issue(self.shared.clock.now())
    }

    /// What health says changed: looks again and announces it.
    pub fn health_changed(&self) {
        self.shared.state.want_health();
    }

    /// How many connections are past the handshake.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.hub.len()
    }

    /// Ends one connection, because its rights were taken away say.
    pub fn close(&self, conn: &ids::ConnId, code: u16, reason: &str) {
        self.shared.hub.close(conn, code, reason);
    }

    /// Begins to answer, now that the engines stand. Does nothing the second time.
    pub fn serve(&self, methods: Methods, auth: Arc<dyn Authenticate>) {
        self.shared.serve(methods, auth);
        for listener in std::mem::take(&mut *self.bound.lock()) {
            let (shared, connections) = (Arc::clone(&self.shared), Arc::clone(&self.connections));
            let task = OwnedTask::spawn(&self.cancel, move |cancel| accept(shared, connections, listener, cancel));
            self.accepting.lock().push(task);
        }
        let (shared, connections) = (Arc::clone(&self.shared), Arc::clone(&self.connections));
        let mut beat = self.beat.lock();
        if beat.is_none() {
            *beat = Some(OwnedTask::spawn(&self.cancel, move |cancel| keep_saying(shared, connections, cancel)));
        }
    }

    /// The first half of the end: accepts nobody any more and tells everyone.
    pub fn announce_shutdown(&self, reason: &str, restart_expected: Option<Duration>) {
        self.shared.is_stopping.store(true, Ordering::Relaxed);
        self.accepting.lock().clear();
        self.bound.lock().clear();
        let restart_expected_ms = restart_expected.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        if let Ok(reason) = Text::try_from(reason.to_owned()) {
            self.events().publish::<events::Shutdown>(&events::shutdown::Payload { reason, restart_expected_ms });
        }
    }

    /// The second half: closes every connection, and waits for at most `grace` until they are gone.
    pub async fn close_all(&self, grace: Duration) {
        self.shared.hub.close_all(1012, "service restart");
        drop(self.beat.lock().take());
        drop(tokio::time::timeout(grace, self.until_alone()).await);
        self.connections.stop(Duration::ZERO).await;
    }

    /// Until nobody is connected; connections that only speak HTTP do not count.
    async fn until_alone(&self) {
        let everyone = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
        drop(self.shared.room.acquire_many(everyone).await);
    }
}

async fn accept(shared: Arc<Shared>, connections: Arc<OwnedTasks>, listener: TcpListener, cancel: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = cancel.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let shared = Arc::clone(&shared);
                let work = move |cancel| connection(shared, stream, address, cancel);
                tokio::select! {
                    () = cancel.cancelled() => return,
                    () = connections.spawn(work) => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(shared: Arc<Shared>, stream: TcpStream, address: SocketAddr, cancel: CancellationToken) {
    if let Err(error) = prepare(&stream) {
        tracing::debug!(%error, "a socket option could not be set");
    }
    let http = Box::pin(http::serve(&shared, stream, address));
    let upgraded = tokio::select! {
        () = cancel.cancelled() => None,
        upgraded = http => upgraded,
    };
    if let Some((stream, early, upgrade)) = upgraded {
        Box::pin(conn::run(shared, stream, early, upgrade, cancel)).await;
    }
}

/// Small frames leave at once, and a client that vanished is noticed.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive =
        socket2::TcpKeepalive::new().with_time(Duration::from_secs(120)).with_interval(Duration::from_secs(30));
    socket2::SockRef::from(stream).set_tcp_keepalive(&keepalive)
}

/// Ticks, looks after health, and says what changed.
async fn keep_saying(shared: Arc<Shared>, connections: Arc<OwnedTasks>, cancel: CancellationToken) {
    let every = |period| {
        let mut interval = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        interval
    };
    let mut tick = every(shared.config.tick);
    let mut health = every(HEALTH_EVERY);
    shared.state.want_health();
    let events = Events::new(Arc::clone(&shared.hub) as Arc<dyn rpc::Sink>);
    let (mut members, mut sweep) = (0, None);
    let mut looking: Option<OwnedTask> = None;
    loop {
        if looking.is_none() {
            let state = Arc::clone(&shared.state);
            looking = shared.state.take_look().then(|| OwnedTask::spawn(&cancel, |_| state.look()));
        }
        let next = shared.state.tend(&shared.hub, looking.is_some());
        let now = shared.clock.now();
        if shared.hub.len() < members {
            sweep.get_or_insert(now + SWEEP_AFTER);
        }
        members = shared.hub.len();
        if sweep.is_some_and(|at| at <= now) {
            sweep = None;
            // What ended tasks leave behind is freed when another starts; none may start for long.
            let _ = connections.try_spawn(|_| async {});
        }
        let next = [next, sweep].into_iter().flatten().min();
        let due = async {
            match next {
                Some(next) => tokio::time::sleep_until(next.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = cancel.cancelled() => return,
            () = shared.state.stirred.notified() => {}
            () = due => {}
            () = over(&mut looking) => {}
            _ = health.tick() => shared.state.want_health(),
            _ = tick.tick() => {
                let ts = u64::try_from(shared.clock.now_ms()).unwrap_or(0);
                events.publish::<events::Tick>(&events::tick::Payload { ts });
            }
        }
    }
}

/// Until the task has ended; it is then gone. Waits for ever where there is none.
async fn over(task: &mut Option<OwnedTask>) {
    match task.as_mut() {
        Some(running) => {
            if let TaskEnd::Panicked(panic) = running.ended().await {
                tracing::error!(panic, "health could not be looked at");
            }
            *task = None;
        }
        None => std::future::pending().await,
    }
}
