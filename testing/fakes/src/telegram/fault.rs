//! What goes wrong with one call.

use std::time::Duration;

/// How a call ends instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429, with the seconds to wait.
    TooManyRequests(u64),
    /// Another poller won.
    Conflict,
    /// A proxy before the API fails: HTML and no JSON.
    BadGateway,
    /// Refused with this code and text.
    Refused(u16, String),
    /// The connection breaks before the call counts.
    DropBefore,
    /// The call counts, and the connection breaks before the answer.
    DropAfter,
    /// The call takes this long and then passes.
    Slow(Duration),
}
