//! Turns a vendor's stream into our events.
//!
//! An adapter writes only a pure decoder: one frame in, events out. Size limits, cuts and the end of the stream are
//! the same for all and are judged here.

use std::collections::VecDeque;

use futures_util::stream;
use net::{NdjsonStream, NetError, SseEvent, SseStream};

use crate::{ModelEvent, ModelStream, ProviderError, transport};

/// Most bytes of one frame: the largest tool call or closing summary of a vendor.
pub const LIMIT_OF_EVENT: usize = 8 << 20;
/// Most bytes of text, reasoning and arguments of one answer.
pub const LIMIT_OF_ANSWER: usize = 8 << 20;

/// A vendor's stream format. Pure: it never waits.
pub trait Decode: Send {
    /// Reads one frame: an event's name and data, or a line with an empty name.
    ///
    /// # Errors
    /// What the vendor reported inside the stream, or that the frame makes no sense.
    fn frame(&mut self, name: &str, data: &str, events: &mut VecDeque<ModelEvent>) -> Result<(), ProviderError>;

    /// The stream ended. Gives the closing events where the format has no closing frame.
    ///
    /// # Errors
    /// That the answer is not whole.
    fn end(&mut self, events: &mut VecDeque<ModelEvent>) -> Result<(), ProviderError>;
}

/// What a decoder reports when the stream ended too early.
fn unfinished(frames: usize) -> ProviderError {
    if frames == 0 {
        ProviderError::Unusable("it is empty".to_owned())
    } else {
        ProviderError::Transport { detail: "the answer ended before it was whole".to_owned(), began: true }
    }
}

enum Source {
    Events(SseStream),
    Lines(NdjsonStream),
}

struct Pump<D> {
    source: Source,
    decoder: D,
    ready: VecDeque<ModelEvent>,
    size: usize,
    frames: usize,
    over: Option<ProviderError>,
    done: bool,
}

/// Server-sent events, decoded.
pub fn stream_sse(source: SseStream, decoder: impl Decode + 'static) -> ModelStream {
    pump(Source::Events(source), decoder)
}

/// Lines of JSON, decoded.
pub fn stream_lines(source: NdjsonStream, decoder: impl Decode + 'static) -> ModelStream {
    pump(Source::Lines(source), decoder)
}

fn pump(source: Source, decoder: impl Decode + 'static) -> ModelStream {
    let pump = Pump { source, decoder, ready: VecDeque::new(), size: 0, frames: 0, over: None, done: false };
    Box::pin(stream::unfold(pump, |mut pump| async move {
        let next = pump.next().await?;
        Some((next, pump))
    }))
}

impl<D: Decode> Pump<D> {
    async fn next(&mut self) -> Option<Result<ModelEvent, ProviderError>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.done |= matches!(event, ModelEvent::Stop(_));
                return Some(self.weighed(event));
            }
            if self.done {
                return None;
            }
            if let Some(error) = self.over.take() {
                self.done = true;
                return Some(Err(error));
            }
            let read = match self.source.next().await {
                Some(Ok(frame)) => {
                    self.frames += 1;
                    self.decoder.frame(&frame.name, &frame.data, &mut self.ready)
                }
                Some(Err(error)) => Err(transport(&error, self.frames > 0)),
                None => self.finish(),
            };
            self.over = read.err();
            if self.ready.iter().any(|event| matches!(event, ModelEvent::Stop(_))) {
                self.source.drain().await;
            }
        }
    }

    fn finish(&mut self) -> Result<(), ProviderError> {
        if self.frames == 0 {
            return Err(unfinished(0));
        }
        self.decoder.end(&mut self.ready)?;
        if self.ready.iter().any(|event| matches!(event, ModelEvent::Stop(_))) {
            return Ok(());
        }
        Err(unfinished(self.frames))
    }

    fn weighed(&mut self, event: ModelEvent) -> Result<ModelEvent, ProviderError> {
        if let ModelEvent::Text(piece) | ModelEvent::Thinking(piece) | ModelEvent::ToolCallArguments(piece) = &event {
            self.size += piece.len();
        }
        if self.size <= LIMIT_OF_ANSWER {
            return Ok(event);
        }
        self.done = true;
        self.ready.clear();
        Err(ProviderError::Unusable(format!("it is larger than {LIMIT_OF_ANSWER} bytes")))
    }
}

impl Source {
    async fn drain(&mut self) {
        match self {
            Self::Events(events) => events.drain().await,
            Self::Lines(lines) => lines.drain().await,
        }
    }

    async fn next(&mut self) -> Option<Result<SseEvent, NetError>> {
        match self {
            Self::Events(events) => events.next().await,
            Self::Lines(lines) => {
                let line = lines.next().await?;
                Some(
                    line.map(|line| SseEvent {
                        name: String::new(),
                        data: String::from_utf8_lossy(&line).into_owned(),
                    }),
                )
            }
        }
    }
}
