//! A network of one's own: the loopback, and a device that leads nowhere and counts.

use std::net::UdpSocket;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// The device that is the way to everywhere else.
const OUTWARD: &str = "outward";

/// Makes the network, then becomes the program it is given. Which kinds of device a kernel has differs; a bridge without
/// members counts as well. What the kernel itself tells a network of its addresses and groups is switched off.
const MAKE: &str = "ip link set lo up
    ip link add outward type dummy 2> /dev/null || ip link add outward type bridge mcast_snooping 0
    echo 1 > /proc/sys/net/ipv6/conf/outward/disable_ipv6
    ip addr add 198.51.100.1/24 dev outward
    ip link set outward multicast off up
    ip route add default dev outward
    exec \"$@\"";

/// Where this process is.
pub(crate) enum Apart {
    /// In the network of its own: the test is to run.
    Inside,
    /// The test has run there, and passed.
    Done,
    /// This machine lets nobody make one.
    Refused,
}

/// Runs the test of this name once more, in a network of its own.
pub(crate) fn enter(test: &str) -> Result<Apart> {
    if counters().is_ok() {
        return Ok(Apart::Inside);
    }
    if !made(&["true"]).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        return Ok(Apart::Refused);
    }
    let this = std::env::current_exe()?.display().to_string();
    let status = made(&[&this, "--exact", test, "--nocapture"]).status()?;
    ensure!(status.success(), "in a network of its own: {status}");
    Ok(Apart::Done)
}

fn made(program: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "sh", "-euc", MAKE, "sh"]).args(program);
    command
}

/// Packets that were to leave this machine, sent or not.
pub(crate) fn sent() -> Result<u64> {
    let counters = counters()?;
    // Packets, errors and drops of the sending half.
    [9, 10, 11].into_iter().map(|at| counters.get(at).copied().context("a counter")).sum()
}

/// One packet to an address that is kept free for documentation.
pub(crate) fn send_one() -> Result<()> {
    UdpSocket::bind("0.0.0.0:0")?.send_to(b"anybody?", "192.0.2.1:9")?;
    Ok(())
}

/// What the kernel counts for the device.
fn counters() -> Result<Vec<u64>> {
    let table = std::fs::read_to_string("/proc/net/dev")?;
    let row = table.lines().find_map(|line| line.trim().strip_prefix(OUTWARD)?.strip_prefix(':'));
    row.context("no such device")?.split_whitespace().map(|cell| Ok(cell.parse()?)).collect()
}
