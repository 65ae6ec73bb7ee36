//! What the program writes down: one JSON line per event in a file of the state folder, and a short line on the
//! terminal for what a person should see.

mod file; // the file: by day, by size, pruned
mod layer; // events to lines
mod line; // the shape of a line
mod redact; // what must not be written down

use std::sync::Arc;

use anyhow::Result;
use stdx::{AbsPath, Clock};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, Registry};

use crate::config::{Level, LoggingSection};
use crate::context::Context;
use file::LogFile;
use layer::{ToFile, ToTerminal};

pub(crate) use file::newest_file;
pub(crate) use layer::iso;
pub(crate) use redact::Redactor;

/// What is written down, and where.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) folder: AbsPath,
    pub(crate) section: LoggingSection,
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) host: String,
    pub(crate) is_verbose: bool,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Log {
    /// Begins to write. May be called once for each process.
    pub(crate) fn start(self) -> Result<()> {
        let Self { folder, section, redactor, host, is_verbose, clock } = self;
        let wanted = |level: Option<Level>, usual: LevelFilter| {
            let usual = if is_verbose { LevelFilter::DEBUG } else { usual };
            level.map_or(usual, |level| level.filter().max(if is_verbose { usual } else { LevelFilter::OFF }))
        };
        let to_file = wanted(section.level, LevelFilter::INFO);
        let to_terminal = wanted(section.console_level, LevelFilter::WARN);
        let file = match section.file {
            Some(path) => LogFile::fixed(folder.join(path)),
            None => LogFile::daily(folder, Arc::clone(&clock)),
        };
        let file = ToFile { file, host, redactor: Arc::clone(&redactor), clock };
        let subscriber = Registry::default()
            .with(file.with_filter(quiet(to_file)))
            .with(ToTerminal { redactor }.with_filter(quiet(to_terminal)));
        Ok(tracing::subscriber::set_global_default(subscriber)?)
    }
}

/// A command that does the gateway's work writes to the gateway's log, and says nothing beside its answer.
pub(crate) fn to_file(context: &Context) -> Result<()> {
    let snapshot = context.config()?;
    let redactor = Arc::clone(&context.redactor);
    redactor.learn_environment(context.environment.iter());
    redactor.learn_config(&snapshot.effective);
    let mut section: LoggingSection = crate::config::section(&snapshot)?;
    section.console_level = Some(Level::Silent);
    let log = Log {
        folder: context.places.logs(),
        section,
        redactor,
        host: crate::wire::machine_name(),
        is_verbose: false,
        clock: Arc::clone(&context.clock),
    };
    log.start()
}

/// The libraries below us speak only when something is wrong.
fn quiet(ours: LevelFilter) -> tracing_subscriber::filter::Targets {
    let theirs = ["hyper", "hyper_util", "h2", "rustls", "reqwest", "tungstenite", "tokio_tungstenite", "notify"];
    let targets = tracing_subscriber::filter::Targets::new().with_default(ours);
    targets.with_targets(theirs.map(|name| (name, ours.min(LevelFilter::WARN))))
}
