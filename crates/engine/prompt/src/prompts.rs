//! Builds prompts, and reads each workspace's files only when they changed.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use ids::AgentId;
use parking_lot::Mutex;
use stdx::{AbsPath, Disk};

use crate::bootstrap::{self, Context};
use crate::identity::Identity;
use crate::sections::{self, Input};
use crate::templates;

/// Text that skills add to the prompt. They live in a crate this one does not know.
pub trait PromptSource: Send + Sync {
    /// The skills an agent may use, ready to be put under their heading.
    fn skills(&self, agent: &AgentId) -> Option<Arc<str>>;
}

/// No skills.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSkills;

impl PromptSource for NoSkills {
    fn skills(&self, _: &AgentId) -> Option<Arc<str>> {
        None
    }
}

/// Agents whose files are remembered.
const REMEMBERED: usize = 32;

/// Builds prompts and remembers each workspace's files until they change.
pub struct Prompts {
    disk: Arc<dyn Disk>,
    contexts: Mutex<HashMap<AbsPath, Arc<Context>>>,
}

impl Prompts {
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk, contexts: Mutex::default() }
    }

    /// The whole prompt. Looks at the files' times, and reads those that changed.
    pub fn build(&self, input: &Input<'_>, workspace: &AbsPath, most_chars: usize, seed: bool) -> Arc<str> {
        let context = self.context(workspace, most_chars, seed);
        sections::build(input, context.text(input.mode)).into()
    }

    /// The files as they are now. They are small and few, so this does not go to another thread.
    fn context(&self, workspace: &AbsPath, most_chars: usize, seed: bool) -> Arc<Context> {
        let known = self.contexts.lock().get(workspace).cloned();
        let stamps = bootstrap::stamps(self.disk.as_ref(), workspace);
        if let Some(known) = known.as_ref().filter(|known| known.is_of(&stamps, most_chars)) {
            return Arc::clone(known);
        }
        let is_first = known.is_none();
        let stamps = if is_first && seed && templates::seed(self.disk.as_ref(), workspace, &stamps) {
            bootstrap::stamps(self.disk.as_ref(), workspace)
        } else {
            stamps
        };
        let context = Arc::new(Context::read(self.disk.as_ref(), workspace, stamps, most_chars));
        let mut contexts = self.contexts.lock();
        if contexts.len() >= REMEMBERED {
            contexts.clear();
        }
        contexts.insert(workspace.clone(), Arc::clone(&context));
        context
    }

    /// `- Name:` and its like of the workspace's IDENTITY.md.
    #[must_use]
    pub fn identity(&self, workspace: &AbsPath) -> Identity {
        Identity::of(self.disk.as_ref(), workspace)
    }
}

impl fmt::Debug for Prompts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompts").field("disk", &self.disk).finish_non_exhaustive()
    }
}
