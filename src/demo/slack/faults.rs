//! How the stand-in misbehaves, when it is told to.

use std::time::Duration;

/// How a Web API method (or `response_url`) misbehaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// HTTP 200, `ok: false`, with this code.
    Refuse(String),
    /// An HTTP status with a body that is no JSON, such as 500.
    Status(u16),
    /// HTTP 429, with `Retry-After` in seconds when given.
    RateLimited(Option<u64>),
    /// Nothing is done, and never an answer.
    Hang,
    /// It is done, but the connection breaks before the answer is whole.
    DoneThenDropped,
    /// It is done, but never an answer.
    DoneThenHang,
    /// The connection breaks, and it is done so much later all the same.
    DoneLater(Duration),
}

#[derive(Debug)]
pub(super) struct Planned {
    pub(super) method: String,
    pub(super) fault: Fault,
    /// `None`: until healed.
    pub(super) times: Option<usize>,
}
