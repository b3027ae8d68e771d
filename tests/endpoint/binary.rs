//! The real binary with mocks that it only knows by URL.

mod cases;
mod check;
mod config;
mod demo;
mod embedded;
mod failures;
mod files;
mod import;
mod log;
mod masking;
mod names_file;
mod outputs;
mod proxy;
mod schema;
mod secret_files;
mod secrets;
mod webhook;

use securityhub_members::demo::aws::HubFault;
use securityhub_members::demo::slack::{CHANNEL, SAM};
use serde_json::Value;

use crate::program::Outside;
use crate::support::{IRELAND, PATIENCE, id, read};

#[tokio::test]
async fn the_table_is_created_once_and_by_no_other_command() {
    let outside = Outside::new().await;
    for command in [
        &["poll"][..],
        &["show"],
        &["digest"],
        &["digest", "--dry-run"],
        &["serve"],
    ] {
        let run = outside.run(command).await;
        assert_eq!(run.code, 1, "{run:?}");
        assert!(
            run.err.contains("securityhub-members create-table"),
            "{run:?}"
        );
    }
    let first = outside.run(&["create-table"]).await;
    assert!(
        first.code == 0 && first.out.contains("Created the table"),
        "{first:?}"
    );
    let second = outside.run(&["create-table"]).await;
    assert!(
        second.code == 0 && second.out.contains("already exists"),
        "{second:?}"
    );
}

#[tokio::test]
async fn poll_stores_what_show_shows() {
    let outside = Outside::with_table().await;
    let run = outside.run(&["poll"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.out.contains("111122223333/eu-west-1: 2 members"),
        "{run:?}"
    );

    outside.aws.fail(IRELAND, HubFault::AccessDenied);
    let run = outside.run(&["poll", "--json"]).await;
    assert_eq!(run.code, 2, "a hub was not read: {run:?}");
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert!(
        json[0]["error"].as_str().unwrap().contains("AccessDenied"),
        "{json}"
    );

    // The stored data is printed, but it is not the live check that was requested.
    let run = outside.run(&["show"]).await;
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.out.contains("polling has failed") && run.out.contains(&id(2)),
        "{run:?}"
    );
    let run = outside.run(&["show", "today", "--json"]).await;
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(json["report"]["report"]["counts"]["Enabled"], 1, "{json}");
    assert!(!run.out.contains("@example.com"));
    let run = outside.run(&["show", "今日"]).await;
    assert!(run.out.contains("メンバー"), "{run:?}");
    let run = outside.run(&["show", "1999-01-01"]).await;
    assert_eq!(run.code, 0, "a missing day is an answer: {run:?}");
    assert!(run.out.contains("History"), "{run:?}");
}

#[tokio::test]
async fn a_question_that_cannot_be_understood_exits_with_2_and_the_usage() {
    // Needs neither table nor AWS nor Slack.
    let outside = Outside::new().await;
    for (text, said) in [
        (&["yesturday"][..], "securityhub-members show yesterday"),
        (&["2026-02-30"], "2026-02-28"),
        (&["open", "the", "doors"], "securityhub-members show help"),
    ] {
        let run = outside.run(&[&["show"], text].concat()).await;
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{run:?}");
        assert!(run.err.contains(said), "{run:?}");
    }
    let run = outside.run(&["show", "help"]).await;
    assert!(run.code == 0 && run.out.contains("2026-11-20"), "{run:?}");
}

#[tokio::test]
async fn digest_posts_once_a_day_and_a_dry_run_never() {
    let outside = Outside::with_table().await;
    let dry = outside.run(&["digest", "--dry-run"]).await;
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(dry.out.contains(&id(2)), "{dry:?}");
    let dry = outside.run(&["digest", "--dry-run", "--json"]).await;
    let json: Value = serde_json::from_str(&dry.out).unwrap();
    assert_eq!(json["report"]["counts"]["Resigned"], 1, "{json}");
    assert!(outside.slack.calls().is_empty());

    let first = outside.run(&["digest"]).await;
    assert!(
        first.code == 0 && first.out.contains("Posted the "),
        "{first:?}"
    );
    let second = outside.run(&["digest"]).await;
    assert!(
        second.code == 0 && second.out.contains("already"),
        "{second:?}"
    );
    assert_eq!(outside.slack.messages(CHANNEL).len(), 1);
}

