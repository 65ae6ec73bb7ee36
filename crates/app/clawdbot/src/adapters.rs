//! Every network and every model vendor of this build: the only list of adapters.

use anyhow::Result;
use config::{ConfigPath, Reload};
use serde_json::Value;

/// The sections that adapters own, with their schemas.
pub(crate) fn sections() -> Result<Vec<(ConfigPath, Value, Reload)>> {
    Ok(Vec::new())
}
