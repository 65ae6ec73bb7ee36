//! The fixed answers of commands.

/// How an answer begins that says why nothing was compacted: a program looks for it.
pub const NOT_COMPACTED: &str = "⚠️ Not compacted: ";

pub(super) const HELP: &str = "ℹ️ Help\n\
    Session: /new starts over · /compact [what to keep] · /stop\n\
    Options: /think <level> · /verbose on|off|full · /reasoning on|off · /usage tokens|full|cost · /model <provider/model> · /queue <mode>\n\
    More: /status · /whoami · /commands";

pub(super) const COMMANDS: &str = "Commands\n\
    /help – how to talk to me\n\
    /status – model, context, queue\n\
    /whoami – how this channel names you\n\
    /new, /reset [text] – start the session over\n\
    /stop – end what is running\n\
    /compact [what to keep] – summarise the session so far\n\
    /think off|minimal|low|medium|high|xhigh – how long the model thinks\n\
    /verbose on|off|full – show tool calls\n\
    /reasoning on|off|stream – show reasoning\n\
    /usage [off|tokens|full] – a line with tokens below answers; /usage cost – what was spent\n\
    /model [provider/model] – show or choose the model\n\
    /queue [collect|followup|steer|steer-backlog|interrupt] – what messages do during a run\n\
    /activation mention|always|reply – when I answer in a group";

pub(super) const THINK_LEVELS: &str = "off, minimal, low, medium, high, xhigh";
pub(super) const VERBOSE_LEVELS: &str = "on, off, full";
pub(super) const REASONING_LEVELS: &str = "on, off, stream";
pub(super) const USAGE_MODES: &str = "off, tokens, full, cost";
pub(super) const QUEUE_MODES: &str = "collect, followup, steer, steer-backlog, interrupt";

/// What the model is asked for when a person starts over without saying more.
pub(crate) const GREETING: &str = "The person has just started a new session. Greet them in one or two short sentences \
    and ask what they would like to do. Say nothing about tools, files or how you work.";
