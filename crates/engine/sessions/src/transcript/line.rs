//! One line of a transcript, as anybody wrote it: borrowed, lenient, its message still raw.

use ids::EntryId;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The keys of a line that anybody here looks at.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line<'a> {
    #[serde(borrow, default)]
    pub(crate) r#type: std::borrow::Cow<'a, str>,
    pub(crate) id: Option<EntryId>,
    /// `Some(None)` is a root; `None` means that nothing was said, and then the line before is meant.
    #[serde(default, deserialize_with = "said")]
    pub(crate) parent_id: Option<Option<EntryId>>,
    #[serde(borrow)]
    pub(crate) message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) content: Option<&'a RawValue>,
    pub(crate) summary: Option<String>,
    pub(crate) first_kept_entry_id: Option<EntryId>,
    pub(crate) thinking_level: Option<String>,
    pub(crate) provider: Option<String>,
    pub(crate) model_id: Option<String>,
    #[serde(borrow)]
    pub(crate) x: Option<&'a RawValue>,
}

impl<'a> Line<'a> {
    /// A malformed line is skipped by everyone.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    pub(crate) fn is_header(&self) -> bool {
        self.r#type == "session"
    }

    /// Whether it takes part in the tree: everything with an id but the header.
    pub(crate) fn is_entry(&self) -> bool {
        !self.is_header() && self.id.is_some()
    }
}

fn said<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<EntryId>>, D::Error> {
    Option::<EntryId>::deserialize(from).map(Some)
}

/// Whether a last line without a line end is complete.
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    serde_json::from_slice::<&RawValue>(bytes).is_ok_and(|raw| raw.get().starts_with('{'))
}
