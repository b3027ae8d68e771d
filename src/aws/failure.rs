//! Translates AWS's errors into reasons for people.

use aws_sdk_securityhub::config::http::HttpResponse;
use aws_sdk_securityhub::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;

use crate::domain::hub::UnreadReason;

/// The reason why a list could not be read.
#[derive(Debug, Clone)]
pub struct Failure {
    /// For people.
    pub reason: UnreadReason,
    /// For operators.
    pub detail: String,
}

impl Failure {
    pub(super) fn new(reason: UnreadReason, detail: &str) -> Self {
        Self {
            reason,
            detail: super::without_emails(detail),
        }
    }

    /// AWS's answer is incomplete.
    pub(super) fn incomplete(detail: &str) -> Self {
        Self::new(UnreadReason::BadAnswer, detail)
    }

    /// The failure for an error of the SDK.
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        Self::new(reason(error), &super::describe(error))
    }
}

/// The reason why a call failed, for people.
pub(super) fn reason<E>(error: &SdkError<E, HttpResponse>) -> UnreadReason
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error {
        SdkError::TimeoutError(_) => UnreadReason::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => UnreadReason::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_io() => UnreadReason::Unreachable,
        SdkError::ResponseError(_) => UnreadReason::BadAnswer,
        SdkError::ServiceError(error) => {
            let reason = service_reason(error.err().code().unwrap_or_default());
            let said = error.err().message().unwrap_or_default();
            // AWS names another permission than the missing one.
            match reason {
                UnreadReason::AccessDenied if is_about_a_key(said) => UnreadReason::ServiceError,
                reason => reason,
            }
        }
        // Nothing was sent: the SDK found no credentials to sign with.
        _ => sign_in_reason(error),
    }
}

/// The reason why there are no credentials: a role could not be assumed, or none exist.
fn sign_in_reason(error: &(dyn std::error::Error + 'static)) -> UnreadReason {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>() {
            return match reason(error) {
                UnreadReason::AccessDenied | UnreadReason::ServiceError => {
                    UnreadReason::RoleNotAssumed
                }
                other => other,
            };
        }
        cause = error.source();
    }
    UnreadReason::Credentials
}

/// Reports whether AWS denied the use of a KMS key. Only the message says so: the code is that
/// of a denial of the operation itself.
pub fn is_about_a_key(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    ["kms:", "kms key", "kmsaccessdenied", "customer master key"]
        .iter()
        .any(|words| said.contains(words))
}

fn service_reason(code: &str) -> UnreadReason {
    match code {
        // AWS's answer if Security Hub is not enabled.
        "InvalidAccessException" => UnreadReason::NotEnabled,
        // The same, for an account without an organization.
        "AWSOrganizationsNotInUseException" => UnreadReason::NotEnabled,
        "AccessDeniedException" | "AccessDenied" => UnreadReason::AccessDenied,
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "MissingAuthenticationTokenException"
        | "OptInRequired" => UnreadReason::Credentials,
        "LimitExceededException" | "TooManyRequestsException" | "ThrottlingException" => {
            UnreadReason::Throttled
        }
        // Not an AWS error: the SDK could not parse the answer.
        "" => UnreadReason::BadAnswer,
        _ => UnreadReason::ServiceError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denied_kms_key_is_distinguished_from_a_denied_operation() {
        for (said, key) in [
            (
                "User: arn:aws:sts::111122223333:assumed-role/bot/1 is not authorized to perform: \
                 kms:Decrypt on resource: arn:aws:kms:eu-west-1:111122223333:key/1 because no \
                 identity-based policy allows the kms:Decrypt action",
                true,
            ),
            ("KMS key access denied error: disabled", true),
            ("KMSAccessDeniedException: no", true),
            (
                "The ciphertext refers to a customer master key that does not exist",
                true,
            ),
            (
                "User: arn:aws:sts::111122223333:assumed-role/kms-bot/1 is not authorized to perform: \
                 dynamodb:GetItem on resource: arn:aws:dynamodb:eu-west-1:111122223333:table/kms",
                false,
            ),
            ("", false),
        ] {
            assert_eq!(is_about_a_key(said), key, "{said}");
        }
    }
}
