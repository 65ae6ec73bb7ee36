//! Server-sent events: parsed as they arrive, bounded in size.
//!
//! Follows <https://html.spec.whatwg.org/multipage/server-sent-events.html>, except that bytes which are not UTF-8
//! are replaced rather than refused, and an event whose lines are complete is given out even if the stream ends
//! before the empty line after it: several model servers end so.

use crate::error::NetError;
use crate::lines::{Ending, Lines};
use crate::response::Response;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SseEvent {
    /// The `event` field; empty when the server named none.
    pub name: String,
    /// The `data` lines, joined by LF.
    pub data: String,
}

/// Turns bytes into events. Pure: it never waits.
#[derive(Debug)]
pub struct SseParser {
    lines: Lines,
    at_start: bool,
    event: SseEvent,
    has_data: bool,
    limit: usize,
}

impl SseParser {
    /// A parser that refuses events larger than `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            lines: Lines::new(Ending::Any, limit),
            at_start: true,
            event: SseEvent::default(),
            has_data: false,
            limit,
        }
    }

    /// Takes the next piece of the stream.
    pub fn push(&mut self, piece: &[u8]) {
        self.lines.push(piece);
    }

    /// The next whole event, or `None` until more bytes are pushed.
    ///
    /// # Errors
    /// [`NetError::TooLarge`] when an event outgrows the limit.
    pub fn next_event(&mut self) -> Result<Option<SseEvent>, NetError> {
        while let Some(range) = self.lines.next()? {
            let mut line = self.lines.line(range);
            if std::mem::take(&mut self.at_start) {
                line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
            }
            if line.is_empty() {
                if let Some(event) = take_event(&mut self.event, &mut self.has_data) {
                    return Ok(Some(event));
                }
                continue;
            }
            read_field(line, &mut self.event, &mut self.has_data);
            if self.event.data.len() > self.limit {
                return Err(NetError::TooLarge { limit: self.limit });
            }
        }
        Ok(None)
    }

    /// The event that was complete but for its empty line, when the stream has ended.
    pub fn finish(&mut self) -> Option<SseEvent> {
        if !self.lines.rest().is_empty() {
            return None;
        }
        take_event(&mut self.event, &mut self.has_data)
    }
}

fn take_event(event: &mut SseEvent, has_data: &mut bool) -> Option<SseEvent> {
    let taken = std::mem::take(event);
    std::mem::take(has_data).then_some(taken)
}

fn read_field(line: &[u8], event: &mut SseEvent, has_data: &mut bool) {
    let (field, value) = match line.iter().position(|&byte| byte == b':') {
        Some(colon) => {
            let (field, value) = line.split_at(colon);
            let value = value.strip_prefix(b":").unwrap_or(value);
            (field, value.strip_prefix(b" ").unwrap_or(value))
        }
        None => (line, &b""[..]),
    };
    match field {
        b"data" => {
            if std::mem::replace(has_data, true) {
                event.data.push('\n');
            }
            event.data.push_str(&String::from_utf8_lossy(value));
        }
        b"event" => event.name = String::from_utf8_lossy(value).into_owned(),
        // Comments, ids and retry hints: no vendor we speak to resumes a stream.
        _ => {}
    }
}

/// The events of an answer.
#[derive(Debug)]
pub struct SseStream {
    response: Response,
    parser: SseParser,
    ended: bool,
}

impl SseStream {
    pub(crate) fn new(response: Response, limit: usize) -> Self {
        Self { response, parser: SseParser::new(limit), ended: false }
    }

    /// The next event; `None` when the answer ended in good order. Dropping the future loses nothing.
    ///
    /// # Errors
    /// A stall, a broken connection or an event over the limit; nothing comes after an error.
    pub async fn next(&mut self) -> Option<Result<SseEvent, NetError>> {
        loop {
            if self.ended {
                return None;
            }
            match self.parser.next_event() {
                Ok(Some(event)) => return Some(Ok(event)),
                Ok(None) => {}
                Err(error) => return Some(self.end_with(error)),
            }
            match self.response.chunk().await {
                Some(Ok(piece)) => self.parser.push(&piece),
                Some(Err(error)) => return Some(self.end_with(error)),
                None => {
                    self.ended = true;
                    return self.parser.finish().map(Ok);
                }
            }
        }
    }

