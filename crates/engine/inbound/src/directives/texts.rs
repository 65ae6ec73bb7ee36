//! The fixed answers of commands.

use channel::Command;

/// How an answer begins that says why nothing was compacted: a program looks for it.
pub const NOT_COMPACTED: &str = "⚠️ Not compacted: ";

pub(super) const HELP: &str = "ℹ️ Help\n\
    Session: /new starts over · /compact [what to keep] · /stop\n\
    Options: /think <level> · /verbose on|off|full · /reasoning on|off · /usage tokens|full|cost · /model <provider/model> · /queue <mode>\n\
    More: /status · /whoami · /commands";

const fn command(name: &'static str, takes: &'static str, about: &'static str) -> Command {
    Command { name, takes, about }
}

/// What people may call us by, as they are told of it.
pub const COMMANDS: &[Command] = &[
    command("help", "", "how to talk to me"),
    command("commands", "", "all commands"),
    command("status", "", "model, context, queue"),
    command("whoami", "", "how this channel names you"),
    command("new", "[text]", "start the session over"),
    command("reset", "[text]", "start the session over"),
    command("stop", "", "end what is running"),
    command("compact", "[what to keep]", "summarise the session so far"),
    command("think", "off|minimal|low|medium|high|xhigh", "how long the model thinks"),
    command("verbose", "on|off|full", "show tool calls"),
    command("reasoning", "on|off|stream", "show reasoning"),
    command("usage", "[off|tokens|full|cost]", "a line with tokens below answers, or what was spent"),
    command("model", "[provider/model]", "show or choose the model"),
    command("queue", "[collect|followup|steer|steer-backlog|interrupt]", "what messages do during a run"),
    command("activation", "mention|always|reply", "when I answer in a group"),
];

/// The owner's alone: no menu shows it.
const ALLOWLIST: Command = command("allowlist", "[dm|group] [add|remove <id>]", "who is heard");

/// The answer to `/commands`.
pub(super) fn commands() -> String {
    let line = |Command { name, takes, about }: &Command| {
        let space = if takes.is_empty() { "" } else { " " };
        format!("\n/{name}{space}{takes} – {about}")
    };
    COMMANDS.iter().chain([&ALLOWLIST]).map(line).fold("Commands".to_owned(), |all, line| all + &line)
}

pub(super) const THINK_LEVELS: &str = "off, minimal, low, medium, high, xhigh";
pub(super) const VERBOSE_LEVELS: &str = "on, off, full";
pub(super) const REASONING_LEVELS: &str = "on, off, stream";
pub(super) const USAGE_MODES: &str = "off, tokens, full, cost";
pub(super) const QUEUE_MODES: &str = "collect, followup, steer, steer-backlog, interrupt";

/// What the model is asked for when a person starts over without saying more.
pub(crate) const GREETING: &str = "The person has just started a new session. Greet them in one or two short sentences \
    and ask what they would like to do. Say nothing about tools, files or how you work.";
