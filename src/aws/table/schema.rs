//! Creates the table with its key, TTL, deletion protection and point-in-time recovery.

use anyhow::{Context as _, bail};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, PointInTimeRecoverySpecification,
    ScalarAttributeType, TableStatus, TimeToLiveSpecification,
};

use crate::policies::table::{BACKUPS_PAUSE, READY_PAUSE, READY_WITHIN};

/// The result of [`create`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// `true` if the table is new; `false` if it existed.
    pub new: bool,
    /// `true` if point-in-time recovery is on; `false` if the endpoint doesn't support it.
    pub recovery: bool,
}

/// Creates the table if it is missing, and configures TTL on `expires_at`, deletion protection
/// (new tables only) and point-in-time recovery.
///
/// # Errors
///
/// If DynamoDB rejects a step, or the table does not become active in time.
pub async fn create(client: &Client, table: &str) -> anyhow::Result<Created> {
    let client = &super::checked(client);
    let new = !exists(client, table).await?;
    if new {
        create_new(client, table).await?;
    }
    wait_until_active(client, table).await?;
    set_expiry(client, table).await?;
    Ok(Created {
        new,
        recovery: set_recovery(client, table).await?,
    })
}

async fn exists(client: &Client, table: &str) -> anyhow::Result<bool> {
    match client.describe_table().table_name(table).send().await {
        Ok(_) => Ok(true),
        Err(error) if code(&error) == Some("ResourceNotFoundException") => Ok(false),
        Err(error) => Err(failed(error)).context("failed to describe the table"),
    }
}

async fn create_new(client: &Client, table: &str) -> anyhow::Result<()> {
    let attribute = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
    };
    let key = |name: &str, key_type| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(key_type)
            .build()
    };
    client
        .create_table()
        .table_name(table)
        .attribute_definitions(attribute("pk")?)
        .attribute_definitions(attribute("sk")?)
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?)
        .billing_mode(BillingMode::PayPerRequest)
        .deletion_protection_enabled(true)
        .send()
        .await
        .map_err(failed)
        .with_context(|| format!("failed to create the table {table}"))?;
    Ok(())
}

async fn wait_until_active(client: &Client, table: &str) -> anyhow::Result<()> {
    let active = async {
        loop {
            let described = client
                .describe_table()
                .table_name(table)
                .send()
                .await
                .map_err(failed)?;
            let status = described.table.and_then(|table| table.table_status);
            if status == Some(TableStatus::Active) {
                return Ok(());
            }
            tokio::time::sleep(READY_PAUSE).await;
        }
    };
    match tokio::time::timeout(READY_WITHIN, active).await {
        Ok(done) => done,
        Err(_) => bail!(
            "the table {table} is not active after {} s",
            READY_WITHIN.as_secs()
        ),
    }
}

async fn set_expiry(client: &Client, table: &str) -> anyhow::Result<()> {
    let described = client
        .describe_time_to_live()
        .table_name(table)
        .send()
        .await
        .map_err(failed)?;
    let current = described
        .time_to_live_description
        .and_then(|ttl| ttl.attribute_name);
    if current.as_deref() == Some("expires_at") {
        return Ok(());
    }
    let ttl = TimeToLiveSpecification::builder()
        .attribute_name("expires_at")
        .enabled(true)
        .build()?;
    client
        .update_time_to_live()
        .table_name(table)
        .time_to_live_specification(ttl)
        .send()
        .await
        .map_err(failed)
        .context("failed to set the table's TTL")?;
    Ok(())
}

/// `false` if the endpoint does not support the operation, as some DynamoDB mocks.
///
/// For some seconds after a table becomes active, AWS answers that its backups are being enabled.
async fn set_recovery(client: &Client, table: &str) -> anyhow::Result<bool> {
    let recovery = PointInTimeRecoverySpecification::builder()
        .point_in_time_recovery_enabled(true)
        .build()?;
    let set = async {
        loop {
            let sent = client
                .update_continuous_backups()
                .table_name(table)
                .point_in_time_recovery_specification(recovery.clone())
                .send()
                .await;
            match sent {
                Ok(_) => return Ok(true),
                Err(error) => match code(&error) {
                    Some("UnknownOperationException") => return Ok(false),
                    Some("ContinuousBackupsUnavailableException") => {
                        tokio::time::sleep(BACKUPS_PAUSE).await;
                    }
                    _ => return Err(failed(error)),
                },
            }
        }
    };
    let set = tokio::time::timeout(READY_WITHIN, set).await;
    set.unwrap_or_else(|_| bail!("AWS is still enabling the table's backups"))
        .context("failed to turn on the table's point-in-time recovery")
}

pub(super) fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
}

fn failed<E, R>(error: SdkError<E, R>) -> anyhow::Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    anyhow::anyhow!(crate::aws::describe(&error))
}
