//! Serves a router on loopback, and nowhere else.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A mock that listens on 127.0.0.1. Dropping it stops it.
#[derive(Debug)]
pub struct LoopbackServer {
    address: SocketAddr,
    stop: CancellationToken,
    task: Option<JoinHandle<std::io::Result<()>>>,
}

impl LoopbackServer {
    /// Listens on `port` of 127.0.0.1 (0: any free one) and serves `router`.
    ///
    /// # Errors
    /// When the port cannot be bound.
    pub async fn start(router: Router, port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        Self::on(listener, router)
    }

    /// Serves `router` on a listener that is bound already.
    ///
    /// # Errors
    /// When the listener's address cannot be read.
    pub fn on(listener: TcpListener, router: Router) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            // Not gracefully: a hanging fault or a page's long poll must not hold up the stop.
            tokio::select! {
                served = axum::serve(listener, router) => served,
                () = stopped.cancelled() => Ok(()),
            }
        });
        Ok(Self {
            address,
            stop,
            task: Some(task),
        })
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops listening and waits until the listener is gone.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
    }
}

impl Drop for LoopbackServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
