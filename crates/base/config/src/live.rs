//! A value that changes while people read it: reading is one atomic load, and nobody waits for anybody.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::watch;

/// The reader's end: always the newest accepted value.
pub struct Live<T> {
    current: Arc<ArcSwap<T>>,
    version: watch::Receiver<u64>,
}

/// The writer's end, held by the one who watches the file.
pub struct LiveSetter<T> {
    current: Arc<ArcSwap<T>>,
    version: watch::Sender<u64>,
}

impl<T> Live<T> {
    /// A live value and the end that sets it.
    #[must_use]
    pub fn new(value: T) -> (LiveSetter<T>, Self) {
        let current = Arc::new(ArcSwap::from_pointee(value));
        let (sender, version) = watch::channel(0);
        (LiveSetter { current: Arc::clone(&current), version: sender }, Self { current, version })
    }

    /// A value that never changes, for tests and tools.
    #[must_use]
    pub fn fixed(value: T) -> Self {
        Self::new(value).1
    }

    /// The value now. A run takes this once at its start and keeps it.
    #[must_use]
    pub fn get(&self) -> Arc<T> {
        self.current.load_full()
    }

    /// Waits for the next change after the last one this handle saw; `None` when no more can come.
    pub async fn changed(&mut self) -> Option<Arc<T>> {
        self.version.changed().await.ok()?;
        Some(self.get())
    }
}

impl<T> LiveSetter<T> {
    /// Replaces the value and wakes whoever waits.
    pub fn set(&self, value: T) {
        self.current.store(Arc::new(value));
        self.version.send_modify(|version| *version = version.wrapping_add(1));
    }
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self { current: Arc::clone(&self.current), version: self.version.clone() }
    }
}

impl<T: fmt::Debug> fmt::Debug for Live<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Live").field(&self.get()).finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for LiveSetter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LiveSetter").field(&self.current.load_full()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_waiting_reader_wakes_with_the_new_value() {
        let (setter, mut live) = Live::new(1);
        setter.set(2);
        assert_eq!(live.changed().await.as_deref(), Some(&2));
        assert_eq!(*live.get(), 2);
        drop(setter);
        assert_eq!(live.changed().await, None);
    }
}
