//! One writer at a time, of whichever program: a folder `<file>.lock`, which only one can create.
//!
//! A folder that nobody touched for thirty seconds belonged to a program that died. Work under the lock takes
//! milliseconds, so it is never renewed.

use std::{
    fs, io, thread,
    time::{Duration, Instant},
};

use stdx::{AbsPath, Clock as _, SystemClock};

const STALE: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// Held until dropped.
#[derive(Debug)]
pub(super) struct Lock(AbsPath);

impl Lock {
    /// Waits for the lock of a file; blocks the thread.
    pub(super) fn take(file: &AbsPath) -> io::Result<Self> {
        let path = file.with_suffix(".lock");
        let until: Instant = SystemClock.now() + PATIENCE;
        loop {
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
            if is_stale(&path) {
                // Another may remove it first; then creating it decides.
                let _ = fs::remove_dir(&path);
                continue;
            }
            if SystemClock.now() >= until {
                return Err(io::Error::new(io::ErrorKind::TimedOut, format!("{path} is held by another program")));
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir(&self.0) {
            tracing::warn!(path = %self.0, %error, "a lock could not be given back");
        }
    }
}

fn is_stale(path: &AbsPath) -> bool {
    let touched = fs::metadata(path).and_then(|facts| facts.modified());
    touched.is_ok_and(|touched| touched.elapsed().is_ok_and(|age| age > STALE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_by_one_and_given_back_and_one_of_the_dead_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = AbsPath::new(folder.path().join("a.json")).unwrap();
        let lock = Lock::take(&file).unwrap();
        assert!(fs::create_dir(file.with_suffix(".lock")).is_err());
        drop(lock);
        assert!(!file.with_suffix(".lock").exists());

        fs::create_dir(file.with_suffix(".lock")).unwrap();
        let old = fs::File::open(file.with_suffix(".lock")).unwrap();
        let long_ago = old.metadata().unwrap().modified().unwrap() - 2 * STALE;
        old.set_modified(long_ago).unwrap();
        drop(Lock::take(&file).unwrap());
    }
}
