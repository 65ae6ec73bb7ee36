//! The house inside a command: for work without a gateway.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use config::Configuration;
use parking_lot::Mutex;
use rpc::{Announcement, Events, Methods, RpcError, Sink};
use serde_json::value::RawValue;
use stdx::CancellationToken;
use store::{Lease, Store};
use tokio::sync::mpsc;

use crate::context::Context;
use crate::offline;
use crate::wire::{self, Foundation, House, Outside};

/// Announcements the command has not looked at yet; what finds no room is not shown.
const EVENTS: usize = 1024;

/// Engines without a front door.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) house: House,
    pub(crate) base: Foundation,
    methods: Methods,
    events: Mutex<Option<mpsc::Receiver<Announcement>>>,
    cancel: CancellationToken,
    _lease: Option<Lease>,
}

#[derive(Debug)]
struct ToCommand(mpsc::Sender<Announcement>);

impl Sink for ToCommand {
    fn announce(&self, announcement: Announcement) {
        if self.0.try_send(announcement).is_err() {
            tracing::debug!("an event was not shown");
        }
    }
}

impl Local {
    /// The house on this installation's own state. The lease must be held.
    pub(crate) async fn open(context: &Context, lease: Lease) -> Result<Self> {
        let base = Foundation::open(context, configuration(context)?)?;
        let local = Self::build(base, Some(lease)).await?;
        // Transcripts are taken over and written as a gateway does it.
        local.house.sessions.start(&local.cancel);
        Ok(local)
    }

    /// The house on nothing: it knows the config, and forgets what it does.
    pub(crate) async fn on_nothing(context: &Context) -> Result<Self> {
        let store = Store::memory(&wire::migrations(), Arc::clone(&context.clock))?;
        let base = Foundation::on(context, configuration(context)?, store);
        Self::build(base, None).await
    }

    async fn build(base: Foundation, lease: Option<Lease>) -> Result<Self> {
        let cancel = CancellationToken::new();
        let (sink, events) = mpsc::channel(EVENTS);
        let outside = Outside {
            events: Events::new(Arc::new(ToCommand(sink))),
            mounts: Arc::new(accounts::NoMounts),
            system_events: Arc::default(),
        };
        let house = wire::house(&base, outside, &cancel).await?;
        // What a gateway left is taken up by the next gateway.
        house.intake.open();
        let methods = house.methods()?;
        Ok(Self { house, base, methods, events: Mutex::new(Some(events)), cancel, _lease: lease })
    }

    /// What the engines announce, for the one who asks first.
    pub(crate) fn events(&self) -> Option<mpsc::Receiver<Announcement>> {
        self.events.lock().take()
    }

    /// Calls a method of an engine, as the owner.
    pub(crate) async fn call(&self, method: &str, params: Box<RawValue>) -> Result<Box<RawValue>, RpcError> {
        offline::call(&self.methods, method, &params).await
    }

    /// Ends the engines in order.
    pub(crate) async fn close(self) {
        self.house.rest().await;
        self.cancel.cancel();
        self.base.store.close_blocking();
    }
}

fn configuration(context: &Context) -> Result<Arc<Configuration>> {
    Configuration::open(context.config_file()).map_err(|snapshot| {
        anyhow!("the config {} is not valid; `clawdbot doctor` says more:\n{}", snapshot.path, snapshot.issues)
    })
}
