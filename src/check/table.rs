//! Compares the table with the one that `create-table` creates, and tests the access to it.

use super::Finding;
use crate::aws::table::inspect::{Asked, Description, Inspection, KEY};
use crate::remedies;
use crate::watch::ports::StoreError;

/// The findings about a table in DynamoDB.
pub fn table(name: &str, found: &Inspection) -> Vec<Finding> {
    let missing = found.table == Asked::NoTable
        || found
            .access
            .iter()
            .any(|(_, asked)| *asked == Asked::NoTable);
    if missing {
        let detail = format!("{name} does not exist");
        return vec![Finding::wrong("Table", detail, remedies::NO_TABLE)];
    }
    if let Asked::Failed(detail) = &found.table {
        return vec![Finding::wrong("Table", detail, remedies::DYNAMODB)];
    }
    let mut findings = vec![shape(name, &found.table), access(name, &found.access)];
    findings.push(expiry(&found.expiry));
    findings.push(recovery(&found.recovery));
    if let Asked::Answered(described) = &found.table {
        findings.push(protection(described));
    }
    findings
}

/// The findings about the embedded store. DynamoDB's protection does not apply to it.
pub fn file(name: &str, path: &str, found: &Inspection) -> Vec<Finding> {
    let shape = shape(name, &found.table);
    let detail = format!("{}, in {path}", shape.detail);
    vec![Finding { detail, ..shape }, access(name, &found.access)]
}

/// The finding about a table that a newer release has written. Other errors are reported
/// elsewhere.
pub fn schema(error: &StoreError) -> Option<Finding> {
    let StoreError::Schema { .. } = error else {
        return None;
    };
    Some(Finding::wrong(
        "Table schema",
        error.to_string(),
        remedies::SCHEMA,
    ))
}

fn shape(name: &str, described: &Asked<Description>) -> Finding {
    const TOPIC: &str = "Table";
    match described {
        Asked::Answered(table) if table.key != KEY => {
            let detail = format!("{name} has the key {}, but needs {KEY}", table.key);
            Finding::wrong(TOPIC, detail, remedies::FOREIGN_TABLE)
        }
        Asked::Answered(table) if table.status == NO_KEY => {
            let detail = format!("{name} is {NO_KEY}");
            Finding::wrong(TOPIC, detail, remedies::KMS_KEY)
        }
        Asked::Answered(table) if table.status != "ACTIVE" => {
            let detail = format!("{name} is {}, but must be ACTIVE", table.status);
            Finding::wrong(TOPIC, detail, remedies::TABLE_BUSY)
        }
        Asked::Answered(_) => Finding::well(TOPIC, format!("{name} is ACTIVE")),
        Asked::NoTable => {
            Finding::wrong(TOPIC, format!("{name} does not exist"), remedies::NO_TABLE)
        }
        Asked::Denied => denied(TOPIC, "dynamodb:DescribeTable"),
        Asked::NoKey(detail) => Finding::wrong(TOPIC, detail, remedies::KMS_KEY),
        Asked::Unsupported => unsupported(TOPIC),
        Asked::Failed(detail) => Finding::wrong(TOPIC, detail, remedies::DYNAMODB),
    }
}

/// The status of a table whose KMS key DynamoDB has not been able to use for a week.
const NO_KEY: &str = "INACCESSIBLE_ENCRYPTION_CREDENTIALS";

