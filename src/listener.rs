//! Accepts connections and serves HTTP/1, so that slow or idle clients don't block others.
//!
//! It owns the timeouts and the number of connections. The router handles the requests.
//! a request gets is the router's business.

mod progress;
mod rest;

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use hyper::Request;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use progress::{RequestProgress, WatchedStream};
use rest::{REST_WITHIN, SLOW_REST_WITHIN, SharedBody};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::log::LogThrottle;

/// The limit for the head of a request, in bytes. Slack's are below 2 KiB.
const HEAD_BYTES: usize = 16 << 10;
/// The limit for buffered bytes of a connection.
const BUFFER_BYTES: usize = 64 << 10;
/// The number of connections that may be closing and still have a file descriptor.
const CLOSING: usize = 16;
/// The file descriptors reserved for AWS, Slack, the store and the log.
const FILES_FOR_OTHERS: usize = 128;
/// The pause after a failed accept, for example without free file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// The limits of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The maximum number of open connections.
    pub connections: usize,
    /// The deadline for the head of a request, from its first byte; for the first request, from
    /// the connection's start.
    pub head: Duration,
    /// The idle timeout between requests.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A proxy needs some dozens.
            connections: 512,
            // Slack gives up after 3 s.
            head: Duration::from_secs(5),
            // Longer than the 60 s of common proxies: the side that reuses a connection must be
            // the one to close it, or requests get lost.
            idle: Duration::from_secs(75),
        }
    }
}

impl Limits {
    /// Reduces the number of connections so that calls to AWS and Slack always have file
    /// descriptors, given the limit of the process.
    #[must_use]
    pub fn within(mut self, files: usize) -> Self {
        let others = FILES_FOR_OTHERS.min(files / 2);
        let most = files.saturating_sub(others + CLOSING).max(1);
        self.connections = self.connections.min(most);
        self
    }
}

/// Serves `app` until `stop`, then finishes the requests in progress. Idle connections are closed
/// at once.
pub async fn serve(listener: TcpListener, app: Router, limits: Limits, stop: CancellationToken) {
    let open = Arc::new(OpenConnectionLimit::new(limits.connections));
    let (tasks, refused) = (TaskTracker::new(), LogThrottle::default());
    loop {
        let accepting = async {
            let file = open.file().await;
            (file, listener.accept().await)
        };
        let (file, accepted) = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = accepting => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                if let Some(times) = refused.happened() {
                    tracing::warn!(%error, since_last_line = times, "failed to accept a connection");
                }
                // Without free file descriptors, the connection that has waited longest is
                // closed.
                open.close_one();
                let pause = tokio::time::sleep(ACCEPT_PAUSE);
                stop.run_until_cancelled(pause).await;
                continue;
            }
        };
        // Responses are small and complete, so Nagle's algorithm would only delay them.
        let _ = stream.set_nodelay(true);
        let Some(permit) = open.permit(file) else {
            continue;
        };
        let conversation = converse(
            stream,
            app.clone(),
            permit,
            limits,
            tasks.clone(),
            stop.clone(),
        );
        tasks.spawn(conversation);
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

