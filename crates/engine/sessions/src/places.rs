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

    fn folder(&self, agent: &AgentId) -> AbsPath {
        self.agents().join(agent.as_str()).join("sessions")
    }

    fn expand(&self, path: &str) -> AbsPath {
        let below_home = path.strip_prefix('~').map(|rest| self.home.join(rest.trim_start_matches('/')));
        below_home.unwrap_or_else(|| self.state.join(path))
    }

    /// A transcript that is gone from where its record says, beside the agent's others: the state folder may have been
    /// moved since.
    pub(crate) fn found_again(&self, disk: &dyn Disk, agent: &AgentId, said: AbsPath) -> AbsPath {
        let folder = self.folder(agent);
        if said.parent() == folder {
            return said;
        }
        let sibling = said.as_path().file_name().map(|name| folder.join(name));
        let is_moved = |sibling: &AbsPath| disk.stat(&said).is_err() && disk.stat(sibling).is_ok();
        sibling.filter(is_moved).unwrap_or(said)
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
}
