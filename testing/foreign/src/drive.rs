//! Plays the client's part of a story: sends when what was recorded before has come, and keeps what comes.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use stdx::Clock;
use tokio_tungstenite::tungstenite::Message as Wire;

use crate::{
    Bindings, Gateway,
    compare::compare,
    device,
    socket::Socket,
    story::{Message, Step, Story},
    verdict::{Came, reached, received},
};

/// How long a step waits for what was recorded before it.
const PATIENCE: Duration = Duration::from_secs(10);
/// The gateway itself waits ten seconds for a client that says nothing.
const PATIENCE_FOR_A_CLOSE: Duration = Duration::from_secs(15);

/// What every connection saw.
pub(crate) async fn drive(
    story: &Story,
    gateway: &dyn Gateway,
    clock: &dyn Clock,
    bindings: &mut Bindings,
) -> Result<BTreeMap<String, Came>> {
    let mut player =
        Player { story, gateway, clock, sockets: BTreeMap::new(), told: BTreeMap::new(), left: BTreeMap::new() };
    for step in &story.steps {
        player.step(step, bindings).await?;
    }
    let mut came = player.left;
    came.extend(player.sockets.into_iter().map(|(name, socket)| (name, socket.came())));
    Ok(came)
}

struct Player<'a> {
    story: &'a Story,
    gateway: &'a dyn Gateway,
    clock: &'a dyn Clock,
    sockets: BTreeMap<String, Socket>,
    /// How many frames the story has told so far, by connection.
    told: BTreeMap<String, usize>,
    left: BTreeMap<String, Came>,
}

impl Player<'_> {
    async fn step(&mut self, step: &Step, bindings: &mut Bindings) -> Result<()> {
        match step {
            Step::Open { conn, path, headers } => {
                let url = format!("ws://{}{path}", self.gateway.address());
                self.sockets.insert(conn.clone(), Socket::open(&url, headers).await?);
            }
            Step::Recv { conn, .. } => *self.told.entry(conn.clone()).or_default() += 1,
            Step::Send { conn, message } => {
                self.catch_up(bindings).await;
                let wire = self.wire(conn, message, bindings)?;
                self.socket(conn)?.send(wire).await;
            }
            Step::Close { conn, .. } => {
                self.socket(conn)?.until(PATIENCE_FOR_A_CLOSE, |came| came.closed.is_some()).await;
                self.catch_up(bindings).await;
            }
            Step::Leave { conn } => {
                self.catch_up(bindings).await;
                // What is closed because the client left is no part of the story.
                let mut socket = self.sockets.remove(conn).with_context(|| conn.clone())?;
                self.left.insert(conn.clone(), socket.came());
                socket.leave().await;
            }
            Step::StopGateway => {
                self.catch_up(bindings).await;
                self.gateway.stop();
            }
        }
        Ok(())
    }

    fn socket(&mut self, conn: &str) -> Result<&mut Socket> {
        self.sockets.get_mut(conn).with_context(|| format!("{conn} is not open"))
    }

    /// Waits until every connection has what the story has told of it, and learns names from the answers.
    async fn catch_up(&self, bindings: &mut Bindings) {
        for (conn, socket) in &self.sockets {
            let told = self.told.get(conn).copied().unwrap_or_default();
            let recorded: Vec<&Value> = received(self.story, conn).take(told).collect();
            socket.until(PATIENCE, |came| came.closed.is_some() || reached(&recorded, came, bindings)).await;
            learn(&recorded, &socket.came(), bindings);
        }
    }

    fn wire(&self, conn: &str, message: &Message, bindings: &mut Bindings) -> Result<Wire> {
        Ok(match message {
            Message::Text(frame) => Wire::text(self.frame(conn, frame, bindings).to_string()),
            Message::Binary(frame) => Wire::binary(self.frame(conn, frame, bindings).to_string().into_bytes()),
            Message::Raw(text) => Wire::text(text.clone()),
            Message::Bytes(size) => {
                let mut frame = json!({ "type": "req", "id": "large", "method": "health", "params": { "pad": "" } });
                let pad = size.checked_sub(frame.to_string().len()).context("too small for a request")?;
                frame["params"]["pad"] = json!("x".repeat(pad));
                Wire::text(frame.to_string())
            }
        })
    }

    fn frame(&self, conn: &str, frame: &Value, bindings: &mut Bindings) -> Value {
        let mut frame = bindings.fill(frame);
        if frame["params"]["device"].get("sign").is_some() {
            let came = self.sockets.get(conn).map(Socket::came).unwrap_or_default();
            let nonce = came.frames.iter().find_map(|frame| frame["payload"]["nonce"].as_str()).unwrap_or_default();
            device::prove(&mut frame, nonce, self.clock.now_ms(), bindings);
        }
        frame
    }
}

/// Binds what the answers so far name: ids, hashes and tokens that a later request sends back.
fn learn(recorded: &[&Value], came: &Came, bindings: &mut Bindings) {
    let mut used = vec![false; came.frames.len()];
    for frame in recorded.iter().filter(|frame| frame["type"] == "res" || frame["payload"].get("requestId").is_some()) {
        let same = |other: &Value| {
            other["type"] == frame["type"]
                && other.get("id") == frame.get("id")
                && other.get("event") == frame.get("event")
        };
        let next = came.frames.iter().zip(&mut used).find(|(other, used)| !**used && same(other));
        if let Some((other, used)) = next {
            *used = true;
            // The verdict tells of differences, with the same bindings.
            let _differences = compare(frame, other, bindings);
        }
    }
}
