//! Identifies the credentials, and reads AWS's clock: the first request of `check`.

use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;
use aws_sdk_sts::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;
use chrono::{DateTime, Utc};

use super::pages::text;
use super::{describe, without_emails};
use crate::domain::hub::Region;

/// The answer of STS.
#[derive(Debug)]
pub struct Identified {
    /// The role or user without email addresses, or the error.
    pub who: Result<String, String>,
    /// AWS's clock.
    pub date: Option<DateTime<Utc>>,
}

/// Asks STS in a Region. It needs no permission.
pub async fn identify(sdk: &SdkConfig, region: &Region) -> Identified {
    let config = aws_sdk_sts::config::Builder::from(sdk)
        .region(aws_sdk_sts::config::Region::new(region.as_str().to_owned()))
        .build();
    let date = Date::default();
    let identity = aws_sdk_sts::Client::from_conf(config)
        .get_caller_identity()
        .customize()
        .interceptor(date.clone())
        .send()
        .await;
    let who = identity.map_err(|error| describe(&error));
    let named = |identity: GetCallerIdentityOutput| {
        let arn = text(identity.arn(), "an identity").map_err(|failure| failure.detail)?;
        Ok(without_emails(arn))
    };
    Identified {
        who: who.and_then(named),
        date: date.0.get().copied(),
    }
}

/// Keeps the `Date` header of an answer, even of an error: AWS rejects a wrong clock with one.
#[derive(Debug, Clone, Default)]
struct Date(Arc<OnceLock<DateTime<Utc>>>);

impl Intercept for Date {
    fn name(&self) -> &'static str {
        "Date"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        if let Some(date) = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()) {
            self.0.get_or_init(|| date.with_timezone(&Utc));
        }
        Ok(())
    }
}
