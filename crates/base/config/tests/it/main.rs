//! The config file through its public door: real files in temporary folders.

#![cfg(test)]

mod editing;
mod following;
mod known_keys;
mod reading;

use std::collections::BTreeMap;
use std::sync::Arc;

use config::{ConfigFile, ConfigPath, Move, Reload, Schema, Section};
use schemars::JsonSchema;
use serde::Deserialize;
use stdx::AbsPath;
use tempfile::TempDir;

/// A section as an engine would write it.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Door {
    /// The TCP port.
    port: u16,
    bind: Bind,
    token: Option<String>,
    names: Vec<String>,
    limit: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Bind {
    Loopback,
    Lan,
    Cloud,
}

impl Default for Door {
    fn default() -> Self {
        Self { port: 80, bind: Bind::Loopback, token: None, names: Vec::new(), limit: None }
    }
}

impl Section for Door {
    const PATH: &'static str = "door";
    const RELOAD: Reload = Reload::Gateway;

    fn check(&self, issues: &mut config::Issues) {
        if self.bind == Bind::Lan && self.token.is_none() {
            issues.add(&path("door.token"), "is needed when door.bind is \"lan\"");
        }
    }
}

const KNOWN: &str = "
    door.port             integer 1..65535
    door.bind             \"loopback\" | \"lan\"
    door.token            text
    door.names[]          text
    door.secretDir        text
    later.flag            boolean
    later.people[].id!    words
    later.people[].kind   \"dm\" | \"group\" | false
    later.extra.*         any
    copy                  as later without flag
";

fn schema() -> Schema {
    Schema::known(KNOWN).with::<Door>().with_moves(&[Move::Rename("old", "door")])
}

fn path(text: &str) -> ConfigPath {
    text.parse().unwrap()
}

/// A folder with a config file and an environment.
struct Home {
    folder: TempDir,
    environment: BTreeMap<String, String>,
}

impl Home {
    fn with(text: &str) -> Self {
        let home = Self::empty();
        home.put("app.json", text);
        home
    }

    fn empty() -> Self {
        let environment =
            BTreeMap::from([("KEY".to_owned(), "s3cret".to_owned()), ("HOME".to_owned(), "/home/o".to_owned())]);
        Self { folder: tempfile::tempdir().unwrap(), environment }
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn get(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn path(&self, name: &str) -> AbsPath {
        AbsPath::new(self.folder.path().canonicalize().unwrap().join(name)).unwrap()
    }

    fn file(&self) -> ConfigFile {
        ConfigFile::new(self.path("app.json"), Arc::new(self.environment.clone()), schema)
    }

    fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }
}
