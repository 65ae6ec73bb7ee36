//! The one embedded database: one writer, group commit, a few readers, migrations that only add.
//!
//! A write is told to its caller after it is synced, never before. Each engine owns its tables; the only table of
//! this crate that others know is `facts`, the append-only record of why things changed. No product word is known here.

mod checkpoint;
mod error;
mod foreign_lock;
mod group;
mod lease;
mod memory;
mod migration;
mod readers;
mod store;
mod transaction;
mod view;
mod writer;

pub use error::StoreError;
pub use foreign_lock::ForeignLock;
pub use lease::{Lease, LeaseError};
pub use migration::Migration;
pub use store::{Fence, Store};
pub use transaction::{FactId, Tx};
pub use view::View;

/// What a query's closure is given, and what its parameters are made of.
pub use rusqlite::{Error as SqlError, Row, ToSql, params, params_from_iter, types};
