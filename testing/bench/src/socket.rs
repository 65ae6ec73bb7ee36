//! WebSocket, bare: one blocking socket that costs its driver almost nothing.
//!
//! Frames are masked with zeros, which the protocol allows, so that sending does not touch the bytes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// A gateway that is silent for longer has failed.
const PATIENCE: Duration = Duration::from_secs(180);

/// One connection after the upgrade.
#[derive(Debug)]
pub(crate) struct Socket {
    reader: BufReader<TcpStream>,
}

impl Socket {
    pub(crate) fn open(port: u16) -> Result<Self> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let request = format!(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes())?;
        let mut reader = BufReader::with_capacity(16 << 10, stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if !line.contains(" 101 ") {
            bail!("no upgrade: {line}");
        }
        while line.trim_end() != "" {
            line.clear();
            reader.read_line(&mut line)?;
        }
        Ok(Self { reader })
    }

    pub(crate) fn send(&mut self, text: &str) -> Result<()> {
        self.frame(0x1, text.as_bytes())
    }

    /// The next message.
    pub(crate) fn receive(&mut self, message: &mut Vec<u8>) -> Result<()> {
        message.clear();
        loop {
            let [first, second] = self.bytes::<2>()?;
            let length = match second & 0x7f {
                126 => u64::from(u16::from_be_bytes(self.bytes()?)),
                127 => u64::from_be_bytes(self.bytes()?),
                short => u64::from(short),
            };
            let start = message.len();
            let length = usize::try_from(length)?;
            message.resize(start + length, 0);
            self.reader.read_exact(message.get_mut(start..).context("a frame's place")?)?;
            let (is_last, kind) = (first & 0x80 != 0, first & 0x0f);
            match kind {
                0x8 => bail!("closed: {}", String::from_utf8_lossy(message)),
                0x9 => self.pong(message, start)?,
                0xa => message.truncate(start),
                _ if is_last => return Ok(()),
                _ => {}
            }
        }
    }

    /// The bare stream, for whoever only drains it.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.reader.into_inner()
    }

    fn pong(&mut self, message: &mut Vec<u8>, start: usize) -> Result<()> {
        let payload = message.split_off(start);
        self.frame(0xa, &payload)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn frame(&mut self, kind: u8, payload: &[u8]) -> Result<()> {
        let mut frame = Vec::with_capacity(payload.len() + 14);
        frame.push(0x80 | kind);
        match payload.len() {
            length @ 0..126 => frame.push(0x80 | u8::try_from(length)?),
            length @ 126..65536 => {
                frame.push(0xfe);
                frame.extend_from_slice(&u16::try_from(length)?.to_be_bytes());
            }
            length => {
                frame.push(0xff);
                frame.extend_from_slice(&u64::try_from(length)?.to_be_bytes());
            }
        }
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(payload);
        self.reader.get_mut().write_all(&frame)?;
        Ok(())
    }
}
