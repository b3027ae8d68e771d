//! The channels: the tables `[[channel]]`, what they inherit, and every error about them.

use std::ffi::OsString;
use std::fmt::Write as _;

use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::*;
use crate::domain::diff::ChangeKind;
use crate::domain::member::MemberStatus;
use crate::domain::mention::Mentions;
use crate::domain::scope::Audience;
use crate::settings::list::TomlForm;

/// Settings with a configuration file of this text.
fn written(text: &str) -> Settings {
    Settings::from_toml(text)
}

fn channels(text: &str) -> Vec<ChannelConfig> {
    let config = written(text).check(Needs::default());
    config.unwrap().channels
}

fn problems(text: &str) -> String {
    let error = written(text).check(Needs::default()).unwrap_err();
    error.to_string()
}

/// A channel that takes everything, followed by this table.
fn beside(table: &str) -> String {
    format!("[[channel]]\nid = 'C0EVERYTHING'\n[[channel]]\n{table}")
}

#[test]
fn a_channel_has_its_conditions_and_inherits_the_rest() {
    let channels = channels(
        r#"
locale = "ja"
timezone = "Asia/Tokyo"
digest_schedule = "30 8 * * *"

[[channel]]
id = "C0EVERYTHING"

[[channel]]
id = "G0PAYMENTS"
name = " Payments "
admins = ["111122223333"]
regions = ["eu-west-1", "us-east-1"]
units = ["Workloads/Payments/**", "Sales, EMEA/*"]
accounts = ["012345678901"]
kinds = ["left", "reverted"]
statuses = ["Resigned", "AccountSuspended", "Quarantined"]
locale = "en"
timezone = "America/New_York"

[[channel]]
id = "C0WEEKLY"
schedule = "0 9 * * 1"
not_enabled = "changes"
alert = ["left", "removed"]
quiet = "changes"
heartbeat = "30 12 * * 5"
"#,
    );
    let shown: Vec<_> = channels
        .iter()
        .map(|one| {
            let Audience {
                name,
                scope,
                zone,
                listing,
                mentions: _,
                alert,
                quiet,
                schedule: _,
            } = &one.audience;
            let (id, name) = (&one.id, name.as_deref().unwrap_or("-"));
            format!(
                "{id} {name} {zone} {} {:?} {listing:?} {alert:?} {}\n{scope}",
                one.locale,
                one.schedule,
                if quiet.is_some() { "quiet" } else { "-" }
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    C0EVERYTHING - Asia/Tokyo ja Schedule(30 8 * * * Asia/Tokyo) Daily {} -

    G0PAYMENTS Payments America/New_York en Schedule(30 8 * * * America/New_York) Daily {} -
    admins=111122223333; regions=eu-west-1,us-east-1; units=Sales, EMEA/*,Workloads/Payments/**; accounts=012345678901; kinds=left,reverted; statuses=Resigned,AccountSuspended,Quarantined
    C0WEEKLY - Asia/Tokyo ja Schedule(0 9 * * 1; 30 12 * * 5 Asia/Tokyo) Changes {Left, Removed} quiet
    ");
}

#[test]
fn a_quiet_channel_that_could_be_silent_for_weeks_is_refused() {
    let error = problems(&beside(
        r#"
id = "C0MONTHLY"
schedule = "0 9 1 * *"
quiet = "changes"
[[channel]]
id = "C0RARE"
quiet = "changes"
heartbeat = "0 9 1 * *"
[[channel]]
id = "C0LOUD"
heartbeat = "0 9 * * 1"
[[channel]]
id = "C0TYPO"
quiet = "yes"
"#,
    ));
    insta::assert_snapshot!(error, @r#"
    4 invalid settings:
      CONFIG_TOML:3: [[channel]]: heartbeat is missing: a quiet channel must get a digest at least every 8 days, but its schedule can pause for 31: set a heartbeat such as 0 9 * * 1
        for example: heartbeat = "0 9 * * 1"
      CONFIG_TOML:11: [[channel]] heartbeat: the heartbeat must come at least every 8 days, but can pause for 31: use a schedule such as 0 9 * * 1
        for example: heartbeat = "0 9 * * 1"
      CONFIG_TOML:14: [[channel]] heartbeat: has no effect without quiet: add quiet = "changes", or remove the key
        for example: heartbeat = "0 9 * * 1"
      CONFIG_TOML:17: [[channel]] quiet: "yes" must be never or changes
        for example: quiet = "changes"
    "#);
    let alone = |schedule, quiet, heartbeat| {
        let settings = given([
            ("SLACK_CHANNEL", "C0123456789"),
            ("DIGEST_SCHEDULE", schedule),
            ("QUIET", quiet),
            ("HEARTBEAT", heartbeat),
        ]);
        let error = settings.check(Needs::default()).unwrap_err().to_string();
        error.lines().nth(1).unwrap().trim().to_owned()
    };
    let errors = [
        alone("0 9 * * *", "never", "0 9 * * 1"),
        alone("0 9 * * *", "changes", "0 9 1 * *"),
        alone("0 9 1 * *", "changes", ""),
    ];
    insta::assert_snapshot!(errors.join("\n"), @r#"
    HEARTBEAT: has no effect without a quiet channel: set QUIET=changes, or remove it
    HEARTBEAT: the heartbeat must come at least every 8 days, but can pause for 31: use a schedule such as 0 9 * * 1
    QUIET: a quiet channel must get a digest at least every 8 days, but its schedule can pause for 31: set a heartbeat such as 0 9 * * 1
    "#);
}

#[test]
fn a_channel_inherits_the_quiet_days_and_the_heartbeat_in_its_time_zone() {
    let read = channels(
        r#"
quiet = "changes"
heartbeat = "0 12 * * 1"
[[channel]]
id = "C0EVERYTHING"
[[channel]]
id = "C0TOKYO"
timezone = "Asia/Tokyo"
[[channel]]
id = "C0DAILY"
quiet = "never"
"#,
    );
    let shown: Vec<_> = read
        .iter()
        .map(|one| format!("{} {:?} {:?}", one.id, one.schedule, one.audience.quiet))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    C0EVERYTHING Schedule(0 9 * * *; 0 12 * * 1 UTC) Some(Quiet { due: Schedule(0 9 * * *; 0 12 * * 1 UTC), heartbeat: Some(Schedule(0 12 * * 1 UTC)) })
    C0TOKYO Schedule(0 9 * * *; 0 12 * * 1 Asia/Tokyo) Some(Quiet { due: Schedule(0 9 * * *; 0 12 * * 1 Asia/Tokyo), heartbeat: Some(Schedule(0 12 * * 1 Asia/Tokyo)) })
    C0DAILY Schedule(0 9 * * * UTC) None
    ");
}

#[test]
fn a_file_without_channels_has_none_and_the_setting_is_one_without_conditions() {
    assert_eq!(channels("timezone = 'Asia/Tokyo'"), []);
    let (table, key) = (
        channels("timezone = 'Asia/Tokyo'\n[[channel]]\nid = 'C0123456789'"),
        channels("timezone = 'Asia/Tokyo'\nslack_channel = 'C0123456789'"),
    );
    let zone = Tz::Asia__Tokyo;
    assert_eq!(table, key);
    let audience = Audience {
        schedule: Some(table[0].schedule.clone()),
        ..Audience::of_everything(zone)
    };
    assert_eq!(table[0].audience, audience);
    let error = written("").check(EVERYTHING).unwrap_err();
    assert!(error.names("SLACK_CHANNEL"), "{error}");
}

#[test]
fn a_variable_replaces_every_table_and_both_are_named() {
    let text = "[[channel]]\nid = 'C0000000002'\n[[channel]]\nid = 'C0000000003'\nname = 'Payments'\nkinds = ['left']";
    let settings = given([("SLACK_CHANNEL", "C0000000001"), ("CONFIG_TOML", text)]).with_file();
    let config = settings.check(Needs::default()).unwrap();
    let ids: Vec<_> = config.channels.iter().map(|one| one.id.as_str()).collect();
    assert_eq!((ids, config.replaced_channels), (vec!["C0000000001"], 2));
    let printed = settings.to_toml();
    let (_, end) = printed.split_once("log_format").unwrap();
    insta::assert_snapshot!(end, @r#"
     = "text" # default

    # [[channel]] CONFIG_TOML:1: replaced by variable SLACK_CHANNEL

    # [[channel]] CONFIG_TOML:3: replaced by variable SLACK_CHANNEL
    "#);
    let config = written(text).check(Needs::default()).unwrap();
    assert_eq!((config.channels.len(), config.replaced_channels), (2, 0));
}

#[test]
fn a_channel_mentions_groups_and_people_and_everyone_only_by_a_second_word() {
    let read = channels(
        r#"
[[channel]]
id = "C0EVERYTHING"
mention = ["S0123ABCD", "U012AB3CD", "here"]
mention_kinds = ["left"]
mention_failing = true
loud = true

[[channel]]
id = "C0PAYMENTS"
name = "Payments"
units = ["Workloads/**"]
mention = ["S0123ABCD"]
"#,
    );
    let [all, team] = [&read[0], &read[1]].map(|one| &one.audience.mentions);
    let targets: Vec<_> = all.targets.iter().map(ToString::to_string).collect();
    assert_eq!(targets, ["S0123ABCD", "U012AB3CD", "here"]);
    assert_eq!(all.kinds, [ChangeKind::Left].into());
    assert!(all.failing);
    assert_eq!(team.kinds, Mentions::default().kinds);
    assert!(!team.failing);
    let text = r#"
[[channel]]
id = "C0EVERYTHING"
mention = ["here", "@security", "<!channel>"]
mention_kinds = ["gone"]
mention_failing = "maybe"
loud = false
"#;
    insta::assert_snapshot!(problems(text), @r#"
    5 invalid settings:
      CONFIG_TOML:4: [[channel]] mention: here notifies everyone in the channel: add loud = true to the table if you want that
        for example: mention = ["S0123456789"]
      CONFIG_TOML:4: [[channel]] mention: "@security" must be the ID of a user group (S…) or a person (U… or W…), or here or channel; Slack shows an ID in the profile
        for example: mention = ["S0123456789"]
      CONFIG_TOML:4: [[channel]] mention: "<!channel>" must be the ID of a user group (S…) or a person (U… or W…), or here or channel; Slack shows an ID in the profile
        for example: mention = ["S0123456789"]
      CONFIG_TOML:5: [[channel]] mention_kinds: "gone" must be a kind of change: left, removed, deleted, suspended, unprotected, reverted, declined, changed, new, joined
        for example: mention_kinds = ["left", "removed"]
      CONFIG_TOML:6: [[channel]] mention_failing: must be true or false
        for example: mention_failing = true
    "#);
}

#[test]
fn a_key_that_can_have_no_effect_is_refused_with_what_to_do() {
    let text = r#"
[[channel]]
id = "C0EVERYTHING"
mention_kinds = ["left"]
mention_failing = true
loud = true

[[channel]]
id = "C1PAYMENTS"
mention = ["S0123ABCD"]
loud = true

[[channel]]
id = "C2PAYMENTS"
name = "Joined"
kinds = ["left", "joined"]
mention = ["S0123ABCD"]
mention_kinds = [
    "left",
    "removed",
]
alert = ["left", "new"]

[[channel]]
id = "C3PAYMENTS"
name = "Unheard"
kinds = ["joined"]
mention = ["S0123ABCD"]

[[channel]]
id = "C4PAYMENTS"
mention = ["S0123ABCD"]
mention_kinds = []
"#;
    insta::assert_snapshot!(problems(text), @r#"
    8 invalid settings:
      CONFIG_TOML:4: [[channel]] mention_kinds: has no effect without mention: add mention = ["S0123456789"], or remove the key
        for example: mention_kinds = ["left", "removed"]
      CONFIG_TOML:5: [[channel]] mention_failing: has no effect without mention: add mention = ["S0123456789"], or remove the key
        for example: mention_failing = true
      CONFIG_TOML:6: [[channel]] loud: has no effect without mention: add mention = ["S0123456789"], or remove the key
        for example: loud = true
      CONFIG_TOML:11: [[channel]] loud: has an effect only with here or channel in mention: add one of them, or remove the key
        for example: loud = true
      CONFIG_TOML:22: [[channel]] alert: new never happens in this channel: add it to kinds, or remove it from alert
        for example: alert = ["left", "removed", "suspended"]
      CONFIG_TOML:20: [[channel]] mention_kinds: removed never happens in this channel: add it to kinds, or remove it from mention_kinds
        for example: mention_kinds = ["left", "removed"]
      CONFIG_TOML:28: [[channel]] mention: notifies no one, because no change of this channel is worth a mention: set mention_kinds or mention_failing = true, or remove the key
        for example: mention = ["S0123456789"]
      CONFIG_TOML:32: [[channel]] mention: notifies no one, because no change of this channel is worth a mention: set mention_kinds or mention_failing = true, or remove the key
        for example: mention = ["S0123456789"]
    "#);
    // Keys that ask for nothing, and what a channel inherits.
    let text = r#"
alert = ["left", "removed"]
[[channel]]
id = "C0EVERYTHING"
mention_kinds = []
mention_failing = false
loud = false
[[channel]]
id = "C1PAYMENTS"
name = "Payments"
kinds = ["joined"]
mention = ["S0123ABCD"]
mention_failing = true
[[channel]]
id = "C2PAYMENTS"
mention = ["S0123ABCD", "here"]
loud = true
"#;
    assert_eq!(channels(text).len(), 3);
}

/// An empty list is a choice if the list has a default with items. In a condition, it could mean all
/// as well as none.
#[test]
fn an_empty_list_is_a_choice_if_no_key_means_something_else_and_refused_otherwise() {
    let text = |table: &str| {
        format!(
            "alert = ['left']\n[[channel]]\nid = 'C0EVERYTHING'\n[[channel]]\nid = 'C0PAYMENTS'\nname = 'P'\n{table}"
        )
    };
    let mut choices = Vec::new();
    for key in crate::settings::file::CHANNEL.keys {
        if !matches!(key.form, TomlForm::List(_)) {
            continue;
        }
        // The keys that belong with it.
        let others = match key.name {
            "mention_kinds" => "mention = ['S0123ABCD']\nmention_failing = true\n",
            _ => "",
        };
        let empty = text(&format!("{others}{} = []", key.name));
        let Ok(config) = written(&empty).check(Needs::default()) else {
            let said = problems(&empty);
            let expected = format!(
                "{}: the array is empty: fill it in, or remove the key",
                key.name
            );
            assert!(said.contains(&expected), "{said}");
            continue;
        };
        choices.push(key.name);
        assert_ne!(config.channels, channels(&text(others)), "{}", key.name);
        let printed = written(&empty).to_toml();
        assert!(
            printed.contains(&format!("\n{} = [] # ", key.name)),
            "{printed}"
        );
        assert_eq!(channels(&printed), config.channels);
    }
    assert_eq!(choices, ["mention_kinds", "alert"]);
    let silent = &channels(&text("alert = []"))[1];
    assert!(silent.audience.alert.is_empty());
    let table = "mention = ['S0123ABCD']\nmention_kinds = []\nmention_failing = true";
    let failing = &channels(&text(table))[1].audience;
    assert!(failing.mentions.kinds.is_empty() && failing.mentions.failing);
}

#[test]
fn invalid_values_of_channels_are_named_at_once_with_their_line() {
    let text = r##"
[[channel]]
id = "C0EVERYTHING"

[[channel]]
id = "C0PAYMENTS"
name = "Payments\nand more"
admins = ["self"]
regions = [
    "eu-west-1",
    "eu-wets1",
    "Frankfurt",
]
units = ["Workloads//Payments"]
accounts = ["12345678901"]
kinds = ["let", "gone"]
statuses = ["Resignd", "not enabled"]
locale = "fr"
timezone = "JST"
schedule = "*/10 * * * *"

[[channel]]
id = "#payments"
units = []
accounts = [123456789012]
regions = "eu-west-1,us-east-1"
unit = ["Workloads/**"]

[[channel]]
id = "xoxb-hush"
"##;
    let text = format!("regions = ['eu-west-1']\n{text}");
    insta::assert_snapshot!(problems(&text), @r#"
    18 invalid settings:
      CONFIG_TOML:25: [[channel]] units: the array is empty: fill it in, or remove the key
        for example: units = ["Workloads/Payments/**"]
      CONFIG_TOML:26: [[channel]] accounts: item 1: must be a string, not an integer
        for example: accounts = ["123456789012"]
      CONFIG_TOML:27: [[channel]] regions: must be an array: write each entry as a string
        for example: regions = ["eu-west-1", "us-east-1"]
      CONFIG_TOML:28: [[channel]] unit: unknown key: did you mean units?
        for example: id = "C0123456789"
      CONFIG_TOML:8: [[channel]] name: "Payments\nand more" must be 1 to 30 characters on one line: messages begin with it
        for example: name = "Payments"
      CONFIG_TOML:9: [[channel]] admins: "self" must be an AWS account ID of twelve digits, such as 123456789012
        for example: admins = ["111122223333"]
      CONFIG_TOML:12: [[channel]] regions: "eu-wets1" must be an AWS Region: did you mean eu-west-1?
        for example: regions = ["eu-west-1", "us-east-1"]
      CONFIG_TOML:13: [[channel]] regions: "Frankfurt" must be an AWS Region, such as eu-west-1
        for example: regions = ["eu-west-1", "us-east-1"]
      CONFIG_TOML:15: [[channel]] units: "Workloads//Payments" is not an OU path; use names from the root down, for example Workloads/Prod/**
        for example: units = ["Workloads/Payments/**"]
      CONFIG_TOML:16: [[channel]] accounts: "12345678901" must be an AWS account ID of twelve digits, such as 123456789012
        for example: accounts = ["123456789012"]
      CONFIG_TOML:17: [[channel]] kinds: "let" must be a kind of change: did you mean left?
        for example: kinds = ["left", "removed", "suspended"]
      CONFIG_TOML:17: [[channel]] kinds: "gone" must be a kind of change: left, removed, deleted, suspended, unprotected, reverted, declined, changed, new, joined
        for example: kinds = ["left", "removed", "suspended"]
      CONFIG_TOML:18: [[channel]] statuses: "Resignd" must be a status of AWS: did you mean Resigned?
        for example: statuses = ["Resigned", "Removed"]
      CONFIG_TOML:18: [[channel]] statuses: "not enabled" must be a status of AWS: did you mean Enabled?
        for example: statuses = ["Resigned", "Removed"]
      CONFIG_TOML:19: [[channel]] locale: "fr" must be en or ja
        for example: locale = "ja"
      CONFIG_TOML:20: [[channel]] timezone: "JST" must be an IANA time zone
        for example: timezone = "Asia/Tokyo"
      CONFIG_TOML:21: [[channel]] schedule: "*/10 * * * *" must fire at most 24 times a day, not 144: use fewer minutes or hours, or ALERT for immediate alerts
        for example: schedule = "0 9 * * 1-5"
      CONFIG_TOML:31: [[channel]] id: looks like a secret: move it to the setting it belongs to
        for example: id = "C0123456789"
    "#);
}

#[test]
fn some_channel_takes_everything() {
    let payments =
        "[[channel]]\nid = 'C0PAYMENTS'\nname = 'Payments'\nunits = ['Workloads/Payments/**']\n";
    let japan = "[[channel]]\nid = 'C0JAPAN'\nname = 'Japan'\nregions = ['ap-northeast-1']\nkinds = ['left']\n";
    insta::assert_snapshot!(problems(&format!("{payments}{japan}")), @r#"
    1 invalid setting:
      CONFIG_TOML:1: [[channel]]: one channel must take everything, but each has conditions: C0PAYMENTS (units), C0JAPAN (regions, kinds). Add a [[channel]] with only id
        for example: id = "C0123456789"
    "#);
    let many = (1..=8).map(|number| {
        format!("[[channel]]\nid = 'C00000{number}'\nname = '{number}'\nkinds = ['left']\n")
    });
    let said = problems(&many.collect::<String>());
    assert!(said.contains("C000005 (kinds), and 3 more. Add"), "{said}");
    // The invalid table may be the one that takes everything.
    let said = problems(&format!("{payments}[[channel]]\nid = '#security'"));
    assert!(said.starts_with("1 invalid setting:"), "{said}");
    let all = format!("{payments}[[channel]]\nid = 'C0EVERYTHING'");
    assert_eq!(channels(&all).len(), 2);
}

#[test]
fn channels_differ_in_id_and_name_and_conditions_need_a_name() {
    for (table, said) in [
        (
            "id = 'C0EVERYTHING'\nname = 'Payments'\nkinds = ['left']",
            "CONFIG_TOML:4: [[channel]] id: the channel in line 1 has this ID too: write the conditions of a channel in one table\n    for example: id = \"C0123456789\"",
        ),
        (
            "id = 'C1PAYMENTS'\nname = 'Payments'\nkinds = ['left']\n[[channel]]\nid = 'C2PAYMENTS'\nname = ' ＰＡＹＭＥＮＴＳ'\nkinds = ['left']",
            "CONFIG_TOML:9: [[channel]] name: the channel in line 3 has this name too: choose another one\n    for example: name = \"Payments\"",
        ),
        (
            "id = 'C0PAYMENTS'\nkinds = ['left']",
            "CONFIG_TOML:3: [[channel]]: name is missing: a channel with conditions needs one, because its messages begin with it\n    for example: name = \"Payments\"",
        ),
        (
            "id = 'C0PAYMENTS'\nkinds = ['left']\nname = '0123456789012345678901234567890'",
            "must be 1 to 30 characters on one line",
        ),
    ] {
        let problems = problems(&beside(table));
        assert!(problems.starts_with("1 invalid setting:"), "{problems}");
        assert!(problems.contains(said), "{table}: {problems}");
    }
    let longest = "決済".repeat(15);
    let table = format!("id = 'C0PAYMENTS'\nkinds = ['left']\nname = '{longest}'");
    let name = channels(&beside(&table)).remove(1).audience.name;
    assert_eq!(name, Some(longest));
}

#[test]
fn every_kind_and_status_is_accepted_by_its_name() {
    for kind in ChangeKind::ALL {
        let table = format!("id = 'C0PAYMENTS'\nname = 'P'\nkinds = ['{}']", kind.name());
        let scope = channels(&beside(&table)).remove(1).audience.scope;
        assert_eq!(scope.kinds, [kind].into());
    }
    let new = MemberStatus::Other("QUARANTINED_BY_AWS".to_owned());
    for status in MemberStatus::KNOWN.into_iter().chain([new]) {
        let table = format!("id = 'C0PAYMENTS'\nname = 'P'\nstatuses = ['{status}']");
        let scope = channels(&beside(&table)).remove(1).audience.scope;
        assert_eq!(scope.statuses, [status].into());
    }
}

/// Channels as a file may have them: any names, lists and overrides.
fn tables() -> impl Strategy<Value = String> {
    let some = |items: &'static [&'static str]| {
        proptest::sample::subsequence(items, 0..=items.len().min(3))
    };
    let conditions = (
        some(&["111122223333", "000000000001"]),
        some(&["eu-west-1", "us-gov-east-1"]),
        some(&["Workloads/**", "A \\\"b\\\" # c, d", "*/決済"]),
        some(&["444455556666"]),
        some(&["left", "removed", "joined"]),
        some(&["Resigned", "Quarantined", "ACCOUNT_SUSPENDED"]),
        proptest::option::of(some(&["left", "joined"])),
    );
    let one =
        |values: &'static [&'static str]| proptest::option::of(proptest::sample::select(values));
    let rest = (
        one(&["ja", "en"]),
        one(&["Asia/Tokyo", "UTC"]),
        one(&["0 9 * * 1-5", "30 7 * * *"]),
        "[ -!#-\\[\\]-~é決]{0,9}[a-z]",
    );
    let table = (conditions, rest).prop_map(|(lists, (locale, zone, schedule, name))| {
        let (admins, regions, units, accounts, kinds, statuses, mut alert) = lists;
        if let Some(alert) = &mut alert {
            alert.retain(|kind| kinds.is_empty() || kinds.contains(kind));
        }
        let lists = [
            ("admins", admins),
            ("regions", regions),
            ("units", units),
            ("accounts", accounts),
            ("kinds", kinds),
            ("statuses", statuses),
        ];
        let mut table = String::new();
        if let Some(alert) = alert {
            let _ = writeln!(table, "alert = {alert:?}");
        }
        for (key, items) in lists.into_iter().filter(|(_, items)| !items.is_empty()) {
            let _ = writeln!(table, "{key} = [\"{}\"]", items.join("\", \""));
        }
        for (key, text) in [
            ("locale", locale),
            ("timezone", zone),
            ("schedule", schedule),
        ] {
            if let Some(text) = text {
                let _ = writeln!(table, "{key} = \"{text}\"");
            }
        }
        (name, table)
    });
    proptest::collection::vec(table, 0..5).prop_map(|tables| {
        let mut text = beside("id = 'C0SECOND'\nlocale = 'ja'\n");
        for (index, (name, table)) in tables.into_iter().enumerate() {
            let _ = writeln!(
                text,
                "[[channel]]\nid = \"C00000{index}\"\nname = \"{index}{name}\"\n{table}"
            );
        }
        text
    })
}

proptest! {
    #[test]
    fn printed_channels_are_a_file_with_the_same_channels(text in tables()) {
        let text = format!("timezone = 'Asia/Kolkata'\nalert = ['left']\n{text}");
        let (first, printed) = (channels(&text), written(&text).to_toml());
        prop_assert_eq!(&channels(&printed), &first, "{}", printed);
        let without_origins = |text: &str| {
            let lines = text.lines().filter(|line| !line.starts_with("# Configuration"));
            let lines = lines.map(|line| line.rsplit_once(" # ").map_or(line, |(line, _)| line));
            lines.collect::<Vec<_>>().join("\n")
        };
        let again = written(&printed).to_toml();
        prop_assert_eq!(without_origins(&again), without_origins(&printed));
    }
}

/// A table of a webhook with the name Jira, and the file with its secret.
fn webhook(keys: &str) -> (String, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "correct horse battery staple\n").unwrap();
    let path = file.path().display();
    let table = format!(
        "url = 'https://hooks.example.com/hush?token=hush'\nsecret_file = '{path}'\n{keys}"
    );
    (table, file)
}

#[test]
fn a_webhook_is_a_channel_with_a_url_and_a_secret() {
    let (table, file) =
        webhook("name = 'Incident  desk: Ａ/B!'\nkinds = ['left']\ntimezone = 'Asia/Tokyo'");
    let settings = written(&beside(&table));
    let config = settings.check(Needs::default()).unwrap();
    let [slack, webhook] = &config.channels[..] else {
        panic!("{:?}", config.channels)
    };
    assert_eq!(slack.target, ChannelTarget::Slack);
    assert_eq!(config.slack_channels().count(), 1);
    assert_eq!(webhook.id, "webhook:incident-desk--a-b");
    assert_eq!(
        webhook.audience.name.as_deref(),
        Some("Incident  desk: Ａ/B!")
    );
    assert_eq!(webhook.audience.zone, Tz::Asia__Tokyo);
    let target = webhook.webhook().unwrap();
    assert_eq!(target.url.to_string(), "hooks.example.com");
    assert_eq!(
        target.secret.now().expose_secret(),
        "correct horse battery staple"
    );
    let [secret_file] = &config.secret_files[..] else {
        panic!("{:?}", config.secret_files)
    };
    assert_eq!(
        secret_file.name,
        "secret_file of webhook:incident-desk--a-b"
    );
    assert!(!format!("{config:?}").contains("hush"));
    assert!(!format!("{config:?}").contains("correct horse"));
    // The URL is hidden but for its host.
    let printed = settings.to_toml();
    let (_, end) = printed.split_once("CONFIG_TOML:3\n").unwrap();
    let end = end.replace(&file.path().display().to_string(), "FILE");
    insta::assert_snapshot!(end, @r#"
    # url: hooks.example.com [secret] # CONFIG_TOML:4
    secret_file = "FILE" # CONFIG_TOML:5
    name = "Incident  desk: Ａ/B!" # CONFIG_TOML:6
    kinds = ["left"] # CONFIG_TOML:7
    timezone = "Asia/Tokyo" # CONFIG_TOML:8
    # schedule: not set (digest_schedule above)
    # quiet: not set (quiet above)
    # heartbeat: not set (heartbeat above)
    # alert: not set (alert above)
    "#);
}

/// The environment of the tests about secrets in variables.
fn variable(name: &str) -> Option<OsString> {
    let value = match name {
        "PAYMENTS_SECRET" => " correct horse battery staple\n",
        "SHORT_SECRET" => "hush hush hush!",
        "TWO_LINES" => "hush hush hush hush\nhush",
        "BOT_TOKEN" => "xoxb-hush-hush-hush",
        "SLACK_BOT_TOKEN" => "xoxb-hush-hush-hush-hush",
        "EMPTY" => " ",
        _ => return None,
    };
    Some(value.into())
}

#[test]
fn a_variable_can_have_the_secret_of_a_webhook() {
    let table =
        "url = 'https://hooks.example.com/hush'\nname = 'Jira'\nsecret_env = 'PAYMENTS_SECRET'";
    let settings = written(&beside(table)).with_variables(variable);
    let config = settings.check(Needs::default()).unwrap();
    let webhook = config.channels[1].webhook().unwrap();
    let secret = webhook.secret.now();
    assert_eq!(secret.expose_secret(), "correct horse battery staple");
    assert!(config.secret_files.is_empty());
    assert!(!format!("{config:?}").contains("correct horse"));
    let printed = settings.to_toml();
    assert!(!printed.contains("correct horse"), "{printed}");
    assert!(
        printed.contains("\nsecret_env = \"PAYMENTS_SECRET\" # CONFIG_TOML:6\n"),
        "{printed}"
    );
    let masked = crate::masking::mask("signed with correct horse battery staple");
    assert_eq!(masked, "signed with [secret]");
}

#[test]
fn unusable_variables_of_webhooks_are_named_and_no_secret_is_quoted() {
    let (both, _file) = webhook("name = 'Both'\nsecret_env = 'PAYMENTS_SECRET'");
    let mut text = format!(
        "[[channel]]\nid = 'C0EVERYTHING'\nsecret_env = 'PAYMENTS_SECRET'\n[[channel]]\n{both}\n"
    );
    let pasted = [
        "correct-hush-battery-staple",
        "8F742231B10E8888ABCD99AAAEEE85A5",
        "HUSHHUSHHUSHHUSH2",
        "xoxb-hush-hush",
        "",
    ];
    let named = [
        "EMPTY",
        "UNSET",
        "SHORT_SECRET",
        "TWO_LINES",
        "BOT_TOKEN",
        "SLACK_BOT_TOKEN",
    ];
    for (number, secret) in pasted.into_iter().chain(named).enumerate() {
        let _ = writeln!(
            text,
            "[[channel]]\nname = '{number}'\nurl = 'https://hooks.example.com/hush'\nsecret_env = '{secret}'"
        );
    }
    let settings = written(&text).with_variables(variable);
    let said = settings.check(Needs::default()).unwrap_err().to_string();
    let printed = settings.to_toml();
    for text in [&said, &printed] {
        for hidden in ["hush", "HUSH", "8F742231"] {
            assert!(!text.contains(hidden), "{text}");
        }
    }
    assert!(
        printed.contains("\n# secret_env: [secret] # CONFIG_TOML:12\n"),
        "{printed}"
    );
    insta::assert_snapshot!(said, @r#"
    13 invalid settings:
      CONFIG_TOML:28: [[channel]] secret_env: the value is empty: fill it in, or remove the key
        for example: secret_env = "PAYMENTS_SECRET"
      CONFIG_TOML:3: [[channel]] secret_env: only a webhook has a secret: remove the key, or set url instead of id
        for example: secret_env = "PAYMENTS_SECRET"
      CONFIG_TOML:8: [[channel]] secret_env: set together with secret_file in line 6: remove one of them
        for example: secret_env = "PAYMENTS_SECRET"
      CONFIG_TOML:12: [[channel]] secret_env: must be the name of an environment variable, not the secret itself: capitals, digits and at least one underscore
        for example: secret_env = "PAYMENTS_SECRET"
      CONFIG_TOML:16: [[channel]] secret_env: must be the name of an environment variable, not the secret itself: capitals, digits and at least one underscore
        for example: secret_env = "PAYMENTS_SECRET"
      CONFIG_TOML:20: [[channel]] secret_env: must be the name of an environment variable, not the secret itself: capitals, digits and at least one underscore
        for example: secret_env = "PAYMENTS_SECRET"
      CONFIG_TOML:24: [[channel]] secret_env: must be the name of an environment variable, not the secret itself: capitals, digits and at least one underscore
        for example: secret_env = "PAYMENTS_SECRET"
      CONFIG_TOML:32: [[channel]] secret_env: the variable EMPTY is not set, or empty
        for example: secret_env = "PAYMENTS_SECRET"
      CONFIG_TOML:36: [[channel]] secret_env: the variable UNSET is not set, or empty
        for example: secret_env = "PAYMENTS_SECRET"
      CONFIG_TOML:40: [[channel]] secret_env: the variable SHORT_SECRET must contain a secret of 16 characters or more, on one line
        for example: secret_env = "PAYMENTS_SECRET"
      CONFIG_TOML:44: [[channel]] secret_env: the variable TWO_LINES must contain a secret of 16 characters or more, on one line
        for example: secret_env = "PAYMENTS_SECRET"
      CONFIG_TOML:48: [[channel]] secret_env: the variable BOT_TOKEN contains a Slack token: use a separate secret
        for example: secret_env = "PAYMENTS_SECRET"
      CONFIG_TOML:52: [[channel]] secret_env: SLACK_BOT_TOKEN is a setting of the bot: choose another variable
        for example: secret_env = "PAYMENTS_SECRET"
    "#);
}

#[test]
fn a_webhook_can_be_the_channel_that_takes_everything() {
    let (table, _file) = webhook("name = 'Jira'");
    let text = format!("[[channel]]\n{table}");
    assert_eq!(channels(&text)[0].id, "webhook:jira");
    let narrow = "[[channel]]\nid = 'C0PAYMENTS'\nname = 'P'\nkinds = ['left']";
    assert_eq!(channels(&format!("{text}\n{narrow}")).len(), 2);
    let (table, _file) = webhook("name = 'Jira'\nkinds = ['left']");
    let said = problems(&format!("[[channel]]\n{table}"));
    assert!(
        said.contains("each has conditions: webhook:jira (kinds)"),
        "{said}"
    );
    let both = format!("slack_channel = 'C0EVERYTHING'\n[[channel]]\n{table}");
    let said = problems(&both);
    assert!(
        said.contains("CONFIG_TOML:3: [[channel]] url: set together with slack_channel"),
        "{said}"
    );
}

#[test]
fn invalid_webhooks_are_named_at_once_with_their_line() {
    let (table, _file) = webhook("name = 'Jira'");
    let (another, _other) = webhook("name = 'jira.'");
    let short = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&short, "hush hush hush!").unwrap();
    let text = format!(
        r##"
[[channel]]
{table}
id = "C0EVERYTHING"
locale = "ja"
not_enabled = "weekly"

[[channel]]
url = "http://hooks.example.com/hush"

[[channel]]
url = "https://hooks.example.com/hush"
name = "Short"
secret_file = "SHORT"

[[channel]]
url = "https://hooks.example.com/hush"
name = "Missing"
secret_file = "hush-hush-hush-hush"

[[channel]]
id = "C0EVERYTHING"
secret_file = "SHORT"

[[channel]]
name = "No address"
"##
    );
    let text = text.replace("SHORT", &short.path().display().to_string());
    let said = problems(&text);
    assert!(!said.contains("hush"), "{said}");
    insta::assert_snapshot!(said, @r#"
    10 invalid settings:
      CONFIG_TOML:27: [[channel]]: id or url is missing
        for example: id = "C0123456789"
      CONFIG_TOML:6: [[channel]] id: set together with url in line 3: remove one of them
        for example: id = "C0123456789"
      CONFIG_TOML:7: [[channel]] locale: a webhook gets JSON, which has no language: remove the key
        for example: locale = "ja"
      CONFIG_TOML:8: [[channel]] not_enabled: a webhook gets every list with every digest: remove the key
        for example: not_enabled = "weekly"
      CONFIG_TOML:11: [[channel]] url: must be an https URL: http is only for a receiver on this machine
        for example: url = "https://hooks.example.com/securityhub"
      CONFIG_TOML:10: [[channel]]: name is missing: it identifies the webhook
        for example: name = "Payments"
      CONFIG_TOML:10: [[channel]]: secret_file is missing: set it or secret_env, to sign the requests
        for example: secret_file = "/run/secrets/webhook"
      CONFIG_TOML:16: [[channel]] secret_file: the file must contain a secret of 16 characters or more, on one line
        for example: secret_file = "/run/secrets/webhook"
      CONFIG_TOML:21: [[channel]] secret_file: the file cannot be read: No such file or directory (os error 2)
        for example: secret_file = "/run/secrets/webhook"
      CONFIG_TOML:25: [[channel]] secret_file: only a webhook has a secret: remove the key, or set url instead of id
        for example: secret_file = "/run/secrets/webhook"
    "#);
    let said = problems(&format!("[[channel]]\n{table}\n[[channel]]\n{another}"));
    insta::assert_snapshot!(said, @r#"
    1 invalid setting:
      CONFIG_TOML:8: [[channel]] name: the channel in line 1 has this name too: choose another one
        for example: name = "Payments"
    "#);
    let (first, _first) = webhook("name = 'A b'");
    let (second, _second) = webhook("name = 'a-b'\nkinds = ['left']");
    let said = problems(&format!("[[channel]]\n{first}\n[[channel]]\n{second}"));
    insta::assert_snapshot!(said, @r#"
    1 invalid setting:
      CONFIG_TOML:8: [[channel]] name: the channel in line 1 has a name with the same letters and digits: choose another one
        for example: name = "Payments"
    "#);
}
