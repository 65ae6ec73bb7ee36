//! What a stranger is told: how to be let in, once for each code.

use std::collections::HashMap;

use accounts::Arrived;
use channel::{Inbound, Target};
use ids::ChannelKind;
use outbound::{Deliveries, Origin, Place};
use parking_lot::Mutex;
use store::{StoreError, Tx};
use tracing::{error, info, warn};

use super::Inner;
use crate::{
    Pairing,
    journal::{self, Draft, Item},
};

/// Asks for strangers to be let in.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    /// Why nobody gets a code at the moment: told once, however many ask.
    trouble: Mutex<HashMap<ChannelKind, String>>,
}

impl Strangers {
    /// What the sender of a message is told; `None` where too many wait already.
    ///
    /// # Errors
    /// There are no codes now: why. That is no reason to keep others waiting, so the message counts as taken.
    pub(super) async fn greet(&self, inner: &Inner, arrived: &Arrived) -> Result<Option<Greeting>, String> {
        let Arrived { channel, account, inbound } = arrived;
        let answer = inner.people.request(channel.clone(), account.clone(), inbound.sender.clone()).await;
        self.note(channel, answer.as_ref().err());
        match answer? {
            Pairing::Code(code) => {
                let target = Target { peer: inbound.peer.id.clone(), thread: inbound.thread.clone() };
                let place = Place { channel: channel.clone(), account: account.clone(), target };
                let text = text(inner.networks.id_label(channel), channel.as_str(), inbound, &code);
                Ok(Some(Greeting { place, code, text }))
            }
            Pairing::Full => {
                warn!(%channel, "too many strangers wait for pairing: this one gets no code");
                Ok(None)
            }
        }
    }

    fn note(&self, channel: &ChannelKind, problem: Option<&String>) {
        let mut trouble = self.trouble.lock();
        if trouble.get(channel) == problem {
            return;
        }
        if let Some(problem) = problem {
            error!(%channel, %problem, "strangers get no pairing codes: mend the file or move it away");
            trouble.insert(channel.clone(), problem.clone());
        } else {
            info!(%channel, "strangers get pairing codes again");
            trouble.remove(channel);
        }
    }
}

/// What a stranger is told.
pub(super) struct Greeting {
    pub(super) place: Place,
    code: String,
    text: String,
}

impl Greeting {
    /// Stages it unless this sender was told of this code before.
    pub(super) fn stage(&self, tx: &Tx<'_>, deliveries: &Deliveries, draft: &Draft) -> Result<bool, StoreError> {
        let Item::Message(message) = &draft.item else { return Ok(false) };
        let sender = message.inbound.sender.id.as_str();
        if !journal::tells_code(tx, message.channel.as_str(), sender, &self.code)? {
            return Ok(false);
        }
        let Some(text) = outbound::notice(&self.text) else { return Ok(false) };
        let event = draft.event.as_str();
        deliveries.stage(tx, &self.place, Origin { cause: event, name: &format!("{event}:pairing") }, &text)?;
        Ok(true)
    }
}

fn text(id_label: &str, channel: &str, inbound: &Inbound, code: &str) -> String {
    format!(
        "I do not know you yet.\n\nYour {id_label}: {}\nPairing code: {code}\n\nMy owner can let you in with:\n\
         `clawdbot pairing approve {channel} {code}`",
        inbound.sender.id
    )
}
