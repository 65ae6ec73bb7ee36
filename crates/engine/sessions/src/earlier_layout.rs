//! Conversations from before agents had folders: what the folder `sessions` of the state folder holds is the default
//! agent's.
//!
//! Nothing is written over. A transcript with a twin stays where it is, and so does an index that cannot be read or that
//! the config names; an index that was taken over is kept beside the agent's own, as it was.

use std::sync::Arc;

use ids::AgentId;
use stdx::{AbsPath, AtomicFile};
use store::StoreError;
use tracing::{info, warn};

use crate::SessionsError;
use crate::archive::stamp;
use crate::export::hash;
use crate::index;
use crate::sessions::Sessions;

impl Sessions {
    /// Takes over what lies at the old places. Done again from the start where it was interrupted.
    pub(crate) async fn adopt_earlier_layout(&self) -> Result<(), SessionsError> {
        let shared = &self.shared;
        let agent = shared.neighbours.default_agent();
        let (from, to) = (shared.places.before_agents(), shared.places.folder(&agent));
        let (disk, old, new) = (Arc::clone(&shared.disk), from.clone(), to.clone());
        let moved = shared.pool.run(move || stdx::adopt(disk.as_ref(), &old, &new, is_transcript)).await;
        let moved = moved.map_err(|_| SessionsError::Closed)?.map_err(StoreError::from)?;
        if moved > 0 {
            info!(from = %from, to = %to, moved, "transcripts of an older layout were moved to their agent");
        }
        let has_index = self.adopt_index(&agent, &from.join(INDEX), &to.join(INDEX)).await?;
        if moved > 0 || has_index {
            // A folder that still holds something stays.
            drop(shared.disk.remove_folder(&from));
        }
        Ok(())
    }

    /// Puts the sessions of an old index among ours; `false` where it stays as it is.
    async fn adopt_index(&self, agent: &AgentId, old: &AbsPath, kept: &AbsPath) -> Result<bool, SessionsError> {
        let shared = &self.shared;
        let own = shared.places.index_file(agent, shared.config.get().store.as_deref());
        if own == *old {
            return Ok(false);
        }
        let Some(bytes) = self.read_file(old).await? else { return Ok(false) };
        // One that says the same may be the same file, through a link.
        if self.read_file(&own).await?.as_ref() == Some(&bytes) {
            return Ok(false);
        }
        let Some(theirs) = self.parse(agent, &bytes) else {
            warn!(path = %old, "session index of an older layout cannot be read and stays where it is");
            return Ok(false);
        };
        let of = (old.to_string(), hash(&bytes));
        let merged = of.clone();
        if !shared.store.read(move |view| index::was_merged(view, &merged.0, &merged.1)).await? {
            info!(path = %old, sessions = theirs.len(), agent = %agent, "sessions of an older layout are merged");
            self.merge(agent, theirs).await?;
            // Where the rest fails, the next start does not bring back what was deleted since.
            shared.store.write(move |tx| index::note_merged(tx, &of.0, &of.1)).await?;
        }
        // The old index goes only when the other program finds its sessions in the newer one.
        shared.export_agent(agent).await?;
        // A copy and not another name: the two places may be on two disks.
        let kept = kept.with_suffix(&format!(".older-layout.{}", stamp(shared.clock.now_ms())));
        AtomicFile::new(Arc::clone(&shared.disk), kept).write(&bytes).map_err(StoreError::from)?;
        shared.disk.remove(old).map_err(StoreError::from)?;
        Ok(true)
    }
}

const INDEX: &str = "sessions.json";

/// Also one that was put aside.
fn is_transcript(name: &str) -> bool {
    name.contains(".jsonl")
}
