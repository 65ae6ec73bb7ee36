//! The way out against real sockets: which side of the first byte an error fell on, and what a drop does.

#![cfg(test)]

use std::net::SocketAddr;
use std::time::Duration;

use net::{Egress, FilePart, Http, HttpConfig, Multipart, NetError, Request, Response, SseEvent, Timeouts};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const SHORT: Timeouts = Timeouts { first_byte: Duration::from_millis(50), idle: Duration::from_millis(50) };

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn http() -> Http {
    Http::new(HttpConfig { connect: Duration::from_millis(500), ..HttpConfig::default() })
}

async fn send(request: Request) -> Result<Response, NetError> {
    http().send(request).await
}

/// Accepts one connection and reads one request's head and stated body.
async fn accept(listener: &TcpListener) -> (TcpStream, String) {
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut seen = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let read = socket.read(&mut piece).await.unwrap();
        assert_ne!(read, 0, "closed before the whole request");
        seen.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return (socket, text);
            }
        }
    }
}

#[tokio::test]
async fn a_refused_connection_left_nothing_behind() {
    let (listener, address) = listen().await;
    drop(listener);
    let error = http().send(Request::get(Egress::Configured, &format!("http://{address}/"))).await.unwrap_err();
    assert!(matches!(error, NetError::Connect(_)), "{error:?}");
    assert!(!error.request_left_host());
}

#[tokio::test]
async fn a_name_that_does_not_resolve_left_nothing_behind() {
    let error = http().send(Request::get(Egress::Configured, "http://no-such-host.invalid/")).await.unwrap_err();
    assert!(!error.request_left_host(), "{error:?}");
}

#[tokio::test]
async fn a_connection_closed_before_the_answer_may_have_done_something() {
    let (listener, address) = listen().await;
    let url = format!("http://{address}/botSECRET/send");
    let request = Request::post(Egress::Configured, &url).json(&1);
    let (answer, _) = tokio::join!(send(request), async { drop(accept(&listener).await) });
    let error = answer.unwrap_err();
    assert!(matches!(error, NetError::Broken(_)), "{error:?}");
    assert!(error.request_left_host());
    assert!(!format!("{error} {error:?}").contains("SECRET"));
}

#[tokio::test]
async fn silence_after_the_request_ends_at_the_first_byte_time_out() {
    let (listener, address) = listen().await;
    let http = Http::new(HttpConfig { connect: Duration::from_millis(50), ..HttpConfig::default() });
    let request = Request::get(Egress::Configured, &format!("http://{address}/")).timeouts(SHORT);
    let (answer, _held) = tokio::join!(http.send(request), accept(&listener));
    assert_eq!(answer.unwrap_err(), NetError::FirstByteTimeout(SHORT.first_byte));
}

