//! `logging`: what is written down, and where.

use config::{Reload, Section};
use schemars::JsonSchema;
use serde::Deserialize;
use tracing_subscriber::filter::LevelFilter;

/// The log.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LoggingSection {
    /// What reaches the file (info).
    pub(crate) level: Option<Level>,
    /// The file, instead of one for each day in the state folder.
    pub(crate) file: Option<String>,
    /// What reaches the terminal (warn).
    pub(crate) console_level: Option<Level>,
}

impl Section for LoggingSection {
    const PATH: &'static str = "logging";
    const RELOAD: Reload = Reload::Gateway;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Silent,
    Fatal,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl Level {
    pub(crate) const fn filter(self) -> LevelFilter {
        match self {
            Self::Silent => LevelFilter::OFF,
            Self::Fatal | Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}
