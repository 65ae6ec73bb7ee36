//! The door to all conversations: find, open, start over, change.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use config::Live;
use ids::{AgentId, ParseNameError, SessionId, SessionKey};
use jiff::tz::TimeZone;
use parking_lot::Mutex;
use stdx::{AbsPath, CancellationToken, Clock, Disk, Entropy, Gate, OwnedTask, Pool};
use store::{Migration, Store, StoreError, Tx};
use tokio::sync::{Notify, Semaphore};

use crate::SessionsError;
use crate::active::Place;
use crate::config::Config;
use crate::crowd::thin_out;
use crate::index;
use crate::places::{Found, Places};
use crate::ports::Neighbours;
use crate::recent::Recent;
use crate::record::Record;
use crate::reset::Surroundings;
use crate::session::Session;
use crate::shared::Shared;

/// How long a task behind may take to end.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// What conversations need from the rest of the program.
#[derive(Debug, Clone)]
pub struct Parts {
    pub store: Store,
    pub disk: Arc<dyn Disk>,
    /// For reading and writing transcripts.
    pub pool: Arc<Pool>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub config: Live<Config>,
    pub state: AbsPath,
    pub home: AbsPath,
    pub neighbours: Arc<dyn Neighbours>,
}

/// How a session is opened for a turn.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The channel the message came through, for its reset rule.
    pub channel: Option<String>,
    /// For the header of a new transcript.
    pub workspace: AbsPath,
    pub fresh: Fresh,
}

/// Whether the conversation may start over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fresh {
    /// Never: what is there is continued.
    Keep,
    /// When the configured rule says that it has ended.
    IfStale,
    /// Because a person said so in the chat: whom it is with stays, how it was set does not.
    Always,
    /// Because a client reset it: how it was set stays.
    Reset,
}

/// A session, and how it came to be what it is.
#[derive(Debug)]
pub struct Opened {
    pub session: Session,
    pub record: Record,
    pub started: Started,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    Continued,
    New,
    /// The key has a new transcript; this was the old one.
    Over {
        old: Option<SessionId>,
    },
}

/// All conversations of a state folder.
#[derive(Debug)]
pub struct Sessions {
    pub(crate) shared: Arc<Shared>,
    /// `false` while the other program's index is being taken over.
    pub(crate) ready: Gate,
    pub(crate) tasks: Mutex<Vec<OwnedTask>>,
}

impl Sessions {
    /// The tables of this crate.
    pub const MIGRATIONS: &[Migration] = &[index::MIGRATION, index::MERGED];

    /// Conversations on an opened store. Nothing is read and no task runs before [`Sessions::start`].
    #[must_use]
    pub fn new(parts: Parts) -> Arc<Self> {
        let shared = Shared {
            store: parts.store,
            disk: parts.disk,
            pool: parts.pool,
            clock: parts.clock,
            entropy: parts.entropy,
            config: parts.config,
            places: Places { state: parts.state, home: parts.home },
            neighbours: parts.neighbours,
            recent: Recent::default(),
            active: Mutex::default(),
            opening: Semaphore::new(1),
            beginning: Semaphore::new(1),
            to_append: Mutex::default(),
            append: Notify::new(),
            upkeep: Notify::new(),
            crowded: Notify::new(),
            sync_now: AtomicBool::new(false),
            index_dirty: AtomicBool::new(false),
        };
        Arc::new(Self { shared: Arc::new(shared), ready: Gate::opened(), tasks: Mutex::default() })
    }

    /// Starts the tasks behind: the writer of files, the upkeep, who makes room, and first the take-over of what is on disk, for
    /// which every method waits.
    pub fn start(self: &Arc<Self>, cancel: &CancellationToken) {
        self.ready.close();
        let appender = Arc::clone(&self.shared);
        let upkeep = Arc::clone(&self.shared);
        let (crowd, of_crowd) = (Arc::downgrade(self), Arc::clone(&self.shared));
        let first = Arc::clone(self);
        let mut tasks = self.tasks.lock();
        tasks.push(OwnedTask::spawn(cancel, |cancel| appender.append_files(cancel)));
        tasks.push(OwnedTask::spawn(cancel, |cancel| upkeep.keep_up(cancel)));
        tasks.push(OwnedTask::spawn(cancel, |cancel| thin_out(crowd, of_crowd, cancel)));
        tasks.push(OwnedTask::spawn(cancel, |_| async move { first.take_over().await }));
    }

