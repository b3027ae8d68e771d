//! Checks whether AWS Organizations is readable: it has the accounts' names, and the accounts
//! that aren't members.

use super::Finding;
use crate::aws::failure::is_about_a_key;
use crate::remedies;
use crate::settings::ReadOrganization;
use crate::watch::ports::OrganizationError;

/// `asked` is the setting. An organization that is not readable is a failure only if the
/// setting requires it.
pub fn organization(asked: &ReadOrganization, read: &Result<(), OrganizationError>) -> Finding {
    const TOPIC: &str = "Organization";
    let error = match read {
        Ok(()) => return Finding::well(TOPIC, "accounts are readable"),
        Err(error) => error,
    };
    let remedy = match is_about_a_key(&error.detail) {
        true => remedies::KMS_KEY,
        false => remedies::organization(asked, error.reason),
    };
    match asked {
        ReadOrganization::Off | ReadOrganization::Auto => {
            let detail = format!(
                "not readable, so names and coverage are missing: {}",
                error.detail
            );
            Finding::note(TOPIC, detail).advising(remedy)
        }
        ReadOrganization::On | ReadOrganization::Role(_) => {
            Finding::wrong(TOPIC, &error.detail, remedy)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;
    use crate::domain::hub::UnreadReason;

    #[test]
    fn an_organization_that_cannot_be_read_is_wrong_only_where_it_was_asked_for() {
        let denied = Err(OrganizationError {
            reason: UnreadReason::AccessDenied,
            detail: "AccessDeniedException".to_owned(),
        });
        let role = ReadOrganization::Role("arn:aws:iam::111122223333:role/names".to_owned());
        for (asked, verdict) in [
            (ReadOrganization::Auto, Verdict::Note),
            (ReadOrganization::On, Verdict::Wrong),
            (role, Verdict::Wrong),
        ] {
            assert_eq!(organization(&asked, &denied).verdict, verdict, "{asked:?}");
            assert_eq!(organization(&asked, &Ok(())).verdict, Verdict::Well);
        }
    }

    #[test]
    fn for_an_account_without_an_organization_no_retry_is_suggested() {
        let none = Err(OrganizationError {
            reason: UnreadReason::NotEnabled,
            detail: "AWSOrganizationsNotInUseException".to_owned(),
        });
        for asked in [ReadOrganization::Auto, ReadOrganization::On] {
            let remedy = organization(&asked, &none).remedy.unwrap();
            assert!(remedy.contains("in no organization"), "{asked:?}: {remedy}");
        }
    }
}
