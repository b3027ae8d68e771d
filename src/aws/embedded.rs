//! A DynamoDB-compatible engine in this process, for a single machine. The same store uses it
//! through the same SDK.
//!
//! It requires no credentials, so it listens only on loopback.

mod file;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, Region};
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::http;
use super::table::schema;
use crate::policies::table::CHECKPOINT_EVERY;
use file::Claim;

pub use file::{InUse, back_up, restore};

/// The running engine on loopback, without the bot's table. Dropping it stops it.
pub struct Engine {
    url: String,
    _stop: DropGuard,
}

impl Engine {
    /// Keeps everything in memory.
    ///
    /// # Errors
    ///
    /// If the engine cannot listen on loopback.
    pub async fn in_memory() -> anyhow::Result<Self> {
        let database = Database::memory().map_err(|error| anyhow::anyhow!("{error}"))?;
        Self::serve(database, None).await
    }

    /// Opens the file at `path` with the table `table`, or creates it.
    async fn open(path: &Path, table: &str) -> anyhow::Result<Self> {
        let claim = Claim::new(path).map_err(|error| match error.is::<InUse>() {
            true => error,
            false => error.context(file::not_ours(path)),
        })?;
        if claim.path().exists() {
            claim.close_to_others()?;
            file::expect_table(claim.path(), table)?;
        } else {
            let new = new_database(table).await?;
            claim.place_new(|path| Ok(new.vacuum_into(name(path)?)?))?;
        }
        let database = Database::new(name(claim.path())?).map_err(anyhow::Error::from);
        let database = database.with_context(|| file::not_ours(path))?;
        Self::serve(database, Some(claim)).await
    }

    async fn serve(database: Database, claim: Option<Claim>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let stop = CancellationToken::new();
        if let Some(claim) = &claim {
            tokio::spawn(checkpoint_until(stop.clone(), claim.path().to_owned()));
        }
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move {
            let served = dynoxide::server::serve_with_shutdown(listener, database, stopped);
            if let Err(error) = served.await {
                tracing::error!(%error, "embedded store stopped");
            }
            drop(claim);
        });
        let _stop = stop.drop_guard();
        Ok(Self { url, _stop })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }
}

async fn checkpoint_until(stop: CancellationToken, path: PathBuf) {
    loop {
        let wait = tokio::time::sleep(CHECKPOINT_EVERY);
        if stop.run_until_cancelled(wait).await.is_none() {
            return;
        }
        let path = path.clone();
        let done = tokio::task::spawn_blocking(move || file::checkpoint(&path)).await;
        if let Ok(Err(error)) = done {
            tracing::debug!(%error, "failed to checkpoint the embedded store; retrying soon");
        }
    }
}

/// A database in memory with the empty table.
async fn new_database(table: &str) -> anyhow::Result<Database> {
    let database = Database::memory()?;
    let engine = Engine::serve(database.clone(), None).await?;
    schema::create(&client(&engine), table).await?;
    Ok(database)
}

fn name(path: &Path) -> anyhow::Result<&str> {
    let name = path.to_str();
    name.context("EMBEDDED_STORE must be a UTF-8 path")
}

fn client(engine: &Engine) -> Client {
    let credentials = Credentials::new("embedded", "embedded", None, None, "embedded");
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("local"))
        .credentials_provider(credentials)
        .endpoint_url(engine.url())
        .http_client(http::direct_client())
        .build();
    Client::from_conf(config)
}

/// The running engine with the bot's table. Dropping it stops it.
pub struct Embedded {
    engine: Engine,
    client: Client,
}

impl Embedded {
    /// Starts the engine on the file at `path`, or in memory, and creates the table if it is
    /// missing.
    ///
    /// # Errors
    ///
    /// [`InUse`] while another process uses the file; another error if it is not a store of
    /// this bot.
    pub async fn start(path: Option<&Path>, table_name: &str) -> anyhow::Result<Self> {
        let engine = match path {
            Some(path) => Engine::open(path, table_name).await?,
            None => Engine::in_memory().await?,
        };
        let client = client(&engine);
        schema::create(&client, table_name).await?;
        Ok(Self { engine, client })
    }

    /// Its address on loopback.
    pub fn url(&self) -> &str {
        self.engine.url()
    }

    /// A client of the engine.
    pub fn client(&self) -> Client {
        self.client.clone()
    }
}
