//! Keeps secrets and auth profiles: which one a call uses, in which order, and how long one rests after a failure.
//!
//! The credential file belongs to the owner and to other programs as well: it is written in place, and what is not
//! understood stays. A secret is a `Secret` from the moment it is read and never reaches a log.

mod config;
mod cooldown;
mod credentials;
mod environment;
mod methods;
mod order;
mod stored;
mod vault;

pub use crate::config::{Auth, Config, Cooldowns, DeclaredProfile, Mode, Models, ProviderKey};
pub use crate::credentials::{Candidate, CredentialError, Credentials, NoCredentials, ProfileFacts};
pub use cooldown::Failure;
pub use methods::methods;
pub use vault::VaultError;
