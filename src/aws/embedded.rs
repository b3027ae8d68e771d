//! A DynamoDB-compatible engine in this process, for one machine with nothing
//! else: the same store works on it, through the same SDK.
//!
//! It asks for no credentials, so it listens on loopback only.

use std::net::Ipv4Addr;
use std::path::Path;

use anyhow::Context as _;
use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, Region};
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::dynamodb::table;

/// The running engine. Dropping it stops it.
pub struct Embedded {
    client: Client,
    url: String,
    stop: CancellationToken,
    _task: JoinHandle<()>,
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Embedded {
    /// Opens the file at `path`, or keeps everything in memory, and makes sure
    /// that the table is there.
    pub async fn start(path: Option<&Path>, table_name: &str) -> anyhow::Result<Self> {
        let database = match path {
            Some(path) => {
                let name = path
                    .to_str()
                    .context("the path of the embedded store is not UTF-8")?;
                Database::new(name)
                    .map_err(|error| anyhow::anyhow!("{error}"))
                    .with_context(|| {
                        format!(
                            "the embedded store {name} cannot be opened: it must be a file that \
                             this program made, or none yet, in a folder that may be written to"
                        )
                    })?
            }
            None => Database::memory().map_err(|error| anyhow::anyhow!("{error}"))?,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let task = tokio::spawn(async move {
            if let Err(error) =
                dynoxide::server::serve_with_shutdown(listener, database, stopped).await
            {
                tracing::error!(%error, "the embedded store stopped");
            }
        });
        let url = format!("http://{address}");
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static("local"))
            .credentials_provider(Credentials::new(
                "embedded", "embedded", None, None, "embedded",
            ))
            .endpoint_url(&url)
            .build();
        let client = Client::from_conf(config);
        table::create(&client, table_name).await?;
        Ok(Self {
            client,
            url,
            stop,
            _task: task,
        })
    }

    /// Where it listens, on loopback.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A client of the engine.
    pub fn client(&self) -> Client {
        self.client.clone()
    }
}
