//! The real vendors, with the owner's own keys: one turn with a tool for each vendor whose key is in the environment,
//! and a bot that is asked who it is.
//!
//! Costs money and needs the network, so nothing runs unless `CLAWDBOT_LIVE_TEST=1` (or `cargo xtask test --live`)
//! asks for it. A vendor whose key is missing is counted as skipped.

mod bot;
mod turn;

use std::process::ExitCode;

use anyhow::Result;

/// What the program itself knows of vendors: the models it would choose, and where their keys are.
const VENDORS: &str = include_str!("../../../../crates/app/clawdbot/data/vendors.txt");
const BOT_TOKEN: &str = "TELEGRAM_BOT_TOKEN";

/// The value of a variable that is set to something.
#[expect(clippy::disallowed_methods, reason = "keys of real accounts come from nowhere else")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    if variable("CLAWDBOT_LIVE_TEST").is_none() {
        eprintln!("live tests: none was run; CLAWDBOT_LIVE_TEST=1 runs them with the keys of the environment");
        return Ok(ExitCode::SUCCESS);
    }
    let mut failed = 0;
    for vendor in VENDORS.lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = vendor.split('|').map(str::trim).collect();
        let [provider, _, _, model, variables] = parts[..] else { anyhow::bail!("not a vendor: {vendor}") };
        let mut names = variables.split_whitespace();
        let name = format!("a turn with a tool of {provider}/{model}");
        match names.find_map(|name| Some((name, variable(name)?))) {
            Some((key, value)) => {
                failed += told(&name, turn::with_a_tool(provider, model, (key, &value)).await);
            }
            None => testkit::skip_named(&name, variables)?,
        }
    }
    match variable(BOT_TOKEN) {
        Some(token) => failed += told("a bot says who it is", bot::says_who_it_is(&token).await),
        None => testkit::skip_named("a bot says who it is", BOT_TOKEN)?,
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints how it went; gives how many failed.
fn told(name: &str, outcome: Result<()>) -> u32 {
    match outcome {
        Ok(()) => eprintln!("live test {name} ... ok"),
        Err(error) => {
            eprintln!("live test {name} ... FAILED: {error:#}");
            return 1;
        }
    }
    0
}
