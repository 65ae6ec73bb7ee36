//! The writer thread: the only one that changes the file. While it syncs, the next group gathers.

use std::thread::JoinHandle;

use crate::StoreError;
use crate::checkpoint::Checkpoints;
use crate::group::{Job, Writing};
use parking_lot::Mutex;
use tokio::sync::mpsc;

/// Transactions that wait for the writer; when full, callers wait.
pub(crate) const QUEUE: usize = 256;

/// Transactions in one commit: beyond this the first would wait too long for the last.
const GROUP: usize = 64;

/// The writer thread and the queue to it. Dropping it lets the thread finish what is queued and end.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(crate) fn start(writing: Writing, checkpoints: Checkpoints) -> Result<Self, StoreError> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new().name("store-write".to_owned());
        let thread = thread.spawn(move || serve(&writing, receiver, checkpoints))?;
        Ok(Self { jobs: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    pub(crate) async fn send(&self, job: Job) -> Result<(), StoreError> {
        let sender = self.sender()?;
        sender.send(job).await.map_err(|_| StoreError::Closed)
    }

    pub(crate) fn send_blocking(&self, job: Job) -> Result<(), StoreError> {
        self.sender()?.blocking_send(job).map_err(|_| StoreError::Closed)
    }

    /// Takes no more jobs; the thread ends when the queued ones are done.
    pub(crate) fn close(&self) -> Option<JoinHandle<()>> {
        self.jobs.lock().take();
        self.thread.lock().take()
    }

    fn sender(&self) -> Result<mpsc::Sender<Job>, StoreError> {
        self.jobs.lock().clone().ok_or(StoreError::Closed)
    }
}

fn serve(writing: &Writing, mut jobs: mpsc::Receiver<Job>, mut checkpoints: Checkpoints) {
    while let Some(first) = jobs.blocking_recv() {
        let mut room = GROUP - 1;
        writing.commit(first, || {
            room = room.checked_sub(1)?;
            jobs.try_recv().ok()
        });
        checkpoints.committed(writing.connection());
    }
}
