//! Runs schedules from the command line: many of them, or one in every detail.

use anyhow::{Context as _, Result, bail};
use simulation::{Bench, Fault, Report, sweep};

/// As in the program.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const USAGE: &str = "simulate [--seeds N] [--from S] [--fault NAME] | --trace SEED [--fault NAME] | --faults";

#[expect(clippy::print_stdout, reason = "what it prints is its result")]
fn main() -> Result<()> {
    let (mut seeds, mut from, mut fault, mut trace, mut all_faults) = (10_000, 0, None, None, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--seeds" => seeds = value()?.parse()?,
            "--from" => from = value()?.parse()?,
            "--trace" => trace = Some(value()?.parse()?),
            "--fault" => fault = Some(Fault::from_name(&value()?).context("no such fault")?),
            "--faults" => all_faults = true,
            _ => bail!("{USAGE}"),
        }
    }
    if let Some(seed) = trace {
        let report = Bench::new().trace(seed, fault);
        println!("{}\n{}", report.plan, report.lines.join("\n"));
        tell(&report);
        return Ok(());
    }
    if all_faults {
        for fault in Fault::ALL {
            let found = sweep(from, seeds, Some(fault), true);
            let first = found.broken.first();
            let told =
                first.map_or("not found".to_owned(), |report| format!("{} | {}", report.seed, report.wrongs.concat()));
            println!("| {fault:?} | {told} |");
        }
        return Ok(());
    }
    let found = sweep(from, seeds, fault, false);
    let rate = f64::from(u32::try_from(found.schedules)?) / found.took.as_secs_f64();
    println!(
        "{} schedules in {:.1} s: {rate:.0} a second; {} moments, at least {} each; {} broken",
        found.schedules,
        found.took.as_secs_f64(),
        found.moments,
        found.fewest,
        found.broken.len()
    );
    found.broken.iter().take(10).for_each(tell);
    if !found.broken.is_empty() {
        bail!("{} schedules broke an invariant; look at one with --trace SEED", found.broken.len());
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what it prints is its result")]
fn tell(report: &Report) {
    println!("seed {}: {} moments, trace {:016x}", report.seed, report.moments, report.trace);
    report.wrongs.iter().for_each(|wrong| println!("  {wrong}"));
}
