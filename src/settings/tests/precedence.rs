//! A setting means the same wherever it is given, and one place takes precedence over another.

use clap::{Args as _, Command, FromArgMatches as _};

use super::*;
use crate::settings::assignment::assignment;
use crate::settings::list::{HEARTBEAT, SLACK_CHANNEL, TomlForm};

/// Files with secrets that are valid.
struct SecretFiles(tempfile::TempDir);

impl SecretFiles {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, secret) in [
            (
                "SLACK_SIGNING_SECRET_FILE",
                "8f742231b10e8888abcd99yyyzzz85a5",
            ),
            ("SLACK_APP_TOKEN_FILE", "xapp-1-hush"),
            ("SLACK_BOT_TOKEN_FILE", "xoxb-hush"),
        ] {
            std::fs::write(directory.path().join(name), secret).unwrap();
        }
        Self(directory)
    }

    /// A valid value that is not the default.
    fn value(&self, setting: &Setting) -> String {
        let text = match setting.name {
            name if name.ends_with("TOKEN_FILE") || name.ends_with("SECRET_FILE") => {
                return self.0.path().join(name).to_str().unwrap().to_owned();
            }
            "ADMINISTRATORS" => "self; arn:aws:iam::111122223333:role/audit external-id=6f1c2a",
            "ACK_MAX" | "PENDING_AFTER" => "30d",
            "SLACK_API_URL" => "https://slack.example.com/api",
            "TABLE_NAME" => "audit",
            "POLL_INTERVAL" => "30m",
            "STALE_AFTER" => "3h",
            "LISTEN" => "127.0.0.1:8080",
            "RETENTION_DAYS" => "730",
            _ => setting.example.trim_matches('\''),
        };
        text.to_owned()
    }
}

/// The settings that a file can have.
fn in_file() -> impl Iterator<Item = &'static Setting> {
    let settings = SETTINGS.iter().copied();
    settings
        .filter(|setting| setting.toml != TomlForm::Absent && setting.kind != SettingKind::Secret)
}

fn as_flag(setting: &Setting, value: &str) -> Settings {
    let command = Settings::augment_args(Command::new("bot"));
    let flag = format!("--{}={value}", setting.flag());
    let matches = command.try_get_matches_from(["bot", &flag]).unwrap();
    Settings::from_arg_matches(&matches).unwrap()
}

/// The settings in a comparable form, with a channel, which is quiet if that is needed: some settings
/// are about channels alone, or about quiet ones.
fn meaning(settings: &Settings) -> String {
    let mut settings = settings.clone();
    if settings.text(&SLACK_CHANNEL).is_none() && settings.channels().is_empty() {
        let channel = given([("SLACK_CHANNEL", "C0DEFAULT")]);
        settings.values.extend(channel.values);
    }
    if settings.text(&HEARTBEAT).is_some() {
        settings.values.extend(given([("QUIET", "changes")]).values);
    }
    let config = settings.check(Needs::default()).unwrap();
    let config = Config {
        config_file: None,
        ..config
    };
    format!("{config:?}")
}

#[test]
fn every_setting_means_the_same_as_flag_variable_and_key() {
    let files = SecretFiles::new();
    let default = meaning(&Settings::default());
    for setting in in_file() {
        let value = files.value(setting);
        let variable = given([(setting.name, &value)]);
        let expected = meaning(&variable);
        assert_ne!(expected, default, "{}", setting.name);
        assert_eq!(meaning(&as_flag(setting, &value)), expected);
        let line = assignment(setting, &value).unwrap();
        let string = format!("{} = {value:?}", setting.key());
        for text in [&line, &string] {
            let written = given([("CONFIG_TOML", text)]).with_file();
            assert_eq!(meaning(&written), expected, "{text}");
        }
    }
}

#[test]
fn a_flag_or_variable_takes_precedence_over_the_file() {
    let files = SecretFiles::new();
    for setting in in_file() {
        let value = files.value(setting);
        let other = format!("{} = \"from the file\"", setting.key());
        for (mut settings, origin) in [
            (
                as_flag(setting, &value),
                format!("# flag --{}", setting.flag()),
            ),
            (
                given([(setting.name, &value)]),
                format!("# variable {}", setting.name),
            ),
        ] {
            let expected = meaning(&settings);
            settings
                .values
                .extend(given([("CONFIG_TOML", &other)]).values);
            let settings = settings.with_file();
            assert_eq!(meaning(&settings), expected);
            let printed = settings.to_toml();
            let key = format!("{} = ", setting.key());
            let line = printed.lines().find(|line| line.starts_with(&key)).unwrap();
            assert!(line.ends_with(&origin), "{line}");
        }
    }
}

