//! The bell that the tool rings as the last thing it does: the only sign of its end that comes before the program's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::task::JoinSet;

use crate::book::{Book, Moment};

/// A named pipe, and who listens to it.
pub(crate) struct Bell {
    pipe: PathBuf,
    _folder: TempDir,
    _listener: JoinSet<()>,
}

impl Bell {
    pub(crate) fn hang(book: &Arc<Book>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let pipe = folder.path().join("bell");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
        let mut listener = JoinSet::new();
        listener.spawn(listen(open(&pipe)?, Arc::clone(book)));
        Ok(Self { pipe, _folder: folder, _listener: listener })
    }

    /// The command that rings it.
    pub(crate) fn rung_by(&self) -> String {
        format!("echo >> {}", self.pipe.display())
    }
}

/// Open for both ends, so that it never ends, and nobody waits who rings.
fn open(pipe: &Path) -> std::io::Result<pipe::Receiver> {
    pipe::OpenOptions::new().read_write(true).open_receiver(pipe)
}

async fn listen(mut pipe: pipe::Receiver, book: Arc<Book>) {
    while pipe.read_u8().await.is_ok() {
        book.tell(Moment::ToolEnds);
    }
}
