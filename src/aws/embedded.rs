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
use tokio_util::sync::{CancellationToken, DropGuard};

use super::dynamodb::table;

/// The running engine, on loopback, with whatever tables somebody makes.
/// Dropping it stops it.
pub struct Engine {
    url: String,
    _stop: DropGuard,
}

impl Engine {
    /// Opens the file at `path`, or keeps everything in memory.
    pub async fn start(path: Option<&Path>) -> anyhow::Result<Self> {
        let database = match path {
            Some(path) => open(path)?,
            None => Database::memory().map_err(|error| anyhow::anyhow!("{error}"))?,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move {
            let served = dynoxide::server::serve_with_shutdown(listener, database, stopped);
            if let Err(error) = served.await {
                tracing::error!(%error, "the embedded store stopped");
            }
        });
        let _stop = stop.drop_guard();
        Ok(Self { url, _stop })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }
}

fn open(path: &Path) -> anyhow::Result<Database> {
    let name = path
        .to_str()
        .context("the path of the embedded store is not UTF-8")?;
    Database::new(name)
        .map_err(|error| anyhow::anyhow!("{error}"))
        .with_context(|| {
            format!(
                "the embedded store {name} cannot be opened: it must be a file that this program \
                 made, or none yet, in a folder that may be written to"
            )
        })
}

/// The running engine with the bot's table. Dropping it stops it.
pub struct Embedded {
    engine: Engine,
    client: Client,
}

impl Embedded {
    /// Starts the engine as [`Engine::start`] does, and makes sure that the
    /// table is there.
    pub async fn start(path: Option<&Path>, table_name: &str) -> anyhow::Result<Self> {
        let engine = Engine::start(path).await?;
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static("local"))
            .credentials_provider(Credentials::new(
                "embedded", "embedded", None, None, "embedded",
            ))
            .endpoint_url(engine.url())
            .build();
        let client = Client::from_conf(config);
        table::create(&client, table_name).await?;
        Ok(Self { engine, client })
    }

    /// Where it listens, on loopback.
    pub fn url(&self) -> &str {
        self.engine.url()
    }

    /// A client of the engine.
    pub fn client(&self) -> Client {
        self.client.clone()
    }
}
