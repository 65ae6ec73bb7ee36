//! What the two formats share in reading a history: limits, ids, and images that tools returned.

use provider::{Block, Message, ModelRequest, Thinking};

/// The most tokens of an answer nobody asked to be longer.
const USUAL_ANSWER: u32 = 32_000;
/// The vendor takes no longer id.
const LONGEST_ID: usize = 64;
/// Tool results carry text only, so their images follow as the user's words.
pub(crate) const IMAGES_FOLLOW: &str = "Images returned by the tool:";

pub(crate) fn max_tokens(request: &ModelRequest) -> u32 {
    request.max_tokens.unwrap_or(USUAL_ANSWER).min(request.model.max_tokens)
}

/// The word for how much to think, if the model does.
pub(crate) fn effort(request: &ModelRequest) -> Option<&'static str> {
    (request.model.reasoning && request.thinking != Thinking::Off).then(|| request.thinking.as_str())
}

/// The call's id as the vendor gave it. Ours may carry the item's id behind a bar.
pub(crate) fn call_id(id: &str) -> String {
    let call = id.split('|').next().unwrap_or_default();
    call.chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' })
        .take(LONGEST_ID)
        .collect()
}

/// The item's id, if ours carries one.
pub(crate) fn item_id(id: &str) -> Option<&str> {
    id.split_once('|').map(|(_, item)| item).filter(|item| item.starts_with("fc_") && item.len() <= LONGEST_ID)
}

/// The texts of blocks, as pieces that read joined by line ends.
pub(crate) fn texts(content: &[Block]) -> impl Iterator<Item = &str> {
    let texts = content.iter().filter_map(|block| match block {
        Block::Text(text) => Some(&**text),
        Block::Thinking { .. } | Block::Image { .. } | Block::ToolCall { .. } => None,
    });
    texts.enumerate().flat_map(|(index, text)| [if index == 0 { "" } else { "\n" }, text])
}

/// The images of tool results, each with its MIME type.
pub(crate) fn images<'m>(results: &[&'m Message]) -> Vec<(&'m str, &'m str)> {
    let blocks = results.iter().flat_map(|message| match message {
        Message::ToolResult { content, .. } => content.as_slice(),
        Message::User(_) | Message::Assistant(_) => &[],
    });
    let image = |block: &'m Block| match block {
        Block::Image { mime, data } => Some((&**mime, &**data)),
        Block::Text(_) | Block::Thinking { .. } | Block::ToolCall { .. } => None,
    };
    blocks.filter_map(image).collect()
}

/// Whether a block has something to say on the wire.
pub(crate) fn shows(block: &Block) -> bool {
    !matches!(block, Block::Text(text) if text.trim().is_empty())
}

/// Whether the message is a tool's result.
pub(crate) fn is_result(message: &Message) -> bool {
    matches!(message, Message::ToolResult { .. })
}
