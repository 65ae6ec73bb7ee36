//! One connection, from its upgrade to its last frame: one task.

mod handshake; // who is this
pub(crate) mod outbox; // what waits to be sent
mod serve; // after the handshake

use std::{net::IpAddr, sync::Arc, time::Duration};

use ids::ConnId;
use stdx::CancellationToken;
use tokio::{net::TcpStream, sync::OwnedSemaphorePermit};

use crate::{hello::MAX_MESSAGE, shared::Shared, ws::Socket};
use outbox::Outbox;

/// How long a closed connection may take to go.
const GOODBYE: Duration = Duration::from_secs(2);

/// An upgraded request.
#[derive(Debug)]
pub(crate) struct Upgrade {
    pub(crate) peer: Peer,
    /// Held as long as the connection lives.
    pub(crate) room: OwnedSemaphorePermit,
    /// Held until the handshake is over.
    pub(crate) pending: OwnedSemaphorePermit,
}

/// Who is at the other end, by the rules of trusted proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    pub(crate) is_local: bool,
    pub(crate) has_untrusted_proxy_headers: bool,
}

/// Serves a connection until it ends.
pub(crate) async fn run(
    shared: Arc<Shared>,
    stream: TcpStream,
    early: Vec<u8>,
    upgrade: Upgrade,
    cancel: CancellationToken,
) {
    let Upgrade { peer, room, pending } = upgrade;
    let conn = ConnId::random();
    let outbox = Arc::new(Outbox::default());
    let mut socket = Socket::new(stream, &early, MAX_MESSAGE);
    drop(early);
    // Each phase is boxed, so that the idle connection is as small as its last phase.
    let admitted = Box::pin(handshake::run(&shared, &conn, peer, &mut socket, &outbox)).await;
    drop(pending);
    if let Some(admitted) = admitted {
        Box::pin(serve::run(&shared, admitted, &mut socket, cancel)).await;
    }
    Box::pin(goodbye(&mut socket, &outbox)).await;
    drop(room);
}

/// Sends what is left, then waits a little for the client to go first.
async fn goodbye(socket: &mut Socket, outbox: &Outbox) {
    use crate::ws::Step;
    outbox.close(Some(1000), "");
    let leave = async {
        let left = std::future::poll_fn(|cx| match std::task::ready!(socket.poll_write(outbox, cx)) {
            Ok(()) => std::task::Poll::Ready(Step::Closed),
            Err(_) => std::task::Poll::Ready(Step::Gone),
        })
        .await;
        if matches!(left, Step::Closed) {
            socket.shut_down();
            std::future::poll_fn(|cx| socket.poll_gone(cx)).await;
        }
    };
    // Whoever does not go in time is left behind.
    drop(tokio::time::timeout(GOODBYE, leave).await);
}
