//! Faults that are planted to see whether the invariants find them. All of them live in the harness, none in the
//! engines: a seam that lies, a step of the recovery that is left out.

/// What is wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The account tells its network that a message was taken before the inbox has it.
    AcknowledgedTooEarly,
    /// The inbox says that it has a batch and writes it afterwards.
    AcceptedUnsynced,
    /// The commit of the newest inbox row does not survive the crash.
    InboxSyncLost,
    /// Messages of one batch are handed over in the wrong order.
    OrderSwapped,
    /// What comes again looks new to the journal.
    DedupeOff,
    /// After a crash open messages are taken up twice.
    ReplayedTwice,
    /// After a crash open messages are not taken up.
    InboxNotRecovered,
    /// After a crash cut runs are not continued.
    RunsNotRecovered,
    /// After a crash unsent pieces wait for ever.
    OutboxNotRecovered,
    /// A row of the outbox is lost in the crash.
    OutboxRowDropped,
    /// The network took a message and the engine is told that it certainly did not.
    ReceiptLost,
    /// The engine is told that a message was taken which never left.
    MessageSwallowed,
    /// Each attempt of a piece has a key of its own.
    KeyNotStable,
    /// After an unknown send the network's history says that nothing arrived, always.
    HistoryDenied,
    /// Words leave before their row is in the outbox.
    SentWithoutRow,
    /// The row of a run stays open when it ends.
    RunRowNotClosed,
    /// The person's words are not written when a run starts.
    UserEntryNotStaged,
    /// The disk says that it has synced and has not.
    DiskLies,
    /// A run that was cut off inside a tool with effects is simply continued.
    ResumedAfterEffects,
    /// A run that was cut off inside a tool with effects is closed without a word.
    InterruptionNotTold,
    /// Each turn is carried out twice.
    RunTwice,
    /// What was reserved for a call is forgotten in the crash.
    ReservationForgotten,
    /// Messages to a busy session interrupt it, whatever its queue mode says.
    QueueModeIgnored,
    /// What is said to nobody in a group is taken for a question.
    GateOpen,
    /// The facts forget in the crash which run came of a message.
    LinkForgotten,
    /// A client's request that comes again is given another key.
    ClientKeyNotStable,
}

impl Fault {
    pub const ALL: [Self; 26] = [
        Self::AcknowledgedTooEarly,
        Self::AcceptedUnsynced,
        Self::InboxSyncLost,
        Self::OrderSwapped,
        Self::DedupeOff,
        Self::ReplayedTwice,
        Self::InboxNotRecovered,
        Self::RunsNotRecovered,
        Self::OutboxNotRecovered,
        Self::OutboxRowDropped,
        Self::ReceiptLost,
        Self::MessageSwallowed,
        Self::KeyNotStable,
        Self::HistoryDenied,
        Self::SentWithoutRow,
        Self::RunRowNotClosed,
        Self::UserEntryNotStaged,
        Self::DiskLies,
        Self::ResumedAfterEffects,
        Self::InterruptionNotTold,
        Self::RunTwice,
        Self::ReservationForgotten,
        Self::QueueModeIgnored,
        Self::GateOpen,
        Self::LinkForgotten,
        Self::ClientKeyNotStable,
    ];

    /// By its name on the command line.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| format!("{fault:?}").eq_ignore_ascii_case(name))
    }
}
