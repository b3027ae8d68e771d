//! A proxy for CONNECT that is as rude as a test wants, and a TLS server in front of a mock.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::program::Outside;

/// User and password of the proxy, and the header with both.
const CREDENTIALS: &str = "bot:hush-hush";
pub(super) const AUTHORIZATION: &str = "Basic Ym90Omh1c2gtaHVzaA==";

/// The proxy's treatment of a request.
#[derive(Debug, Clone)]
pub(super) enum Manner {
    /// Opens a tunnel to this address, whichever host is asked for.
    Tunnel(SocketAddr),
    /// Sends these bytes, then only reads.
    Answer(String),
    /// Sends these bytes, then closes the connection.
    Close(&'static str),
}

pub(super) struct ConnectProxy {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl ConnectProxy {
    pub(super) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // An error is that the other side has closed the connection.
                tokio::spawn(answer(stream, manner.clone(), Arc::clone(&seen)));
            }
        });
        Self { address, requests }
    }

    /// The URL with user and password.
    pub(super) fn url(&self) -> String {
        format!("http://{CREDENTIALS}@{}", self.address)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests, as they came.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// The hosts and ports that were asked for, each once.
    pub(super) fn hosts(&self) -> Vec<String> {
        let requests = self.requests();
        let hosts = requests.iter().map(|request| {
            let host = request.strip_prefix("CONNECT ").unwrap();
            host.split(' ').next().unwrap().to_owned()
        });
        let hosts: std::collections::BTreeSet<_> = hosts.collect();
        hosts.into_iter().collect()
    }
}

async fn answer(
    mut stream: TcpStream,
    manner: Manner,
    requests: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let is_known = head.contains(&format!("Proxy-Authorization: {AUTHORIZATION}\r\n"));
    requests.lock().unwrap().push(head);
    match manner {
        Manner::Tunnel(_) if !is_known => {
            stream.write_all(b"HTTP/1.1 407 Who are you\r\n\r\n").await
        }
        Manner::Tunnel(address) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            let mut onward = TcpStream::connect(address).await?;
            copy_bidirectional(&mut stream, &mut onward).await.map(drop)
        }
        Manner::Answer(bytes) => {
            stream.write_all(bytes.as_bytes()).await?;
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await?;
            // Only the proxy's own text is readable: TLS hides the rest.
            assert!(!String::from_utf8_lossy(&rest).contains("xoxb-"));
            Ok(())
        }
        Manner::Close(bytes) => stream.write_all(bytes.as_bytes()).await,
    }
}

/// A TLS server with Slack's names at this address, in front of the mock that a variable names.
pub(super) async fn tls(outside: &Outside, variable: &str, at: &str) -> SocketAddr {
    let to = Url::parse(outside.variable(variable)).unwrap();
    let to = to.socket_addrs(|| None).unwrap()[0];
    // For tests only: nothing outside of them trusts its authority. No crate here makes certificates.
    const PEM: &[u8] = include_bytes!("slack.pem");
    let certificates = CertificateDer::pem_slice_iter(PEM).map(Result::unwrap);
    let key = PrivateKeyDer::from_pem_slice(PEM).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates.collect(), key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(at).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                let mut onward = TcpStream::connect(to).await?;
                copy_bidirectional(&mut stream, &mut onward).await
            });
        }
    });
    address
}
