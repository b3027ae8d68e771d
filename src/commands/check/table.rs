//! Checks the table, or the file in its place, without writing to it.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use securityhub_members::aws::table::DynamoDb;
use securityhub_members::aws::table::inspect::inspect;
use securityhub_members::check::{self, Finding};
use securityhub_members::clock::SystemClock;
#[cfg(feature = "embedded-store")]
use securityhub_members::remedies;
use securityhub_members::settings::Config;
use securityhub_members::watch::ports::{LedgerStore as _, SchemaStore as _};

use super::examined::Examined;

/// The findings about the table, and the table for more questions.
pub(super) struct TableFindings {
    pub(super) findings: Vec<Finding>,
    pub(super) store: Option<DynamoDb>,
    #[cfg(feature = "embedded-store")]
    _embedded: Option<securityhub_members::aws::embedded::Embedded>,
}

impl TableFindings {
    pub(super) fn of(findings: Vec<Finding>) -> Self {
        Self {
            findings,
            store: None,
            #[cfg(feature = "embedded-store")]
            _embedded: None,
        }
    }
}

pub(super) async fn check_table(settings: Examined<'_>, sdk: &SdkConfig) -> TableFindings {
    let config = settings.config;
    if let Some(name) = settings.first_invalid(&["TABLE_NAME"]) {
        return TableFindings::of(vec![Finding::blocked("Table", name)]);
    }
    #[cfg(feature = "embedded-store")]
    if let Some(path) = &config.embedded_store {
        return check_file(config, path).await;
    }
    let client = Client::new(sdk);
    let store = store(config, client.clone());
    let (found, newer) = tokio::join!(
        inspect(&client, &config.table),
        newer_schema(config, &store)
    );
    let mut findings = check::table(&config.table, &found);
    findings.extend(newer);
    TableFindings {
        store: Some(store),
        ..TableFindings::of(findings)
    }
}

/// Checks the file without creating it.
#[cfg(feature = "embedded-store")]
async fn check_file(config: &Config, path: &std::path::Path) -> TableFindings {
    use securityhub_members::aws::embedded::{Embedded, InUse};
    let shown = path.display();
    if !path.exists() {
        let detail = format!("{shown} does not exist yet: the first start creates it");
        return TableFindings::of(vec![Finding::note("Table", detail)]);
    }
    match Embedded::start(Some(path), &config.table).await {
        Ok(embedded) => {
            let found = inspect(&embedded.client(), &config.table).await;
            let mut findings = check::file(&config.table, &shown.to_string(), &found);
            let store = store(config, embedded.client());
            findings.extend(newer_schema(config, &store).await);
            TableFindings {
                findings,
                store: Some(store),
                _embedded: Some(embedded),
            }
        }
        // Normal while the bot runs.
        Err(error) if error.is::<InUse>() => {
            let detail = format!("not checked: a running bot uses {shown}");
            TableFindings::of(vec![Finding::note("Table", detail)])
        }
        Err(error) => {
            let error = format!("{error:#}");
            let finding = Finding::wrong("Table", error, remedies::EMBEDDED_STORE);
            TableFindings::of(vec![finding])
        }
    }
}

fn store(config: &Config, client: Client) -> DynamoDb {
    let clock = Arc::new(SystemClock);
    DynamoDb::new(client, config.table.clone(), config.retention, clock)
}

/// Finds a table with a newer schema, on which no command starts.
async fn newer_schema(config: &Config, store: &DynamoDb) -> Option<Finding> {
    let read = async {
        store.probe().await?;
        for channel in &config.channels {
            store.ledger(&channel.id).await?;
        }
        Ok(())
    };
    read.await.err().as_ref().and_then(check::schema)
}
