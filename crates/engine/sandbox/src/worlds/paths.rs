//! Which file a path means.
//!
//! What is written inside the workspace stays inside: a symbolic link there that leads out is refused. A path that
//! openly names a place elsewhere (absolute, `~/`, or upwards with `..`) is the writer's choice and is followed as the
//! system follows it, unless config keeps file tools in the workspace.

use std::io;
use std::path::{Path, PathBuf};

use stdx::AbsPath;
use tool::WorldError;

/// Where the paths of a world start.
#[derive(Debug, Clone)]
pub(super) struct Base {
    pub(super) workspace: AbsPath,
    pub(super) home: AbsPath,
    /// Refuse whatever lies outside the workspace.
    pub(super) only: bool,
}

impl Base {
    /// The path with every link followed; its last parts need not exist. Looks at the disk.
    pub(super) fn resolve(&self, written: &str) -> Result<PathBuf, WorldError> {
        let io = |e: io::Error| WorldError::Io { path: written.to_owned(), reason: e.to_string() };
        let named = self.named(written);
        let root = follow(&self.workspace).map_err(io)?;
        let inside = named.starts_with(&self.workspace) || named.starts_with(&root);
        if !inside && self.only {
            return Err(WorldError::Outside(written.to_owned()));
        }
        let real = follow(&named).map_err(io)?;
        if inside && !real.starts_with(&root) {
            return Err(WorldError::Outside(written.to_owned()));
        }
        Ok(real)
    }

    /// The path by its words alone.
    fn named(&self, written: &str) -> AbsPath {
        match written.strip_prefix('~') {
            Some("") => self.home.clone(),
            Some(rest) if rest.starts_with('/') => self.home.join(rest.trim_start_matches('/')),
            _ => self.workspace.join(written),
        }
    }
}

/// Follows links as far as the path exists.
fn follow(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // A link whose target is missing would be followed by whoever creates the file.
            if let Ok(target) = path.read_link() {
                let parent = path.parent().unwrap_or(path);
                return AbsPath::new(parent.join(target)).map_err(io::Error::other).and_then(|target| follow(&target));
            }
            match (path.parent(), path.file_name()) {
                (Some(parent), Some(name)) => Ok(follow(parent)?.join(name)),
                _ => Err(error),
            }
        }
        followed => followed,
    }
}
