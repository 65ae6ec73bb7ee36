//! What is measured: our binary, or the published program on its Node.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::state::Home;

/// The token of every gateway here; they listen on loopback only.
pub(crate) const TOKEN: &str = "bench-token-of-a-gateway-on-loopback";

/// A program under test.
#[derive(Debug)]
pub(crate) enum Program {
    Ours { binary: PathBuf },
    Published { node: PathBuf, entry: PathBuf, folder: PathBuf },
}

impl Program {
    pub(crate) fn ours(binary: &Path) -> Result<Self> {
        if !binary.exists() {
            bail!("{} is missing: build it with `cargo build --release -p clawdbot`", binary.display());
        }
        Ok(Self::Ours { binary: binary.canonicalize()? })
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Ours { .. } => "ours",
            Self::Published { .. } => "published",
        }
    }

    pub(crate) fn is_ours(&self) -> bool {
        matches!(self, Self::Ours { .. })
    }

    /// The program with these arguments, in an environment of its own.
    pub(crate) fn command(&self, home: &Home, arguments: &[&str]) -> Command {
        let mut command = match self {
            Self::Ours { binary } => Command::new(binary),
            Self::Published { node, entry, .. } => {
                let mut command = Command::new(node);
                command.arg(entry);
                command
            }
        };
        command.env_clear().current_dir(home.path()).env("HOME", home.path());
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LANG", "C.UTF-8").env("TZ", "UTC");
        command.env("TMPDIR", home.path());
        command.env("CLAWDBOT_DISABLE_BONJOUR", "1").env("NO_COLOR", "1");
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// The gateway, with its complaints kept beside the home.
    pub(crate) fn gateway(&self, home: &Home, port: u16) -> Result<Command> {
        let mut command = self.command(home, &["gateway", "--port", &port.to_string()]);
        command.stderr(File::create(home.path().join("errors.txt"))?);
        Ok(command)
    }

    /// What lies on the disk, in bytes.
    pub(crate) fn size(&self) -> Result<u64> {
        match self {
            Self::Ours { binary } => Ok(binary.metadata()?.len()),
            Self::Published { folder, .. } => folder_size(folder),
        }
    }
}

fn folder_size(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            sum += folder_size(&entry.path())?;
        } else if kind.is_file() {
            sum += entry.metadata()?.len();
        }
    }
    Ok(sum)
}
