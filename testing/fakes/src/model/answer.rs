//! What the fake says: steps of an answer, or a fault in its place.

use std::time::Duration;

/// Why an answer ended, where it is not to be guessed from its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopWord {
    End,
    ToolUse,
    Length,
    Refusal,
}

/// One answer. Built by chaining: `Answer::text("let me see").tool_call("exec", r#"{"command":"ls"}"#)`.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub(crate) steps: Vec<Step>,
    pub(crate) tokens: Tokens,
    pub(crate) stop: Option<StopWord>,
    pub(crate) pace: Duration,
    pub(crate) fault: Option<Fault>,
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Text(String),
    Thinking { text: String, signature: String },
    ToolCall { name: String, arguments: String },
    Stall,
    Cut,
    Malformed,
}

/// What the bill says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tokens {
    pub(crate) input: u64,
    pub(crate) output: u64,
    pub(crate) cached: u64,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { input: 10, output: 5, cached: 0 }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// A refusal with this status, in the words of the dialect.
    Status { status: u16, retry_after: Option<String>, overflow: Option<u32>, says: Option<String> },
    /// A success without a single byte.
    Nothing,
    /// The connection closes without an answer.
    HangUp,
}

impl Answer {
    /// An answer that says this.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::default().and_text(text)
    }

    /// An answer of `count` words, one delta each.
    #[must_use]
    pub fn words(count: usize) -> Self {
        let steps = (1..=count).map(|number| Step::Text(format!("word{number} "))).collect();
        Self { steps, ..Self::default() }
    }

    /// An answer of at least `bytes` bytes, in deltas of 64 KiB.
    #[must_use]
    pub fn huge(bytes: usize) -> Self {
        let piece = "all work and no play. ".repeat(3000);
        let count = bytes.div_ceil(piece.len());
        Self { steps: vec![Step::Text(piece); count], ..Self::default() }
    }

    /// Well-formed, but with nothing in it.
    #[must_use]
    pub fn silent() -> Self {
        Self::default()
    }

    /// An answer that only calls a tool; the arguments are sent as they are, broken or not.
    #[must_use]
    pub fn call(name: &str, arguments: &str) -> Self {
        Self::default().tool_call(name, arguments)
    }

    /// A success without a single byte.
    #[must_use]
    pub fn empty() -> Self {
        Self { fault: Some(Fault::Nothing), ..Self::default() }
    }

    /// No answer: the connection closes.
    #[must_use]
    pub fn hang_up() -> Self {
        Self { fault: Some(Fault::HangUp), ..Self::default() }
    }

    /// A refusal with this status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::refused(Fault::Status { status, retry_after: None, overflow: None, says: None })
    }

    /// A refusal with this status and this sentence.
    #[must_use]
    pub fn refusal(status: u16, says: &str) -> Self {
        Self::refused(Fault::Status { status, retry_after: None, overflow: None, says: Some(says.to_owned()) })
    }

    fn refused(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }

    /// The vendor's words for a prompt longer than `limit` tokens.
    #[must_use]
    pub fn overflow(limit: u32) -> Self {
        Self::refused(Fault::Status { status: 400, retry_after: None, overflow: Some(limit), says: None })
    }

    /// Adds a `retry-after` header to a refusal.
    #[must_use]
    pub fn retry_after(mut self, value: &str) -> Self {
        if let Some(Fault::Status { retry_after, .. }) = &mut self.fault {
            *retry_after = Some(value.to_owned());
        }
        self
    }

    /// Says this next, as one delta; neighbouring texts are one block.
    #[must_use]
    pub fn and_text(mut self, text: impl Into<String>) -> Self {
        self.steps.push(Step::Text(text.into()));
        self
    }

    /// Thinks this next.
    #[must_use]
    pub fn thinking(mut self, text: &str, signature: &str) -> Self {
        self.steps.push(Step::Thinking { text: text.to_owned(), signature: signature.to_owned() });
        self
    }

    /// Calls a tool next, its arguments in several deltas.
    #[must_use]
    pub fn tool_call(mut self, name: &str, arguments: &str) -> Self {
        self.steps.push(Step::ToolCall { name: name.to_owned(), arguments: arguments.to_owned() });
        self
    }

    /// Says nothing more until released.
    #[must_use]
    pub fn stall(mut self) -> Self {
        self.steps.push(Step::Stall);
        self
    }

    /// Closes the connection here.
    #[must_use]
    pub fn cut(mut self) -> Self {
        self.steps.push(Step::Cut);
        self
    }

    /// Sends an event here that is no JSON.
    #[must_use]
    pub fn malformed(mut self) -> Self {
        self.steps.push(Step::Malformed);
        self
    }

    /// What the bill says: prompt tokens in all, answer tokens, and how many of the prompt came from a cache.
    #[must_use]
    pub fn usage(mut self, input: u64, output: u64, cached: u64) -> Self {
        self.tokens = Tokens { input, output, cached };
        self
    }

    /// Ends for this reason.
    #[must_use]
    pub fn stop(mut self, stop: StopWord) -> Self {
        self.stop = Some(stop);
        self
    }

    /// Waits this long before each delta.
    #[must_use]
    pub fn pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    pub(crate) fn stop_word(&self) -> StopWord {
        let calls = self.steps.iter().any(|step| matches!(step, Step::ToolCall { .. }));
        self.stop.unwrap_or(if calls { StopWord::ToolUse } else { StopWord::End })
    }
}

/// Arguments in the pieces they are streamed in: never cut inside a character.
pub(crate) fn pieces(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(7).map(|chunk| chunk.iter().collect()).collect()
}
