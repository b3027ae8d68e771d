mod channels;
mod deprecated;
mod documented;
mod file;
mod precedence;
mod secrets;

use super::given::{Given, GivenValue};
use super::origin::Origin;
use super::*;

/// Settings with these values in the environment.
fn given<const COUNT: usize>(values: [(&'static str, &str); COUNT]) -> Settings {
    let mut settings = Settings::default();
    for (name, text) in values {
        let mut names = SETTINGS.iter().flat_map(|setting| setting.names());
        let (_, kind) = names.find(|(other, _)| *other == name).unwrap();
        let given = Given {
            value: GivenValue::new(kind, text),
            origin: Origin::Variable,
        };
        settings.values.insert(name, given);
    }
    settings
}

const EVERYTHING: Needs = Needs {
    signing_secret: true,
    bot_token: true,
    channel: true,
    network: true,
};

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let error = Settings::default()
        .check(EVERYTHING)
        .unwrap_err()
        .to_string();
    insta::assert_snapshot!(error, @r"
    3 invalid settings:
      SLACK_SIGNING_SECRET: not set; copy it from the app's page: Basic Information → App Credentials
        for example: SLACK_SIGNING_SECRET=8f742231b10e8888abcd99yyyzzz85a5
      SLACK_BOT_TOKEN: not set; install the app, and copy it from OAuth & Permissions
        for example: SLACK_BOT_TOKEN=xoxb-…
      SLACK_CHANNEL: not set; copy the ID from the bottom of the channel's details in Slack
        for example: SLACK_CHANNEL=C0123456789
    Set them in the environment, or as flags: --slack-channel …
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one list of cases")]
fn everything_that_is_wrong_is_named_at_once_with_an_example() {
    let settings = given([
        ("SLACK_SIGNING_SECRET", "one,two,three"),
        ("SLACK_APP_TOKEN", "xoxb-a-bots-token"),
        ("SLACK_BOT_TOKEN", "xoxp-a-users-token"),
        ("SLACK_CHANNEL", "#security"),
        ("SLACK_APP_ID", "securityhub-members"),
        ("ALLOWED_USERS", "U0123456789,@sam"),
        ("ALLOWED_CHANNELS", "C0123456789,"),
        ("SLACK_API_URL", "http://evil.example"),
        ("TABLE_NAME", "a b"),
        ("REGIONS", "eu-west-1,Frankfurt"),
        ("ADMINISTRATORS", "444455556666"),
        ("TIMEZONE", "JST-9"),
        ("DIGEST_SCHEDULE", "nine o'clock"),
        ("POLL_INTERVAL", "1s"),
        ("STALE_AFTER", "soon"),
        ("LOCALE", "fr"),
        ("SHOW_EMAILS", "yes"),
        ("LISTEN", "3000"),
        ("RETENTION_DAYS", "1"),
        ("ORGANIZATION", "yes"),
        ("LOG_FORMAT", "xml"),
    ]);
    let error = settings.check(EVERYTHING).unwrap_err().to_string();
    insta::assert_snapshot!(error, @r##"
    21 invalid settings:
      TIMEZONE: "JST-9" must be an IANA time zone
        for example: TIMEZONE=Asia/Tokyo
      REGIONS: "Frankfurt" must be an AWS Region, such as eu-west-1
        for example: REGIONS=eu-west-1,us-east-1
      ADMINISTRATORS: entry 1: must be self or the ARN of an IAM role
        for example: ADMINISTRATORS='self; arn:aws:iam::111122223333:role/securityhub-members external-id=… regions=all'
      DIGEST_SCHEDULE: "nine o'clock" must be a cron schedule with five fields (Invalid pattern: Pattern must have 5 fields when seconds are disallowed.)
        for example: DIGEST_SCHEDULE='0 9 * * 1-5'
      SLACK_API_URL: must be an https URL: over http, the bot token is sent unencrypted
        for example: SLACK_API_URL=https://slack.com/api
      TABLE_NAME: "a b" must be 3 to 255 letters, digits, dots, hyphens or underscores
        for example: TABLE_NAME=securityhub-members
      ORGANIZATION: "yes" must be auto, on, off or the ARN of an IAM role
        for example: ORGANIZATION=arn:aws:iam::123456789012:role/read-organization
      POLL_INTERVAL: "1s" must be a duration from 10s to 1day
        for example: POLL_INTERVAL=15m
      STALE_AFTER: "soon" must be a duration from 1m to 30days
        for example: STALE_AFTER=2h
      LOCALE: "fr" must be en or ja
        for example: LOCALE=ja
      SHOW_EMAILS: "yes" must be none, home or all
        for example: SHOW_EMAILS=home
      LISTEN: "3000" must be an IP address and a port
        for example: LISTEN=0.0.0.0:3000
      RETENTION_DAYS: "1" must be a number of days from 40 to 36500, so that no change expires before a digest reports it
        for example: RETENTION_DAYS=400
      LOG_FORMAT: "xml" must be text or json
        for example: LOG_FORMAT=json
      SLACK_SIGNING_SECRET: must be one secret, or two during a rotation
        for example: SLACK_SIGNING_SECRET=8f742231b10e8888abcd99yyyzzz85a5
      SLACK_APP_TOKEN: must be an app-level token, which begins with xapp-
        for example: SLACK_APP_TOKEN=xapp-…
      SLACK_BOT_TOKEN: must be a bot token, which begins with xoxb-
        for example: SLACK_BOT_TOKEN=xoxb-…
      SLACK_CHANNEL: "#security" must be a channel ID (C… or G…), not a name
        for example: SLACK_CHANNEL=C0123456789
      SLACK_APP_ID: "securityhub-members" must be an app ID (A…), not a name
        for example: SLACK_APP_ID=A0123456789
      ALLOWED_USERS: "@sam" must be a user ID (U… or W…), not a name
        for example: ALLOWED_USERS=U0123456789,U9876543210
      ALLOWED_CHANNELS: "" must be a channel ID (C… or G… or D…), not a name
        for example: ALLOWED_CHANNELS=C0123456789,G0123456789
    Set them in the environment, or as flags: --timezone …
    "##);
    assert!(!error.contains("xoxp-a-users-token") && !error.contains("xoxb-a-bots-token"));
}

#[test]
fn no_length_of_time_is_longer_than_what_makes_sense() {
    let said = |settings: Settings| {
        let (_, invalid) = settings.examine(Needs::default());
        let problems = invalid.unwrap();
        let said = problems
            .iter()
            .map(|(name, what, _)| format!("{name}: {what}"));
        said.collect::<Vec<_>>().join("\n")
    };
    for long in [
        "25h",
        "300000y",
        "10000000000y",
        "584542046090y",
        "18446744073709551615s",
        "99999999999999999999999s",
    ] {
        let both = said(given([
            ("POLL_INTERVAL", long),
            ("STALE_AFTER", &long.replace("25h", "31d")),
        ]));
        for name in ["POLL_INTERVAL: ", "STALE_AFTER: "] {
            assert!(both.contains(name), "{long}: {both}");
        }
        let most = both.contains("to 1day") && both.contains("to 30days");
        assert!(most, "{both}");
    }
    for long in [
        "36501",
        "18446744073709551615",
        "99999999999999999999999",
        "-40",
    ] {
        let retention = said(given([("RETENTION_DAYS", long)]));
        assert!(
            retention.contains("from 40 to 36500"),
            "{long}: {retention}"
        );
    }
}

#[test]
fn a_schedule_that_fires_every_few_minutes_is_refused() {
    let settings = given([("DIGEST_SCHEDULE", "*/10 * * * *")]);
    let error = settings.check(Needs::default()).unwrap_err().to_string();
    insta::assert_snapshot!(error, @r##"
    1 invalid setting:
      DIGEST_SCHEDULE: "*/10 * * * *" must fire at most 24 times a day, not 144: use fewer minutes or hours, or ALERT for immediate alerts
        for example: DIGEST_SCHEDULE='0 9 * * 1-5'
    Set them in the environment, or as flags: --digest-schedule …
    "##);
}

#[test]
fn an_app_level_token_takes_the_place_of_the_signing_secret() {
    let settings = given([
        ("SLACK_APP_TOKEN", "xapp-1-hush"),
        ("SLACK_BOT_TOKEN", "xoxb-hush"),
        ("SLACK_CHANNEL", "C0123456789"),
    ]);
    let config = settings.check(EVERYTHING).unwrap();
    assert!(config.app_token.is_some() && config.signing_secrets.is_none());
    assert!(!format!("{config:?}").contains("hush"));
}

#[test]
fn the_default_schedule_is_good_in_every_zone() {
    for zone in chrono_tz::TZ_VARIANTS {
        assert!(
            Schedule::parse(list::DIGEST_SCHEDULE.default.unwrap(), zone)
                .unwrap()
                .next_after(chrono::DateTime::UNIX_EPOCH)
                .is_some(),
            "{zone}"
        );
    }
}

#[test]
fn an_empty_variable_is_one_that_is_not_set() {
    let settings = given([("TIMEZONE", ""), ("REGIONS", " ")]);
    let config = settings.check(Needs::default()).unwrap();
    assert_eq!((config.zone, config.regions), (Tz::UTC, RegionChoice::Sdk));
}

#[test]
fn settings_that_look_right_and_cannot_work_are_refused() {
    for (secret, address, said) in [
        (
            "xoxb-hush",
            "",
            "SLACK_SIGNING_SECRET: must be the signing secret, but contains a token",
        ),
        (
            "old,xapp-hush",
            "",
            "SLACK_SIGNING_SECRET: must be the signing secret, but contains a token",
        ),
        (
            "hush",
            "https://slack.com/api?x=1",
            "SLACK_API_URL: must be a URL without a query or fragment",
        ),
        (
            "hush",
            "https://slack.com/api#x",
            "SLACK_API_URL: must be a URL without a query or fragment",
        ),
    ] {
        let settings = given([("SLACK_SIGNING_SECRET", secret), ("SLACK_API_URL", address)]);
        let error = settings.check(Needs::default()).unwrap_err().to_string();
        assert!(error.contains(said) && !error.contains("hush"), "{error}");
    }
}

#[test]
fn an_invitation_may_be_open_for_an_hour_to_a_year() {
    for (text, hours) in [("1h", 1), ("7d", 168), ("366days", 8784)] {
        let config = given([("PENDING_AFTER", text)]).check(Needs::default());
        let hours = Duration::from_secs(hours * 3600);
        assert_eq!(config.unwrap().pending_after, hours, "{text}");
    }
    for text in ["7", "59m", "367d", "soon"] {
        let checked = given([("PENDING_AFTER", text)]).check(Needs::default());
        let error = checked.unwrap_err().to_string();
        assert!(error.contains("must be a duration from 1h to"), "{error}");
    }
}

#[test]
fn urgent_units_are_paths_of_ous() {
    let units = |text| given([("URGENT_UNITS", text)]).check(Needs::default());
    let takes = |unit| {
        let config = units("Workloads/Prod/**, Core").unwrap();
        let mut patterns = config.urgent_units.iter();
        patterns.any(|pattern| pattern.takes(unit))
    };
    assert!(takes("Workloads/Prod") && takes("Workloads/Prod/EU") && takes("Core"));
    assert!(!takes("Workloads") && !takes("Core/EU"));
    for text in ["Workloads//Prod", "Workloads,", "Work*"] {
        let error = units(text).unwrap_err().to_string();
        assert!(error.contains("is not an OU path"), "{error}");
    }
}

#[test]
fn the_longest_acceptance_is_a_number_of_whole_days() {
    for (text, days) in [("1d", 1), ("90d", 90), ("2weeks", 14), ("366days", 366)] {
        let config = given([("ACK_MAX", text)]).check(Needs::default()).unwrap();
        assert_eq!(config.ack_max, Days::new(days), "{text}");
    }
    for text in ["90", "36h", "0d", "367d", "soon"] {
        let checked = given([("ACK_MAX", text)]).check(Needs::default());
        let error = checked.unwrap_err().to_string();
        assert!(
            error.contains("must be a number of whole days from 1d to 366d"),
            "{error}"
        );
    }
}
