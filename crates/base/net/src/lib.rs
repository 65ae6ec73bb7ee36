//! The one way out of the machine.
//!
//! Every request of the program passes here, so time-outs, proxies, the egress guard and the redaction of addresses
//! are decided once. Nothing is built before the first request, because an idle program should cost nothing.

mod egress; // which addresses may be asked
mod error; // what can go wrong, and on which side of the first byte
mod http; // the client
mod lines; // bytes to lines
mod multipart; // forms with files
mod ndjson; // lines to JSON values
mod replay;
mod request; // what is asked
mod response; // what is answered
mod retry_after; // when to come back
mod sse; // lines to events
mod tls; // which cryptography speaks // recorded answers for tests

pub use egress::{Egress, is_public};
pub use error::NetError;
pub use http::{Http, HttpConfig};
pub use multipart::{FilePart, Multipart};
pub use ndjson::NdjsonStream;
pub use replay::Recorded;
pub use request::{Method, Request, Timeouts};
pub use response::Response;
pub use retry_after::retry_after;
pub use sse::{SseEvent, SseParser, SseStream};
pub use tls::install_tls;
pub use url::Url;
