//! A secret in the wrong setting is never printed.

use clap::{Args as _, Command};
use futures::StreamExt as _;
use securityhub_members::demo::slack::Fault;
use securityhub_members::settings::Settings;

use crate::program::{Outside, Run};

const TOKENS: [&str; 6] = [
    "xoxb-1234567890-hushhush",
    "xoxe.xoxp-1-hushhush",
    "xapp-1-A0123456789-hushhush",
    "8f742231b10e8888abcd99aaaeee85a5",
    "https://hooks.slack.com/services/T0/B0/hushhush",
    "ASIAHUSHHUSHHUSHHUSH",
];

/// The secret part of a token.
fn secret_part(token: &str) -> &str {
    let at = token.find("hushhush").or_else(|| token.find("HUSHHUSH"));
    at.map_or(token, |at| &token[at..])
}

fn assert_masked(run: &Run, token: &str, place: &str) {
    let said = format!("{}{}", run.out, run.err);
    if let Some(line) = said.lines().find(|line| line.contains(secret_part(token))) {
        panic!("{place}: {line}");
    }
}

/// Every setting of the program, and some variables of the AWS SDK.
fn variables() -> Vec<String> {
    let settings = Settings::augment_args(Command::new("settings"));
    let own = settings
        .get_arguments()
        .filter_map(|argument| argument.get_env());
    let own = own.map(|name| name.to_str().unwrap().to_owned());
    let sdks = [
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL_SECURITYHUB",
        "AWS_ENDPOINT_URL_STS",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_CONFIG_FILE",
        "AWS_MAX_ATTEMPTS",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "HTTP_PROXY",
        "RUST_LOG",
    ];
    own.chain(sdks.map(str::to_owned)).collect()
}

async fn run_with(outside: &Outside, name: &str, token: &str, arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let mut command = outside.command(arguments);
    command.env(name, token).current_dir(folder.path());
    if name.starts_with("AWS_DEFAULT") {
        command.env_remove("AWS_REGION");
    }
    if name.starts_with("AWS_CONTAINER") {
        command.env_remove("AWS_ACCESS_KEY_ID");
    }
    let output = command.output().await.unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[tokio::test]
async fn a_token_in_the_place_of_any_setting_is_never_printed() {
    let mut outside = Outside::with_table().await;
    outside.set("AWS_MAX_ATTEMPTS", "1");
    let variables = variables();
    assert!(variables.len() > 25, "{variables:?}");
    let tokens = [TOKENS[0], TOKENS[3]];
    let commands: [&[&str]; 2] = [&["poll"], &["check", "--json"]];
    let places = variables
        .iter()
        .flat_map(|name| tokens.map(|token| (name, token)));
    let places = places.flat_map(|(name, token)| commands.map(|command| (name, token, command)));
    let outside = &outside;
    futures::stream::iter(places)
        .for_each_concurrent(4, |(name, token, command)| async move {
            let run = run_with(outside, name, token, command).await;
            assert_masked(&run, token, &format!("{name} {command:?}"));
        })
        .await;
}

#[tokio::test]
async fn a_token_on_the_command_line_is_not_printed_by_the_error_about_it() {
    let outside = Outside::new().await;
    for token in TOKENS {
        let option = format!("--url={token}");
        for arguments in [
            &["serve", token][..],
            &[token],
            &["--timezone", token, "poll"],
            &["--slack-channel", token, "--bogus", "poll"],
            &["show", "--bogus", token],
            &["show", &format!("--{token}")],
            &["poll", &format!("--json={token}")],
            &["demo", "--port", token],
            &["import", token],
            &["import", ".", "--hub", token],
            &["manifest", &option],
            &["help", token],
        ] {
            let run = outside.run(arguments).await;
            assert_ne!(run.code, 0, "{run:?}");
            assert_masked(&run, token, &format!("{arguments:?}"));
        }
    }
}

#[tokio::test]
async fn a_token_in_slacks_error_is_not_printed() {
    for token in TOKENS {
        let mut outside = Outside::with_table().await;
        for format in ["text", "json"] {
            outside.set("LOG_FORMAT", format);
            let refuse = || Fault::Refuse(token.to_owned());
            outside.slack.fail_next("chat.postMessage", refuse());
            let run = outside.run(&["digest"]).await;
            assert_eq!(run.code, 1, "{run:?}");
            assert_masked(&run, token, "digest");
            for arguments in [&["check"][..], &["check", "--json"]] {
                outside.slack.fail_next("auth.test", refuse());
                let run = outside.run(arguments).await;
                assert_masked(&run, token, "check");
            }
        }
    }
}

#[tokio::test]
async fn a_configured_secret_is_not_printed_whatever_it_looks_like() {
    const SECRET: &str = r#"correct"horse\battery"#;
    let mut outside = Outside::with_table().await;
    outside.set("SLACK_SIGNING_SECRET", SECRET);
    outside.set("AWS_SECRET_ACCESS_KEY", "swordfish/swordfish");
    for (name, secret) in [
        ("TIMEZONE", SECRET),
        ("SLACK_CHANNEL", SECRET),
        ("NAMES_FILE", SECRET),
        ("AWS_REGION", "swordfish/swordfish"),
        ("TIMEZONE", "swordfish/swordfish"),
    ] {
        for arguments in [&["serve"][..], &["check"], &["check", "--json"]] {
            let run = run_with(&outside, name, secret, arguments).await;
            for part in ["horse", "fish/sword"] {
                assert!(!format!("{run:?}").contains(part), "{name} {run:?}");
            }
        }
    }
}
