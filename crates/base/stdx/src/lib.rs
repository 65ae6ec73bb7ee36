//! What the standard library lacks for a program that runs for months.
//!
//! Everything here is product-neutral: owned tasks, bounded pools, time and chance as arguments,
//! and files whose behaviour at a crash is written down and tested.

mod append_file;
mod atomic_file; // a small file replaced whole
mod backoff; // how long to wait before the next attempt: pure
mod clock; // time as an argument
mod disk; // the file system, real or in memory with crash semantics
mod entropy; // chance as an argument
mod path; // absolute paths, parsed once
mod pool; // blocking work on a few named threads
mod secret; // values that never reach a log
mod task; // one task with an owner and an end
mod task_set; // many short tasks with one owner and a bound
mod ttl_map; // a bounded map whose entries end: pure // a file of lines that only grows

pub use append_file::{AppendFile, Repair};
pub use atomic_file::AtomicFile;
pub use backoff::Backoff;
pub use clock::{Clock, ManualClock, SystemClock};
pub use disk::{Disk, DiskFile, FileStat, MemoryDisk, RealDisk, create_private_dir};
pub use entropy::{Entropy, OsEntropy, SeededEntropy};
pub use path::{AbsPath, NotAbsolute};
pub use pool::{Pool, PoolError};
pub use secret::Secret;
pub use task::{OwnedTask, TaskEnd};
pub use task_set::{Full, OwnedTasks};
pub use ttl_map::TtlMap;

/// The token every owned task is given; a child ends with its parent.
pub use tokio_util::sync::CancellationToken;
