//! The phase of one connection, set by its stream and bodies, and the timeout of each phase.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Limits;

/// The phase of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Waiting for its next request.
    Idle,
    /// Receiving the head of a request.
    Head,
    /// Receiving the body of a request. The router has the deadline.
    Body,
    /// Receiving the rest of a body after the response. `rest` has the deadline.
    Rest,
    /// A complete request waits for its response.
    Working,
}

#[derive(Debug, Clone, Copy)]
struct RequestState {
    phase: Phase,
    /// When the phase, or the request, began.
    since: Instant,
}

impl RequestState {
    fn begun(phase: Phase) -> Self {
        let since = Instant::now();
        Self { phase, since }
    }
}

/// The shared state of a connection.
pub(super) struct RequestProgress {
    state: Mutex<RequestState>,
    /// Cancelled when the connection is evicted.
    pub(super) close: CancellationToken,
}

impl RequestProgress {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(RequestState::begun(Phase::Head)),
            close: CancellationToken::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, RequestState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Since when the connection has had no complete request; `None` if it has one.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        let RequestState { phase, since } = *self.state();
        (phase != Phase::Working).then_some(since)
    }

    pub(super) fn is_answered(&self) {
        *self.state() = RequestState::begun(Phase::Idle);
    }

    /// The response is sent before the end of the body.
    pub(super) fn has_rest(&self) {
        *self.state() = RequestState::begun(Phase::Rest);
    }

    /// Bytes arrived. They start a request only if none has started.
    fn has_bytes(&self) {
        let mut state = self.state();
        if state.phase == Phase::Idle {
            *state = RequestState::begun(Phase::Head);
        }
    }

    pub(super) fn has_head(&self, complete: bool) {
        self.state().phase = if complete {
            Phase::Working
        } else {
            Phase::Body
        };
    }

    pub(super) fn has_body(&self) {
        let mut state = self.state();
        if state.phase == Phase::Body {
            state.phase = Phase::Working;
        }
    }

    /// Returns once the phase has timed out.
    ///
    /// It checks at intervals instead of being notified, so that requests cost nothing: at least
    /// once within each limit, and again at the deadline.
    pub(super) async fn overdue(&self, limits: Limits) {
        loop {
            let RequestState { phase, since } = *self.state();
            let now = Instant::now();
            let deadline = match phase {
                Phase::Head => Some(since + limits.head),
                Phase::Idle => Some(since + limits.idle),
                Phase::Body | Phase::Rest | Phase::Working => None,
            };
            if deadline.is_some_and(|deadline| deadline <= now) {
                return;
            }
            let look = now + limits.head.min(limits.idle);
            let next = deadline.map_or(look, |deadline| deadline.min(look));
            tokio::time::sleep_until(next).await;
        }
    }
}

/// A stream that records when bytes arrive.
pub(super) struct WatchedStream {
    pub(super) stream: TcpStream,
    pub(super) progress: Arc<RequestProgress>,
}

impl AsyncRead for WatchedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.progress.has_bytes();
        }
        read
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
