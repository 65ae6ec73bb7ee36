//! What the standard library lacks for a program that runs for months.
//!
//! Everything here is product-neutral: owned tasks, bounded pools, time and chance as arguments,
//! and files whose behaviour at a crash is written down and tested.

mod adopt;
mod append_file;
mod atomic_file;
mod backoff;
mod clock;
mod disk;
mod entropy;
mod gate;
mod path;
mod pool;
mod secret;
mod task;
mod task_set;
mod ttl_map;
mod turn;

pub use adopt::adopt;
pub use append_file::{AppendFile, Repair};
pub use atomic_file::AtomicFile;
pub use backoff::Backoff;
pub use clock::{Clock, ManualClock, SystemClock};
pub use disk::{Disk, DiskFile, FileStat, MemoryDisk, RealDisk, create_private_dir};
pub use entropy::{Entropy, OsEntropy, SeededEntropy};
pub use gate::Gate;
pub use path::{AbsPath, NotAbsolute};
pub use pool::{Pool, PoolError};
pub use secret::Secret;
pub use task::{OwnedTask, TaskEnd};
pub use task_set::{Full, OwnedTasks};
pub use ttl_map::TtlMap;
pub use turn::give_way;

/// The token every owned task is given; a child ends with its parent.
pub use tokio_util::sync::CancellationToken;