#[test]
fn a_variable_takes_the_place_of_what_means_the_same_in_the_file() {
    let files = SecretFiles::new();
    for (variable, value, text, meant) in [
        (
            "ADMINISTRATORS",
            "self",
            "[[administrator]]\nrole = 'arn:aws:iam::111122223333:role/a'",
            "self",
        ),
        (
            "SLACK_CHANNEL",
            "C0000000001",
            "[[channel]]\nid = 'C0123456789'",
            "C0000000001",
        ),
        ("STALE_AFTER", "3h", "unread_after = '5h'", "3h"),
        ("UNREAD_AFTER", "3h", "stale_after = '5h'", "3h"),
        ("STALE_AFTER", " ", "unread_after = '5h'", "5h"),
    ] {
        let settings = given([(variable, value), ("CONFIG_TOML", text)]).with_file();
        settings.check(Needs::default()).unwrap();
        assert!(
            settings.to_toml().contains(&format!("\"{meant}\"")),
            "{text}"
        );
    }
    let file = files.value(&list::SLACK_BOT_TOKEN_FILE);
    let text = format!("slack_bot_token_file = {file:?}");
    let settings = given([("SLACK_BOT_TOKEN", "xoxb-hush"), ("CONFIG_TOML", &text)]);
    let config = settings.with_file().check(Needs::default()).unwrap();
    assert!(config.bot_token.is_some() && config.secret_files.is_empty());
}

#[test]
fn printed_settings_are_a_file_that_means_the_same() {
    let files = SecretFiles::new();
    let all: Vec<_> = in_file()
        .map(|setting| (setting.name, files.value(setting)))
        .collect();
    for settings in std::iter::once(&all[..])
        .chain(all.chunks(1))
        .chain([&[][..]])
    {
        let mut first = Settings::default();
        for (name, value) in settings {
            first.values.extend(given([(*name, value)]).values);
        }
        let printed = first.to_toml();
        let second = given([("CONFIG_TOML", &printed)]).with_file();
        assert_eq!(meaning(&second), meaning(&first), "{printed}");
    }
}

#[test]
fn settings_are_printed_with_their_origin_and_without_secrets() {
    let mut settings = given([
        ("SLACK_BOT_TOKEN", "xoxb-hush"),
        ("SLACK_SIGNING_SECRET", "hush-hush"),
        ("UNREAD_AFTER", "3h"),
        ("POLL_INTERVAL", "30m"),
        ("REGIONS", "eu-west-1, us-east-1"),
        (
            "CONFIG_TOML",
            "locale = 'ja'\npoll_interval = '1h'\n\n[[channel]]\nid = 'C0123456789'\n[[administrator]]\nrole = 'self'\nregions = ['all']",
        ),
    ]);
    settings
        .values
        .extend(as_flag(&list::TIMEZONE, "Asia/Tokyo").values);
    let printed = settings.with_file().to_toml();
    insta::assert_snapshot!(printed, @r##"
    # Configuration file: CONFIG_TOML
    # slack_signing_secret: [secret] # variable SLACK_SIGNING_SECRET
    # slack_signing_secret_file: not set
    # slack_app_token: not set
    # slack_app_token_file: not set
    # slack_bot_token: [secret] # variable SLACK_BOT_TOKEN
    # slack_bot_token_file: not set
    # slack_channel: not set ([[channel]] below)
    # slack_app_id: not set (any)
    # allowed_users: not set (everyone)
    # allowed_channels: not set (all)
    # case_users: not set (those of ALLOWED_USERS)
    ack_max = "90d" # default
    pending_after = "7d" # default
    # urgent_units: not set (none)
    slack_api_url = "https://slack.com/api" # default
    table_name = "securityhub-members" # default
    regions = ["eu-west-1", "us-east-1"] # variable REGIONS
    administrators = ["self regions=all"] # CONFIG_TOML:6
    organization = "auto" # default
    # names_file: not set (none)
    timezone = "Asia/Tokyo" # flag --timezone
    digest_schedule = "0 9 * * *" # default
    not_enabled = "daily" # default
    quiet = "never" # default
    # heartbeat: not set (the first digest of a week)
    # alert: not set (none)
    poll_interval = "30m" # variable POLL_INTERVAL
    stale_after = "3h" # variable UNREAD_AFTER
    locale = "ja" # CONFIG_TOML:1
    show_emails = "none" # default
    listen = "0.0.0.0:3000" # default
    retention_days = 400 # default
    # embedded_store: not set
    log_format = "text" # default

    [[channel]] # CONFIG_TOML:4
    id = "C0123456789" # CONFIG_TOML:5
    # locale: not set (locale above)
    # timezone: not set (timezone above)
    # schedule: not set (digest_schedule above)
    # quiet: not set (quiet above)
    # heartbeat: not set (heartbeat above)
    # not_enabled: not set (not_enabled above)
    # alert: not set (alert above)
    "##);
}
