//! Secrets are never quoted, and come from one place.

use secrecy::ExposeSecret as _;

use super::*;

#[test]
fn swapped_tokens_are_reported_and_not_quoted() {
    let settings = given([
        ("SLACK_APP_TOKEN", "xoxb-hush"),
        ("SLACK_BOT_TOKEN", "xapp-1-hush"),
        ("SLACK_CHANNEL", "C0123456789"),
    ]);
    let error = settings.check(EVERYTHING).unwrap_err().to_string();
    assert!(
        error.contains("SLACK_APP_TOKEN: must be an app-level token"),
        "{error}"
    );
    assert!(
        error.contains("SLACK_BOT_TOKEN: must be a bot token"),
        "{error}"
    );
    assert!(
        !error.contains("hush") && !error.contains("SLACK_SIGNING_SECRET"),
        "{error}"
    );
}

#[test]
fn secrets_are_not_printed() {
    let settings = given([
        ("SLACK_SIGNING_SECRET", "hush"),
        ("SLACK_BOT_TOKEN", "xoxb-hush"),
        ("SLACK_CHANNEL", "C0123456789"),
    ]);
    assert!(!format!("{settings:?}").contains("hush"));
    let config = settings.check(EVERYTHING).unwrap();
    assert!(!format!("{config:?}").contains("hush"));
}

#[test]
fn a_secret_in_the_place_of_another_setting_is_not_quoted() {
    const TOKEN: &str = "xoxb-hush";
    const HEX: &str = "8f742231b10e8888abcd99aaaeee85a5";
    let settings = given([
        ("SLACK_SIGNING_SECRET", "hush,hush,hush"),
        ("SLACK_APP_TOKEN", HEX),
        ("SLACK_BOT_TOKEN", HEX),
        ("SLACK_CHANNEL", TOKEN),
        ("SLACK_APP_ID", TOKEN),
        ("ALLOWED_USERS", TOKEN),
        ("ALLOWED_CHANNELS", HEX),
        ("SLACK_API_URL", "https://bot:hush@slack.com/api"),
        ("TABLE_NAME", TOKEN),
        ("REGIONS", TOKEN),
        ("ADMINISTRATORS", TOKEN),
        ("TIMEZONE", HEX),
        ("DIGEST_SCHEDULE", TOKEN),
        ("POLL_INTERVAL", HEX),
        ("STALE_AFTER", TOKEN),
        ("LOCALE", TOKEN),
        ("SHOW_EMAILS", TOKEN),
        ("LISTEN", TOKEN),
        ("RETENTION_DAYS", HEX),
        ("ORGANIZATION", TOKEN),
        ("LOG_FORMAT", TOKEN),
    ]);
    let error = settings.check(EVERYTHING).unwrap_err();
    assert_eq!(error.0.len(), 21);
    let printed = format!("{error} {error:?}");
    for hushed in ["hush", "8f742231b10e8888abcd99aaaeee85a5"] {
        assert!(!printed.contains(hushed), "{printed}");
    }
}

#[test]
fn a_secret_comes_from_its_file_and_never_from_two_places() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let settings = given([
        (
            "SLACK_SIGNING_SECRET_FILE",
            &file("signing", "one-secret,another\n"),
        ),
        ("SLACK_BOT_TOKEN_FILE", &file("bot", "xoxb-hush\n")),
        ("SLACK_CHANNEL", "C0123456789"),
    ]);
    let config = settings.check(EVERYTHING).unwrap();
    assert_eq!(config.bot_token.unwrap().now().expose_secret(), "xoxb-hush");
    assert!(config.signing_secrets.is_some());
    let names: Vec<_> = config
        .secret_files
        .iter()
        .map(|file| file.name.as_ref())
        .collect();
    assert_eq!(names, ["SLACK_SIGNING_SECRET_FILE", "SLACK_BOT_TOKEN_FILE"]);

    let wrong = given([
        ("SLACK_SIGNING_SECRET", "hush"),
        ("SLACK_SIGNING_SECRET_FILE", &file("signing", "hush")),
        ("SLACK_APP_TOKEN_FILE", &file("app", "xoxb-hush")),
        ("SLACK_BOT_TOKEN_FILE", "xoxb-hush"),
    ]);
    let error = wrong.check(Needs::default()).unwrap_err().to_string();
    for said in [
        "SLACK_SIGNING_SECRET: set together with SLACK_SIGNING_SECRET_FILE: remove one of them",
        "SLACK_APP_TOKEN_FILE: must be an app-level token",
        "SLACK_BOT_TOKEN_FILE: looks like a secret",
    ] {
        assert!(error.contains(said), "{error}");
    }
    assert!(!error.contains("hush"), "{error}");
    let none = directory.path().join("none").to_str().unwrap().to_owned();
    let missing = given([
        ("SLACK_BOT_TOKEN_FILE", &none),
        ("SLACK_APP_TOKEN_FILE", &file("empty", " \n")),
    ]);
    let error = missing.check(Needs::default()).unwrap_err().to_string();
    for said in [
        "SLACK_BOT_TOKEN_FILE: ",
        "the file cannot be read",
        "the file is empty",
    ] {
        assert!(error.contains(said), "{error}");
    }
}
