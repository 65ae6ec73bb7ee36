//! How the owner of a part of the file says what may be written there.
//!
//! A section is a plain serde struct with defaults. Its JSON Schema, derived from the same struct, is merged into the
//! tree of known keys, so that checking, the manual and the survey of unused keys follow from the struct alone.
//! A section ignores keys it does not know: the tree names those.

use std::fmt::Debug;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::issue::Issues;

/// A part of the config file, owned by one crate.
///
/// ```ignore
/// #[derive(Clone, Debug, Deserialize, JsonSchema)]
/// #[serde(rename_all = "camelCase", default)]
/// pub struct Config { /** TCP port. */ pub port: u16 }
/// impl Section for Config { const PATH: &'static str = "gateway"; const RELOAD: Reload = Reload::Gateway; }
/// ```
pub trait Section: DeserializeOwned + JsonSchema + Default + Debug + Send + Sync + 'static {
    /// Where it lies: `gateway`, `agents.defaults`, or `""` for a struct of several top-level sections.
    const PATH: &'static str;
    /// What a change below [`Section::PATH`] costs.
    const RELOAD: Reload;

    /// Rules between fields, which types cannot say. Paths start at the root of the file.
    fn check(&self, _issues: &mut Issues) {}
}

/// What it takes for a changed key to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reload {
    /// Read at the next use: nothing to do.
    Now,
    /// The account of a channel connects anew.
    Account,
    /// The gateway starts again in its own process.
    Gateway,
}