/// The finding about the operations that the bot needs.
fn access(name: &str, access: &[(&'static str, Asked<()>)]) -> Finding {
    const TOPIC: &str = "Table access";
    let no_key = access.iter().find_map(|(operation, asked)| match asked {
        Asked::NoKey(detail) => Some(format!("{operation}: {detail}")),
        _ => None,
    });
    if let Some(detail) = no_key {
        return Finding::wrong(TOPIC, detail, remedies::KMS_KEY);
    }
    let denied: Vec<_> = access
        .iter()
        .filter(|(_, asked)| *asked == Asked::Denied)
        .map(|(operation, _)| *operation)
        .collect();
    if !denied.is_empty() {
        let detail = format!("denied on {name}: {}", denied.join(", "));
        return Finding::wrong(TOPIC, detail, remedies::TABLE_DENIED);
    }
    let failed = access.iter().find_map(|(operation, asked)| match asked {
        Asked::Failed(detail) => Some(format!("{operation}: {detail}")),
        _ => None,
    });
    match failed {
        Some(detail) => Finding::wrong(TOPIC, detail, remedies::DYNAMODB),
        None => Finding::well(TOPIC, "read and write allowed (dry run)"),
    }
}

fn expiry(asked: &Asked<Option<String>>) -> Finding {
    const TOPIC: &str = "Table expiry";
    match asked {
        Asked::Answered(Some(attribute)) if attribute == "expires_at" => {
            Finding::well(TOPIC, "by expires_at")
        }
        Asked::Answered(Some(attribute)) => {
            let detail =
                format!("by {attribute} instead of expires_at, so history is never deleted");
            Finding::wrong(TOPIC, detail, remedies::FOREIGN_EXPIRY)
        }
        Asked::Answered(None) => Finding::wrong(
            TOPIC,
            "off, so history is never deleted",
            remedies::TABLE_INCOMPLETE,
        ),
        Asked::Denied => denied(TOPIC, "dynamodb:DescribeTimeToLive"),
        Asked::Failed(detail) | Asked::NoKey(detail) => {
            Finding::note(TOPIC, format!("not checked: {detail}"))
        }
        Asked::Unsupported | Asked::NoTable => unsupported(TOPIC),
    }
}

fn recovery(asked: &Asked<bool>) -> Finding {
    const TOPIC: &str = "Table backups";
    match asked {
        Asked::Answered(true) => Finding::well(TOPIC, "point-in-time recovery is on"),
        Asked::Answered(false) => Finding::note(TOPIC, "point-in-time recovery is off")
            .advising(remedies::TABLE_INCOMPLETE),
        Asked::Denied => denied(TOPIC, "dynamodb:DescribeContinuousBackups"),
        Asked::Failed(detail) | Asked::NoKey(detail) => {
            Finding::note(TOPIC, format!("not checked: {detail}"))
        }
        Asked::Unsupported | Asked::NoTable => unsupported(TOPIC),
    }
}

fn protection(table: &Description) -> Finding {
    const TOPIC: &str = "Table protection";
    if table.protected {
        return Finding::well(TOPIC, "deletion protection is on");
    }
    Finding::note(TOPIC, "deletion protection is off").advising(remedies::UNPROTECTED)
}

/// The least policy lacks the actions that only `check` needs.
fn denied(topic: &str, action: &str) -> Finding {
    Finding::note(topic, format!("not checked: {action} is denied"))
        .advising(remedies::look(action))
}

fn unsupported(topic: &str) -> Finding {
    Finding::note(topic, "not checked: not supported by this endpoint")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    fn well() -> Inspection {
        Inspection {
            table: Asked::Answered(Description {
                status: "ACTIVE".to_owned(),
                key: KEY.to_owned(),
                protected: true,
            }),
            expiry: Asked::Answered(Some("expires_at".to_owned())),
            recovery: Asked::Answered(true),
            access: vec![
                ("dynamodb:GetItem", Asked::Answered(())),
                ("dynamodb:PutItem", Asked::Answered(())),
            ],
        }
    }

    fn verdicts(found: &Inspection) -> Vec<Verdict> {
        let findings = table("members", found);
        findings.iter().map(|finding| finding.verdict).collect()
    }

    #[test]
    fn a_table_as_create_table_makes_it_is_well() {
        assert_eq!(verdicts(&well()), [Verdict::Well; 5]);
    }

    #[test]
    fn the_least_policy_suffices_for_the_bot_and_the_rest_is_not_checked() {
        let found = Inspection {
            table: Asked::Denied,
            expiry: Asked::Denied,
            recovery: Asked::Denied,
            ..well()
        };
        assert_eq!(
            verdicts(&found),
            [Verdict::Note, Verdict::Well, Verdict::Note, Verdict::Note]
        );
    }

    #[test]
    fn a_missing_table_is_reported_even_without_permission_to_describe_it() {
        let found = Inspection {
            table: Asked::Denied,
            access: vec![("dynamodb:GetItem", Asked::NoTable)],
            ..well()
        };
        let findings = table("members", &found);
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0]
                .remedy
                .as_ref()
                .unwrap()
                .contains("create-table")
        );
    }

    #[test]
    fn each_denied_operation_is_named() {
        let found = Inspection {
            access: vec![
                ("dynamodb:GetItem", Asked::Answered(())),
                ("dynamodb:PutItem", Asked::Denied),
                ("dynamodb:Query", Asked::Denied),
            ],
            ..well()
        };
        let access = &table("members", &found)[1];
        assert_eq!(access.verdict, Verdict::Wrong);
        assert!(access.detail.contains("dynamodb:PutItem, dynamodb:Query"));
        assert!(!access.detail.contains("GetItem"));
    }

    #[test]
    fn a_kms_key_that_may_not_be_used_is_named_and_not_the_table() {
        let said = "AccessDeniedException: not authorized to perform: kms:Decrypt".to_owned();
        let found = Inspection {
            access: vec![
                ("dynamodb:GetItem", Asked::NoKey(said)),
                ("dynamodb:PutItem", Asked::Denied),
            ],
            ..well()
        };
        let access = &table("members", &found)[1];
        assert_eq!(access.verdict, Verdict::Wrong);
        assert!(access.detail.contains("kms:Decrypt"), "{}", access.detail);
        assert!(access.remedy.as_ref().unwrap().contains("KMS key"));

        let mut found = well();
        if let Asked::Answered(described) = &mut found.table {
            described.status = NO_KEY.to_owned();
        }
        let shape = &table("members", &found)[0];
        assert!(shape.remedy.as_ref().unwrap().contains("KMS key"));
    }

    #[test]
    fn another_key_and_another_expiry_are_wrong_and_missing_backups_a_note() {
        let mut found = well();
        found.table = Asked::Answered(Description {
            status: "ACTIVE".to_owned(),
            key: "id (HASH)".to_owned(),
            protected: false,
        });
        found.expiry = Asked::Answered(None);
        found.recovery = Asked::Answered(false);
        let expected = [
            Verdict::Wrong,
            Verdict::Well,
            Verdict::Wrong,
            Verdict::Note,
            Verdict::Note,
        ];
        assert_eq!(verdicts(&found), expected);
    }
}
