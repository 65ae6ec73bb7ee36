//! Decides which addresses may be asked.
//!
//! An address that a model or a stranger wrote must not reach the owner's own network, so it is judged after name
//! resolution and again on each redirect. An address the owner wrote into the config may be anything.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Who wrote the address that is about to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Egress {
    /// The owner, in the config: loopback and private ranges are fine.
    Configured,
    /// A model or a stranger: public addresses only, whatever the name resolves to.
    Untrusted,
}

/// A name resolved only to addresses that are not public, or a redirect led to one.
#[derive(Debug, thiserror::Error)]
#[error("the address is not public")]
pub(crate) struct NotPublic;

/// Whether the address belongs to the public internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = a == 192 && b == 0 && c == 0;
    let relay = a == 192 && b == 88 && c == 99;
    let benchmark = a == 198 && (b == 18 || b == 19);
    !(a == 0
        || a >= 224
        || v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_documentation()
        || shared
        || protocol
        || relay
        || benchmark)
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    if let Some(v4) = embedded_v4(v6) {
        return is_public_v4(v4);
    }
    let [a, b, ..] = v6.segments();
    // Only 2000::/3 is handed out; of it, 2001::/23 is for protocols and 2001:db8::/32 and 3fff::/20 for documents.
    (0x2000..0x4000).contains(&a) && !(a == 0x2001 && (b < 0x0200 || b == 0x0db8)) && !(a == 0x3fff && b < 0x1000)
}

/// The IPv4 address inside the forms that carry one: mapped, compatible, NAT64 and 6to4.
fn embedded_v4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let join = |high: u16, low: u16| {
        let [w, x] = high.to_be_bytes();
        let [y, z] = low.to_be_bytes();
        Ipv4Addr::new(w, x, y, z)
    };
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0 | 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => Some(join(g, h)),
        (0x2002, high, low, ..) => Some(join(high, low)),
        _ => None,
    }
}

/// Whether an untrusted address may be asked, as far as its spelling shows. Names are judged when they resolve.
pub(crate) fn spelling_is_allowed(url: &Url) -> bool {
    if !matches!(url.scheme(), "http" | "https") {
        return false;
    }
    match url.host() {
        Some(Host::Ipv4(v4)) => is_public_v4(v4),
        Some(Host::Ipv6(v6)) => is_public_v6(v6),
        Some(Host::Domain(_)) => true,
        None => false,
    }
}

/// Whether the address plainly names this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(v4)) => v4.is_loopback(),
        Some(Host::Ipv6(v6)) => v6.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// Resolves names to public addresses only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_special_ranges_are_not_public() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_of_the_public_internet_are_public() {
        for address in ["1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "2a00:1450::1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn odd_spellings_of_loopback_are_seen_through() {
        for url in ["http://127.1/", "http://0x7f.0.0.1/", "http://2130706433/", "http://[::1]/", "file:///etc/passwd"]
        {
            assert!(!spelling_is_allowed(&Url::parse(url).unwrap()), "{url}");
        }
    }
}
