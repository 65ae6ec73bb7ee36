//! What the owner wrote about networks, read by the adapters that know them.

use std::sync::Arc;

use channel::{Account, Channel};
use config::{ConfigPath, Environment, Issues};
use serde_json::Value;

/// The accounts of one network, or everything wrong with its section.
pub(crate) fn accounts(
    network: &dyn Channel,
    tree: &Value,
    environment: &Environment,
) -> Result<Vec<Box<dyn Account>>, Issues> {
    let path = ConfigPath::root().child("channels").child(network.descriptor().kind);
    let Some(section) = path.find(tree) else { return Ok(Vec::new()) };
    let mut issues = Issues::default();
    let Ok(raw) = serde_json::value::to_raw_value(section) else { return Ok(Vec::new()) };
    let read =
        |name: &str| environment.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    match network.accounts(&raw, &read) {
        Ok(accounts) => Ok(accounts),
        Err(problems) => {
            for problem in problems {
                let below = problem.path.parse::<ConfigPath>().unwrap_or_default();
                issues.add(&path.join(&below), problem.message);
            }
            Err(issues)
        }
    }
}

/// Everything wrong with the sections of all networks: a rule of the config.
pub(crate) fn check(networks: &[Arc<dyn Channel>], tree: &Value, environment: &Environment) -> Issues {
    let mut issues = Issues::default();
    for network in networks {
        if let Err(found) = accounts(network.as_ref(), tree, environment) {
            issues.append(found);
        }
    }
    issues
}
