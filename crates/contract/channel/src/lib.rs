//! What a messaging network must be able to do for us.
//!
//! An adapter implements [`Channel`] in its own folder; the engines know only these words. An ability an account lacks
//! is `None` in [`Connected`]: visible before use, not an error during it.

mod account;
mod actions;
mod descriptor;
mod drafts;
mod error;
mod files;
mod inbound;
mod listener;
mod menu;
mod outbound;
mod reconcile;
mod speaker;
mod webhook;

pub use account::{Account, AccountContext, AccountIssue, Channel, Connected, Probe, Profile};
pub use actions::{Actions, Activity};
pub use descriptor::{Descriptor, Dialect, Guarantee, Limits, Pace, PeerField, Rate};
pub use drafts::Drafts;
pub use error::ChannelError;
pub use files::{AttachmentRef, ByteStream, Files, MediaKind};
pub use ids::PeerKind;
pub use inbound::{Addressed, Change, Inbound, MergeKey, Peer, ReplyContext, Sender, Space, SpaceKind, Span, SpanKind};
pub use listener::Listener;
pub use menu::{Command, Menu};
pub use outbound::{Attachment, Button, Keyboard, Outbound, OutboundBody, SendKey, Target};
pub use reconcile::{Reconcile, Verdict};
pub use speaker::{Receipt, Speaker};
pub use webhook::{Webhook, WebhookRequest, WebhookResponse};
