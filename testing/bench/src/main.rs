//! Measures the release binary from outside, beside the published program, and holds it to `budgets.json`.
//!
//! Everything runs on loopback in folders of its own. Both programs get the same drivers, the same instant model and
//! the same state. A budget that is broken ends the run with an error.

mod budget; // what is promised
mod machine; // where it was measured
mod model; // answers at once
mod options; // what may be asked of a run
mod page; // the section in docs/measurements.md
mod peer; // the published program
mod process; // a running gateway, seen from outside
mod program; // what is measured
mod rows; // one file per measurement
mod socket; // WebSocket, bare
mod state; // folders to start on
mod statistics;
mod table; // what is printed
mod talk; // the gateway's protocol

use std::process::ExitCode;

use anyhow::Result;

use crate::budget::Budgets;
use crate::options::Options;
use crate::program::Program;
use crate::rows::{Figures, Scale};

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            table::aside(&format!("bench: {problem:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether every budget was kept.
fn run() -> Result<bool> {
    let options = Options::read(std::env::args().skip(1))?;
    let budgets = Budgets::read()?;
    budgets.know(&options.only)?;
    let ours = measure(&Program::ours(&options.binary)?, &options, &Scale::of_ours(options.is_quick))?;
    let published = match options.has_peer {
        true => Some(measure(&peer::published()?, &options, &Scale::of_published(options.is_quick))?),
        false => None,
    };
    let table = table::Table::new(&budgets, &ours, published.as_ref());
    table::line(&table.terminal());
    let broken = if options.is_quick { Vec::new() } else { budgets.broken(&ours) };
    for sentence in &broken {
        table::aside(sentence);
    }
    if !options.is_quick && options.only.is_empty() {
        page::write(&table)?;
    }
    Ok(broken.is_empty())
}

fn measure(program: &Program, options: &Options, scale: &Scale) -> Result<Figures> {
    let mut figures = Figures::default();
    for row in rows::all().iter().filter(|row| options.wants(row.ids)) {
        table::aside(&format!("{}: {}", program.name(), row.ids.join(", ")));
        (row.measure)(program, scale, &mut figures)?;
    }
    Ok(figures)
}
