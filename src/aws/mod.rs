//! AWS: the shared SDK settings, the identity, and the adapters of the ports.

pub mod administrators;
pub mod answers;
pub mod calls;
#[cfg(feature = "embedded-store")]
pub mod embedded;
pub mod failure;
mod http;
pub mod identity;
pub mod organizations;
pub mod pace;
mod pages;
pub mod securityhub;
pub mod table;

use anyhow::Context as _;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, SdkConfig};
use aws_sdk_securityhub::error::{ProvideErrorMetadata, SdkError};

use crate::aws::calls::CountCalls;
use crate::domain::hub::Region;
use crate::domain::member::AccountId;
use crate::policies::aws::{CALLS, Calls};

/// The deadlines of calls, for the SDK.
pub fn deadlines(calls: Calls) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(calls.connect)
        .operation_attempt_timeout(calls.attempt)
        .operation_timeout(calls.operation)
        .build()
}

/// The retries of calls, for the SDK.
pub fn retries(calls: Calls) -> RetryConfig {
    RetryConfig::standard().with_max_attempts(calls.attempts)
}

/// The SDK settings of every AWS call. The Region comes from the SDK's own settings, otherwise
/// from `first`, otherwise from the machine.
///
/// # Errors
///
/// If the SDK refuses the program's name.
pub async fn sdk_config(first: Option<&Region>) -> anyhow::Result<SdkConfig> {
    let first = first.map(|region| aws_config::Region::new(region.as_str().to_owned()));
    let http = http::client();
    // The default provider would ask the machine with a client of its own.
    let machine = ProviderConfig::without_region().with_http_client(http.clone());
    let machine = ImdsRegionProvider::builder().configure(&machine).build();
    let region = RegionProviderChain::first_try(region_of_environment())
        .or_else(ProfileFileRegionProvider::new())
        .or_else(first)
        .or_else(machine);
    Ok(aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http)
        .region(region)
        .app_name(AppName::new(concat!(
            env!("CARGO_PKG_NAME"),
            "-",
            env!("CARGO_PKG_VERSION")
        ))?)
        .retry_config(retries(CALLS))
        .timeout_config(deadlines(CALLS))
        .load()
        .await)
}

/// `AWS_REGION`. An empty variable counts as not set, unlike for the SDK.
fn region_of_environment() -> Option<aws_config::Region> {
    let set = |name| {
        std::env::var(name)
            .ok()
            .filter(|region| !region.trim().is_empty())
    };
    set("AWS_REGION")
        .or_else(|| set("AWS_DEFAULT_REGION"))
        .map(aws_config::Region::new)
}

/// The Region of the SDK's own settings.
///
/// # Errors
///
/// If no Region is set, or an invalid one.
pub fn default_region(sdk: &SdkConfig) -> anyhow::Result<Region> {
    let region = sdk.region().filter(|region| !region.as_ref().is_empty());
    let region = region.context(
        "no Region is set: set REGIONS, for example REGIONS=eu-west-1,us-east-1, or AWS_REGION",
    )?;
    region.as_ref().parse::<Region>().context(
        "the AWS settings have an invalid Region: fix AWS_REGION or the profile, or set REGIONS",
    )
}

/// The account of the credentials: the administrator of the hubs.
///
/// # Errors
///
/// If STS does not answer, or returns no account.
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
            "failed to identify the AWS credentials: check AWS_PROFILE or the task's role, and the \
             connection to STS (`aws sts get-caller-identity` must work here)",
        )?;
    let account = identity.account().context("STS returned no account")?;
    Ok(account.parse()?)
}

/// An SDK error in one line: the service's message, or the causes. The SDK's own
/// `DisplayErrorContext` adds the `Debug` form with the whole answer.
///
/// AWS's messages can name people: a session of IAM Identity Center ends with an email address.
fn describe<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    without_emails(&without_request(said(error)))
}

/// For an unusable address, the SDK prints the whole request, which can contain anything.
fn without_request(text: String) -> String {
    const BEGIN: &str = " to request `";
    match (text.find(BEGIN), text.rfind("`: ")) {
        (Some(begin), Some(end)) if begin < end => {
            format!("{}{}", &text[..begin], &text[end + 1..])
        }
        _ => text,
    }
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
    fn an_error_of_aws_shows_no_request() {
        let said = "dispatch failure: other: failed to apply endpoint `foo` to request \
                    `Request { body: SdkBody { inner: Once(Some(b\"WebIdentityToken=hush`: \")) } }`: \
                    endpoint must contain scheme";
        assert_eq!(
            without_request(said.to_owned()),
            "dispatch failure: other: failed to apply endpoint `foo`: endpoint must contain scheme"
        );
        assert_eq!(
            without_request("Rate `x`: exceeded".to_owned()),
            "Rate `x`: exceeded"
        );
    }

    #[test]
    fn an_error_of_aws_contains_no_email_address() {
        for (said, expected) in [
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
            assert_eq!(without_emails(said), expected);
        }
    }
}
