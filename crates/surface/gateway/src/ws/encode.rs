//! Frames of the gateway: unmasked, never in fragments. A payload is shared by all who get it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use sha1::{Digest as _, Sha1};

/// A control frame carries at most this much.
const MAX_CONTROL: usize = 125;

/// One frame, ready to be written.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    head: [u8; 10],
    head_len: usize,
    payload: Bytes,
}

impl Wire {
    pub(crate) fn text(payload: impl Into<Bytes>) -> Self {
        Self::new(0x81, payload.into())
    }

    pub(crate) fn pong(mut payload: Vec<u8>) -> Self {
        payload.truncate(MAX_CONTROL);
        Self::new(0x8a, payload.into())
    }

    /// A close frame; the reason is cut to `cut` bytes, at most what fits.
    pub(crate) fn close(code: Option<u16>, reason: &str, cut: usize) -> Self {
        let mut payload = Vec::new();
        if let Some(code) = code {
            payload.extend_from_slice(&code.to_be_bytes());
            let end = reason.floor_char_boundary(cut.min(MAX_CONTROL - 2));
            payload.extend_from_slice(reason.as_bytes().get(..end).unwrap_or_default());
        }
        Self::new(0x88, payload.into())
    }

    fn new(first: u8, payload: Bytes) -> Self {
        let mut head = [first, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let len = u64::try_from(payload.len()).unwrap_or(u64::MAX);
        let [.., second_last, last] = len.to_be_bytes();
        let head_len = match len {
            0..=125 => {
                head[1] = last;
                2
            }
            126..=65_535 => {
                head[1] = 126;
                [head[2], head[3]] = [second_last, last];
                4
            }
            _ => {
                head[1] = 127;
                [head[2], head[3], head[4], head[5], head[6], head[7], head[8], head[9]] = len.to_be_bytes();
                10
            }
        };
        Self { head, head_len, payload }
    }

    pub(crate) fn head(&self) -> &[u8] {
        self.head.get(..self.head_len).unwrap_or_default()
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    pub(crate) fn len(&self) -> usize {
        self.head_len + self.payload.len()
    }
}

/// What the upgrade's answer proves that it read the request (RFC 6455, 1.3).
pub(crate) fn accept_key(key: &str) -> String {
    let digest = Sha1::new().chain_update(key).chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
    STANDARD.encode(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_stands_in_one_three_or_nine_bytes() {
        assert_eq!(Wire::text(vec![b'x'; 125]).head(), [0x81, 125]);
        assert_eq!(Wire::text(vec![b'x'; 126]).head(), [0x81, 126, 0, 126]);
        assert_eq!(Wire::text(vec![b'x'; 65_536]).head(), [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn a_close_reason_is_cut_between_characters() {
        let close = Wire::close(Some(1008), "aü", 2);
        assert_eq!((close.head(), close.payload()), (&[0x88, 3][..], &[3, 240, b'a'][..]));
    }

    #[test]
    fn the_accept_key_is_the_one_of_the_standard() {
        assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
