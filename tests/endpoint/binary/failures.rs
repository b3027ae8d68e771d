//! For every failure, the program prints a remedy.

use tokio::net::TcpListener;

use securityhub_members::demo::aws::HubFault;

use crate::program::{Outside, Run};
use crate::support::IRELAND;

/// Nothing listens on the discard port.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Runs a command with some settings replaced.
async fn failing(settings: &[(&'static str, &str)], command: &[&str]) -> Run {
    let mut outside = Outside::with_table().await;
    for (name, value) in settings {
        outside.set(name, *value);
    }
    outside.run(command).await
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one list of cases")]
async fn a_missing_or_unreachable_resource_is_named_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("text");
    std::fs::write(&file, "not a database").unwrap();
    let (file, folder) = (file.to_str().unwrap(), folder.path().to_str().unwrap());
    for (settings, command, said) in [
        (
            &[("TABLE_NAME", "another")][..],
            &["show"][..],
            &["create-table", "TABLE_NAME", "AWS_REGION"][..],
        ),
        (
            &[("AWS_ENDPOINT_URL_DYNAMODB", NOWHERE)],
            &["show"],
            &["AWS_ENDPOINT_URL_DYNAMODB", "Least IAM policy"],
        ),
        (
            &[("AWS_ENDPOINT_URL_DYNAMODB", NOWHERE)],
            &["create-table"],
            &["run create-table again", "Least IAM policy"],
        ),
        (
            &[("AWS_ENDPOINT_URL_STS", NOWHERE)],
            &["poll"],
            &["AWS_PROFILE", "aws sts get-caller-identity"],
        ),
        (
            &[("AWS_ENDPOINT_URL_STS", "no-scheme")],
            &["poll"],
            &["AWS_PROFILE", "endpoint must contain scheme"],
        ),
        (
            &[("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")],
            &["poll"],
            &["AWS_PROFILE", "no credentials found"],
        ),
        (&[("AWS_REGION", "")], &["poll"], &["REGIONS=eu-west-1"]),
        (
            &[("AWS_REGION", "Ireland")],
            &["poll"],
            &["fix AWS_REGION", "Ireland"],
        ),
        (
            &[("SLACK_BOT_TOKEN", "xoxb-another")],
            &["digest"],
            &["reinstall the app", "invalid_auth"],
        ),
        (
            &[("SLACK_CHANNEL", "C0NOSUCH")],
            &["digest"],
            &["set SLACK_CHANNEL to the channel's ID", "channel_not_found"],
        ),
        (
            &[("LISTEN", "192.0.2.1:3000")],
            &["serve"],
            &["no such address", "0.0.0.0"],
        ),
        (
            &[("LISTEN", "127.0.0.1:9")],
            &["healthcheck"],
            &["LISTEN=127.0.0.1:9", "serve"],
        ),
        (
            &[("EMBEDDED_STORE", file)],
            &["poll"],
            &["failed to open", "a file that this program created"],
        ),
        (
            &[("EMBEDDED_STORE", folder)],
            &["poll"],
            &["failed to open", "a file that this program created"],
        ),
        (
            &[("EMBEDDED_STORE", file)],
            &["create-table"],
            &["creates its own table"],
        ),
    ] {
        let run = failing(settings, command).await;
        assert_eq!(
            (run.code, run.out.as_str()),
            (1, ""),
            "{settings:?} {run:?}"
        );
        for said in said {
            assert!(run.err.contains(said), "{settings:?} {said}\n{}", run.err);
        }
        assert!(!run.err.contains("Request {"), "{}", run.err);
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let run = failing(&[("LISTEN", &address)], &["serve"]).await;
    let said = format!("failed to listen on LISTEN={address}: another program uses it");
    assert!(run.code == 1 && run.err.contains(&said), "{run:?}");
}

#[tokio::test]
async fn a_failing_hub_is_reported_with_the_reason_and_the_message_of_aws() {
    let outside = Outside::with_table().await;
    for (fault, reason, said) in [
        (
            HubFault::AccessDenied,
            "not read: access denied: grant securityhub:ListMembers",
            "AccessDeniedException",
        ),
        (
            HubFault::NotEnabled,
            "not read: Security Hub isn't enabled",
            "InvalidAccessException",
        ),
    ] {
        outside.aws.heal(IRELAND);
        outside.aws.fail(IRELAND, fault);
        let run = outside.run(&["poll"]).await;
        assert_eq!(run.code, 2, "{run:?}");
        assert!(
            run.out.contains(reason) && run.out.contains(said),
            "{run:?}"
        );
        assert!(run.err.contains("securityhub-members check"), "{run:?}");
    }
}
