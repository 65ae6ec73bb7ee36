//! One connection of a story: what it sends goes out as it is, what comes is kept in order.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitSink};
use parking_lot::Mutex;
use serde_json::Value;
use stdx::{CancellationToken, OwnedTask};
use tokio::{net::TcpStream, sync::Notify, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Message,
        client::IntoClientRequest as _,
        http::{HeaderName, HeaderValue},
    },
};

use crate::verdict::Came;

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[derive(Debug)]
pub(crate) struct Socket {
    sink: SplitSink<Stream, Message>,
    seen: Arc<Seen>,
    _reader: OwnedTask,
}

#[derive(Debug, Default)]
struct Seen {
    came: Mutex<Came>,
    changed: Notify,
}

impl Socket {
    pub(crate) async fn open(url: &str, headers: &BTreeMap<String, String>) -> Result<Self> {
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(HeaderName::try_from(name.as_str())?, HeaderValue::from_str(value)?);
        }
        let (stream, _) = connect_async(request).await.with_context(|| url.to_owned())?;
        let (sink, mut incoming) = stream.split();
        let seen = Arc::new(Seen::default());
        let keeper = Arc::clone(&seen);
        let reader = OwnedTask::spawn(&CancellationToken::new(), |_| async move {
            while let Some(Ok(message)) = incoming.next().await {
                {
                    let mut came = keeper.came.lock();
                    match message {
                        Message::Text(text) => came.frames.push(serde_json::from_str(&text).unwrap_or(Value::Null)),
                        Message::Binary(bytes) => {
                            came.frames.push(serde_json::from_slice(&bytes).unwrap_or(Value::Null));
                        }
                        Message::Close(close) => {
                            let close = close.map(|close| (close.code.into(), close.reason.to_string()));
                            came.closed = Some(close.unwrap_or((1005, String::new())));
                        }
                        _ => {}
                    }
                }
                keeper.changed.notify_waiters();
            }
        });
        Ok(Self { sink, seen, _reader: reader })
    }

    /// Sends; a peer that is gone is no error here: the story shows it.
    pub(crate) async fn send(&mut self, message: Message) {
        let _gone = self.sink.send(message).await;
    }

    pub(crate) async fn leave(&mut self) {
        let _gone = self.sink.close().await;
    }

    pub(crate) fn came(&self) -> Came {
        self.seen.came.lock().clone()
    }

    /// Waits until what came satisfies `enough`; `false` when patience ends first.
    pub(crate) async fn until(&self, patience: Duration, enough: impl Fn(&Came) -> bool) -> bool {
        let waiting = async {
            loop {
                let changed = self.seen.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if enough(&self.seen.came.lock()) {
                    return;
                }
                changed.await;
            }
        };
        timeout(patience, waiting).await.is_ok()
    }
}
