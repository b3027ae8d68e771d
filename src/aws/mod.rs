//! AWS: the shared SDK settings, who we are, and the adapters behind the ports.

pub mod calls;
pub mod dynamodb;
#[cfg(feature = "embedded-store")]
pub mod embedded;
pub mod identity;
pub mod pace;
pub mod securityhub;

use std::time::Duration;

use anyhow::Context as _;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, SdkConfig};
use aws_sdk_securityhub::error::{ProvideErrorMetadata, SdkError};

use crate::aws::calls::CountCalls;
use crate::domain::hub::Region;
use crate::domain::member::AccountId;

/// Deadlines and retries of every AWS call: one attempt 10 s, five attempts, 40 s in all.
///
/// The Region is that of the SDK's own settings; where none is set it is
/// `first`, and only without that the SDK asks the machine it runs on.
pub async fn sdk_config(first: Option<&Region>) -> anyhow::Result<SdkConfig> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(10))
        .operation_timeout(Duration::from_secs(40))
        .build();
    let first = first.map(|region| aws_config::Region::new(region.as_str().to_owned()));
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .or_else(first)
        .or_default_provider();
    Ok(aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(region)
        .app_name(AppName::new(concat!(
            env!("CARGO_PKG_NAME"),
            "-",
            env!("CARGO_PKG_VERSION")
        ))?)
        .retry_config(RetryConfig::standard().with_max_attempts(5))
        .timeout_config(timeouts)
        .load()
        .await)
}

/// The Region of the SDK's own settings.
pub fn default_region(sdk: &SdkConfig) -> anyhow::Result<Region> {
    let region = sdk.region().context(
        "no Region is set: give REGIONS (for example REGIONS=eu-west-1,us-east-1) or AWS_REGION",
    )?;
    Ok(region.as_ref().parse::<Region>()?)
}

/// The account whose credentials these are: the administrator of the hubs.
pub async fn caller_account(
    sdk: &SdkConfig,
    calls: CountCalls,
    region: &Region,
) -> anyhow::Result<AccountId> {
    let config = aws_sdk_sts::config::Builder::from(sdk)
        .region(aws_sdk_sts::config::Region::new(region.as_str().to_owned()))
        .interceptor(calls)
        .build();
    let identity = aws_sdk_sts::Client::from_conf(config)
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| anyhow::anyhow!(describe(&error)))
        .context(
            "AWS does not say whose credentials these are: check AWS_PROFILE or the task's role \
             (`aws sts get-caller-identity` must work)",
        )?;
    let account = identity.account().context("STS named no account")?;
    Ok(account.parse()?)
}

/// An SDK error in one line: what the service says, or the causes. The SDK's
/// own `DisplayErrorContext` adds the `Debug` form, with whatever the answer held.
///
/// What AWS says can name people: the session of somebody who signed in with
/// IAM Identity Center ends with their email address.
fn describe<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    without_emails(&said(error))
}

/// The text with every email address left out.
fn without_emails(text: &str) -> String {
    let between = |letter: char| letter.is_whitespace() || "\"'`<>()[]{},;:=/".contains(letter);
    let word = |piece: &str| {
        if !piece.contains('@') {
            return piece.to_owned();
        }
        let end = piece.strip_suffix(between).map_or(piece.len(), str::len);
        format!("…{}", &piece[end..])
    };
    text.split_inclusive(between).map(word).collect()
}

fn said<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    if let Some(code) = error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
    {
        return match error.message() {
            Some(message) => format!("{code}: {message}"),
            None => code.to_owned(),
        };
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_aws_names_nobody() {
        for (said, told) in [
            (
                "User: arn:aws:sts::111122223333:assumed-role/Audit_0a/sam@example.com is not authorized",
                "User: arn:aws:sts::111122223333:assumed-role/Audit_0a/… is not authorized",
            ),
            (
                "invalid: \"aws+1@example.com\", <b@c>",
                "invalid: \"…\", <…>",
            ),
            ("a@b", "…"),
            ("Rate exceeded", "Rate exceeded"),
            ("メール：あ@例。", "…"),
        ] {
            assert_eq!(without_emails(said), told);
        }
    }
}
