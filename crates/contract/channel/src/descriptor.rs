//! A network's fixed facts: its name, its limits, and what the host must do for it.

use crate::Target;

/// What a network is and allows.
#[derive(Debug, Clone)]
pub struct Descriptor {
    /// Lower-case name, as under `channels` in the config.
    pub kind: &'static str,
    /// For people: `Telegram`.
    pub label: &'static str,
    /// Longer, for settings screens: `Telegram Bot`.
    pub detail_label: &'static str,
    /// SF Symbols name that the published apps show.
    pub system_image: &'static str,
    /// How an approved sender's id is written in allow lists, `telegramUserId` say: the pairing text names it.
    pub id_label: &'static str,
    /// Top-level or channel-level environment key that holds the secret, if the network reads one.
    pub env_key: Option<&'static str>,
    /// How a reply to operators names the conversation of a sent message.
    pub peer_field: PeerField,
    pub limits: Limits,
}

/// A network has one descriptor.
impl PartialEq for Descriptor {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Eq for Descriptor {}

/// What one message may hold, so that the host can chunk and format.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Characters (UTF-16 units where the vendor counts so; adapters state the stricter) of one text, after formatting.
    pub text: usize,
    /// Characters of a caption below media.
    pub caption: usize,
    /// Pictures and videos that one message may show together; 0 where the network has no albums.
    pub album: usize,
    /// Bytes of one attachment the account may send.
    pub upload_bytes: u64,
    /// Bytes of one attachment the account may fetch.
    pub download_bytes: u64,
    pub dialect: Dialect,
    /// A sent message can be edited.
    pub edits: bool,
    /// Sub-conversations exist.
    pub threads: bool,
    /// Seconds a typing indicator lasts before it must be repeated; 0 where the network has none.
    pub typing_seconds: u16,
    /// `None` where nobody knows one: the network then says by itself when it is too much.
    pub pace: Option<Pace>,
}

/// How fast messages may leave before the network asks to wait.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// All messages of an account together.
    pub account: Rate,
    /// The messages of one conversation, whatever their thread.
    pub conversation: fn(&Target) -> Rate,
}

/// At most so many messages in any span of so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub messages: u16,
    pub seconds: u16,
}

/// Which formatting a network shows. The host hands Markdown to the adapter, which renders its own dialect; the host
/// only chunks differently where the dialect cannot show a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Bold, italic, links, code and fences survive.
    Rich,
    /// Only plain text.
    Plain,
}

/// What an account can promise about one send (see ARCHITECTURE.md, delivery guarantees).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guarantee {
    /// The vendor drops a repeat with the same key.
    ClientKey,
    /// Own history can be read and matched.
    Query,
    /// A first message is sent once and then edited; edits repeat safely.
    EditAnchor,
    /// Nothing of the above: after an unknown send the config decides between a repeat and a word to the person.
    None,
}

/// The key under which the protocol's `send` reply gives the conversation's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerField {
    ChatId,
    ChannelId,
    ToJid,
    ConversationId,
}