#[tokio::test]
async fn events_arrive_before_a_stall_is_reported() {
    let (listener, address) = listen().await;
    let request = Request::get(Egress::Configured, &format!("http://{address}/")).timeouts(SHORT);
    let (answer, _held) = tokio::join!(send(request), async {
        let (mut socket, _) = accept(&listener).await;
        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nevent: a\ndata: 1\n\ndata: 2";
        socket.write_all(answer).await.unwrap();
        socket
    });
    let mut events = answer.unwrap().sse(1000);
    let first = SseEvent { name: "a".into(), data: "1".into() };
    assert_eq!(events.next().await, Some(Ok(first)));
    assert_eq!(events.next().await, Some(Err(NetError::Stalled(SHORT.idle))));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_cut_in_a_chunked_answer_is_an_error_and_no_end() {
    let (listener, address) = listen().await;
    let request = Request::get(Egress::Configured, &format!("http://{address}/"));
    let (answer, ()) = tokio::join!(send(request), async {
        let (mut socket, _) = accept(&listener).await;
        let answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{\"a\":1}\n\r\n";
        socket.write_all(answer).await.unwrap();
    });
    let mut lines = answer.unwrap().ndjson(1000);
    assert_eq!(lines.next().await.unwrap().unwrap(), "{\"a\":1}");
    assert!(matches!(lines.next().await, Some(Err(NetError::Broken(_)))));
    assert!(lines.next().await.is_none());
}

#[tokio::test]
async fn dropping_an_answer_closes_its_connection() {
    let (listener, address) = listen().await;
    let request = Request::get(Egress::Configured, &format!("http://{address}/"));
    let (answer, mut socket) = tokio::join!(send(request), async {
        let (mut socket, _) = accept(&listener).await;
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: hi\n").await.unwrap();
        socket
    });
    drop(answer.unwrap());
    let mut rest = [0; 1];
    assert_eq!(socket.read(&mut rest).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn an_answer_over_the_limit_is_refused() {
    let (listener, address) = listen().await;
    let request = Request::get(Egress::Configured, &format!("http://{address}/"));
    let (answer, ()) = tokio::join!(send(request), async {
        let (mut socket, _) = accept(&listener).await;
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").await.unwrap();
    });
    assert_eq!(answer.unwrap().bytes(4).await, Err(NetError::TooLarge { limit: 4 }));
}

#[tokio::test]
async fn a_form_carries_its_fields_and_files() {
    let (listener, address) = listen().await;
    let file = FilePart { name: "cat.png".into(), media_type: "image/png".into(), content: "PNGDATA".into() };
    let form = Multipart::default().text("chat_id", "42").file("photo", file);
    let request = Request::post(Egress::Configured, &format!("http://{address}/")).multipart(form);
    let (answer, text) = tokio::join!(send(request), async {
        let (mut socket, text) = accept(&listener).await;
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ntrue").await.unwrap();
        text
    });
    assert!(answer.unwrap().json::<bool>(10).await.unwrap());
    for part in ["name=\"chat_id\"\r\n\r\n42", "filename=\"cat.png\"\r\nContent-Type: image/png\r\n\r\nPNGDATA"] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn strangers_addresses_never_reach_this_machine() {
    let (listener, address) = listen().await;
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{}/", address.port());
        let error = http().send(Request::get(Egress::Untrusted, &url)).await.unwrap_err();
        assert_eq!(error, NetError::Forbidden, "{host}");
    }
    drop(listener);
}

#[tokio::test]
async fn an_answer_whose_last_word_is_known_gives_its_connection_back() {
    let (listener, address) = listen().await;
    let http = http();
    let ask = || http.send(Request::get(Egress::Configured, &format!("http://{address}/")));
    let (answer, mut socket) = tokio::join!(ask(), async {
        let (mut socket, _) = accept(&listener).await;
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nE\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
        socket.write_all(head).await.unwrap();
        socket
    });
    let mut events = answer.unwrap().sse(1000);
    assert_eq!(events.next().await.unwrap().unwrap().data, "[DONE]");
    events.drain().await;
    let (answer, ()) = tokio::join!(ask(), async {
        let mut piece = [0; 4096];
        assert_ne!(socket.read(&mut piece).await.unwrap(), 0, "the first connection is used again");
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    });
    assert!(answer.unwrap().is_success());
}

#[tokio::test]
async fn a_proxy_is_used_for_everything_but_this_machine() {
    let (proxy, proxy_address) = listen().await;
    let (direct, direct_address) = listen().await;
    let proxy_url = net::Url::parse(&format!("http://user:SECRET@{proxy_address}")).unwrap();
    let config = HttpConfig { proxy: Some(proxy_url), ..HttpConfig::default() };
    assert!(!format!("{config:?}").contains("SECRET"));
    let http = Http::new(config);
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    let outward = Request::get(Egress::Configured, "http://api.invalid/v1");
    let (through, seen) = tokio::join!(http.send(outward), async {
        let (mut socket, seen) = accept(&proxy).await;
        socket.write_all(answer).await.unwrap();
        seen
    });
    assert!(through.unwrap().is_success());
    assert!(seen.starts_with("GET http://api.invalid/v1 "), "{seen}");
    let inward = Request::get(Egress::Configured, &format!("http://{direct_address}/v1"));
    let (straight, seen) = tokio::join!(http.send(inward), async {
        let (mut socket, seen) = accept(&direct).await;
        socket.write_all(answer).await.unwrap();
        seen
    });
    assert!(straight.unwrap().is_success());
    assert!(seen.starts_with("GET /v1 "), "{seen}");
}