    /// Ends the tasks behind; then everything committed is in its file and the other program's index is written.
    pub async fn stop(&self) {
        let tasks = std::mem::take(&mut *self.tasks.lock());
        for task in tasks {
            task.stop(STOP_GRACE).await;
        }
        self.shared.settle_all().await;
    }

    /// The session of this key, ready for a turn. Made where it is missing, started over where it has ended.
    pub async fn open(&self, key: &SessionKey, opening: Opening) -> Result<Opened, SessionsError> {
        self.ready().await;
        let found = self.find(key).await?;
        let is_good = |record: &Record| match opening.fresh {
            Fresh::Keep => true,
            Fresh::IfStale => !self.is_stale(key, &opening, record),
            Fresh::Always | Fresh::Reset => false,
        };
        let most = self.shared.config.get().max_sessions.filter(|_| found.is_none());
        let _turn = match most {
            Some(_) => Some(self.shared.beginning.acquire().await.map_err(|_| SessionsError::Closed)?),
            None => None,
        };
        let (record, started) = match found {
            Some(record) if record.session().is_some() && is_good(&record) => (record, Started::Continued),
            found => self.begin(key, found, opening.fresh).await?,
        };
        let session = self.use_session(key, &record, &opening.workspace).await?;
        if let Some(most) = most.filter(|_| started == Started::New) {
            self.make_room(Some(key), most).await;
        }
        Ok(Opened { session, record, started })
    }

    /// The session of this key as it is; `None` where there is none.
    pub async fn existing(&self, key: &SessionKey) -> Result<Option<(Session, Record)>, SessionsError> {
        self.ready().await;
        let Some(record) = self.find(key).await?.filter(|record| record.session().is_some()) else { return Ok(None) };
        // A transcript that is there has its header, and one that is not gets none from us.
        let session = self.use_session(key, &record, &self.shared.places.state).await?;
        Ok(Some((session, record)))
    }

    /// What is kept of a session.
    pub async fn find(&self, key: &SessionKey) -> Result<Option<Record>, SessionsError> {
        self.ready().await;
        self.shared.find(key).await
    }

