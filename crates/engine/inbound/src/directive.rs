//! Commands people type: parsed from the first line, only where the sender may command.

use provider::Thinking;

use crate::Activation;

/// A command, typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directive {
    Help,
    Commands,
    Status,
    WhoAmI,
    /// `/new` or `/reset`; the rest is the first message of the new session.
    New {
        rest: String,
    },
    Stop,
    Compact {
        instructions: Option<String>,
    },
    Think(Level<Thinking>),
    Verbose(Level<&'static str>),
    Reasoning(Level<&'static str>),
    /// `cost` asks; the other words choose the line below answers.
    Usage(Level<&'static str>),
    Model {
        word: Option<String>,
    },
    Queue {
        mode: Option<String>,
    },
    Activation(Level<Activation>),
    /// Who is heard: shown and changed.
    Allowlist {
        words: Option<String>,
    },
}

/// A level as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Level<T> {
    /// No argument: show it.
    Show,
    Set(T),
    /// Not a level: say which there are.
    Unknown(String),
}

/// What a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    Text,
    Directive(Directive),
}

const STOP_WORDS: &[&str] = &["stop", "esc", "abort", "wait", "exit", "interrupt"];

/// Whether the whole text means "stop what you are doing".
#[must_use]
pub(crate) fn is_stop(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    text == "/stop" || STOP_WORDS.contains(&text.as_str())
}

/// Parses a text whose first line may be a command. `username`: of the account, for `/status@name`.
#[must_use]
pub fn parse(text: &str, username: Option<&str>) -> Parsed {
    if is_stop(text) {
        return Parsed::Directive(Directive::Stop);
    }
    let trimmed = text.trim();
    let (line, below) = trimmed.split_once('\n').unwrap_or((trimmed, ""));
    let Some(command) = line.strip_prefix('/') else { return Parsed::Text };
    let end = command.find(|c: char| c.is_whitespace() || c == ':').unwrap_or(command.len());
    let (token, rest) = command.split_at(end);
    let rest = rest.trim_start_matches(':').trim();
    let Some(name) = addressed(token, username) else { return Parsed::Text };
    let argument = (!rest.is_empty()).then(|| rest.to_owned());
    named(&name.to_lowercase(), argument, below).map_or(Parsed::Text, Parsed::Directive)
}

/// The command's name, if it is meant for this account.
fn addressed<'a>(token: &'a str, username: Option<&str>) -> Option<&'a str> {
    match token.split_once('@') {
        None => Some(token),
        Some((name, to)) => username.filter(|own| own.eq_ignore_ascii_case(to)).map(|_| name),
    }
}

fn named(name: &str, argument: Option<String>, below: &str) -> Option<Directive> {
    Some(match name {
        "help" => Directive::Help,
        "commands" => Directive::Commands,
        "status" => Directive::Status,
        "whoami" | "id" => Directive::WhoAmI,
        "new" | "reset" => {
            let rest = format!("{}\n{below}", argument.unwrap_or_default());
            Directive::New { rest: rest.trim().to_owned() }
        }
        "compact" => Directive::Compact { instructions: argument },
        "think" | "thinking" | "t" => Directive::Think(level(argument, Thinking::from_word)),
        "verbose" | "v" => Directive::Verbose(level(argument, verbose_word)),
        "reasoning" | "reason" => Directive::Reasoning(level(argument, reasoning_word)),
        "usage" => Directive::Usage(level(argument, usage_word)),
        "model" => Directive::Model { word: argument },
        "queue" => Directive::Queue { mode: argument },
        "allowlist" => Directive::Allowlist { words: argument },
        "activation" => Directive::Activation(level(argument, Activation::from_word)),
        _ => return None,
    })
}

fn level<T>(argument: Option<String>, parse: impl Fn(&str) -> Option<T>) -> Level<T> {
    match argument {
        None => Level::Show,
        Some(word) => parse(&word).map_or(Level::Unknown(word), Level::Set),
    }
}

fn verbose_word(word: &str) -> Option<&'static str> {
    match word.to_lowercase().as_str() {
        "off" | "no" | "0" | "false" => Some("off"),
        "on" | "minimal" | "yes" | "1" | "true" => Some("on"),
        "full" | "all" | "everything" => Some("full"),
        _ => None,
    }
}

fn reasoning_word(word: &str) -> Option<&'static str> {
    match word.to_lowercase().as_str() {
        "off" | "hide" => Some("off"),
        "on" | "show" | "visible" => Some("on"),
        "stream" => Some("stream"),
        _ => None,
    }
}

fn usage_word(word: &str) -> Option<&'static str> {
    match word.to_lowercase().as_str() {
        "off" | "hide" => Some("off"),
        "tokens" | "on" => Some("tokens"),
        "full" => Some("full"),
        "cost" => Some("cost"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directive(text: &str) -> Option<Directive> {
        match parse(text, Some("clawd_bot")) {
            Parsed::Text => None,
            Parsed::Directive(directive) => Some(directive),
        }
    }

    #[test]
    fn commands_are_read_from_the_first_line_in_every_spelling() {
        assert_eq!(directive("/status"), Some(Directive::Status));
        assert_eq!(directive(" /STATUS@clawd_bot "), Some(Directive::Status));
        assert_eq!(directive("/think: high"), Some(Directive::Think(Level::Set(Thinking::High))));
        assert_eq!(directive("/t ultrathink"), Some(Directive::Think(Level::Set(Thinking::High))));
        assert_eq!(directive("/think"), Some(Directive::Think(Level::Show)));
        assert_eq!(directive("/verbose loud"), Some(Directive::Verbose(Level::Unknown("loud".into()))));
        assert_eq!(directive("/activation Reply"), Some(Directive::Activation(Level::Set(Activation::Reply))));
        assert_eq!(directive("/activation foo"), Some(Directive::Activation(Level::Unknown("foo".into()))));
        assert_eq!(directive("/usage"), Some(Directive::Usage(Level::Show)));
        assert_eq!(directive("/usage on"), Some(Directive::Usage(Level::Set("tokens"))));
        assert_eq!(directive("/new hello\nthere"), Some(Directive::New { rest: "hello\nthere".into() }));
    }

    #[test]
    fn what_is_no_command_of_ours_is_text_for_the_model() {
        for text in ["hello", "/unknown", "/status@other_bot", "see /status", "/usr/bin is a folder"] {
            assert_eq!(directive(text), None, "{text}");
        }
    }

    #[test]
    fn a_bare_stop_word_stops_and_a_sentence_with_it_does_not() {
        for text in ["stop", " STOP ", "/stop", "abort"] {
            assert_eq!(directive(text), Some(Directive::Stop), "{text}");
        }
        assert_eq!(directive("stop it please"), None);
    }
}
