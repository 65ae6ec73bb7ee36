//! Chores: `cargo xtask <name>`.

mod bench;
mod check; // formatting, lints, house rules
mod coverage; // which lines the tests run
mod hooks; // what git runs before a commit
mod peers;
mod run; // build, then be the binary
mod schema;
mod simulate; // many schedules, optimised
mod steps; // what several chores do
mod test; // everything that is tested
mod tidy; // the rules of the house

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let chore = std::env::args().nth(1);
    let words: Vec<String> = std::env::args().skip(2).collect();
    match chore.as_deref() {
        Some("run") => run::chore(&words),
        Some("test") => test::chore(&words),
        Some("check") => check::chore(),
        Some("hooks") => hooks::chore(),
        Some("tidy") => tidy::chore(),
        Some("schema") => schema::schema(),
        Some("golden") => schema::golden(),
        Some("bench") => bench::bench(),
        Some("peers") => peers::chore(&words),
        Some("coverage") => coverage::chore(&words),
        Some("simulate") => simulate::chore(&words),
        other => {
            bail!(
                "unknown chore {other:?}: run, test, check, hooks, tidy, bench, coverage, simulate, peers, schema, golden"
            )
        }
    }
}
