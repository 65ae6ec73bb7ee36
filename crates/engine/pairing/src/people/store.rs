//! The files of a channel: read as they are now, changed under their lock, written whole.

use std::{fs, io, time::SystemTime};

use ids::ChannelKind;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use stdx::{AbsPath, AtomicFile, create_private_dir};

use super::{MaybeStamp, allow::AllowList, lock::Lock, requests::Requests};

/// Tells one writing of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: SystemTime,
    len: u64,
}

/// What was read last.
#[derive(Debug)]
pub(super) struct Cached {
    pub(super) stamp: MaybeStamp,
    pub(super) list: AllowList,
}

/// `<channel>-allowFrom.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Allowed {
    #[serde(default = "version")]
    version: u32,
    #[serde(default, rename = "allowFrom")]
    allow_from: Vec<Value>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

fn version() -> u32 {
    1
}

impl Default for Allowed {
    fn default() -> Self {
        Self { version: 1, allow_from: Vec::new(), rest: Map::new() }
    }
}

/// All stores.
#[derive(Debug, Clone)]
pub(super) struct Store {
    folder: AbsPath,
}

const PAIRING: &str = "-pairing.json";
const ALLOWED: &str = "-allowFrom.json";

impl Store {
    pub(super) fn new(state_dir: &AbsPath) -> Self {
        Self { folder: state_dir.join("credentials") }
    }

    fn requests_path(&self, channel: &ChannelKind) -> AbsPath {
        self.folder.join(format!("{}{PAIRING}", file_name(channel)))
    }

    fn allowed_path(&self, channel: &ChannelKind) -> AbsPath {
        self.folder.join(format!("{}{ALLOWED}", file_name(channel)))
    }

    /// Channels that have a store of requests.
    pub(super) fn channels(&self) -> io::Result<Vec<ChannelKind>> {
        self.channels_with(PAIRING)
    }

    /// Stores that cannot be read, and why.
    pub(super) fn broken(&self) -> Vec<String> {
        let of = |ending| self.channels_with(ending).unwrap_or_default();
        let requests = of(PAIRING).into_iter().filter_map(|channel| self.requests(&channel).err());
        let allowed = of(ALLOWED).into_iter().filter_map(|channel| self.allowed(&channel).err());
        requests.chain(allowed).map(|error| error.to_string()).collect()
    }

    fn channels_with(&self, ending: &str) -> io::Result<Vec<ChannelKind>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut channels: Vec<ChannelKind> = names.filter_map(|name| name.strip_suffix(ending)?.parse().ok()).collect();
        channels.sort();
        Ok(channels)
    }

    pub(super) fn stamp(&self, channel: &ChannelKind) -> MaybeStamp {
        let facts = fs::metadata(self.allowed_path(channel)).ok()?;
        Some(Stamp { modified: facts.modified().ok()?, len: facts.len() })
    }

    pub(super) fn allowed(&self, channel: &ChannelKind) -> io::Result<AllowList> {
        let allowed: Allowed = read(&AtomicFile::real(self.allowed_path(channel)))?;
        Ok(AllowList::new(allowed.allow_from.iter().filter_map(entry)))
    }

    pub(super) fn requests(&self, channel: &ChannelKind) -> io::Result<Requests> {
        read(&AtomicFile::real(self.requests_path(channel)))
    }

    /// Changes the requests under their lock; the closure says whether it changed them.
    pub(super) fn change_requests<T>(
        &self,
        channel: &ChannelKind,
        change: impl FnOnce(&mut Requests) -> (T, bool),
    ) -> io::Result<T> {
        self.change(self.requests_path(channel), change)
    }

    /// Adds a sender; says whether it is new.
    pub(super) fn allow(&self, channel: &ChannelKind, sender: &str) -> io::Result<bool> {
        self.change(self.allowed_path(channel), |allowed: &mut Allowed| {
            let is_new =
                sender != "*" && !AllowList::new(allowed.allow_from.iter().filter_map(entry)).contains(channel, sender);
            if is_new {
                allowed.allow_from.push(Value::String(sender.to_owned()));
            }
            (is_new, is_new)
        })
    }

    /// Takes a sender away; says whether it was there.
    pub(super) fn disallow(&self, channel: &ChannelKind, sender: &str) -> io::Result<bool> {
        self.change(self.allowed_path(channel), |allowed: &mut Allowed| {
            let before = allowed.allow_from.len();
            allowed.allow_from.retain(|known| !AllowList::new(entry(known)).contains(channel, sender));
            let is_gone = before != allowed.allow_from.len();
            (is_gone, is_gone)
        })
    }

    fn change<F: Default + DeserializeOwned + Serialize, T>(
        &self,
        path: AbsPath,
        change: impl FnOnce(&mut F) -> (T, bool),
    ) -> io::Result<T> {
        create_private_dir(&self.folder)?;
        let _lock = Lock::take(&path)?;
        let file = AtomicFile::real(path);
        let mut content: F = read(&file)?;
        let (answer, is_changed) = change(&mut content);
        if is_changed {
            let mut bytes = serde_json::to_vec_pretty(&content)?;
            bytes.push(b'\n');
            file.write(&bytes)?;
        }
        Ok(answer)
    }
}

/// A file that is not there is empty; one that cannot be read is an error, and is never written over.
fn read<F: Default + DeserializeOwned>(file: &AtomicFile) -> io::Result<F> {
    match file.read()? {
        None => Ok(F::default()),
        Some(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", file.path()))),
    }
}

/// Ids were written as numbers at times.
fn entry(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A channel's name must not lead out of the folder.
fn file_name(channel: &ChannelKind) -> String {
    let plain = |letter: char| {
        if matches!(letter, '\\' | '/' | ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { letter }
    };
    channel.as_str().chars().map(plain).collect::<String>().replace("..", "_")
}
