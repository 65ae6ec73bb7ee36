//! Telegram's Bot API without Telegram: for trying the product offline and for tests in other languages.
//!
//! `fake-telegram [--port 11600]` prints its address and the token it knows. `POST /__say {"user":"ann","text":"hi"}`
//! writes to the bot, `GET /__log` shows what the bot did.

use std::io::Write as _;
use std::process::ExitCode;

use fakes::FakeTelegram;
use tokio_util::sync::CancellationToken;

fn port(arguments: impl IntoIterator<Item = String>) -> Option<u16> {
    let mut arguments = arguments.into_iter();
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => Some(11_600),
        (Some("--port"), Some(port)) => port.parse().ok(),
        _ => None,
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(port) = port(std::env::args().skip(1)) else {
        say("fake-telegram [--port 11600]");
        return ExitCode::FAILURE;
    };
    let telegram = match FakeTelegram::start_on(port).await {
        Ok(telegram) => telegram,
        Err(problem) => {
            say(&format!("port {port}: {problem}"));
            return ExitCode::FAILURE;
        }
    };
    say(&format!("{}  token {}", telegram.url(), telegram.token()));
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    tokio::join!(telegram.until(cancel), async move {
        let _interrupted = tokio::signal::ctrl_c().await;
        stop.cancel();
    });
    ExitCode::SUCCESS
}

fn say(line: &str) {
    // Nobody may be reading; the server serves all the same.
    let _unread = writeln!(std::io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_the_only_option_and_has_a_default() {
        let read = |line: &str| port(line.split_whitespace().map(str::to_owned));
        assert_eq!((read(""), read("--port 7"), read("--port"), read("--x 1")), (Some(11_600), Some(7), None, None));
    }
}
