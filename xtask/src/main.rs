//! Chores: `cargo xtask <name>`.

mod bench;
mod peers;
mod schema;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let chore = std::env::args().nth(1);
    match chore.as_deref() {
        Some("schema") => schema::schema(),
        Some("golden") => schema::golden(),
        Some("bench") => bench::bench(),
        Some("peers") => peers::chore(&std::env::args().skip(2).collect::<Vec<_>>()),
        other => bail!("unknown chore {other:?}: schema, golden, bench, peers"),
    }
}
