//! The log file: one for each day, cut when it grows too large, and forgotten after a while.
//!
//! A line is one `write`. If the disk refuses, the line is lost and the program goes on.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;

use jiff::tz::TimeZone;
use parking_lot::Mutex;
use stdx::{AbsPath, Clock};

/// Bytes of one file; then it is set aside and a new one begins.
const MOST_BYTES: u64 = 32 << 20;
/// Days that are kept.
const KEPT_DAYS: i64 = 7;
/// Files that are kept, of whatever days.
const KEPT_FILES: usize = 10;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

const PREFIX: &str = "clawdbot-";
const SUFFIX: &str = ".log";

/// Where lines go.
#[derive(Debug)]
pub(crate) struct LogFile {
    place: Place,
    most_bytes: u64,
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
enum Place {
    /// A file for each day, in a folder of ours.
    Daily { folder: AbsPath, zone: TimeZone, clock: Arc<dyn Clock> },
    /// The file that the owner named.
    Fixed(AbsPath),
}

#[derive(Debug)]
struct Open {
    file: File,
    path: AbsPath,
    bytes: u64,
    /// The moment from which another day's file is due.
    until_ms: i64,
}

impl LogFile {
    pub(crate) fn daily(folder: AbsPath, clock: Arc<dyn Clock>) -> Self {
        Self {
            place: Place::Daily { folder, zone: TimeZone::system(), clock },
            most_bytes: MOST_BYTES,
            open: Mutex::default(),
        }
    }

    pub(crate) fn fixed(path: AbsPath) -> Self {
        Self { place: Place::Fixed(path), most_bytes: MOST_BYTES, open: Mutex::default() }
    }

    /// Writes one line.
    pub(crate) fn write(&self, line: &str, now_ms: i64) {
        let mut open = self.open.lock();
        if open.as_ref().is_none_or(|open| now_ms >= open.until_ms || open.bytes >= self.most_bytes) {
            let full = open.take().filter(|open| open.bytes >= self.most_bytes);
            if let Some(full) = full {
                // If it cannot be set aside it grows on: better than no log.
                drop(std::fs::rename(&full.path, full.path.with_suffix(&format!(".{now_ms}"))));
            }
            *open = self.begin(now_ms);
        }
        if let Some(open) = open.as_mut() {
            let line = format!("{line}\n");
            if open.file.write_all(line.as_bytes()).is_ok() {
                open.bytes += u64::try_from(line.len()).unwrap_or(0);
            }
        }
    }

    fn begin(&self, now_ms: i64) -> Option<Open> {
        let (path, until_ms) = match &self.place {
            Place::Fixed(path) => {
                std::fs::create_dir_all(path.parent()).ok()?;
                prune_beside(path);
                (path.clone(), i64::MAX)
            }
            Place::Daily { folder, zone, clock } => {
                stdx::create_private_dir(folder).ok()?;
                prune(folder, clock.now_ms());
                let (name, until_ms) = day(now_ms, zone);
                (folder.join(name), until_ms)
            }
        };
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path).ok()?;
        let bytes = file.metadata().map_or(0, |file| file.len());
        Some(Open { file, path, bytes, until_ms })
    }
}

/// The file of the day, and when the next day begins.
fn day(now_ms: i64, zone: &TimeZone) -> (String, i64) {
    let fallback = || (format!("{PREFIX}unknown{SUFFIX}"), i64::MAX);
    let Ok(now) = jiff::Timestamp::from_millisecond(now_ms) else { return fallback() };
    let today = now.to_zoned(zone.clone()).date();
    let tomorrow = today.tomorrow().and_then(|day| day.to_zoned(zone.clone()));
    let until_ms = tomorrow.map_or(now_ms + DAY_MS, |start| start.timestamp().as_millisecond());
    (format!("{PREFIX}{today}{SUFFIX}"), until_ms)
}

/// The newest file in a folder of days.
pub(crate) fn newest_file(folder: &AbsPath) -> Option<AbsPath> {
    let mut names = names(folder);
    names.retain(|name| name.ends_with(SUFFIX));
    names.pop().map(|name| folder.join(name))
}

/// The names of our files, oldest day first.
fn names(folder: &AbsPath) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(PREFIX) && name.contains(SUFFIX)).collect();
    names.sort_unstable();
    names
}

fn prune(folder: &AbsPath, now_ms: i64) {
    let names = names(folder);
    let too_many = names.len().saturating_sub(KEPT_FILES);
    for (index, name) in names.iter().enumerate() {
        let path = folder.join(name);
        let changed = std::fs::metadata(&path).and_then(|file| file.modified()).ok();
        let changed_ms = changed
            .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok())
            .and_then(|since| i64::try_from(since.as_millis()).ok());
        if index < too_many || changed_ms.is_some_and(|at| now_ms - at > KEPT_DAYS * DAY_MS) {
            // A file that cannot be removed is tried again with the next one.
            drop(std::fs::remove_file(path));
        }
    }
}

