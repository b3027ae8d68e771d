//! The configuration file: what it can say, and every error about it.

use proptest::prelude::*;

use super::*;

/// Settings with a configuration file of this text.
fn written(text: &str) -> Settings {
    given([("CONFIG_TOML", text)]).with_file()
}

fn problems(text: &str) -> String {
    let error = written(text).check(Needs::default()).unwrap_err();
    error.to_string()
}

#[test]
fn the_documented_example_is_valid() {
    let document = include_str!("../../../docs/configuration.md");
    let (_, example) = document.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let config = written(example).check(Needs::default()).unwrap();
    assert_eq!(config.zone, Tz::Asia__Tokyo);
    assert_eq!(config.retention, Days::new(730));
    assert_eq!(config.channels[0].id, "C0123456789");
    assert_eq!(config.allowed.users.len(), 2);
    assert_eq!(config.config_file.as_deref(), Some("CONFIG_TOML"));
    let as_variable = given([
        ("REGIONS", "eu-west-1,us-east-1"),
        (
            "ADMINISTRATORS",
            "self; arn:aws:iam::111122223333:role/securityhub-members external-id=6f1c2a regions=all,-eu-north-1",
        ),
    ]);
    let same = as_variable.check(Needs::default()).unwrap();
    assert_eq!(config.administrators, same.administrators);
}

#[test]
fn the_documented_channels_are_valid() {
    let document = include_str!("../../../docs/configuration.md");
    let mut examples = document.split("```toml\n").skip(2);
    let (example, _) = examples.next().unwrap().split_once("```").unwrap();
    let config = written(example).check(Needs::default()).unwrap();
    let names = config
        .channels
        .iter()
        .map(|one| one.audience.name.as_deref());
    let names: Vec<_> = names.collect();
    assert_eq!(names, [None, Some("Payments"), Some("Japan")]);
    let table = document.split("## Several channels").nth(1).unwrap();
    for key in crate::settings::file::CHANNEL.keys {
        assert!(
            table.contains(&format!("| `{}` |", key.name)),
            "{}",
            key.name
        );
    }
    for kind in crate::domain::diff::ChangeKind::ALL {
        assert!(
            table.contains(&format!("| `{}` |", kind.name())),
            "{kind:?}"
        );
    }
}

#[test]
fn an_empty_file_is_valid() {
    for text in ["", " \n", "# nothing\n", "\u{feff}timezone = \"UTC\"\r\n"] {
        assert!(written(text).check(Needs::default()).is_ok(), "{text:?}");
    }
}

