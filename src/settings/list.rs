//! The only list of settings. It defines each variable, flag, help text, default and example,
//! and the table in docs/configuration.md; tests compare the document and both templates with
//! it. The meaning of a value is not decided here.

/// A setting: an environment variable, a flag of the same name, and a key of the configuration
/// file.
#[derive(Debug)]
pub struct Setting {
    /// The variable.
    pub name: &'static str,
    /// The variable's name in earlier releases: still accepted, as is its flag.
    pub deprecated_name: Option<&'static str>,
    /// The form of its value.
    pub kind: SettingKind,
    /// The form of its value in a configuration file.
    pub(super) toml: TomlForm,
    /// A sentence for the command line and the document, without a full stop.
    pub help: &'static str,
    /// More sentences for the document alone. They may have links.
    pub details: &'static str,
    /// The value if none is given.
    pub default: Option<&'static str>,
    /// The meaning of no value, if there is no default.
    pub unset: &'static str,
    /// A valid value, quoted for a shell.
    pub example: &'static str,
    /// The advice if the setting is required and missing.
    pub missing: Option<&'static str>,
    /// True if values may begin with a hyphen.
    pub hyphens: bool,
    /// True if the setting only makes sense on one machine. The templates lack it.
    pub local: bool,
}

/// The form of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// A text that errors may quote.
    Text,
    /// A file on this machine.
    Path,
    /// A secret: never shown, and not meant for the command line.
    Secret,
}

/// The form of a setting's value in a configuration file. A string is always accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TomlForm {
    /// A string.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Flag,
    /// A list of strings. As one text, these characters separate the items; without any, a text
    /// is one item.
    List(&'static [char]),
    /// None: the setting says where the file is.
    Absent,
}

impl Setting {
    const fn named(name: &'static str) -> Self {
        Self {
            name,
            deprecated_name: None,
            kind: SettingKind::Text,
            toml: TomlForm::Text,
            help: "",
            details: "",
            default: None,
            unset: "",
            example: "",
            missing: None,
            hyphens: false,
            local: false,
        }
    }

    /// The flag, without its hyphens.
    pub fn flag(&self) -> String {
        flag(self.name)
    }

    /// The flag of the deprecated name.
    pub fn deprecated_flag(&self) -> Option<String> {
        self.deprecated_name.map(flag)
    }

    /// The key in a configuration file.
    pub(super) fn key(&self) -> String {
        self.name.to_lowercase()
    }

    /// Every name that the setting can be given under, with the form of its value.
    pub(super) fn names(&self) -> impl Iterator<Item = (&'static str, SettingKind)> {
        let names = std::iter::once(self.name).chain(self.deprecated_name);
        names.map(|name| (name, self.kind))
    }

    /// Reports whether the templates for AWS must have the setting.
    pub fn is_in_templates(&self) -> bool {
        !self.local && self.kind != SettingKind::Path
    }
}

