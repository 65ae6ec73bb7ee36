//! Where a message can stand when the program dies.

use std::fmt;

/// The message path, from the person to the receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Waiting,
    Journalled,
    Queued,
    Started,
    Called,
    Streaming,
    Answered,
    ToolAtWork,
    ToolAnswered,
    Untold,
    Prepared,
    Sending,
    Taken,
    Over,
}

impl Step {
    pub(crate) const ALL: [Self; 14] = [
        Self::Waiting,
        Self::Journalled,
        Self::Queued,
        Self::Started,
        Self::Called,
        Self::Streaming,
        Self::Answered,
        Self::ToolAtWork,
        Self::ToolAnswered,
        Self::Untold,
        Self::Prepared,
        Self::Sending,
        Self::Taken,
        Self::Over,
    ];
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Waiting => "written by the person, not in the journal",
            Self::Journalled => "in the journal, not acknowledged",
            Self::Queued => "judged and queued, without a run",
            Self::Started => "run started, model not asked",
            Self::Called => "model asked, nothing heard",
            Self::Streaming => "answer streaming",
            Self::Answered => "answer whole, not committed",
            Self::ToolAtWork => "tool with effects at work",
            Self::ToolAnswered => "tool ended, model not asked again",
            Self::Untold => "answer committed, window not told",
            Self::Prepared => "answer committed, piece prepared",
            Self::Sending => "sending, not taken by the network",
            Self::Taken => "taken by the network, no receipt",
            Self::Over => "sent, receipt committed",
        })
    }
}
