//! Takes frames of a client apart: masked, whole or in fragments, with control frames in between.
//!
//! Holds no memory between messages.

use std::mem;

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// What a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// The content of a text message, or of a binary one with its bad bytes replaced.
    Message(String),
    Ping(Vec<u8>),
    Pong,
    /// With the code it named.
    Close(Option<u16>),
}

/// Why nothing more can be read from a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    Protocol,
    NotUtf8,
    TooBig,
}

impl Broken {
    pub(crate) fn close_code(self) -> u16 {
        match self {
            Self::Protocol => 1002,
            Self::NotUtf8 => 1007,
            Self::TooBig => 1009,
        }
    }
}

/// A reader of frames. Give it bytes as they come, then ask until it has nothing more.
#[derive(Debug)]
pub(crate) struct Decoder {
    pending: Vec<u8>,
    /// How much of `pending` was read already.
    at: usize,
    message: Vec<u8>,
    /// The opcode of a message that came in part.
    open: Option<u8>,
    limit: usize,
}

/// The fixed part of a frame.
#[derive(Debug, Clone, Copy)]
struct Head {
    is_last: bool,
    opcode: u8,
    mask: [u8; 4],
    /// Where the payload starts.
    start: usize,
    len: usize,
}

impl Decoder {
    pub(crate) fn new(limit: usize) -> Self {
        Self { pending: Vec::new(), at: 0, message: Vec::new(), open: None, limit }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    pub(crate) fn next(&mut self) -> Result<Option<Incoming>, Broken> {
        loop {
            let Some(head) = self.head()? else { return Ok(self.rest(None)) };
            let start = self.at + head.start;
            let Some(payload) = self.pending.get(start..start + head.len) else { return Ok(self.rest(None)) };
            let mut payload = payload.to_vec();
            for (byte, mask) in payload.iter_mut().zip(head.mask.iter().cycle()) {
                *byte ^= mask;
            }
            self.at = start + head.len;
            if let Some(incoming) = self.take(head, payload)? {
                return Ok(self.rest(Some(incoming)));
            }
        }
    }

    /// Gives read bytes back before it answers.
    fn rest(&mut self, answer: Option<Incoming>) -> Option<Incoming> {
        if self.at >= self.pending.len() {
            self.pending = Vec::new();
            self.at = 0;
        } else if answer.is_none() && self.at > 0 {
            self.pending.drain(..self.at);
            self.at = 0;
        }
        answer
    }

    fn head(&self) -> Result<Option<Head>, Broken> {
        let bytes = self.pending.get(self.at..).unwrap_or_default();
        let Some(([first, second], rest)) = bytes.split_first_chunk::<2>() else { return Ok(None) };
        let (is_last, opcode) = (first & 0x80 != 0, first & 0x0f);
        let short = second & 0x7f;
        let is_masked = second & 0x80 != 0;
        if first & 0x70 != 0 || !is_masked || (opcode >= CLOSE && (!is_last || short > 125)) {
            return Err(Broken::Protocol);
        }
        let (len, rest, start) = match short {
            126 => match rest.split_first_chunk::<2>() {
                Some((len, rest)) => (u64::from(u16::from_be_bytes(*len)), rest, 8),
                None => return Ok(None),
            },
            127 => match rest.split_first_chunk::<8>() {
                Some((len, rest)) => (u64::from_be_bytes(*len), rest, 14),
                None => return Ok(None),
            },
            short => (u64::from(short), rest, 6),
        };
        let len = usize::try_from(len).map_err(|_| Broken::TooBig)?;
        // Refused before its bytes are waited for.
        if opcode < CLOSE && self.message.len().saturating_add(len) > self.limit {
            return Err(Broken::TooBig);
        }
        let Some((mask, _)) = rest.split_first_chunk::<4>() else { return Ok(None) };
        Ok(Some(Head { is_last, opcode, mask: *mask, start, len }))
    }

    fn take(&mut self, head: Head, payload: Vec<u8>) -> Result<Option<Incoming>, Broken> {
        match head.opcode {
            PING => return Ok(Some(Incoming::Ping(payload))),
            PONG => return Ok(Some(Incoming::Pong)),
            CLOSE => {
                let code = payload.first_chunk::<2>().map(|code| u16::from_be_bytes(*code));
                return Ok(Some(Incoming::Close(code)));
            }
            TEXT | BINARY if self.open.is_none() => {
                self.open = Some(head.opcode);
                self.message = payload;
            }
            CONTINUATION if self.open.is_some() => self.message.extend_from_slice(&payload),
            _ => return Err(Broken::Protocol),
        }
        if !head.is_last {
            return Ok(None);
        }
        let message = mem::take(&mut self.message);
        let is_text = self.open.take() == Some(TEXT);
        match String::from_utf8(message) {
            Ok(text) => Ok(Some(Incoming::Message(text))),
            Err(_) if is_text => Err(Broken::NotUtf8),
            Err(error) => Ok(Some(Incoming::Message(String::from_utf8_lossy(error.as_bytes()).into_owned()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [7, 1, 250, 99];
        let mut bytes = vec![first];
        match payload.len() {
            len @ 0..=125 => bytes.push(0x80 | u8::try_from(len).unwrap()),
            len @ 126..=65_535 => {
                bytes.push(0x80 | 126);
                bytes.extend(u16::try_from(len).unwrap().to_be_bytes());
            }
            len => {
                bytes.push(0x80 | 127);
                bytes.extend(u64::try_from(len).unwrap().to_be_bytes());
            }
        }
        bytes.extend(mask);
        bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        bytes
    }

    fn all(decoder: &mut Decoder) -> Vec<Incoming> {
        std::iter::from_fn(|| decoder.next().unwrap()).collect()
    }

    #[test]
    fn nothing_is_kept_in_memory_between_messages() {
        let mut decoder = Decoder::new(100_000);
        decoder.feed(&frame(0x81, &[b'x'; 70_000]));
        assert_eq!(all(&mut decoder).len(), 1);
        assert_eq!((decoder.pending.capacity(), decoder.message.capacity()), (0, 0));
    }

    #[test]
    fn a_message_over_the_limit_is_refused_by_its_head_alone() {
        let mut decoder = Decoder::new(10);
        decoder.feed(&frame(0x81, &[b'x'; 11])[..6]);
        assert_eq!(decoder.next(), Err(Broken::TooBig));
        let mut in_parts = Decoder::new(10);
        in_parts.feed(&frame(0x01, &[b'x'; 6]));
        in_parts.feed(&frame(0x80, &[b'x'; 6]));
        assert_eq!(in_parts.next(), Err(Broken::TooBig));
    }

    #[test]
    fn frames_that_break_the_rules_are_refused() {
        for (bytes, why) in [
            (vec![0x81, 0x01, b'x'], Broken::Protocol), // not masked
            (frame(0xc1, b"x"), Broken::Protocol),      // a reserved bit
            (frame(0x80, b"x"), Broken::Protocol),      // continues nothing
            (frame(0x09, b"x"), Broken::Protocol),      // a ping in parts
            (frame(0x83, b"x"), Broken::Protocol),      // an unknown kind
            (frame(0x81, &[0xff, 0xfe]), Broken::NotUtf8),
        ] {
            let mut decoder = Decoder::new(100);
            decoder.feed(&bytes);
            assert_eq!(decoder.next(), Err(why), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn messages_come_out_whole_however_they_are_cut(
            messages in prop::collection::vec(("[a-zü€]{0,300}", 1..4_usize, any::<bool>()), 1..6),
            step in 1..50_usize,
        ) {
            let mut bytes = Vec::new();
            let mut expected = Vec::new();
            for (text, parts, is_text) in &messages {
                let size = text.len().div_ceil(*parts).max(1);
                let pieces: Vec<&[u8]> = if text.is_empty() { vec![b""] } else { text.as_bytes().chunks(size).collect() };
                for (index, piece) in pieces.iter().enumerate() {
                    let kind = if index > 0 { 0 } else if *is_text { 1 } else { 2 };
                    let last = if index + 1 == pieces.len() { 0x80 } else { 0 };
                    bytes.extend(frame(last | kind, piece));
                    bytes.extend(frame(0x89, b"ping"));
                    if last == 0 {
                        expected.push(Incoming::Ping(b"ping".to_vec()));
                    }
                }
                expected.push(Incoming::Message(text.clone()));
                expected.push(Incoming::Ping(b"ping".to_vec()));
            }
            let mut decoder = Decoder::new(10_000);
            let mut got = Vec::new();
            for piece in bytes.chunks(step) {
                decoder.feed(piece);
                got.extend(all(&mut decoder));
            }
            prop_assert_eq!(got, expected);
            prop_assert_eq!(decoder.pending.capacity(), 0);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut decoder = Decoder::new(64);
            decoder.feed(&bytes);
            while let Ok(Some(_)) = decoder.next() {}
        }
    }
}
