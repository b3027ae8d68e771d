//! The keys that a configuration file can have: every setting, and two kinds of tables.

use crate::domain::naming::nearest_name;
use crate::settings::assignment::example;
use crate::settings::list::{ADMINISTRATORS, SETTINGS, SLACK_CHANNEL, Setting, TIMEZONE, TomlForm};

/// A kind of table, and the setting that it replaces.
pub(in crate::settings) struct TableKind {
    pub(super) key: &'static str,
    pub(in crate::settings) header: &'static str,
    pub(super) setting: &'static Setting,
    pub(in crate::settings) keys: &'static [TableKey],
    /// A table must have one of these keys.
    pub(super) required: &'static [&'static str],
}

/// A key of a table.
pub(in crate::settings) struct TableKey {
    pub(in crate::settings) name: &'static str,
    pub(in crate::settings) form: TomlForm,
    pub(in crate::settings) example: &'static str,
    /// True if the array can be empty, because no key means something else than none.
    pub(super) can_be_empty: bool,
}

pub(super) static ADMINISTRATOR: TableKind = TableKind {
    key: "administrator",
    header: "[[administrator]]",
    setting: &ADMINISTRATORS,
    keys: &[
        TableKey {
            name: "role",
            form: TomlForm::Text,
            example: r#"role = "arn:aws:iam::111122223333:role/securityhub-members""#,
            can_be_empty: false,
        },
        TableKey {
            name: "external_id",
            form: TomlForm::Text,
            example: r#"external_id = "6f1c2a""#,
            can_be_empty: false,
        },
        TableKey {
            name: "regions",
            form: TomlForm::List(&[',']),
            example: r#"regions = ["eu-west-1", "us-east-1"]"#,
            can_be_empty: false,
        },
    ],
    required: &["role"],
};

pub(in crate::settings) static CHANNEL: TableKind = TableKind {
    key: "channel",
    header: "[[channel]]",
    setting: &SLACK_CHANNEL,
    keys: &[
        text("id", r#"id = "C0123456789""#),
        text("url", r#"url = "https://hooks.example.com/securityhub""#),
        text("secret_file", r#"secret_file = "/run/secrets/webhook""#),
        text("secret_env", r#"secret_env = "PAYMENTS_SECRET""#),
        text("name", r#"name = "Payments""#),
        list("admins", r#"admins = ["111122223333"]"#),
        list("regions", r#"regions = ["eu-west-1", "us-east-1"]"#),
        list("units", r#"units = ["Workloads/Payments/**"]"#),
        list("accounts", r#"accounts = ["123456789012"]"#),
        list("kinds", r#"kinds = ["left", "removed", "suspended"]"#),
        list("statuses", r#"statuses = ["Resigned", "Removed"]"#),
        text("locale", r#"locale = "ja""#),
        text("timezone", r#"timezone = "Asia/Tokyo""#),
        text("schedule", r#"schedule = "0 9 * * 1-5""#),
        text("quiet", r#"quiet = "changes""#),
        text("heartbeat", r#"heartbeat = "0 9 * * 1""#),
        text("not_enabled", r#"not_enabled = "weekly""#),
        list("mention", r#"mention = ["S0123456789"]"#),
        choice("mention_kinds", r#"mention_kinds = ["left", "removed"]"#),
        flag("mention_failing", "mention_failing = true"),
        flag("loud", "loud = true"),
        choice("alert", r#"alert = ["left", "removed", "suspended"]"#),
    ],
    required: &["id", "url"],
};

const fn flag(name: &'static str, example: &'static str) -> TableKey {
    TableKey {
        name,
        form: TomlForm::Flag,
        example,
        can_be_empty: false,
    }
}

const fn text(name: &'static str, example: &'static str) -> TableKey {
    TableKey {
        name,
        form: TomlForm::Text,
        example,
        can_be_empty: false,
    }
}

/// Items can contain commas, as names of OUs can.
const fn list(name: &'static str, example: &'static str) -> TableKey {
    TableKey {
        name,
        form: TomlForm::List(&[]),
        example,
        can_be_empty: false,
    }
}

/// A list with a default that isn't empty, so an empty one is a choice.
const fn choice(name: &'static str, example: &'static str) -> TableKey {
    TableKey {
        can_be_empty: true,
        ..list(name, example)
    }
}

/// The setting with this key, and the name that the key stands for.
pub(super) fn known(key: &str) -> Option<(&'static Setting, &'static str)> {
    let settings = SETTINGS.iter().copied();
    let mut names = settings.flat_map(|setting| setting.names().map(move |name| (setting, name)));
    let found = names.find(|(_, (name, _))| name.to_lowercase() == key);
    found.map(|(setting, (name, _))| (setting, name))
}

/// The problem with an unknown key, and an example of what is meant.
pub(super) fn unknown(key: &str) -> (String, String) {
    let settings = SETTINGS.iter();
    let settings = settings.filter(|setting| setting.toml != TomlForm::Absent);
    let settings = settings.map(|setting| (setting.key(), setting.key(), example(setting)));
    let tables = [&ADMINISTRATOR, &CHANNEL].into_iter();
    let tables = tables.map(|kind| (kind.key, kind.header, kind.header));
    let tables = tables.map(|(key, name, example)| (key.into(), name.into(), example.into()));
    let known: Vec<(String, String, String)> = settings.chain(tables).collect();
    let near = nearest_name(key, known.iter().map(|(key, ..)| key.as_str()));
    match known.iter().find(|(key, ..)| Some(key.as_str()) == near) {
        Some((_, name, example)) => (
            format!("unknown key: did you mean {name}?"),
            example.clone(),
        ),
        None => (
            "unknown key: `securityhub-members config` lists all".to_owned(),
            example(&TIMEZONE),
        ),
    }
}

impl TableKind {
    /// The problem with an unknown key of a table.
    pub(super) fn unknown(&self, key: &str) -> String {
        if known(key).is_some() || [ADMINISTRATOR.key, CHANNEL.key].contains(&key) {
            let header = self.header;
            return format!("in {header}, because it is below that line: move it to the top");
        }
        let names = self.keys.iter().map(|key| key.name);
        match nearest_name(key, names.clone()) {
            Some(near) => format!("unknown key: did you mean {near}?"),
            None => {
                let names: Vec<_> = names.collect();
                format!("unknown key: a table can have {}", names.join(", "))
            }
        }
    }
}