/// Serves one connection until it ends.
async fn converse(
    stream: TcpStream,
    app: Router,
    permit: ConnectionPermit,
    limits: Limits,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    let progress = Arc::clone(&permit.progress);
    let stream = WatchedStream {
        stream,
        progress: Arc::clone(&progress),
    };
    let answering = Arc::clone(&progress);
    let service = service_fn(move |request: Request<Incoming>| {
        let progress = Arc::clone(&answering);
        let app = app.clone();
        let tasks = tasks.clone();
        async move {
            progress.has_head(request.body().is_end_stream());
            let (head, body) = request.into_parts();
            let body = SharedBody::new(body, Arc::clone(&progress));
            let request = Request::from_parts(head, Body::new(body.clone()));
            let answer = app.oneshot(request).await;
            if body.is_over() {
                progress.is_answered();
            } else {
                progress.has_rest();
                let is_late = |answer: &Response| answer.status() == StatusCode::REQUEST_TIMEOUT;
                let within = if answer.as_ref().is_ok_and(is_late) {
                    SLOW_REST_WITHIN
                } else {
                    REST_WITHIN
                };
                tasks.spawn(read_on(body, progress, within));
            }
            answer.map_err(|error: Infallible| error)
        }
    });
    let mut http = http1::Builder::new();
    // The timeouts are implemented here, because hyper counts the idle time as part of the next
    // request's head.
    http.max_buf_size(BUFFER_BYTES).max_header_size(HEAD_BYTES);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    // Polled only when one of them is ready, not with every read.
    let mut ends = FuturesUnordered::from_iter([
        stop.cancelled()
            .map(|()| ConnectionEnding::Graceful)
            .boxed(),
        progress
            .close
            .cancelled()
            .map(|()| ConnectionEnding::AtOnce)
            .boxed(),
        progress
            .overdue(limits)
            .map(|()| ConnectionEnding::AtOnce)
            .boxed(),
    ]);
    loop {
        tokio::select! {
            biased;
            Some(end) = ends.next() => match end {
                ConnectionEnding::Graceful => connection.as_mut().graceful_shutdown(),
                ConnectionEnding::AtOnce => break,
            },
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "connection broke");
                }
                break;
            }
        }
    }
}

/// Reads the rest of a request's body after the response, so that the client gets the response.
async fn read_on(body: SharedBody, progress: Arc<RequestProgress>, within: Duration) {
    if body.read_on(within).await {
        progress.is_answered();
    } else {
        progress.close.cancel();
    }
}

/// The way to close a connection.
enum ConnectionEnding {
    /// After the response to the current request.
    Graceful,
    AtOnce,
}

/// The open connections.
struct OpenConnectionLimit {
    most: usize,
    connections: Mutex<OpenConnections>,
    full: LogThrottle,
    /// One permit for each file descriptor, also while its connection is closing.
    files: Arc<Semaphore>,
}

#[derive(Default)]
struct OpenConnections {
    by_number: HashMap<u64, Arc<RequestProgress>>,
    last_number: u64,
}

impl OpenConnections {
    /// Closes the connection that has been without a complete request for longest. `None` if
    /// there is none.
    fn close_longest_waiting(&mut self) -> Option<()> {
        let waiting = self
            .by_number
            .iter()
            .filter_map(|(number, progress)| progress.waits_since().map(|since| (since, *number)));
        let (_, longest) = waiting.min()?;
        self.by_number.remove(&longest)?.close.cancel();
        Some(())
    }
}

impl OpenConnectionLimit {
    fn new(most: usize) -> Self {
        Self {
            most,
            connections: Mutex::default(),
            full: LogThrottle::default(),
            files: Arc::new(Semaphore::new(most + CLOSING)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, OpenConnections> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a free file descriptor. Evicted connections take a moment to close.
    async fn file(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.files).acquire_owned().await.ok()
    }

    /// Closes the connection that has waited longest.
    fn close_one(&self) {
        let _ = self.lock().close_longest_waiting();
    }

    /// Admits one more connection. If all places are taken, it evicts the connection that has
    /// been without a complete request for longest, because honest clients need milliseconds.
    /// `None` if all connections have complete requests.
    fn permit(self: &Arc<Self>, file: Option<OwnedSemaphorePermit>) -> Option<ConnectionPermit> {
        let mut connections = self.lock();
        if connections.by_number.len() >= self.most {
            if let Some(times) = self.full.happened() {
                tracing::warn!(
                    most = self.most,
                    since_last_line = times,
                    "closing the longest-waiting connections: too many are open"
                );
            }
            connections.close_longest_waiting()?;
        }
        connections.last_number += 1;
        let number = connections.last_number;
        let progress = Arc::new(RequestProgress::new());
        connections.by_number.insert(number, Arc::clone(&progress));
        Some(ConnectionPermit {
            open: Arc::clone(self),
            number,
            progress,
            _file: file,
        })
    }
}

/// The place of an open connection. Dropping it frees the place.
struct ConnectionPermit {
    open: Arc<OpenConnectionLimit>,
    number: u64,
    progress: Arc<RequestProgress>,
    _file: Option<OwnedSemaphorePermit>,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.open.lock().by_number.remove(&self.number);
    }
}
