//! Serves a router on loopback only.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A server on 127.0.0.1. Dropping it stops it.
#[derive(Debug)]
pub struct LoopbackServer {
    address: SocketAddr,
    stop: CancellationToken,
    task: Option<JoinHandle<std::io::Result<()>>>,
}

impl LoopbackServer {
    /// Listens on `port` of 127.0.0.1 (0: any free port) and serves `router`.
    ///
    /// # Errors
    ///
    /// If the port can't be bound.
    pub async fn start(router: Router, port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        Self::on(listener, router)
    }

    /// Serves `router` on a bound listener.
    ///
    /// # Errors
    ///
    /// If the listener's address can't be read.
    pub fn on(listener: TcpListener, router: Router) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            // Not a graceful shutdown: a fault that hangs or a long poll would delay it.
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

    /// `http://127.0.0.1:<port>`, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops listening and waits until the port is free.
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
