//! How engines announce what happened. The sink serialises an event once and shares the bytes.

use std::{fmt, sync::Arc};

use protocol::{Delivery, Event, Scope};
use serde_json::value::RawValue;

/// One event on its way to every connection that may see it.
#[derive(Debug)]
pub struct Announcement {
    pub event: &'static str,
    pub scope: Option<Scope>,
    pub delivery: Delivery,
    /// Only for connections that named this in `connect.caps`. Such an event has no number: for the others there is
    /// no gap.
    pub cap: Option<&'static str>,
    pub payload: Box<RawValue>,
}

/// Who takes announcements to connections; never waits.
pub trait Sink: Send + Sync {
    fn announce(&self, announcement: Announcement);

    /// Whether anybody listens: a caller may skip work whose only product is an event.
    fn has_readers(&self) -> bool {
        true
    }

    /// Whether anybody listens who named this in `connect.caps`.
    fn has_readers_with(&self, _cap: &str) -> bool {
        true
    }
}

/// Handle through which engines announce.
#[derive(Clone)]
pub struct Events(Arc<dyn Sink>);

impl Events {
    #[must_use]
    pub fn new(sink: Arc<dyn Sink>) -> Self {
        Self(sink)
    }

    /// A handle nobody listens to.
    #[must_use]
    pub fn nowhere() -> Self {
        struct Nowhere;
        impl Sink for Nowhere {
            fn announce(&self, _: Announcement) {}
            fn has_readers(&self) -> bool {
                false
            }
            fn has_readers_with(&self, _: &str) -> bool {
                false
            }
        }
        Self(Arc::new(Nowhere))
    }

    /// Announces to everyone who may see it.
    pub fn publish<E: Event>(&self, payload: &E::Payload) {
        self.announce::<E>(None, payload);
    }

    /// Announces to those who may see it and named `cap` in `connect.caps`.
    pub fn publish_with<E: Event>(&self, cap: &'static str, payload: &E::Payload) {
        self.announce::<E>(Some(cap), payload);
    }

    fn announce<E: Event>(&self, cap: Option<&'static str>, payload: &E::Payload) {
        match serde_json::value::to_raw_value(payload) {
            Ok(payload) => {
                let (event, scope, delivery) = (E::NAME, E::SCOPE, E::DELIVERY);
                self.0.announce(Announcement { event, scope, delivery, cap, payload });
            }
            Err(error) => tracing::error!(event = E::NAME, %error, "an event could not be serialised"),
        }
    }

    #[must_use]
    pub fn has_readers(&self) -> bool {
        self.0.has_readers()
    }

    #[must_use]
    pub fn has_readers_with(&self, cap: &str) -> bool {
        self.0.has_readers_with(cap)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}