#[tokio::test]
async fn a_digest_that_slack_refuses_says_what_to_do() {
    let outside = Outside::with_table().await;
    outside.slack.set_bot_is_member(CHANNEL, false);
    let run = outside.run(&["digest"]).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.err.contains("/invite") && run.err.contains("not_in_channel"),
        "{run:?}"
    );
    outside.slack.set_bot_is_member(CHANNEL, true);
    assert_eq!(outside.run(&["digest"]).await.code, 0);
    assert_eq!(outside.slack.messages(CHANNEL).len(), 1);
}

#[tokio::test]
async fn serve_answers_a_command_posts_the_digest_and_publishes_the_home_tab() {
    let mut outside = Outside::with_table().await;
    let serving = outside.serve().await;
    let digest = outside
        .slack
        .wait_for(PATIENCE, |workspace| workspace.messages(CHANNEL).pop());
    let digest = read(&digest.await.unwrap().blocks);
    assert!(digest.contains(&id(2)), "{digest}");

    let sent = outside.slack.command(SAM, CHANNEL, "").await;
    assert!(sent.acknowledged(), "{sent:?}");
    let answer = outside.slack.wait_for(PATIENCE, |workspace| {
        let newest = workspace.ephemerals(SAM).pop()?;
        (!newest.text.starts_with('🔎')).then_some(newest)
    });
    let answer = read(&answer.await.unwrap().blocks);
    assert!(answer.contains(&id(2)), "{answer}");

    assert!(outside.slack.open_home(SAM).await.acknowledged());
    let home = outside
        .slack
        .wait_for(PATIENCE, |workspace| workspace.homes.get(SAM).cloned());
    assert!(home.await.unwrap().view.to_string().contains(&id(2)));
    for call in outside.slack.calls() {
        assert!(call.ok(), "{} {}", call.method, call.answer);
    }

    outside.set("LISTEN", format!("127.0.0.1:{}", serving.port));
    assert_eq!(outside.run(&["healthcheck"]).await.code, 0);
    let taken = outside.run(&["serve"]).await;
    assert!(taken.code == 1 && taken.err.contains("LISTEN"), "{taken:?}");
    let (code, log) = serving.terminate().await;
    assert_eq!(code, 0, "{log}");
    assert!(
        !log.contains('\u{1b}'),
        "colours where no terminal is: {log}"
    );
    assert!(log.contains("stopped"), "{log}");
    assert_eq!(outside.run(&["healthcheck"]).await.code, 1);
}

#[tokio::test]
async fn every_setting_that_is_missing_is_named_at_once() {
    let mut outside = Outside::new().await;
    for name in ["SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN", "SLACK_CHANNEL"] {
        outside.set(name, "");
    }
    outside.set("TIMEZONE", "Mars/Olympus");
    let run = outside.run(&["serve"]).await;
    assert_eq!((run.code, run.out.as_str()), (1, ""), "{run:?}");
    for name in [
        "SLACK_SIGNING_SECRET",
        "SLACK_BOT_TOKEN",
        "SLACK_CHANNEL",
        "TIMEZONE: \"Mars/Olympus\"",
        "for example: TIMEZONE=Asia/Tokyo",
    ] {
        assert!(run.err.contains(name), "{name} is not in {run:?}");
    }
    // Queries need no Slack.
    outside.set("TIMEZONE", "Asia/Tokyo");
    assert_eq!(outside.run(&["create-table"]).await.code, 0);
    assert_eq!(outside.run(&["show"]).await.code, 0);
}
