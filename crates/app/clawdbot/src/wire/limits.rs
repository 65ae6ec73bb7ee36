//! How much of a conversation its model is sent, as the config of its channel says.

use agent::HistoryLimits;
use config::Live;
use ids::SessionKey;

use crate::config::HistorySection;

/// The limits in force.
#[derive(Debug)]
pub(crate) struct ChannelLimits(pub(crate) Live<HistorySection>);

impl HistoryLimits for ChannelLimits {
    fn turns(&self, key: &SessionKey) -> Option<usize> {
        self.0.get().turns(key)
    }
}
