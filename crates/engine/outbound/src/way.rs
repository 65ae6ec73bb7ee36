//! The way out: an account's sending side as it is now, and a turn at the account's pace.
//!
//! Whatever leaves asks here at the moment at which it leaves: what was connected before a wait may be another account's
//! after it.

use std::{fmt, sync::Arc, time::Duration};

use channel::{ChannelError, Descriptor};
use ids::ChannelKind;
use parking_lot::Mutex;
use stdx::Clock;

use crate::{
    Outlet, Outlets, Place,
    pace::{Leaving, Paces},
    retry,
};

/// How long something that is not in the outbox waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// All ways.
pub(crate) struct Ways {
    outlets: Arc<dyn Outlets>,
    clock: Arc<dyn Clock>,
    paces: Mutex<Paces>,
}

impl fmt::Debug for Ways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ways").field("outlets", &self.outlets).finish_non_exhaustive()
    }
}

impl Ways {
    pub(crate) fn new(outlets: Arc<dyn Outlets>, clock: Arc<dyn Clock>) -> Self {
        Self { outlets, clock, paces: Mutex::default() }
    }

    /// The account's sending side, if it is connected now.
    pub(crate) fn outlet(&self, place: &Place) -> Option<Outlet> {
        self.outlets.outlet(&place.channel, &place.account)
    }

    pub(crate) fn descriptor(&self, channel: &ChannelKind) -> Option<&'static Descriptor> {
        self.outlets.descriptor(channel)
    }

    /// A message was delivered.
    pub(crate) fn delivered(&self, place: &Place) {
        self.outlets.delivered(&place.channel, &place.account);
    }

    /// Counts what leaves now.
    ///
    /// # Errors
    /// It may not leave yet: the time after which to ask again.
    pub(crate) fn begin<'a>(&'a self, place: &'a Place, what: Leaving) -> Result<UnderWay<'a>, Duration> {
        let pace = self.descriptor(&place.channel).and_then(|network| network.limits.pace);
        self.paces.lock().begin(place, what, pace, self.clock.now())?;
        Ok(UnderWay { ways: self, place, what })
    }

    /// The same for what waits a moment for its turn, with the account that is connected then.
    ///
    /// # Errors
    /// The account is not connected, or the network wants more patience than there is.
    pub(crate) async fn turn<'a>(
        &'a self,
        place: &'a Place,
        what: Leaving,
    ) -> Result<(Outlet, UnderWay<'a>), ChannelError> {
        let until = self.clock.now() + PATIENCE;
        loop {
            match self.begin(place, what) {
                Ok(under_way) => return Ok((self.outlet(place).ok_or(ChannelError::Ended)?, under_way)),
                Err(wait) if self.clock.now() + wait > until => {
                    return Err(ChannelError::RateLimited { after: Some(wait) });
                }
                Err(wait) => tokio::time::sleep(wait).await,
            }
        }
    }
}

/// Something that counts; its span begins when it is over, however it ends.
#[derive(Debug)]
pub(crate) struct UnderWay<'a> {
    ways: &'a Ways,
    place: &'a Place,
    what: Leaving,
}

impl UnderWay<'_> {
    /// A network that asked to wait is left alone.
    pub(crate) fn heard<T>(&self, answer: &Result<T, ChannelError>) {
        if let Err(ChannelError::RateLimited { after }) = answer {
            let now = self.ways.clock.now();
            self.ways.paces.lock().hold(self.place, now + retry::asked(*after), now);
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.ways.paces.lock().ended(self.place, self.what, self.ways.clock.now());
    }
}
