//! Finding one session by its key, its id or its label.

use ids::SessionKey;
use protocol::sessions::resolve::Params;

use crate::SessionsError;
use crate::index;
use crate::record::Record;
use crate::sessions::{Fresh, Opening, Sessions};

impl Sessions {
    pub(crate) async fn resolve(&self, wanted: Params) -> Result<SessionKey, SessionsError> {
        let given = [wanted.key.is_some(), wanted.session_id.is_some(), wanted.label.is_some()];
        match given.into_iter().filter(|given| *given).count() {
            0 => return Err(invalid("Either key, sessionId, or label is required")),
            1 => {}
            _ => return Err(invalid("Provide either key, sessionId, or label (not multiple)")),
        }
        if let Some(sent) = &wanted.key {
            let key = self.resolve_key(sent)?;
            let found = self.find(&key).await?;
            return found.map(|_| key).ok_or_else(|| invalid(format!("No session found: {}", sent.as_sent())));
        }
        let (found, missing, name) = if let Some(session) = wanted.session_id.clone() {
            let name = session.to_string();
            let found = self.shared.store.read(move |view| index::by_session(view, &session)).await?;
            (found, format!("No session found: {name}"), name)
        } else {
            let label = wanted.label.as_deref().map(str::trim).unwrap_or_default().to_owned();
            let name = label.clone();
            let found = self.shared.store.read(move |view| index::by_label(view, &label)).await?;
            (found, format!("No session found with label: {name}"), format!("with label: {name}"))
        };
        let mut fitting = Vec::new();
        for key in found {
            if self.fits(&key, &wanted).await? {
                fitting.push(key);
            }
        }
        match fitting.as_slice() {
            [] => Err(invalid(missing)),
            [only] => Ok(only.clone()),
            several => {
                let keys = several.iter().map(SessionKey::as_str).collect::<Vec<_>>().join(", ");
                Err(invalid(format!("Multiple sessions found {name} ({keys})")))
            }
        }
    }

    async fn fits(&self, key: &SessionKey, wanted: &Params) -> Result<bool, SessionsError> {
        let is_hidden = (key.as_str() == "global" && wanted.include_global != Some(true))
            || (key.as_str() == "unknown" && wanted.include_unknown != Some(true));
        let is_other_agent = wanted.agent_id.as_ref().is_some_and(|agent| key.agent().as_ref() != Some(agent));
        let parent = match &wanted.spawned_by {
            Some(_) => self.find(key).await?.and_then(|record: Record| record.text("spawnedBy")),
            None => None,
        };
        let is_other_child = wanted.spawned_by.as_deref().is_some_and(|wanted| parent.as_deref() != Some(wanted));
        Ok(!is_hidden && !is_other_agent && !is_other_child)
    }

    /// Starts a session over because a client asked for it.
    pub async fn start_over(&self, key: &SessionKey) -> Result<Record, SessionsError> {
        let workspace = self.shared.places.state.clone();
        Ok(self.open(key, Opening { channel: None, workspace, fresh: Fresh::Reset }).await?.record)
    }
}

fn invalid(text: impl Into<String>) -> SessionsError {
    SessionsError::Invalid(text.into())
}
