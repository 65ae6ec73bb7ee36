//! Files of ours that leave: whether they may, and as what.

use std::io;

use channel::{Attachment, MediaKind};
use stdx::AbsPath;

use crate::{MediaError, MediaStore, sniff};

/// How much of a file tells what it is.
const HEAD: usize = 8192;

impl MediaStore {
    /// The file as an attachment. Whether the agent may name this path at all was decided before.
    ///
    /// # Errors
    /// There is no such file, it is no plain file, it is empty, or it is larger than `limit` bytes.
    pub async fn outgoing(&self, path: &AbsPath, limit: u64) -> Result<Attachment, MediaError> {
        let name = path.file_name().unwrap_or("file").to_owned();
        let (head, size) = {
            let path = path.clone();
            let read = self.pool().run(move || read_head(&path)).await?;
            read.map_err(|problem| MediaError::NotAFile(format!("{name}: {problem}")))?
        };
        if size > limit {
            return Err(MediaError::TooLarge { limit });
        }
        let found = sniff(&head, None, Some(&name));
        let as_voice = found.kind == MediaKind::Audio && found.extension == "opus";
        Ok(Attachment { path: path.clone(), mime: found.mime, name, as_voice })
    }
}

fn read_head(path: &AbsPath) -> io::Result<(Vec<u8>, u64)> {
    use std::io::Read as _;
    // Looked at before it is opened: opening a pipe would wait for its other end.
    let about = std::fs::metadata(path.as_path())?;
    if !about.is_file() {
        return Err(io::Error::other("is no file"));
    }
    if about.len() == 0 {
        return Err(io::Error::other("is empty"));
    }
    let mut head = Vec::with_capacity(HEAD);
    std::fs::File::open(path.as_path())?.take(u64::try_from(HEAD).unwrap_or(u64::MAX)).read_to_end(&mut head)?;
    Ok((head, about.len()))
}
