//! Connections to Slack and to webhooks: TLS, directly or in a tunnel through the proxy. If the
//! proxy fails, the connection fails.

use std::error::Error;
use std::io;
use std::task::{Context, Poll};

use anyhow::{Chain, Context as _};
use futures::future::BoxFuture;
use futures::{FutureExt as _, TryFutureExt as _};
use hyper::Uri;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower::Service;

use crate::policies::slack::{CONNECT_WITHIN, TUNNEL_WITHIN};
use crate::proxy::{Proxy, ProxySettings};

/// Opens connections, or without TLS to this machine.
pub(crate) type TlsConnector = HttpsConnector<TcpConnector>;

/// The connector for these proxy settings.
///
/// # Errors
///
/// If the machine has no usable certificate authorities.
pub(crate) fn connector(proxies: &ProxySettings) -> anyhow::Result<TlsConnector> {
    let mut direct = HttpConnector::new();
    direct.enforce_http(false);
    direct.set_nodelay(true);
    direct.set_connect_timeout(Some(CONNECT_WITHIN));
    let tcp = TcpConnector {
        direct,
        proxies: proxies.clone(),
    };
    Ok(hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls_provider())
        .context("the machine has no usable certificate authorities")?
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp))
}

/// The crypto provider of the AWS SDK, so that only one is linked.
fn rustls_provider() -> impl Into<std::sync::Arc<rustls::crypto::CryptoProvider>> {
    rustls::crypto::aws_lc_rs::default_provider()
}

/// The reason that there is no connection, without user, password and path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The proxy opened no tunnel.
    #[error(transparent)]
    Proxy(ProxyError),
    /// TLS does not accept the certificate of the host, or of a proxy that opens TLS.
    #[error("{0}")]
    Certificate(String),
    /// Anything else, such as a refused connection.
    #[error("{0}")]
    Other(String),
}

impl ConnectError {
    /// The cause of a failed connection: the proxy's failure if there is one, or the deepest
    /// error.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        let proxy = Chain::new(error).find_map(|cause| cause.downcast_ref::<ProxyError>());
        if let Some(proxy) = proxy {
            return Self::Proxy(proxy.clone());
        }
        let deepest = Chain::new(error).last().map(ToString::to_string);
        let deepest = deepest.unwrap_or_default();
        if Chain::new(error).any(is_certificate) {
            Self::Certificate(deepest)
        } else {
            Self::Other(deepest)
        }
    }
}

/// [`io::Error`] hides the error it holds from the chain of sources.
fn is_certificate(cause: &(dyn Error + 'static)) -> bool {
    let held = cause
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match (held, cause.downcast_ref()) {
        (Some(held), _) => is_certificate(held),
        (None, Some(error)) => matches!(error, rustls::Error::InvalidCertificate(_)),
        (None, None) => false,
    }
}

/// The reason that there is no tunnel, without user and password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the proxy {proxy} failed: {problem}")]
pub struct ProxyError {
    proxy: String,
    problem: String,
}

impl ProxyError {
    fn new(proxy: &Proxy, problem: String) -> Self {
        Self {
            proxy: proxy.to_string(),
            problem,
        }
    }
}

/// Opens the connections below TLS.
#[derive(Debug, Clone)]
pub(crate) struct TcpConnector {
    direct: HttpConnector,
    proxies: ProxySettings,
}

impl Service<Uri> for TcpConnector {
    type Response = TokioIo<TcpStream>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.direct.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        match self.proxies.proxy_for(&address) {
            None => self.direct.call(address).err_into().boxed(),
            Some(proxy) => through(proxy, self.direct.clone(), address)
                .err_into()
                .boxed(),
        }
    }
}

/// Opens a tunnel. [`Tunnel`] has no deadline of its own.
async fn through(
    proxy: Proxy,
    connector: HttpConnector,
    address: Uri,
) -> Result<TokioIo<TcpStream>, ProxyError> {
    let mut tunnel = Tunnel::new(proxy.address().clone(), connector);
    if let Some(authorization) = proxy.authorization() {
        tunnel = tunnel.with_auth(authorization.clone());
    }
    match timeout(TUNNEL_WITHIN, tunnel.call(address)).await {
        Ok(opened) => opened.map_err(|error| {
            let causes: Vec<_> = Chain::new(&error).map(ToString::to_string).collect();
            ProxyError::new(&proxy, causes.join(": "))
        }),
        Err(_) => {
            let seconds = TUNNEL_WITHIN.as_secs();
            Err(ProxyError::new(
                &proxy,
                format!("no tunnel after {seconds} s"),
            ))
        }
    }
}
