//! Commands about cases in a terminal: the grammar of Slack, English, exit codes.

use serde_json::Value;

use crate::program::Outside;
use crate::support::id;

#[tokio::test]
async fn cases_are_accepted_taken_and_listed_in_a_terminal() {
    let outside = Outside::with_table().await;
    assert_eq!(outside.run(&["poll"]).await.code, 0);
    let run = outside.run(&["acks"]).await;
    assert!(
        run.code == 0 && run.out.contains("No case is expected or taken."),
        "{run:?}"
    );
    let account = id(2);
    let ack = ["ack", "--as", "ann", &account, "for", "30d", "sold", "to B"];
    for said in ["is expected until", "was expected until"] {
        let run = outside.run(&ack).await;
        assert!(run.code == 0 && run.out.contains(said), "{run:?}");
        assert!(run.out.contains("“sold to B”"), "{run:?}");
    }
    let run = outside.run(&["acks", "--json"]).await;
    let json: Value = serde_json::from_str(&run.out).unwrap();
    let accepted = &json["accepted"][0];
    assert_eq!(accepted["key"], format!("111122223333#{account}"), "{json}");
    assert_eq!(accepted["state"]["accepted"]["by"], "ann", "{json}");
    assert_eq!(accepted["state"]["accepted"]["why"], "sold to B", "{json}");
    assert_eq!(json["taken"], serde_json::json!([]), "{json}");

    let run = outside.run(&["unack", "--as", "ben", &account]).await;
    assert!(
        run.code == 0 && run.out.contains("is no longer expected"),
        "{run:?}"
    );
    let run = outside.run(&["take", "--as", "ben", &account]).await;
    assert!(run.code == 0 && run.out.contains("You're on it"), "{run:?}");
    let run = outside.run(&["untake", "--as", "ann", &account]).await;
    assert!(
        run.code == 2 && run.out.contains("ben has been on"),
        "{run:?}"
    );
    let run = outside.run(&["acks"]).await;
    assert!(run.code == 0 && run.out.contains("👀 ben since"), "{run:?}");
    assert!(outside.slack.calls().is_empty());
}

#[tokio::test]
async fn a_wrong_command_about_cases_exits_with_2_and_says_what_to_do() {
    let mut outside = Outside::with_table().await;
    assert_eq!(outside.run(&["poll"]).await.code, 0);
    let account = id(2);
    for (arguments, said) in [
        (&["ack", &account][..], "Say until when or for how long"),
        (
            &["ack", &account, "until", "2020-01-01", "sold"],
            "must be after today, not Wed 1 Jan 2020",
        ),
        (
            &["ack", "Payments Prod", "for", "91d", "sold"],
            "at the latest",
        ),
        (
            &["ack", &account, "for", "9d", "x"],
            "securityhub-members ack payments-prod until",
        ),
        (&["ack", "x", "想定内", "9日間", "売却"], "Say until when"),
        (&["take"], "ACCOUNT"),
        (&["show", "acks"], "securityhub-members acks"),
    ] {
        let run = outside.run(arguments).await;
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{run:?}");
        assert!(run.err.contains(said), "{run:?}");
    }
    for (account, said) in [
        (&id(1)[..], "has no open case"),
        ("nobody", "No account has"),
    ] {
        let run = outside.run(&["take", "--as", "ann", account]).await;
        assert!(run.code == 2 && run.out.contains(said), "{run:?}");
    }
    let run = outside.run(&["take", &account]).await;
    assert!(run.code == 2 && run.err.contains("--as NAME"), "{run:?}");
    outside.set("USER", "carol");
    let run = outside.run(&["take", &account]).await;
    assert!(run.code == 0, "{run:?}");
    let run = outside.run(&["acks"]).await;
    assert!(run.out.contains("👀 carol since"), "{run:?}");
}
