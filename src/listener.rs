//! Accepts connections and serves HTTP/1 on them, so that whoever is slow or
//! silent keeps nobody else out.
//!
//! It owns how long a connection may do nothing and how many may be open; what
//! a request gets is the router's business.

mod line;

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use hyper::Request;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use line::{Line, WatchedBody, WatchedStream};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::seldom::Seldom;

/// The largest head of a request. Slack's have less than 2 KiB.
const HEAD_BYTES: usize = 16 << 10;
/// What is read ahead on one connection at most.
const BUFFER_BYTES: usize = 64 << 10;
/// The pause after a connection could not be accepted, as when files run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// What a connection may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many may be open.
    pub connections: usize,
    /// How long the head of a request may take to arrive, from its first byte;
    /// for the first request, from the connection on.
    pub head: Duration,
    /// How long a connection may wait for its next request.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Half of the 1,024 files that a process commonly may open, so that
            // calls to AWS and Slack never lack one. A proxy needs some dozens.
            connections: 512,
            // Slack gives up after 3 s.
            head: Duration::from_secs(5),
            // Longer than the 60 s of the usual proxies: who reuses a connection
            // has to be the one that closes it, or a request gets lost.
            idle: Duration::from_secs(75),
        }
    }
}

/// Serves `app` until `stop`, then finishes the requests that are under way.
/// Idle connections are closed at once.
pub async fn serve(listener: TcpListener, app: Router, limits: Limits, stop: CancellationToken) {
    let open = Arc::new(Open::new(limits.connections));
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                let pause = tokio::time::sleep(ACCEPT_PAUSE);
                stop.run_until_cancelled(pause).await;
                continue;
            }
        };
        // Answers are small and whole: waiting for more of them only delays.
        let _ = stream.set_nodelay(true);
        let Some(place) = open.place() else {
            continue;
        };
        tasks.spawn(converse(stream, app.clone(), place, limits, stop.clone()));
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

/// Serves one connection to its end.
async fn converse(
    stream: TcpStream,
    app: Router,
    place: Place,
    limits: Limits,
    stop: CancellationToken,
) {
    let line = Arc::clone(&place.line);
    let stream = WatchedStream {
        stream,
        line: Arc::clone(&line),
    };
    let answering = Arc::clone(&line);
    let service = service_fn(move |request: Request<Incoming>| {
        let line = Arc::clone(&answering);
        let app = app.clone();
        async move {
            line.has_head(request.body().is_end_stream());
            let body = |body| {
                let line = Arc::clone(&line);
                Body::new(WatchedBody { body, line })
            };
            let answer = app.oneshot(request.map(body)).await;
            line.is_answered();
            answer.map_err(|error: Infallible| error)
        }
    });
    let mut http = http1::Builder::new();
    // The deadlines are ours: hyper's would count the wait for a next request
    // as a part of its head.
    http.max_buf_size(BUFFER_BYTES).max_header_size(HEAD_BYTES);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    // Looked at only when one of them has something to say, not with every read.
    let mut ends = FuturesUnordered::from_iter([
        stop.cancelled().map(|()| End::Graceful).boxed(),
        line.close.cancelled().map(|()| End::AtOnce).boxed(),
        line.overdue(limits).map(|()| End::AtOnce).boxed(),
    ]);
    loop {
        tokio::select! {
            biased;
            Some(end) = ends.next() => match end {
                End::Graceful => connection.as_mut().graceful_shutdown(),
                End::AtOnce => break,
            },
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection broke");
                }
                break;
            }
        }
    }
}

/// How a connection is brought to its end.
enum End {
    /// Once the request that is under way is answered.
    Graceful,
    AtOnce,
}

/// The open connections.
struct Open {
    most: usize,
    lines: Mutex<Lines>,
    full: Seldom,
}

#[derive(Default)]
struct Lines {
    by_number: HashMap<u64, Arc<Line>>,
    last_number: u64,
}

impl Open {
    fn new(most: usize) -> Self {
        Self {
            most,
            lines: Mutex::default(),
            full: Seldom::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more connection. Where all are taken, the one that has
    /// been without a complete request for the longest gives up its own: an
    /// honest sender needs milliseconds. `None` when every request is complete
    /// and waits for its answer.
    fn place(self: &Arc<Self>) -> Option<Place> {
        let mut lines = self.lock();
        if lines.by_number.len() >= self.most {
            let waiting = lines
                .by_number
                .iter()
                .filter_map(|(number, line)| line.waits_since().map(|since| (since, *number)));
            let longest = waiting.min().map(|(_, number)| number);
            if let Some(times) = self.full.happened() {
                tracing::warn!(
                    most = self.most,
                    since_last_line = times,
                    "too many connections are open: the ones that wait for the longest are closed"
                );
            }
            lines.by_number.remove(&longest?)?.close.cancel();
        }
        lines.last_number += 1;
        let number = lines.last_number;
        let line = Arc::new(Line::new());
        lines.by_number.insert(number, Arc::clone(&line));
        Some(Place {
            open: Arc::clone(self),
            number,
            line,
        })
    }
}

/// The place of an open connection; dropping it makes room.
struct Place {
    open: Arc<Open>,
    number: u64,
    line: Arc<Line>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.lock().by_number.remove(&self.number);
    }
}
