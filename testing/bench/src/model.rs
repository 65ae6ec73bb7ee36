//! A model that answers at once: OpenAI Chat Completions as a stream of tokens, written back to back.
//!
//! It keeps when each marked request came and when its answer was out, so that its own time can be taken off a turn's.
//! One thread per connection and no runtime: its share of the machine is as small as can be.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use parking_lot::Mutex;
use serde_json::json;

/// Tokens in one answer.
const TOKENS: usize = 200;

type Log = Arc<Mutex<HashMap<String, (Instant, Instant)>>>;

/// The model. Its threads end with the process.
#[derive(Debug)]
pub(crate) struct Model {
    port: u16,
    log: Log,
}

impl Model {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let log = Log::default();
        let (events, seen): (Arc<[String]>, _) = (answer().into(), Arc::clone(&log));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (events, seen) = (Arc::clone(&events), Arc::clone(&seen));
                // A connection that breaks is the gateway's to report.
                std::thread::spawn(move || drop(serve(stream, &events, &seen)));
            }
        });
        Ok(Self { port, log })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// The model's own time for the turn with this mark.
    pub(crate) fn took(&self, mark: &str) -> Option<Duration> {
        self.log.lock().get(mark).map(|(came, out)| out.duration_since(*came))
    }
}

/// One connection: requests one after the other.
fn serve(stream: TcpStream, events: &[String], log: &Log) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut out = stream.try_clone()?;
    let mut reader = BufReader::with_capacity(64 << 10, stream);
    let mut body = Vec::new();
    while let Some(came) = request(&mut reader, &mut body)? {
        out.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")?;
        for event in events {
            out.write_all(event.as_bytes())?;
        }
        if let Some(mark) = mark(&body) {
            log.lock().insert(mark, (came, Instant::now()));
        }
        out.write_all(b"0\r\n\r\n")?;
    }
    Ok(())
}

/// Reads one request; gives when its head had come, nothing at the end.
fn request(reader: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> Result<Option<Instant>> {
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().context("content-length")?;
        }
        if line.trim_end().is_empty() {
            break;
        }
    }
    let came = Instant::now();
    body.resize(length, 0);
    reader.read_exact(body)?;
    Ok(Some(came))
}

/// The last mark in a request: that of the turn under way.
fn mark(body: &[u8]) -> Option<String> {
    const SIGN: &[u8] = b"mark-";
    let place = body.windows(SIGN.len()).rposition(|window| window == SIGN)? + SIGN.len();
    let mark = body.get(place..place + 32)?;
    String::from_utf8(mark.to_vec()).ok()
}

/// The events of an answer, each a chunk of its own.
fn answer() -> Vec<String> {
    let chunk = |delta: serde_json::Value, stop: Option<&str>| {
        json!({ "id": "fake", "object": "chat.completion.chunk", "created": 0, "model": "fake-1",
            "choices": [{ "index": 0, "delta": delta, "finish_reason": stop }] })
        .to_string()
    };
    let mut events = vec![chunk(json!({ "role": "assistant", "content": "" }), None)];
    events.extend((0..TOKENS).map(|token| chunk(json!({ "content": format!(" tok{token}") }), None)));
    events.push(chunk(json!({}), Some("stop")));
    let usage = json!({ "prompt_tokens": 100, "completion_tokens": TOKENS, "total_tokens": 100 + TOKENS });
    let last = json!({ "id": "fake", "object": "chat.completion.chunk", "created": 0, "model": "fake-1",
        "choices": [], "usage": usage });
    events.push(last.to_string());
    events.push("[DONE]".to_owned());
    let sized = events.iter().map(|event| format!("data: {event}\n\n"));
    sized.map(|event| format!("{:x}\r\n{event}\r\n", event.len())).collect()
}
