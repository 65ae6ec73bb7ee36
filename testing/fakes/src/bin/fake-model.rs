//! A model server that answers at once and costs nothing: for benchmarks and for trying the product offline.
//!
//! `fake-model [--port 11500] [--tokens 20] [--pace-ms 0]` speaks Anthropic Messages, OpenAI Chat Completions and
//! Responses, and Ollama on one loopback port.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use fakes::FakeModel;
use fakes::model::Answer;
use tokio_util::sync::CancellationToken;

const USAGE: &str = "fake-model [--port 11500] [--tokens 20] [--pace-ms 0]";

#[derive(Debug, PartialEq, Eq)]
struct Options {
    port: u16,
    tokens: usize,
    pace: Duration,
}

fn options(arguments: impl IntoIterator<Item = String>) -> Option<Options> {
    let mut options = Options { port: 11_500, tokens: 20, pace: Duration::ZERO };
    let mut arguments = arguments.into_iter();
    while let Some(name) = arguments.next() {
        let value = arguments.next()?;
        match name.as_str() {
            "--port" => options.port = value.parse().ok()?,
            "--tokens" => options.tokens = value.parse().ok()?,
            "--pace-ms" => options.pace = Duration::from_millis(value.parse().ok()?),
            _ => return None,
        }
    }
    Some(options)
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(options) = options(std::env::args().skip(1)) else {
        say(USAGE);
        return ExitCode::FAILURE;
    };
    let model = match FakeModel::start_on(options.port).await {
        Ok(model) => model,
        Err(problem) => {
            say(&format!("port {}: {problem}", options.port));
            return ExitCode::FAILURE;
        }
    };
    let tokens = u64::try_from(options.tokens).unwrap_or(u64::MAX);
    let answer = Answer::words(options.tokens).usage(100, tokens, 0).pace(options.pace);
    model.remember(0).serves("fake", 32_768, &["tools", "vision"]).otherwise(move |_| answer.clone());
    say(&format!("{}  (OpenAI formats: {}/v1)", model.url(), model.url()));
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    tokio::join!(model.until(cancel), async move {
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

    fn read(line: &str) -> Option<Options> {
        options(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_read_in_any_order_and_wrong_ones_refused() {
        let expected = Options { port: 7, tokens: 3, pace: Duration::from_millis(2) };
        assert_eq!(read("--tokens 3 --pace-ms 2 --port 7"), Some(expected));
        assert_eq!(read("--port"), None);
        assert_eq!(read("--speed 3"), None);
    }
}
