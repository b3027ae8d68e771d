//! A table that a newer release has written to stops the start and all commands.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;

use crate::program::Outside;

const TABLE: &str = "securityhub-members";

/// A client of the table that bypasses the program.
fn table(outside: &Outside) -> Client {
    let named = |(name, _): &&(&str, String)| *name == "AWS_ENDPOINT_URL_DYNAMODB";
    let (_, url) = outside.environment.iter().find(named).unwrap();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .endpoint_url(url);
    Client::from_conf(config.build())
}

/// Writes this item as a newer release would.
async fn write_newer(client: &Client, pk: &str) {
    let number = |number: i64| AttributeValue::N(number.to_string());
    let put = client.put_item().table_name(TABLE);
    put.item("pk", AttributeValue::S(pk.to_owned()))
        .item("sk", AttributeValue::S("HEAD".to_owned()))
        .item("schema", number(2))
        .item("version", number(1))
        .item("revision", number(1))
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_table_of_a_newer_schema_stops_every_start_with_one_sentence() {
    for pk in [
        "SCHEMA",
        "HUB#111122223333/eu-west-1",
        "DIGEST#C0SECURITY01",
    ] {
        let mut outside = Outside::with_table().await;
        outside.set("SLACK_CHANNEL", "C0SECURITY01");
        write_newer(&table(&outside), pk).await;
        let said = format!(
            "{pk} HEAD has schema 2, this version knows schema 1: run the newer version that wrote it"
        );
        for command in [
            &["serve"][..],
            &["poll"],
            &["show"],
            &["show", "yesterday"],
            &["digest"],
            &["digest", "--dry-run"],
        ] {
            let run = outside.run(command).await;
            assert_eq!((run.code, run.out.as_str()), (1, ""), "{pk}: {run:?}");
            assert!(run.err.contains(&said), "{pk}: {run:?}");
        }
        // `check` doesn't look at the items of each hub, because a newer release records its
        // schema before it writes them.
        if !pk.starts_with("HUB") {
            let run = outside.run(&["check"]).await;
            assert_eq!(run.code, 1, "{run:?}");
            let shown = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(shown.contains(&said), "{run:?}");
        }
    }
}

#[tokio::test]
async fn a_start_signs_the_table_with_its_schema_and_a_check_does_not() {
    let outside = Outside::with_table().await;
    let signed = async || {
        let get = table(&outside).get_item().table_name(TABLE);
        let get = get.key("pk", AttributeValue::S("SCHEMA".to_owned()));
        let get = get.key("sk", AttributeValue::S("HEAD".to_owned()));
        get.send().await.unwrap().item
    };
    outside.run(&["check"]).await;
    assert_eq!(signed().await, None);
    for _ in 0..2 {
        assert_eq!(outside.run(&["poll"]).await.code, 0);
        let schema = signed().await.unwrap()["schema"].clone();
        assert_eq!(schema, AttributeValue::N("1".to_owned()));
    }
}