    /// Changes a session's record; makes one where there is none. The closure's error is the client's.
    pub async fn change<F>(&self, key: &SessionKey, change: F) -> Result<Record, SessionsError>
    where
        F: FnOnce(&Tx<'_>, &mut Record) -> Result<(), String> + Send + 'static,
    {
        self.ready().await;
        let (key, agent, shared, new) = (key.clone(), self.agent_of(key), Arc::clone(&self.shared), self.new_id());
        let changed = self.shared.store.write(move |tx| {
            let mut record = index::find(tx, &key)?.unwrap_or_else(|| Record::new(&new, tx.now_ms()));
            if let Err(refusal) = change(tx, &mut record) {
                return Ok(Err(refusal));
            }
            record.touch(tx.now_ms().max(record.updated_at()));
            shared.save(tx, &key, &agent, &record)?;
            Ok(Ok(record))
        });
        changed.await?.map_err(SessionsError::Invalid)
    }

    /// Changes a session's record inside somebody's transaction; nothing where there is no such session.
    pub fn note(&self, tx: &Tx<'_>, key: &SessionKey, change: impl FnOnce(&mut Record)) -> Result<(), StoreError> {
        let Some(mut record) = index::find(tx, key)? else { return Ok(()) };
        change(&mut record);
        self.shared.save(tx, key, &self.agent_of(key), &record)
    }

    /// Which agent a session belongs to.
    #[must_use]
    pub fn agent_of(&self, key: &SessionKey) -> AgentId {
        key.agent().unwrap_or_else(|| self.default_agent())
    }

    /// The agent of what names none.
    #[must_use]
    pub fn default_agent(&self) -> AgentId {
        self.shared.neighbours.default_agent()
    }

    /// What a client wrote, as the key it means.
    pub fn resolve_key(&self, text: &SessionKey) -> Result<SessionKey, SessionsError> {
        let resolved = self.key_of(&self.default_agent(), text.as_sent());
        resolved.map_err(|error| SessionsError::Invalid(error.to_string()))
    }

    /// The key that a text means where it is about this agent.
    pub(crate) fn key_of(&self, agent: &AgentId, text: &str) -> Result<SessionKey, ParseNameError> {
        let config = self.shared.config.get();
        let resolved = SessionKey::resolve(text, agent, config.main_key())?;
        let is_global = config.scope == crate::config::Scope::Global && resolved.is_main(config.main_key());
        Ok(if is_global { SessionKey::global() } else { resolved })
    }

    pub(crate) async fn ready(&self) {
        self.ready.passed().await;
    }

    pub(crate) fn new_id(&self) -> SessionId {
        let mut bytes = [0; 16];
        self.shared.entropy.fill(&mut bytes);
        let text = uuid::Builder::from_random_bytes(bytes).into_uuid().to_string();
        // A uuid always parses as an id.
        text.parse().unwrap_or_else(|_| self.new_id())
    }

    pub(crate) fn place(&self, key: &SessionKey, record: &Record, workspace: &AbsPath) -> Option<Place> {
        let session = record.session()?;
        let (shared, agent) = (&self.shared, self.agent_of(key));
        let said = shared.places.transcript(key, &agent, &session, record);
        let Found { path, origin } = shared.places.found_again(shared.disk.as_ref(), &agent, said);
        Some(Place { path, origin, session, cwd: workspace.to_string().into() })
    }

    async fn use_session(
        &self,
        key: &SessionKey,
        record: &Record,
        workspace: &AbsPath,
    ) -> Result<Session, SessionsError> {
        let invalid = || SessionsError::Invalid(format!("session {key} has no sessionId"));
        let place = self.place(key, record, workspace).ok_or_else(invalid)?;
        let active = self.shared.activate(place).await?;
        Ok(Session { key: key.clone(), agent: self.agent_of(key), active, shared: Arc::clone(&self.shared) })
    }

    fn is_stale(&self, key: &SessionKey, opening: &Opening, record: &Record) -> bool {
        let policy = self.shared.config.get().reset_policy(&Surroundings::of(key, opening.channel.as_deref()));
        policy.is_stale(record.updated_at(), self.shared.clock.now_ms(), &TimeZone::system())
    }

    async fn begin(
        &self,
        key: &SessionKey,
        seen: Option<Record>,
        fresh: Fresh,
    ) -> Result<(Record, Started), SessionsError> {
        let (key, agent, session) = (key.clone(), self.agent_of(key), self.new_id());
        let shared = Arc::clone(&self.shared);
        let seen = seen.and_then(|record| record.session());
        let begun = self.shared.store.write(move |tx| {
            let found = index::find(tx, &key)?;
            // Somebody else began it meanwhile: theirs is as fresh.
            if let Some(record) = found.as_ref().filter(|record| record.session().is_some() && record.session() != seen)
            {
                return Ok((record.clone(), Started::Continued));
            }
            let (mut record, started) = match &found {
                None => (Record::default().expired(&session, tx.now_ms()), Started::New),
                Some(old) if fresh == Fresh::Reset => {
                    (old.reset(&session, tx.now_ms()), Started::Over { old: old.session() })
                }
                Some(old) => (old.expired(&session, tx.now_ms()), Started::Over { old: old.session() }),
            };
            if fresh != Fresh::Reset {
                record.set("sessionFile", &shared.places.transcript(&key, &agent, &session, &record));
            }
            shared.save(tx, &key, &agent, &record)?;
            let body = serde_json::json!({ "key": key, "old": seen });
            tx.fact(session.as_str(), "session.began", &body)?;
            Ok::<_, StoreError>((record, started))
        });
        Ok(begun.await?)
    }
}
