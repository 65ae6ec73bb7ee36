//! Responses: <https://platform.openai.com/docs/api-reference/responses>.

mod body;
mod stream;

pub(crate) use body::body;
pub(crate) use stream::Decoder;
