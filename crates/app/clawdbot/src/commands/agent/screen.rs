//! What a person sees of a run: text as it comes, tool calls as they happen, and a sign of life between them.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use protocol::agent::run::Reply;
use protocol::events::agent::{Compaction, Lifecycle, Payload, Step, Tool};

use crate::output::{Output, aside};

const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const TURN: Duration = Duration::from_millis(100);
/// Characters of a tool's arguments that are shown.
const ARGUMENTS: usize = 100;

/// A terminal, or a pipe that gets the answer alone.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "two say what the terminal can, two what is on it")]
pub(super) struct Screen {
    output: Output,
    /// Text is shown as it comes.
    streams: bool,
    /// A sign of life can be drawn and wiped.
    spins: bool,
    frame: usize,
    drawn: bool,
    /// What of the current message was shown.
    shown: String,
    /// Something of the answer was shown.
    spoke: bool,
}

impl Screen {
    pub(super) fn new(output: Output) -> Self {
        let streams = !output.json && std::io::stdout().is_terminal();
        let spins = !output.json && std::io::stderr().is_terminal();
        Self { output, streams, spins, frame: 0, drawn: false, shown: String::new(), spoke: false }
    }

    /// One step of the run.
    pub(super) fn show(&mut self, payload: &Payload) {
        match &payload.step {
            Step::Assistant(said) => self.say(&said.text, &said.delta),
            Step::Tool(Tool::Start { name, args, .. }) => {
                let line: String = args.to_string().chars().take(ARGUMENTS).collect();
                self.note(&format!("{name} {line}"));
            }
            Step::Tool(Tool::Result { name, is_error: true, .. }) => self.note(&format!("{name} failed")),
            Step::Lifecycle(Lifecycle::Failover { from, to, reason }) => {
                self.note(&format!("{from} failed ({reason}): {to} takes over"));
            }
            Step::Compaction(Compaction::Start {}) => self.note("summarising what was said before"),
            Step::Tool(_) | Step::Compaction(_) | Step::Lifecycle(_) | Step::Error(_) => {}
        }
    }

    fn say(&mut self, text: &str, delta: &str) {
        if !self.streams {
            return;
        }
        self.clear();
        if text.starts_with(&self.shown) {
            let (_, new) = text.split_at(self.shown.len());
            self.output.piece(new);
        } else {
            // Another message begins.
            self.end_line();
            self.output.piece(delta);
        }
        text.clone_into(&mut self.shown);
        self.spoke = true;
    }

    /// A word beside the answer.
    pub(super) fn note(&mut self, text: &str) {
        if self.output.json {
            return;
        }
        self.clear();
        self.end_line();
        aside(self.output.faint(&format!("· {text}")));
    }

    /// A moment later: the sign of life moves.
    pub(super) async fn turn(&mut self) {
        tokio::time::sleep(TURN).await;
        if self.spins && self.shown.is_empty() {
            self.frame = (self.frame + 1) % FRAMES.len();
            let frame = FRAMES.get(self.frame).copied().unwrap_or_default();
            self.drawn = true;
            let mut terminal = std::io::stderr().lock();
            // A terminal that is gone sees nothing.
            let _gone = write!(terminal, "\r{frame} thinking").and_then(|()| terminal.flush());
        }
    }

    /// Wipes the sign of life.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let mut terminal = std::io::stderr().lock();
            // A terminal that is gone sees nothing.
            let _gone = write!(terminal, "\r\u{1b}[K").and_then(|()| terminal.flush());
        }
    }

    fn end_line(&mut self) {
        if !std::mem::take(&mut self.shown).is_empty() {
            self.output.piece("\n");
        }
    }

    pub(super) fn end(&mut self) {
        self.clear();
        self.end_line();
    }

    /// The end of the run.
    pub(super) fn result(&mut self, reply: &Reply) {
        if self.output.json {
            self.output.value(reply);
            return;
        }
        self.end();
        if self.spoke {
            return;
        }
        for part in &reply.result.payloads {
            if !part.text.is_empty() {
                self.output.line(&part.text);
            }
            for path in part.media_urls.iter().flatten() {
                self.output.line(format!("MEDIA:{path}"));
            }
        }
        if reply.result.payloads.is_empty() && !reply.result.meta.aborted {
            aside("The agent had nothing to say.");
        }
    }
}