fn flag(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

/// Declares each setting as a constant named like its variable, and the list of all.
macro_rules! settings {
    ($($(#[$feature:meta])? $name:ident { $($part:tt)* })*) => {
        $(
            $(#[$feature])?
            pub(super) static $name: Setting = Setting {
                $($part)*
                ..Setting::named(stringify!($name))
            };
        )*
        /// All of them, in the order of the help.
        pub static SETTINGS: &[&Setting] = &[$($(#[$feature])? &$name,)*];
    };
}

/// The separator of most lists.
const COMMA: TomlForm = TomlForm::List(&[',']);

settings! {
    CONFIG {
        kind: SettingKind::Path,
        toml: TomlForm::Absent,
        help: "TOML file with settings; flags and variables take precedence",
        details: "See [below](#a-configuration-file)",
        unset: "none",
        example: "/etc/securityhub-members.toml",
    }
    CONFIG_TOML {
        toml: TomlForm::Absent,
        help: "Text of a configuration file, instead of CONFIG",
        unset: "none",
        example: "'timezone = \"Asia/Tokyo\"'",
    }
    SLACK_SIGNING_SECRET {
        kind: SettingKind::Secret,
        help: "Signing secret of the app; two during a rotation, comma separated",
        details: "It verifies Slack's requests",
        example: "8f742231b10e8888abcd99yyyzzz85a5",
        missing: Some("copy it from the app's page: Basic Information → App Credentials"),
    }
    SLACK_SIGNING_SECRET_FILE {
        kind: SettingKind::Path,
        help: "File with the signing secret, read again when it changes",
        details: "See [Secrets](operations.md#secrets)",
        example: "/run/secrets/slack",
    }
    SLACK_APP_TOKEN {
        kind: SettingKind::Secret,
        help: "App-level token, xapp-…, for Socket Mode, which needs no public address",
        details: "It replaces `SLACK_SIGNING_SECRET`: see [Socket Mode](slack-app.md#socket-mode)",
        example: "xapp-…",
    }
    SLACK_APP_TOKEN_FILE {
        kind: SettingKind::Path,
        help: "File with the app-level token, read again when it changes",
        example: "/run/secrets/slack",
    }
    SLACK_BOT_TOKEN {
        kind: SettingKind::Secret,
        help: "Bot token of the app, xoxb-…",
        example: "xoxb-…",
        missing: Some("install the app, and copy it from OAuth & Permissions"),
    }
    SLACK_BOT_TOKEN_FILE {
        kind: SettingKind::Path,
        help: "File with the bot token, read again when it changes",
        example: "/run/secrets/slack",
    }
    SLACK_CHANNEL {
        help: "ID of the digest's channel, such as C0123456789",
        details: "Or tables `[[channel]]` in a configuration file: see [Several channels](#several-channels)",
        example: "C0123456789",
        missing: Some("copy the ID from the bottom of the channel's details in Slack"),
    }
    SLACK_APP_ID {
        help: "ID of the app, such as A0123456789; requests for other apps are rejected",
        details: "Slack shows it under *Basic Information*",
        unset: "any",
        example: "A0123456789",
    }
    ALLOWED_USERS {
        toml: COMMA,
        help: "Users who may use the bot, as IDs, comma separated",
        details: "It covers the command, its buttons and the Home tab",
        unset: "everyone",
        example: "U0123456789,U9876543210",
    }
    ALLOWED_CHANNELS {
        toml: COMMA,
        help: "Channels where the command may be used, as IDs, comma separated",
        details: "`C…`, `G…`, direct messages `D…`. It covers buttons too",
        unset: "all",
        example: "C0123456789,G0123456789",
    }
    CASE_USERS {
        toml: COMMA,
        help: "Users who may take and accept cases, as IDs, comma separated",
        details: "They need access to the bot too. See [Cases](commands.md#cases)",
        unset: "those of ALLOWED_USERS",
        example: "U0123456789,U9876543210",
    }
    ACK_MAX {
        help: "Longest time that a case can be accepted for, in whole days",
        details: "From `1day` to `366days`",
        default: Some("90d"),
        example: "90d",
    }
    PENDING_AFTER {
        help: "Age at which an open invitation becomes a case",
        details: "From `1h` to `366days`",
        default: Some("7d"),
        example: "7d",
    }
    URGENT_UNITS {
        toml: COMMA,
        help: "OUs whose cases come first, as paths, comma separated",
        details: "From the root down. `*` matches one level, `**` any number of levels",
        unset: "none",
        example: "'Workloads/Prod/**'",
    }
    SLACK_API_URL {
        help: "Address of Slack's Web API: https://slack-gov.com/api for GovSlack",
        details: "A mock's address works too",
        default: Some("https://slack.com/api"),
        example: "https://slack.com/api",
    }
    TABLE_NAME {
        help: "Name of the DynamoDB table",
        default: Some("securityhub-members"),
        example: "securityhub-members",
    }
    REGIONS {
        toml: COMMA,
        help: "Regions to monitor, comma separated, or all, or all,-REGION,…",
        details: "`all`: every Region that the account has enabled. `all,-eu-north-1`: all except one",
        unset: "the AWS SDK's Region",
        example: "eu-west-1,us-east-1",
        hyphens: true,
    }
    ADMINISTRATORS {
        toml: TomlForm::List(&[';', '\n']),
        help: "Administrators to monitor, semicolon separated: self, or ROLE-ARN external-id=… regions=…",
        details: "See [below](#every-region-several-administrators)",
        default: Some("self"),
        example: "'self; arn:aws:iam::111122223333:role/securityhub-members external-id=… regions=all'",
    }
    ORGANIZATION {
        help: "Source of account names and coverage, AWS Organizations: auto, on, off, or the ARN of a role to assume",
        details: "See [below](#names-and-the-organization)",
        default: Some("auto"),
        example: "arn:aws:iam::123456789012:role/read-organization",
    }
    NAMES_FILE {
        kind: SettingKind::Path,
        help: "CSV file with account names and a header row such as id,name,unit",
        unset: "none",
        example: "names.csv",
    }
    TIMEZONE {
        help: "IANA time zone of all dates, such as Asia/Tokyo",
        default: Some("UTC"),
        example: "Asia/Tokyo",
    }
    DIGEST_SCHEDULE {
        help: "Schedule of the digest: five-field cron in TIMEZONE, at most 24 times a day",
        default: Some("0 9 * * *"),
        example: "'0 9 * * 1-5'",
    }
    NOT_ENABLED {
        help: "How often a digest lists the accounts that aren't Enabled: daily, weekly or changes",
        details: "In its thread. `weekly`: in the first digest of a week. `changes`: if an account has changed since the last digest. Counts and open cases are in every digest",
        default: Some("daily"),
        example: "weekly",
    }
    QUIET {
        help: "Whether to skip digests without news: never (post all) or changes (post only those with news)",
        details: "See [Quiet days](#quiet-days)",
        default: Some("never"),
        example: "changes",
    }
    HEARTBEAT {
        help: "When a quiet channel gets a digest even without news: five-field cron in TIMEZONE",
        details: "At least every 8 days",
        unset: "the first digest of a week",
        example: "'0 9 * * 1'",
    }
    ALERT {
        toml: COMMA,
        help: "Changes that the channel gets at once, as kinds, comma separated",
        details: "They are in the next digest too. `left`, `removed`, `deleted`, `suspended`, `unprotected`, `reverted`, `declined`, `changed`, `new`, `joined`. See [Alerts at once](#alerts-at-once)",
        unset: "none",
        example: "left,removed,suspended",
    }
    POLL_INTERVAL {
        help: "Interval between polls of each member list",
        details: "From `10s` to `1day`. A shorter interval catches more short-lived changes",
        default: Some("15m"),
        example: "15m",
    }
    STALE_AFTER {
        deprecated_name: Some("UNREAD_AFTER"),
        help: "Age at which data is stale: the channel gets an alert, and /readyz fails when all data is stale",
        details: "From `1m` to `30days`",
        default: Some("2h"),
        example: "2h",
    }
    LOCALE {
        help: "Language of the channel: en or ja",
        default: Some("en"),
        example: "ja",
    }
    SHOW_EMAILS {
        help: "Places that show email addresses: none, home or all",
        details: "`home`: in the Home tab and in a terminal. `all`: in messages too",
        default: Some("none"),
        example: "home",
    }
    LISTEN {
        help: "Address and port to listen on",
        default: Some("0.0.0.0:3000"),
        example: "0.0.0.0:3000",
        local: true,
    }
    RETENTION_DAYS {
        toml: TomlForm::Number,
        help: "Days to keep history",
        details: "From 40 to 36500",
        default: Some("400"),
        example: "400",
    }
    #[cfg(feature = "embedded-store")]
    EMBEDDED_STORE {
        kind: SettingKind::Path,
        help: "File that replaces DynamoDB, for one process on one machine",
        details: "It needs the feature `embedded-store`",
        example: "members.db",
    }
    LOG_FORMAT {
        help: "Format of the log: text or json",
        details: "`RUST_LOG` sets the levels",
        default: Some("text"),
        example: "json",
    }
}
