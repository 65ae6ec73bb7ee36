//! Accepts, checks, shrinks and forgets files.
//!
//! What people send is stored for its owner alone, below `<state>/media/inbound`, under names of ours, and swept when
//! it is old. A file is what its content says, not what its sender claims.

mod error; // what can go wrong
mod media_ref; // a stored file
mod outgoing; // files of ours that leave
mod shrink; // pictures that models and networks take
mod sniff; // what a file is
mod store; // taking in, keeping, forgetting

pub use error::MediaError;
pub use media_ref::{MediaRef, ModelImage, Sniffed};
pub use shrink::{Bounds, Shrunk, shrink};
pub use sniff::sniff;
pub use store::{Keep, MediaStore};
