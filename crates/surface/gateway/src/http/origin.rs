//! Which pages may reach the gateway from a browser. Pure.
//!
//! A browser says which page asks (`Origin`) and which name it asked for (`Host`). A page of somebody else is refused.
//! So is a page that made its own name point to this machine: its `Origin` equals its `Host`, so a name counts only
//! when it cannot be somebody else's, that is when it is an address, this machine's name, or a name the owner allowed.
//! Programs that are no browsers send no `Origin`.

use std::net::IpAddr;

use url::{Host, Url};

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Foreign {
    #[error("origin not allowed")]
    Origin,
    #[error("host not allowed")]
    Host,
}

/// Whether a request with these headers may go on.
pub(crate) fn check(
    origin: Option<&str>,
    host: Option<&str>,
    machine: &str,
    allowed: &[String],
) -> Result<(), Foreign> {
    let Some(origin) = origin else { return Ok(()) };
    if allowed.iter().any(|allowed| allowed == "*" || same(allowed, origin)) {
        return Ok(());
    }
    let page = Url::parse(origin).map_err(|_| Foreign::Origin)?;
    if !matches!(page.scheme(), "http" | "https") {
        return Err(Foreign::Origin);
    }
    if page.host().is_some_and(|host| is_loopback(&host)) {
        // A page of this machine, asking for this machine under its own name or under a loopback name.
        return check_host(host, machine, allowed);
    }
    let own = host.and_then(|host| Url::parse(&format!("{}://{host}", page.scheme())).ok());
    let is_same = own.is_some_and(|own| own.origin() == page.origin());
    if is_same { check_host(host, machine, allowed) } else { Err(Foreign::Origin) }
}

/// Whether a name that was asked for can only mean this machine.
pub(crate) fn check_host(host: Option<&str>, machine: &str, allowed: &[String]) -> Result<(), Foreign> {
    let Some(host) = host.and_then(|host| Url::parse(&format!("http://{host}")).ok()) else {
        return Err(Foreign::Host);
    };
    let Some(host) = host.host() else { return Err(Foreign::Host) };
    let is_ours = match &host {
        Host::Ipv4(_) | Host::Ipv6(_) => true,
        Host::Domain(name) => {
            let machine = machine.to_ascii_lowercase();
            let is_machine = !machine.is_empty()
                && (*name == machine || name.strip_suffix(".local").is_some_and(|name| name == machine));
            let is_allowed = allowed
                .iter()
                .filter_map(|allowed| Url::parse(allowed).ok())
                .any(|allowed| allowed.host_str() == Some(name));
            is_loopback(&host) || is_machine || is_allowed
        }
    };
    if is_ours { Ok(()) } else { Err(Foreign::Host) }
}

fn same(allowed: &str, origin: &str) -> bool {
    match (Url::parse(allowed), Url::parse(origin)) {
        (Ok(allowed), Ok(origin)) => allowed.origin().is_tuple() && allowed.origin() == origin.origin(),
        _ => allowed.trim_end_matches('/').eq_ignore_ascii_case(origin),
    }
}

fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Ipv4(address) => IpAddr::from(*address).is_loopback(),
        Host::Ipv6(address) => address.is_loopback() || address.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback()),
        Host::Domain(name) => {
            let name = name.as_ref().trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_that_cannot_be_somebody_elses_may_come() {
        let allowed = ["https://chat.example.org".to_owned()];
        let table: [(Option<&str>, &str, Result<(), Foreign>); 18] = [
            (None, "127.0.0.1:18789", Ok(())),
            (None, "anything.example", Ok(())),
            (Some("http://127.0.0.1:18789"), "127.0.0.1:18789", Ok(())),
            (Some("http://localhost:5173"), "127.0.0.1:18789", Ok(())),
            (Some("http://[::1]:18789"), "[::1]:18789", Ok(())),
            (Some("http://app.localhost"), "localhost:18789", Ok(())),
            (Some("http://192.168.1.5:18789"), "192.168.1.5:18789", Ok(())),
            (Some("http://mybox:18789"), "mybox:18789", Ok(())),
            (Some("http://mybox.local:18789"), "MyBox.local:18789", Ok(())),
            (Some("https://chat.example.org"), "chat.example.org", Ok(())),
            (Some("https://chat.example.org"), "10.0.0.1:18789", Ok(())),
            (Some("https://evil.example"), "127.0.0.1:18789", Err(Foreign::Origin)),
            (Some("http://evil.example:18789"), "evil.example:18789", Err(Foreign::Host)),
            (Some("http://localhost:18789"), "evil.example:18789", Err(Foreign::Host)),
            (Some("http://192.168.1.5:80"), "192.168.1.5:18789", Err(Foreign::Origin)),
            (Some("http://localhost.evil.example"), "127.0.0.1:18789", Err(Foreign::Origin)),
            (Some("null"), "127.0.0.1:18789", Err(Foreign::Origin)),
            (Some("file://"), "127.0.0.1:18789", Err(Foreign::Origin)),
        ];
        for (origin, host, verdict) in table {
            assert_eq!(check(origin, Some(host), "mybox", &allowed), verdict, "{origin:?} {host}");
        }
    }
}
