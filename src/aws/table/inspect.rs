//! Inspects the table for `check`: whether it exists, whether it is configured as `create-table`
//! does it, and whether we have the permissions. It writes nothing.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, KeyType, KeysAndAttributes, TimeToLiveStatus};

use super::schema::code;
use crate::aws::failure::is_about_a_key;

/// DynamoDB's answer to a request, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked<T> {
    /// DynamoDB's answer.
    Answered(T),
    /// The table does not exist.
    NoTable,
    /// The permission is missing.
    Denied,
    /// The table's KMS key cannot be used; the SDK's message.
    NoKey(String),
    /// The endpoint does not support the request, as some DynamoDB mocks.
    Unsupported,
    /// Another error; the SDK's message.
    Failed(String),
}

/// The results of one inspection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The description of the table.
    pub table: Asked<Description>,
    /// The TTL attribute; `None` if TTL is off.
    pub expiry: Asked<Option<String>>,
    /// `true` if point-in-time recovery is on.
    pub recovery: Asked<bool>,
    /// Each operation that the bot uses.
    pub access: Vec<(&'static str, Asked<()>)>,
}

/// The description of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// `ACTIVE` if it can be used.
    pub status: String,
    /// Its primary key, like `pk (HASH), sk (RANGE)`.
    pub key: String,
    /// `true` if deletion protection is on.
    pub protected: bool,
}

/// The primary key that the bot requires.
pub const KEY: &str = "pk (HASH), sk (RANGE)";

/// Sends all requests concurrently.
pub async fn inspect(client: &Client, table: &str) -> Inspection {
    let client = &super::checked(client);
    let (described, expiry, recovery, access) = tokio::join!(
        describe(client, table),
        expiry(client, table),
        recovery(client, table),
        access(client, table),
    );
    Inspection {
        table: described,
        expiry,
        recovery,
        access,
    }
}

async fn describe(client: &Client, name: &str) -> Asked<Description> {
    let sent = client.describe_table().table_name(name).send().await;
    let output = match sent {
        Ok(output) => output,
        Err(error) => return refused(&error),
    };
    let Some(table) = output.table else {
        return Asked::Failed("DynamoDB describes no table".to_owned());
    };
    let mut key: Vec<_> = table.key_schema().iter().collect();
    key.sort_by_key(|element| *element.key_type() != KeyType::Hash);
    let key = key
        .iter()
        .map(|element| format!("{} ({})", element.attribute_name(), element.key_type()));
    Asked::Answered(Description {
        key: key.collect::<Vec<_>>().join(", "),
        status: table
            .table_status()
            .map_or("unknown", |status| status.as_str())
            .to_owned(),
        protected: table.deletion_protection_enabled == Some(true),
    })
}

async fn expiry(client: &Client, table: &str) -> Asked<Option<String>> {
    let sent = client
        .describe_time_to_live()
        .table_name(table)
        .send()
        .await;
    match sent {
        Ok(output) => {
            let is_on = |status: &TimeToLiveStatus| {
                matches!(
                    status,
                    TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling
                )
            };
            let ttl = output.time_to_live_description;
            let status = ttl.as_ref().map(|ttl| ttl.time_to_live_status.as_ref());
            if status.flatten().is_none() {
                return Asked::Failed("DynamoDB does not say whether TTL is on".to_owned());
            }
            let ttl = ttl.filter(|ttl| ttl.time_to_live_status.as_ref().is_some_and(is_on));
            Asked::Answered(ttl.and_then(|ttl| ttl.attribute_name))
        }
        Err(error) => refused(&error),
    }
}

async fn recovery(client: &Client, table: &str) -> Asked<bool> {
    let sent = client
        .describe_continuous_backups()
        .table_name(table)
        .send()
        .await;
    match sent {
        Ok(output) => {
            let recovery = output
                .continuous_backups_description
                .and_then(|backups| backups.point_in_time_recovery_description)
                .and_then(|recovery| recovery.point_in_time_recovery_status);
            let Some(status) = recovery else {
                let problem = "DynamoDB does not say whether backups are on";
                return Asked::Failed(problem.to_owned());
            };
            Asked::Answered(status.as_str() == "ENABLED")
        }
        Err(error) => refused(&error),
    }
}

/// Tries each operation on an item that never exists. Writes have the condition that it exists,
/// so nothing is written, and a missing permission is still reported.
async fn access(client: &Client, table: &str) -> Vec<(&'static str, Asked<()>)> {
    const NEVER: &str = "attribute_exists(pk)";
    let text = || AttributeValue::S("CHECK".to_owned());
    let key = || Some([("pk".to_owned(), text()), ("sk".to_owned(), text())].into());
    let get = client.get_item().table_name(table).set_key(key());
    let batch = KeysAndAttributes::builder().set_keys(key().map(|key| vec![key]));
    let batch = batch.build().map(|keys| {
        let batch = client.batch_get_item();
        batch.request_items(table, keys).send()
    });
    let query = client
        .query()
        .table_name(table)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", text());
    let put = client.put_item().table_name(table).set_item(key());
    let put = put.condition_expression(NEVER);
    let update = client.update_item().table_name(table).set_key(key());
    let update = update.condition_expression(NEVER);
    let delete = client.delete_item().table_name(table).set_key(key());
    let delete = delete.condition_expression(NEVER);
    let batch = async {
        match batch {
            Ok(batch) => tried(batch.await),
            Err(error) => Asked::Failed(error.to_string()),
        }
    };
    let (get, batch, query, put, update, delete) = tokio::join!(
        get.send(),
        batch,
        query.send(),
        put.send(),
        update.send(),
        delete.send()
    );
    vec![
        ("dynamodb:GetItem", tried(get)),
        ("dynamodb:BatchGetItem", batch),
        ("dynamodb:Query", tried(query)),
        ("dynamodb:PutItem", tried(put)),
        ("dynamodb:UpdateItem", tried(update)),
        ("dynamodb:DeleteItem", tried(delete)),
    ]
}

fn tried<T, E, R>(sent: Result<T, SdkError<E, R>>) -> Asked<()>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    match sent {
        Ok(_) => Asked::Answered(()),
        Err(error) if code(&error) == Some("ConditionalCheckFailedException") => {
            Asked::Answered(())
        }
        Err(error) => refused(&error),
    }
}

fn refused<T, E, R>(error: &SdkError<E, R>) -> Asked<T>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    match code(error) {
        // The backup API uses the second name.
        Some("ResourceNotFoundException" | "TableNotFoundException") => Asked::NoTable,
        Some("AccessDeniedException") => {
            let said = crate::aws::describe(error);
            if is_about_a_key(&said) {
                Asked::NoKey(said)
            } else {
                Asked::Denied
            }
        }
        Some("UnknownOperationException") => Asked::Unsupported,
        _ => Asked::Failed(crate::aws::describe(error)),
    }
}
