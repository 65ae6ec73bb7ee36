//! What people attach, fetched when the host wants it.

use async_trait::async_trait;
use channel::{AttachmentRef, ByteStream, ChannelError, Files};
use serde_json::json;

use crate::api::{Api, too_large};
use crate::channel::DOWNLOAD;
use crate::update::FilePath;

#[derive(Debug)]
pub(crate) struct Drawer {
    api: Api,
    /// Bytes of one file.
    largest: u64,
}

impl Drawer {
    pub(crate) fn new(api: Api, largest: u64) -> Self {
        Self { api, largest: largest.min(DOWNLOAD) }
    }
}

#[async_trait]
impl Files for Drawer {
    async fn fetch(&self, file: &AttachmentRef) -> Result<ByteStream, ChannelError> {
        if file.size.is_some_and(|size| size > self.largest) {
            return Err(too_large(self.largest));
        }
        let found: FilePath =
            self.api.call("getFile", &json!({ "file_id": file.reference })).await.map_err(|error| {
                if error.says("file is too big") { too_large(self.largest) } else { ChannelError::from(error) }
            })?;
        if found.file_size.is_some_and(|size| size > self.largest) {
            return Err(too_large(self.largest));
        }
        let path = found.file_path.ok_or_else(|| ChannelError::Rejected("Telegram has no such file".to_owned()))?;
        Ok(self.api.download(below_the_root(&path), self.largest).await?)
    }
}

/// A self-hosted server in local mode answers with a path on its own disk, `/…/<token>/documents/x`; what serves its
/// files knows only the part behind the token.
fn below_the_root(path: &str) -> &str {
    if !path.starts_with('/') {
        return path;
    }
    let is_token = |part: &str| part.split_once(':').is_some_and(|(id, _)| id.parse::<u64>().is_ok());
    let mut rest = path.trim_start_matches('/');
    while let Some((part, behind)) = rest.split_once('/') {
        rest = behind;
        if is_token(part) {
            return rest;
        }
    }
    path.trim_start_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_local_server_is_cut_behind_the_token() {
        assert_eq!(below_the_root("photos/file_1.jpg"), "photos/file_1.jpg");
        assert_eq!(below_the_root("/var/lib/bots/12:abc/photos/file_1.jpg"), "photos/file_1.jpg");
    }
}