    /// Ends a stream whose last word is known and gives its connection back.
    pub async fn drain(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.response.drain().await;
        }
    }

    fn end_with(&mut self, error: NetError) -> Result<SseEvent, NetError> {
        self.ended = true;
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: usize = 1 << 16;

    fn parse(pieces: &[&[u8]]) -> Vec<SseEvent> {
        let mut parser = SseParser::new(LIMIT);
        let mut events = Vec::new();
        for piece in pieces {
            parser.push(piece);
            while let Some(event) = parser.next_event().unwrap() {
                events.push(event);
            }
        }
        events.extend(parser.finish());
        events
    }

    fn event(name: &str, data: &str) -> SseEvent {
        SseEvent { name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn fields_comments_and_all_line_ends_are_understood() {
        let stream =
            b"\xEF\xBB\xBF: hello\r\nevent: one\rdata:a\ndata: b\r\n\r\nid: 7\nretry: 5\n\ndata\n\ndata:  c\n\n";
        assert_eq!(parse(&[stream]), [event("one", "a\nb"), event("", ""), event("", " c")]);
    }

    #[test]
    fn a_crlf_split_between_pieces_is_one_line_end() {
        assert_eq!(
            parse(&[b"data: a\r", b"\ndata: b\r", b"\n\r", b"\ndata: c\n\n"]),
            [event("", "a\nb"), event("", "c")]
        );
    }

    #[test]
    fn an_event_cut_inside_a_line_is_not_given_out() {
        assert_eq!(parse(&[b"data: a\n\ndata: {\"half\":"]), [event("", "a")]);
        assert_eq!(parse(&[b"data: a\n\ndata: whole\n"]), [event("", "a"), event("", "whole")]);
    }

    #[test]
    fn an_event_over_the_limit_is_refused() {
        let mut parser = SseParser::new(10);
        parser.push(b"data: 12345678901");
        assert_eq!(parser.next_event(), Err(NetError::TooLarge { limit: 10 }));
        let mut parser = SseParser::new(10);
        for _ in 0..6 {
            parser.push(b"data: 12\n");
        }
        assert_eq!(parser.next_event(), Err(NetError::TooLarge { limit: 10 }));
    }

    proptest! {
        #[test]
        fn events_do_not_depend_on_where_pieces_end(
            events in proptest::collection::vec(("[a-z]{0,5}", "[^\r\u{feff}]{0,20}"), 0..8),
            ends in proptest::collection::vec(0usize..3, 0..64),
            cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..12),
        ) {
            let mut ends = ends.into_iter().cycle();
            let mut end = || match ends.next() { Some(1) => "\r\n", Some(2) => "\r", _ => "\n" };
            let mut text = String::new();
            for (name, data) in &events {
                text += &format!("event: {name}{}", end());
                for line in data.split('\n') {
                    text += &format!("data: {line}{}", end());
                }
                // A CR that ends the event is followed by a comment, so that no LF can join it.
                text += &format!("{}: c{}", end(), end());
            }
            let text = text.replace("\r\r\n", "\r\n\n");
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            at.push(text.len());
            at.sort_unstable();
            let mut from = 0;
            let pieces: Vec<&[u8]> = at.iter().map(|&to| { let piece = &text.as_bytes()[from..to]; from = to; piece }).collect();
            prop_assert_eq!(parse(&pieces), parse(&[text.as_bytes()]));
        }

        #[test]
        fn any_bytes_at_all_never_break_the_parser(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..64), 0..16)) {
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let _events = parse(&pieces);
        }

        #[test]
        fn what_was_written_is_what_is_read(events in proptest::collection::vec(("[a-z]{0,5}", "[^\r]{0,20}"), 0..8)) {
            let mut text = String::new();
            for (name, data) in &events {
                text += &format!("event: {name}\n");
                for line in data.split('\n') {
                    text += &format!("data: {line}\n");
                }
                text += "\n";
            }
            let expected: Vec<SseEvent> = events.iter().map(|(name, data)| event(name, data)).collect();
            prop_assert_eq!(parse(&[text.as_bytes()]), expected);
        }
    }
}
