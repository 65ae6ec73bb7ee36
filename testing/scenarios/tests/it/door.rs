//! The front door as the config sets it: its address, and the pages that may come in.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::running::patch;
use crate::stage::Stage;

/// The status a page of that origin gets for its WebSocket.
async fn answered(stage: &Stage, origin: &str) -> anyhow::Result<String> {
    let port = stage.gateway.port();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await?;
    let mut status = [0; 12];
    socket.read_exact(&mut status).await?;
    Ok(String::from_utf8_lossy(&status).into_owned())
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_comes_in_and_no_other_foreign_one() -> anyhow::Result<()> {
    let (listed, other) = ("https://chat.example.org", "https://evil.example");
    let stage = Stage::set_with(|config| {
        config["gateway"]["controlUi"] = json!({ "allowedOrigins": [listed] });
    })
    .await?;
    assert_eq!(answered(&stage, listed).await?, "HTTP/1.1 101");
    assert_eq!(answered(&stage, other).await?, "HTTP/1.1 403");
    // A changed list holds without a new start.
    let chat = stage.gateway.chat("main").await?;
    patch(&chat, &json!({ "gateway": { "controlUi": { "allowedOrigins": [other] } } })).await?;
    assert_eq!(answered(&stage, listed).await?, "HTTP/1.1 403");
    assert_eq!(answered(&stage, other).await?, "HTTP/1.1 101");
    Ok(())
}

#[tokio::test]
async fn without_a_word_about_it_the_gateway_is_on_this_machine_alone() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let port = stage.gateway.port();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok());
    // An address of this machine that only a wider bind would answer on.
    assert!(TcpStream::connect(("127.0.0.2", port)).await.is_err());
    Ok(())
}
