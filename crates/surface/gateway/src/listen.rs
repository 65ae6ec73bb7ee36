//! The port: bound before anything else, served when the engines stand. Clients who come in between wait in the
//! kernel's queue.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use crate::config::{Bind, Config};

/// Connections the kernel holds for us.
const BACKLOG: i32 = 1_024;
/// Descriptors wanted: connections, and room for everything else.
const DESCRIPTORS: u64 = 20_000;

/// Why the port could not be bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("refusing to bind {address} without authentication: set gateway.auth.token or gateway.auth.password")]
    NeedsAuth { address: IpAddr },
    #[error("port {port} of {address} is taken: another gateway may be running (use another --port, or --force)")]
    Taken { address: IpAddr, port: u16 },
    #[error("cannot bind {address}: {source}")]
    Failed { address: SocketAddr, source: io::Error },
}

/// Binds every address of the config to one port.
pub(crate) fn bind(config: &Config) -> Result<Vec<TcpListener>, BindError> {
    raise_descriptor_limit();
    let addresses: Vec<IpAddr> = match config.bind {
        Bind::Loopback => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        Bind::Lan => vec![Ipv4Addr::UNSPECIFIED.into()],
        Bind::Address(address) => vec![address],
    };
    if let Some(address) = addresses.iter().copied().find(|address| !address.is_loopback() && !config.has_auth) {
        return Err(BindError::NeedsAuth { address });
    }
    let mut listeners: Vec<TcpListener> = Vec::new();
    for address in addresses {
        // A port chosen for the first address is the port of all.
        let port = listeners.first().and_then(|first| first.local_addr().ok()).map_or(config.port, |a| a.port());
        match listen(SocketAddr::new(address, port)) {
            Ok(listener) => listeners.push(listener),
            Err(source) if listeners.is_empty() => return Err(failed(SocketAddr::new(address, port), source)),
            // A machine without IPv6 has no ::1.
            Err(error) => tracing::debug!(%address, port, %error, "not listening here too"),
        }
    }
    Ok(listeners)
}

fn failed(address: SocketAddr, source: io::Error) -> BindError {
    if source.kind() == io::ErrorKind::AddrInUse {
        BindError::Taken { address: address.ip(), port: address.port() }
    } else {
        BindError::Failed { address, source }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A port of which only closed connections are left may be bound at once; a port in use may not.
    socket.set_reuse_address(cfg!(unix))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let Some(current) = limit.current else { return };
    let wanted = limit.maximum.map_or(DESCRIPTORS, |most| most.min(DESCRIPTORS));
    if wanted > current
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum })
    {
        tracing::warn!(%error, current, "the limit of open files could not be raised");
    }
}
