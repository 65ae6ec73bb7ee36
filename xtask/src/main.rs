//! Chores: `cargo xtask <name>`.

mod schema;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let chore = std::env::args().nth(1);
    match chore.as_deref() {
        Some("schema") => schema::schema(),
        Some("golden") => schema::golden(),
        other => bail!("unknown chore {other:?}: schema, golden"),
    }
}