#[test]
fn every_fault_of_a_file_is_named_at_once_with_that_of_a_variable() {
    let text = r##"
timezon = "Asia/Tokyo"
poll_interval = 15
locale = "fr"
allowed_users = [
    "U0123456789",
    5,
]
allowed_channels = []
case_users = ["U0123456789,U9876543210"]
table_name = " "
retention_days = true
urgent_units = { prod = true }
slack_bot_token = "xoxb-hush"
config = "other.toml"
stale_after = 2026-11-25
channels = ["C0123456789"]
nothing_like_it = 1
"##;
    let settings = given([("CONFIG_TOML", text), ("LISTEN", "3000")]);
    let error = settings.with_file().check(EVERYTHING).unwrap_err();
    assert!(!error.to_string().contains("hush"));
    insta::assert_snapshot!(error, @r##"
    17 invalid settings:
      CONFIG_TOML:2: timezon: unknown key: did you mean timezone?
        for example: timezone = "Asia/Tokyo"
      CONFIG_TOML:3: poll_interval: must be a string, not an integer
        for example: poll_interval = "15m"
      CONFIG_TOML:7: allowed_users: item 2: must be a string, not an integer
        for example: allowed_users = ["U0123456789", "U9876543210"]
      CONFIG_TOML:9: allowed_channels: the array is empty: fill it in, or remove the key
        for example: allowed_channels = ["C0123456789", "G0123456789"]
      CONFIG_TOML:10: case_users: item 1: must be one entry: write each one as a string
        for example: case_users = ["U0123456789", "U9876543210"]
      CONFIG_TOML:11: table_name: the value is empty: fill it in, or remove the key
        for example: table_name = "securityhub-members"
      CONFIG_TOML:12: retention_days: must be a whole number, not a boolean
        for example: retention_days = 400
      CONFIG_TOML:13: urgent_units: must be an array of strings, not a table
        for example: urgent_units = ["Workloads/Prod/**"]
      CONFIG_TOML:14: slack_bot_token: a secret cannot be in a configuration file: name the file that holds it, or set the variable SLACK_BOT_TOKEN
        for example: slack_bot_token_file = "/run/secrets/slack"
      CONFIG_TOML:15: config: a file cannot include another one: move its settings here
        for example: timezone = "Asia/Tokyo"
      CONFIG_TOML:16: stale_after: must be a string, not a date
        for example: stale_after = "2h"
      CONFIG_TOML:17: channels: unknown key: did you mean [[channel]]?
        for example: [[channel]]
      CONFIG_TOML:18: nothing_like_it: unknown key: `securityhub-members config` lists all
        for example: timezone = "Asia/Tokyo"
      CONFIG_TOML:4: locale: "fr" must be en or ja
        for example: locale = "ja"
      LISTEN: "3000" must be an IP address and a port
        for example: LISTEN=0.0.0.0:3000
      SLACK_SIGNING_SECRET: not set; copy it from the app's page: Basic Information → App Credentials
        for example: SLACK_SIGNING_SECRET=8f742231b10e8888abcd99yyyzzz85a5
      SLACK_CHANNEL: not set; copy the ID from the bottom of the channel's details in Slack
        for example: SLACK_CHANNEL=C0123456789
    Set them in the environment, or as flags: --listen …
    "##);
}

#[test]
fn faults_of_tables_are_named_with_their_line() {
    insta::assert_snapshot!(problems(r#"
[[administrator]]
role = "self"
external_id = "6f1c2a"

[[administrator]]
regions = ["eu-west-1"]

[[administrator]]
role = "arn:aws:iam::111122223333:role/members"
external_id = "x"
regions = ["Dublin"]

[[administrator]]
role = "arn:aws:iam::444455556666:role/members regions=all"
regio = "audit"

[[administrator]]
role = "arn:aws:iam::444455556666:role/members regions=all"

[[channel]]
id = "C0123456789"
log_format = "json"

[[channel]]
id = ["C0123456789"]
"#), @r##"
    8 invalid settings:
      CONFIG_TOML:6: [[administrator]]: role is missing
        for example: role = "arn:aws:iam::111122223333:role/securityhub-members"
      CONFIG_TOML:16: [[administrator]] regio: unknown key: did you mean regions?
        for example: role = "arn:aws:iam::111122223333:role/securityhub-members"
      CONFIG_TOML:4: [[administrator]] external_id: self has no external ID: remove the key
        for example: external_id = "6f1c2a"
      CONFIG_TOML:11: [[administrator]] external_id: external-id must be 2 to 1224 letters, digits or +=,.@:/_-
        for example: external_id = "6f1c2a"
      CONFIG_TOML:12: [[administrator]] regions: "Dublin" must be an AWS Region, such as eu-west-1
        for example: regions = ["eu-west-1", "us-east-1"]
      CONFIG_TOML:19: [[administrator]] role: must be one word
        for example: role = "arn:aws:iam::111122223333:role/securityhub-members"
      CONFIG_TOML:23: [[channel]] log_format: in [[channel]], because it is below that line: move it to the top
        for example: id = "C0123456789"
      CONFIG_TOML:26: [[channel]] id: must be a string, not an array
        for example: id = "C0123456789"
    "##);
}

#[test]
fn tables_have_double_brackets_and_at_least_one_entry() {
    for (text, said) in [
        (
            "[channel]\nid = 'C0123456789'",
            "CONFIG_TOML:1: channel: must be [[channel]], in double brackets",
        ),
        (
            "channel = 'C0123456789'",
            "channel: must be a table, not a string: write [[channel]] above it",
        ),
        (
            "channel = ['C0123456789']",
            "channel: must be tables: write [[channel]] above each",
        ),
        (
            "administrator = []",
            "administrator: must be tables: write [[administrator]] above each",
        ),
        (
            "[[channels]]\nid = 'C0123456789'",
            "CONFIG_TOML:1: channels: unknown key: did you mean [[channel]]?",
        ),
        (
            "[settings]\nlocale = 'ja'",
            "CONFIG_TOML:1: settings: unknown key",
        ),
        (
            "[locale]\n",
            "CONFIG_TOML:1: locale: must be a string, not a table",
        ),
        (
            "[[channel]]\nname = 'Payments'",
            "CONFIG_TOML:1: [[channel]]: id or url is missing",
        ),
        (
            "slack_channel = 'C0123456789'\n[[channel]]\nid = 'C0123456789'",
            "CONFIG_TOML:3: [[channel]] id: set together with slack_channel in line 1: remove one of them",
        ),
        (
            "[[channel]]\nid = '#security'",
            "CONFIG_TOML:2: [[channel]] id: \"#security\" must be a channel ID (C… or G…), not a name\n    for example: id = \"C0123456789\"",
        ),
        (
            "[[administrator]]\nrole = 'self'\n[[administrator]]\nrole = 'self'",
            "CONFIG_TOML:1: [[administrator]]: entry 2: this account is already in an earlier entry",
        ),
    ] {
        let problems = problems(text);
        assert!(problems.contains(said), "{text}: {problems}");
        assert!(
            problems.starts_with("1 invalid setting"),
            "{text}: {problems}"
        );
    }
}

#[test]
fn text_that_is_not_toml_is_reported_with_its_line_and_never_quoted() {
    for (text, said) in [
        (
            "locale = 'ja'\ntimezone = xoxb-hush\n",
            "CONFIG_TOML:2: timezone: must be TOML: ",
        ),
        (
            "locale = 'ja'\n\nlocale = 'en'\n",
            "CONFIG_TOML:3: locale: the key is in an earlier line too: remove one of them",
        ),
        ("TIMEZONE=UTC", "CONFIG_TOML:1: must be TOML: "),
        ("regions = ['eu-west-1'\n", "CONFIG_TOML:"),
        ("hush", "CONFIG_TOML:1: must be TOML: "),
        ("[[channel]\n", "CONFIG_TOML:1: must be TOML: "),
    ] {
        let settings = given([("CONFIG_TOML", text)]).with_file();
        let (config, _) = settings.examine(Needs::default());
        assert_eq!(config.config_file, None, "{text}");
        assert!(
            settings
                .to_toml()
                .starts_with("# Configuration file: not usable")
        );
        let error = settings.check(EVERYTHING).unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
        assert!(
            !error.contains("hush") && !error.contains("SLACK_CHANNEL"),
            "{error}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let folder = directory.path().to_str().unwrap().to_owned();
    for (path, said) in [
        (
            format!("{folder}/none.toml"),
            "none.toml\" does not exist: create it, or correct the path",
        ),
        (folder, "is a directory: name the file in it"),
        ("/dev/zero".to_owned(), "must be a regular file"),
        (
            file("latin", b"# caf\xe9\n"),
            "must be UTF-8: save it in that encoding",
        ),
        (
            file("large", &[b'#'; (1 << 20) + 1]),
            "must be at most 1 MiB",
        ),
        ("xoxb-hush".to_owned(), "CONFIG: looks like a secret"),
    ] {
        let settings = given([("CONFIG", &path)]).with_file();
        let error = settings.check(EVERYTHING).unwrap_err();
        assert!(error.names("CONFIG"));
        let error = error.to_string();
        assert!(
            error.starts_with("1 invalid setting") && error.contains(said),
            "{error}"
        );
        assert!(
            error.contains("for example: CONFIG=/etc/") && !error.contains("hush"),
            "{error}"
        );
    }
    let path = file("config.toml", b"locale = 'ja'\ntimezone = 'JST'\n");
    let settings = given([("CONFIG", &path)]).with_file();
    let error = settings.check(Needs::default()).unwrap_err().to_string();
    assert!(
        error.contains(&format!("{path}:2: timezone: \"JST\" must be")),
        "{error}"
    );
    let both = given([("CONFIG", &path), ("CONFIG_TOML", "locale = 'ja'")]).with_file();
    let error = both.check(Needs::default()).unwrap_err().to_string();
    assert!(
        error.contains("CONFIG: set together with CONFIG_TOML: remove one of them"),
        "{error}"
    );
}

/// Lines that are nearly a configuration file.
fn nearly() -> impl Strategy<Value = String> {
    let keys = SETTINGS.iter().map(|setting| setting.key());
    let tables = [
        "administrator",
        "channel",
        "role",
        "external_id",
        "regions",
        "id",
        "units",
        "kinds",
        "",
    ];
    let keys: Vec<_> = keys.chain(tables.map(str::to_owned)).collect();
    let value = prop_oneof![
        "[\"'a-zA-Z0-9,;=#\\[\\]{} -]{0,20}",
        "\"\\PC{0,12}\"",
        "\\[(\"[a-z0-9-]{0,9}\",? ?){0,3}\\]",
        "[0-9]{1,20}",
        "\\{ ?(id|role) = '[a-z:0-9]{0,9}' ?\\}",
    ];
    let line = (proptest::sample::select(keys), value, 0..4_u8);
    let line = line.prop_map(|(key, value, form)| match form {
        0 => format!("[[{key}]]"),
        1 => format!("[{key}]"),
        _ => format!("{key} = {value}"),
    });
    proptest::collection::vec(line, 0..8).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn no_text_panics(text in prop_oneof![nearly(), "\\PC{0,60}"]) {
        let settings = written(&text);
        let (_, invalid) = settings.examine(EVERYTHING);
        prop_assert!(invalid.is_some(), "the secrets are missing");
        let printed = written(&settings.to_toml());
        prop_assert!(printed.file.is_whole, "{}", settings.to_toml());
    }
}
