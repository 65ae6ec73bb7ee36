//! Chat Completions: <https://platform.openai.com/docs/api-reference/chat>.

mod body;
mod stream;

pub(crate) use body::body;
pub(crate) use stream::Decoder;
