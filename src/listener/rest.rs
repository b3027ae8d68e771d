//! The body of a request, and what is left of it after an early response.
//!
//! Closing a connection with unread bytes resets it, and a reset can discard the response. So the
//! rest is read, within limits, and dropped.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::progress::RequestProgress;

/// The limit for reading the rest, in bytes.
const REST_BYTES: usize = 16 << 20;
/// The time limit for reading the rest.
pub(super) const REST_WITHIN: Duration = Duration::from_secs(5);
/// The same after a body that timed out: long enough for the response to arrive.
pub(super) const SLOW_REST_WITHIN: Duration = Duration::from_millis(500);

/// The body of a request. Clones share it.
#[derive(Clone)]
pub(super) struct SharedBody(Arc<Mutex<WatchedBody>>);

/// A body that records when it is complete.
struct WatchedBody {
    body: Incoming,
    progress: Arc<RequestProgress>,
    /// True after its end, complete or not.
    is_over: bool,
}

impl SharedBody {
    pub(super) fn new(body: Incoming, progress: Arc<RequestProgress>) -> Self {
        let is_over = body.is_end_stream();
        Self(Arc::new(Mutex::new(WatchedBody {
            body,
            progress,
            is_over,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, WatchedBody> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// Reads the rest. `false` if it is too large or takes longer than `within`.
    pub(super) async fn read_on(self, within: Duration) -> bool {
        let reading = async {
            let mut left = REST_BYTES;
            let mut body = pin!(self);
            loop {
                let frame = std::future::poll_fn(|context| body.as_mut().poll_frame(context));
                let frame = match frame.await {
                    None => return true,
                    Some(Err(_)) => return false,
                    Some(Ok(frame)) => frame,
                };
                let length = frame.data_ref().map_or(0, Bytes::len);
                match left.checked_sub(length) {
                    Some(rest) => left = rest,
                    None => return false,
                }
            }
        };
        tokio::time::timeout(within, reading).await.unwrap_or(false)
    }
}

impl Body for SharedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let mut watched = self.lock();
        let frame = Pin::new(&mut watched.body).poll_frame(context);
        let is_complete = matches!(frame, Poll::Ready(None)) || watched.body.is_end_stream();
        if is_complete {
            watched.progress.has_body();
        }
        watched.is_over |= is_complete || matches!(frame, Poll::Ready(Some(Err(_))));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.lock().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().body.size_hint()
    }
}