/// Files that were set aside, `<name>.<milliseconds>`: the newest stay.
fn prune_beside(path: &AbsPath) {
    let (Some(name), Ok(entries)) = (path.file_name(), std::fs::read_dir(path.parent())) else { return };
    let set_aside = |entry: std::fs::DirEntry| {
        let full = entry.file_name().into_string().ok()?;
        full.strip_prefix(name)?.strip_prefix('.')?.parse::<u64>().ok()
    };
    let mut moments: Vec<u64> = entries.filter_map(|entry| set_aside(entry.ok()?)).collect();
    moments.sort_unstable();
    let too_many = (moments.len() + 1).saturating_sub(KEPT_FILES);
    for moment in moments.into_iter().take(too_many) {
        // A file that cannot be removed is tried again with the next one.
        drop(std::fs::remove_file(path.with_suffix(&format!(".{moment}"))));
    }
}

#[cfg(test)]
mod tests {
    use stdx::{ManualClock, SystemClock};

    use super::*;

    fn files(folder: &AbsPath) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut files: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        files.sort_unstable();
        files
    }

    #[test]
    fn the_file_that_the_owner_named_is_cut_by_size_and_ten_of_them_stay() {
        let home = tempfile::tempdir().unwrap();
        let folder = AbsPath::new(home.path()).unwrap();
        std::fs::write(folder.join("my.log.keep"), "not ours").unwrap();
        let log = LogFile { most_bytes: 10, ..LogFile::fixed(folder.join("my.log")) };
        for moment in 100..130 {
            log.write("a line of more than ten bytes", moment);
        }
        let kept: Vec<String> = (121..130).map(|moment| format!("my.log.{moment}")).collect();
        let expected: Vec<String> =
            ["my.log".to_owned()].into_iter().chain(kept).chain(["my.log.keep".to_owned()]).collect();
        assert_eq!(files(&folder), expected);
    }

    #[test]
    fn a_folder_of_days_keeps_ten_files_and_none_that_is_older_than_a_week() {
        let home = tempfile::tempdir().unwrap();
        let folder = AbsPath::new(home.path()).unwrap();
        for day in 10..25 {
            std::fs::write(folder.join(format!("clawdbot-2026-01-{day}.log")), "x").unwrap();
        }
        std::fs::write(folder.join("notes.txt"), "not ours").unwrap();
        let now = SystemClock.now_ms();
        prune(&folder, now);
        assert_eq!(files(&folder).len(), KEPT_FILES + 1);
        assert!(files(&folder).contains(&"clawdbot-2026-01-24.log".to_owned()), "the newest stay");
        prune(&folder, now + (KEPT_DAYS + 1) * DAY_MS);
        assert_eq!(files(&folder), ["notes.txt"]);
    }

    #[test]
    fn a_new_day_begins_a_new_file() {
        let home = tempfile::tempdir().unwrap();
        let folder = AbsPath::new(home.path()).unwrap();
        let log = LogFile::daily(folder.clone(), Arc::new(ManualClock::new(0)));
        log.write("today", 0);
        log.write("two days later", 2 * DAY_MS);
        assert_eq!(files(&folder).len(), 2);
    }

    #[test]
    fn a_file_ends_with_its_local_day() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let evening: jiff::Timestamp = "2026-01-24T22:30:00Z".parse().unwrap();
        let (name, until_ms) = day(evening.as_millisecond(), &zone);
        assert_eq!(name, "clawdbot-2026-01-24.log");
        let midnight: jiff::Timestamp = "2026-01-24T23:00:00Z".parse().unwrap();
        assert_eq!(until_ms, midnight.as_millisecond());
        assert_eq!(day(until_ms, &zone).0, "clawdbot-2026-01-25.log");
    }

    #[test]
    fn files_of_more_than_a_week_and_more_than_ten_are_removed() {
        let home = tempfile::tempdir().unwrap();
        let folder = AbsPath::new(home.path()).unwrap();
        let now_ms = 1_769_248_800_000_i64;
        let write = |name: &str, age_ms: i64| {
            let file = std::fs::File::create(folder.join(name)).unwrap();
            let at = std::time::UNIX_EPOCH + std::time::Duration::from_millis((now_ms - age_ms).unsigned_abs());
            file.set_modified(at).unwrap();
        };
        write("clawdbot-2026-01-01.log", 8 * DAY_MS);
        write("clawdbot-2026-01-18.log", 7 * DAY_MS);
        write("of-somebody-else.log", 99 * DAY_MS);
        prune(&folder, now_ms);
        assert_eq!(names(&folder), ["clawdbot-2026-01-18.log"]);
        for number in 0..12 {
            write(&format!("clawdbot-2026-01-24.log.{number:02}"), 0);
        }
        prune(&folder, now_ms);
        assert_eq!(names(&folder).len(), KEPT_FILES);
        assert!(folder.join("of-somebody-else.log").exists());
    }
}
