//! Secrets in files and on the command line.

use securityhub_members::demo::slack::{BOT_TOKEN, CHANNEL, SAM, SIGNING_SECRET, signature};
use serde_json::Value;

use super::secrets::{now, post};
use crate::program::Outside;
use crate::support::PATIENCE;

/// A new signing secret.
const NEXT: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn a_rotated_secret_is_used_without_a_restart() {
    let mut outside = Outside::with_table().await;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, secret: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("{secret}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    outside
        .environment
        .retain(|(name, _)| !["SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN"].contains(name));
    outside.set(
        "SLACK_SIGNING_SECRET_FILE",
        write("signing", SIGNING_SECRET),
    );
    outside.set("SLACK_BOT_TOKEN_FILE", write("bot", BOT_TOKEN));
    let serving = outside.serve().await;
    assert!(outside.slack.command(SAM, CHANNEL, "").await.acknowledged());

    write("signing", NEXT);
    let command = async |secret: &str, text: &str| {
        let form = format!("team_id=T0&text={text}");
        let signed = signature(secret, now(), &form);
        post(&serving, "commands", &signed, &form).await
    };
    let renewed = async {
        let mut number = 0;
        loop {
            number += 1;
            // The form lacks fields. With a valid signature the response is not 401.
            if command(NEXT, &number.to_string()).await != 401 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(PATIENCE, renewed).await.unwrap();
    assert_ne!(command(SIGNING_SECRET, "old").await, 401, "still under way");
    assert_eq!(command("another", "wrong").await, 401);
    std::fs::write(folder.path().join("bot"), "xoxp-hush\n").unwrap();
    let url = format!("http://127.0.0.1:{}/readyz", serving.port);
    let named = async {
        loop {
            let text = reqwest::get(&url).await.unwrap().text().await.unwrap();
            if text.contains("SLACK_BOT_TOKEN_FILE: ") {
                break text;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    let named = tokio::time::timeout(PATIENCE, named).await.unwrap();
    assert!(named.contains("the last secret stays in use"), "{named}");
    let (code, log) = serving.terminate().await;
    assert_eq!(code, 0, "{log}");
    assert!(log.contains("renewed a secret from its file"), "{log}");
    for secret in [NEXT, SIGNING_SECRET, "hush"] {
        assert!(!log.contains(secret) && !named.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn a_secret_on_the_command_line_is_said_by_the_start_and_by_check() {
    let outside = Outside::with_table().await;
    let argument = format!("--slack-bot-token={BOT_TOKEN}");
    let run = outside.run(&["check", "--json", &argument]).await;
    let json: Value = serde_json::from_str(&run.out).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let finding = findings.iter().find(|one| one["topic"] == "Secrets");
    let detail = finding.unwrap()["detail"].as_str().unwrap();
    assert!(
        detail.contains("SLACK_BOT_TOKEN") && detail.contains("ps"),
        "{detail}"
    );
    let mut warned = Outside::with_table().await;
    warned.set("RUST_LOG", "warn");
    let run = warned.run(&[&argument, "poll"]).await;
    assert!(
        run.err.contains("found a secret on the command line"),
        "{run:?}"
    );
    assert!(!format!("{run:?}").contains(BOT_TOKEN), "{run:?}");
    // There is no warning about a secret in the environment.
    let run = warned.run(&["poll"]).await;
    assert_eq!(run.err, "", "{run:?}");
}
