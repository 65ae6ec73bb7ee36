//! The gateway's protocol as an operator speaks it: the handshake, a call, a turn.

use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::program::TOKEN;
use crate::socket::Socket;

/// A connected operator.
#[derive(Debug)]
pub(crate) struct Talk {
    socket: Socket,
    asked: u64,
    message: Vec<u8>,
}

/// When one turn was asked for, began to be answered and ended, as its client saw it, and the mark by which the model knows it.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    pub(crate) mark: String,
    pub(crate) sent: Instant,
    /// When the first words of the answer were there.
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(default)]
    id: &'a str,
    #[serde(default)]
    ok: bool,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

impl Talk {
    pub(crate) fn open(port: u16) -> Result<Self> {
        let mut talk = Self { socket: Socket::open(port)?, asked: 0, message: Vec::new() };
        let who = json!({
            "minProtocol": 3, "maxProtocol": 3, "caps": [], "role": "operator", "scopes": ["operator.admin"],
            "client": { "id": "gateway-client", "version": "bench", "platform": "linux", "mode": "backend" },
            "auth": { "token": TOKEN },
        });
        talk.call("connect", &who).context("handshake")?;
        Ok(talk)
    }

    /// Calls a method and gives its answer as it came.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Result<&[u8]> {
        let id = self.ask(method, params)?;
        self.answered(&id, method)?;
        Ok(&self.message)
    }

    /// Sends one request many times over without waiting for each answer.
    pub(crate) fn call_all(&mut self, method: &str, all: &[Value]) -> Result<()> {
        const AHEAD: usize = 32;
        for some in all.chunks(AHEAD) {
            let ids: Vec<String> = some.iter().map(|params| self.ask(method, params)).collect::<Result<_>>()?;
            for id in &ids {
                self.answered(id, method)?;
            }
        }
        Ok(())
    }

    /// Says something and waits for the run's last word.
    pub(crate) fn turn(&mut self, session: &str) -> Result<Turn> {
        let run = uuid::Uuid::new_v4().to_string();
        let mark = uuid::Uuid::new_v4().simple().to_string();
        let message = format!("hello mark-{mark}");
        let params = json!({ "sessionKey": session, "message": message, "idempotencyKey": run });
        let sent = Instant::now();
        let id = self.ask("chat.send", &params)?;
        let (about, run) = (br#""event":"chat""#, format!("\"{run}\""));
        let mut began = None;
        loop {
            self.socket.receive(&mut self.message)?;
            let text = &self.message;
            if has(text.get(..64).unwrap_or(text), about) && has(text, run.as_bytes()) {
                if has(text, br#""state":"final""#) {
                    let ended = Instant::now();
                    return Ok(Turn { mark, sent, began: began.unwrap_or(ended), ended });
                }
                if !has(text, br#""state":"delta""#) {
                    bail!("the turn failed: {}", String::from_utf8_lossy(text));
                }
                began.get_or_insert_with(Instant::now);
            } else if self.refused(&id) {
                bail!("chat.send: {}", String::from_utf8_lossy(&self.message));
            }
        }
    }

    pub(crate) fn into_stream(self) -> std::net::TcpStream {
        self.socket.into_stream()
    }

    fn ask(&mut self, method: &str, params: &Value) -> Result<String> {
        self.asked += 1;
        let id = self.asked.to_string();
        let frame = json!({ "type": "req", "id": id, "method": method, "params": params });
        self.socket.send(&frame.to_string())?;
        Ok(id)
    }

    fn answered(&mut self, id: &str, method: &str) -> Result<()> {
        loop {
            self.socket.receive(&mut self.message)?;
            if !self.message.starts_with(br#"{"type":"res""#) {
                continue;
            }
            let frame: Frame<'_> = serde_json::from_slice(&self.message)?;
            if frame.id != id {
                continue;
            }
            if !frame.ok {
                bail!("{method}: {}", frame.error.or(frame.payload).map_or("no reason given", RawValue::get));
            }
            return Ok(());
        }
    }

    fn refused(&self, id: &str) -> bool {
        self.message.starts_with(br#"{"type":"res""#)
            && serde_json::from_slice::<Frame<'_>>(&self.message).is_ok_and(|frame| frame.id == id && !frame.ok)
    }
}

/// Whether these bytes hold those.
fn has(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
