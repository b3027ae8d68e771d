//! `create-table`: the only command that creates one.

use std::process::ExitCode;

use anyhow::Context as _;
use aws_sdk_dynamodb::Client;
use securityhub_members::aws::sdk_config;
use securityhub_members::aws::table::schema;
use securityhub_members::remedies;
use securityhub_members::settings::Config;

use super::print::{say, with_spinner};

pub(super) async fn create_table(config: &Config) -> anyhow::Result<ExitCode> {
    #[cfg(feature = "embedded-store")]
    if config.embedded_store.is_some() {
        anyhow::bail!(
            "EMBEDDED_STORE is set, and the embedded store creates its own table: run `serve`, or unset EMBEDDED_STORE to create a table in DynamoDB"
        );
    }
    let sdk = sdk_config(config.first_region()).await?;
    let client = Client::new(&sdk);
    let what = format!("Creating the table {} …", config.table);
    let created = with_spinner(what, schema::create(&client, &config.table)).await;
    let created = created.with_context(|| {
        format!(
            "the table is not ready: {}; then run create-table again",
            remedies::DYNAMODB
        )
    })?;
    let table = &config.table;
    let state = if created.new {
        format!("Created the table {table}.")
    } else {
        format!("The table {table} already exists.")
    };
    let recovery = if created.recovery {
        "on"
    } else {
        "not supported by this endpoint"
    };
    say(format_args!(
        "{state} Expiry: by expires_at. Point-in-time recovery: {recovery}."
    ));
    Ok(ExitCode::SUCCESS)
}
