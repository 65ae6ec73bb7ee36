//! Who is at the other end, by the rules of trusted proxies. Pure.

use std::net::IpAddr;

use hyper::HeaderMap;

use crate::conn::Peer;

/// The client behind `socket`. Proxy headers count only from a trusted proxy; from anyone else they make the client a
/// stranger, wherever it says it is.
pub(super) fn peer(socket: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> Peer {
    let socket = plain(socket);
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let forwarded = header("x-forwarded-for").and_then(|all| all.split(',').next());
    let claimed = forwarded.or_else(|| header("x-real-ip"));
    let has_headers = headers.contains_key("x-forwarded-for") || headers.contains_key("x-real-ip");
    let is_trusted = trusted.iter().any(|proxy| plain(*proxy) == socket);
    let address = match claimed.and_then(|claimed| claimed.trim().parse().ok()) {
        Some(claimed) if is_trusted => plain(claimed),
        _ => socket,
    };
    let has_untrusted_proxy_headers = has_headers && !is_trusted;
    Peer { address, is_local: address.is_loopback() && !has_untrusted_proxy_headers, has_untrusted_proxy_headers }
}

/// `::ffff:127.0.0.1` is 127.0.0.1.
fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_may_say_who_the_client_is() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let local: IpAddr = "::ffff:127.0.0.1".parse().unwrap();
        let mut headers = HeaderMap::new();
        assert_eq!((peer(local, &headers, &[]).is_local, peer(proxy, &headers, &[]).is_local), (true, false));
        headers.insert("x-forwarded-for", "203.0.113.9, 10.0.0.1".parse().unwrap());
        let told = peer(proxy, &headers, &[proxy]);
        assert_eq!((told.address.to_string().as_str(), told.is_local), ("203.0.113.9", false));
        let stranger = peer(local, &headers, &[proxy]);
        assert_eq!((stranger.is_local, stranger.has_untrusted_proxy_headers), (false, true));
    }
}
