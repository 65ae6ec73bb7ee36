//! Where transcripts and the other program's index lie.

use ids::{AgentId, SessionId, SessionKey};
use stdx::{AbsPath, Disk};

use crate::record::Record;

/// The folders of one state folder.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) state: AbsPath,
    /// What `~` means in a configured path.
    pub(crate) home: AbsPath,
}

/// Where a transcript belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) path: AbsPath,
    /// The only place where it is as yet.
    pub(crate) origin: Option<AbsPath>,
}

impl Places {
    pub(crate) fn agents(&self) -> AbsPath {
        self.state.join("agents")
    }

    /// The other program's index of an agent's sessions.
    pub(crate) fn index_file(&self, agent: &AgentId, configured: Option<&str>) -> AbsPath {
        match configured.map(str::trim).filter(|path| !path.is_empty()) {
            Some(path) => self.expand(&path.replace("{agentId}", agent.as_str())),
            None => self.folder(agent).join("sessions.json"),
        }
    }

    /// Where conversations were before agents had folders.
    pub(crate) fn before_agents(&self) -> AbsPath {
        self.state.join("sessions")
    }

    /// An agent's transcripts.
    pub(crate) fn folder(&self, agent: &AgentId) -> AbsPath {
        self.agents().join(agent.as_str()).join("sessions")
    }

    fn expand(&self, path: &str) -> AbsPath {
        let below_home = path.strip_prefix('~').map(|rest| self.home.join(rest.trim_start_matches('/')));
        below_home.unwrap_or_else(|| self.state.join(path))
    }

    /// Where a transcript lies that is said to lie there: the state folder may have been moved since.
    ///
    /// A place of our layout below another state folder means the one below this, and nothing is ever written there. It
    /// counts also where nothing was written yet; what is only at the old place is copied before it is used.
    pub(crate) fn found_again(&self, disk: &dyn Disk, agent: &AgentId, said: AbsPath) -> Found {
        let is_there = |path: &AbsPath| disk.stat(path).is_ok();
        let beside_others = || said.file_name().map(|name| self.folder(agent).join(name));
        match self.below_here(&said) {
            Some(here) if here != said => {
                let origin = Some(said).filter(|said| !is_there(&here) && is_there(said));
                Found { path: here, origin }
            }
            Some(_) => Found { path: said, origin: None },
            None => {
                let path = beside_others().filter(|here| is_there(here) && !is_there(&said)).unwrap_or(said);
                Found { path, origin: None }
            }
        }
    }

    /// The same transcript below this state folder; `None` for a path that is of no layout of ours.
    fn below_here(&self, path: &AbsPath) -> Option<AbsPath> {
        let (name, sessions, agent) = (path.file_name()?, path.parent(), path.parent().parent());
        let is_ours = sessions.file_name() == Some("sessions") && agent.parent().file_name() == Some("agents");
        is_ours.then(|| Some(self.agents().join(agent.file_name()?).join("sessions").join(name)))?
    }

    /// A session's transcript: where its record says, else by its id.
    pub(crate) fn transcript(
        &self,
        key: &SessionKey,
        agent: &AgentId,
        session: &SessionId,
        record: &Record,
    ) -> AbsPath {
        let said = record.text("sessionFile").and_then(|path| AbsPath::new(path).ok());
        said.unwrap_or_else(|| self.folder(agent).join(file_name(key, session)))
    }
}

/// Telegram's topics have the topic in the name, as the other program looks for them.
fn file_name(key: &SessionKey, session: &SessionId) -> String {
    // The id came through a parser that lets slashes pass: a name must stay in its folder.
    let session = session.as_str().replace(['/', '\\'], "_");
    match key.as_str().rsplit_once(":topic:") {
        Some((_, topic)) if !topic.is_empty() && topic.chars().all(|c| c.is_ascii_alphanumeric()) => {
            format!("{session}-topic-{topic}.jsonl")
        }
        _ => format!("{session}.jsonl"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stdx::MemoryDisk;

    #[test]
    fn a_transcript_lies_where_the_other_program_looks_for_it() {
        let places = Places { state: AbsPath::new("/s").unwrap(), home: AbsPath::new("/h").unwrap() };
        let place = |key: &str, session: &str, record: &Record| {
            places.transcript(&key.parse().unwrap(), &AgentId::main(), &session.parse().unwrap(), record).to_string()
        };
        let mut record = Record::default();
        assert_eq!(place("agent:main:main", "id", &record), "/s/agents/main/sessions/id.jsonl");
        assert_eq!(
            place("agent:main:telegram:group:-1:topic:7", "id", &record),
            "/s/agents/main/sessions/id-topic-7.jsonl"
        );
        assert_eq!(place("agent:main:main", "../../x", &record), "/s/agents/main/sessions/.._.._x.jsonl");
        record.set("sessionFile", "/elsewhere/a.jsonl");
        assert_eq!(place("agent:main:main", "id", &record), "/elsewhere/a.jsonl");
        assert_eq!(places.index_file(&AgentId::main(), Some("~/x/{agentId}.json")).to_string(), "/h/x/main.json");
    }

    #[test]
    fn a_path_of_a_state_folder_that_was_moved_means_this_one() {
        let places = Places { state: AbsPath::new("/s").unwrap(), home: AbsPath::new("/h").unwrap() };
        let disk = MemoryDisk::new();
        let again = |said: &str| places.found_again(&disk, &AgentId::main(), AbsPath::new(said).unwrap());
        let found = |said: &str| again(said).path.to_string();
        let put = |path: &str| disk.replace(&AbsPath::new(path).unwrap(), &mut |_| Ok(())).unwrap();
        assert_eq!(found("/old/agents/main/sessions/a.jsonl"), "/s/agents/main/sessions/a.jsonl");
        put("/old/agents/main/sessions/a.jsonl");
        let only = again("/old/agents/main/sessions/a.jsonl");
        assert_eq!(only.path.to_string(), "/s/agents/main/sessions/a.jsonl");
        assert_eq!(only.origin.unwrap().to_string(), "/old/agents/main/sessions/a.jsonl", "copied from there");
        put("/s/agents/main/sessions/a.jsonl");
        assert_eq!(again("/old/agents/main/sessions/a.jsonl").origin, None);
        assert_eq!(found("/old/agents/main/sessions/a.jsonl"), "/s/agents/main/sessions/a.jsonl");
        assert_eq!(
            found("/elsewhere/a.jsonl"),
            "/s/agents/main/sessions/a.jsonl",
            "gone there, found beside the others"
        );
        put("/elsewhere/a.jsonl");
        assert_eq!(found("/elsewhere/a.jsonl"), "/elsewhere/a.jsonl", "a place of the owner's own");
    }
}
