//! What this engine needs of others.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use channel::{Channel, Menu, Webhook};
use stdx::{AbsPath, Clock, Entropy};

use crate::Inbox;

/// Reads the environment that the program was started with.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A mounted webhook; dropping it takes the webhook away.
pub type Mounted = Box<dyn Any + Send + Sync>;

/// Puts webhooks on the gateway's port.
pub trait Mounts: Send + Sync + fmt::Debug {
    fn mount(&self, webhook: Arc<dyn Webhook>) -> Mounted;
}

/// Where there is no port to mount on.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMounts;

impl Mounts for NoMounts {
    fn mount(&self, _webhook: Arc<dyn Webhook>) -> Mounted {
        Box::new(())
    }
}

/// The others.
#[derive(Clone)]
pub struct Neighbours {
    /// All networks of this build, in the order in which people see them.
    pub networks: Vec<Arc<dyn Channel>>,
    pub inbox: Arc<dyn Inbox>,
    pub mounts: Arc<dyn Mounts>,
    /// The state root: each network has a folder of its name in it.
    pub state: AbsPath,
    pub environment: Environment,
    /// What menus of commands show now.
    pub menu: Arc<dyn Fn() -> Menu + Send + Sync>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for Neighbours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Neighbours")
            .field("networks", &self.networks)
            .field("inbox", &self.inbox)
            .finish_non_exhaustive()
    }
}
