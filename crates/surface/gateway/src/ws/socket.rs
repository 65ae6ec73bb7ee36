//! Frames on a socket: what is in the outbox goes out, what comes in is handed up, and neither waits for the other.

use std::{
    io::{self, IoSlice},
    task::{Context, Poll, ready},
};

use tokio::net::TcpStream;

use super::{
    Wire,
    decode::{Broken, Decoder, Incoming},
};
use crate::conn::outbox::Outbox;

/// Read at once, on the thread's stack.
const READ: usize = 16 * 1024;
/// Frames written with one call to the system.
const BATCH: usize = 16;

/// A connection's socket.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    decoder: Decoder,
}

/// What happened on a socket.
#[derive(Debug)]
pub(crate) enum Step {
    Incoming(Incoming),
    /// The client broke the rules; the socket still writes.
    Broken(Broken),
    /// Our close frame left; nothing more will be written.
    Closed,
    /// The client is gone.
    Gone,
}

impl Socket {
    /// `early` is what was read behind the upgrade request.
    pub(crate) fn new(stream: TcpStream, early: &[u8], limit: usize) -> Self {
        let mut decoder = Decoder::new(limit);
        decoder.feed(early);
        Self { stream, decoder }
    }

    pub(crate) fn poll_step(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<Step> {
        match self.poll_write(outbox, cx) {
            Poll::Ready(Ok(())) => return Poll::Ready(Step::Closed),
            Poll::Ready(Err(_)) => return Poll::Ready(Step::Gone),
            // Whoever does not read is not read from.
            Poll::Pending if outbox.is_full() => return Poll::Pending,
            Poll::Pending => {}
        }
        loop {
            match self.decoder.next() {
                Ok(Some(incoming)) => return Poll::Ready(Step::Incoming(incoming)),
                Ok(None) => {}
                Err(broken) => return Poll::Ready(Step::Broken(broken)),
            }
            let read = ready!(self.poll_read(cx, |decoder, bytes| decoder.feed(bytes)));
            if !matches!(read, Ok(1..)) {
                return Poll::Ready(Step::Gone);
            }
        }
    }

    /// Reads and forgets until the client is gone: closing a socket with unread bytes would take our last frame away
    /// from the client.
    pub(crate) fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if !matches!(ready!(self.poll_read(cx, |_, _| ())), Ok(1..)) {
                return Poll::Ready(());
            }
        }
    }

    /// Says that nothing more will be written.
    pub(crate) fn shut_down(&self) {
        let socket = socket2::SockRef::from(&self.stream);
        if let Err(error) = socket.shutdown(std::net::Shutdown::Write) {
            tracing::trace!(%error, "the client was gone already");
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, take: impl Fn(&mut Decoder, &[u8])) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            let mut bytes = [0; READ];
            match self.stream.try_read(&mut bytes) {
                Ok(count) => {
                    take(&mut self.decoder, bytes.get(..count).unwrap_or_default());
                    return Poll::Ready(Ok(count));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// Ready when the close frame left.
    pub(crate) fn poll_write(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let Some((batch, skip)) = ready!(outbox.poll_batch(BATCH, cx)) else { return Poll::Ready(Ok(())) };
            ready!(self.stream.poll_write_ready(cx))?;
            match self.stream.try_write_vectored(&slices(&batch, skip)) {
                Ok(count) => outbox.written(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

/// The bytes of the batch but for the first `skip`.
fn slices(batch: &[Wire], mut skip: usize) -> Vec<IoSlice<'_>> {
    let mut slices = Vec::with_capacity(2 * batch.len());
    for part in batch.iter().flat_map(|wire| [wire.head(), wire.payload()]) {
        let from = skip.min(part.len());
        skip -= from;
        if let Some(rest) = part.get(from..).filter(|rest| !rest.is_empty()) {
            slices.push(IoSlice::new(rest));
        }
    }
    slices
}
