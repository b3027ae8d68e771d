//! Every setting, once. Its flag, its variable, its help, its default, the examples
//! in errors and the table in docs/configuration.md are made of this list; tests compare the
//! document and both templates with it. The meaning of a value is not decided here.

/// A setting: an environment variable, and a flag of the same name.
#[derive(Debug)]
pub struct Setting {
    /// The variable.
    pub name: &'static str,
    /// The form of its value.
    pub kind: SettingKind,
    /// A sentence for the command line and the document, with no full stop.
    pub help: &'static str,
    /// A second one, for the document alone; it may have links.
    pub details: &'static str,
    /// The text that holds where none is given.
    pub default: Option<&'static str>,
    /// The meaning of giving none, if there is no default text.
    pub unset: &'static str,
    /// A value that is right, as a shell takes it.
    pub example: &'static str,
    /// The advice where the setting is required and missing.
    pub missing: Option<&'static str>,
    /// True if values may begin with a hyphen.
    pub hyphens: bool,
    /// True if it makes sense only for one machine: the templates do not offer it.
    pub local: bool,
}

/// The form of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// Anything that may be quoted in an error.
    Text,
    /// A file of this machine.
    Path,
    /// A text that is never shown, and does not belong on the command line.
    Secret,
}

impl Setting {
    const fn named(name: &'static str) -> Self {
        Self {
            name,
            kind: SettingKind::Text,
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
        self.name.to_lowercase().replace('_', "-")
    }

    /// Reports whether the templates for AWS have to offer it.
    pub fn is_in_templates(&self) -> bool {
        !self.local && self.kind != SettingKind::Path
    }
}

/// Declares each setting as a constant of its variable's name, and the list of all.
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

settings! {
    SLACK_SIGNING_SECRET {
        kind: SettingKind::Secret,
        help: "The app's signing secret; two with a comma while it is rotated",
        details: "It verifies what comes from Slack",
        example: "8f742231b10e8888abcd99yyyzzz85a5",
        missing: Some("take it from Basic Information → App Credentials of the app"),
    }
    SLACK_SIGNING_SECRET_FILE {
        kind: SettingKind::Path,
        help: "A file that holds the signing secret; it is read again when it changes",
        details: "See [Secrets](operations.md#secrets)",
        example: "/run/secrets/slack",
    }
    SLACK_APP_TOKEN {
        kind: SettingKind::Secret,
        help: "The app-level token, xapp-…, for Socket Mode: the bot opens the connection, and Slack's requests need no public address",
        details: "`SLACK_SIGNING_SECRET` is not required then: see [Socket Mode](slack-app.md#socket-mode)",
        example: "xapp-…",
    }
    SLACK_APP_TOKEN_FILE {
        kind: SettingKind::Path,
        help: "A file that holds the app-level token; it is read again when it changes",
        example: "/run/secrets/slack",
    }
    SLACK_BOT_TOKEN {
        kind: SettingKind::Secret,
        help: "The app's bot token, xoxb-…",
        example: "xoxb-…",
        missing: Some("take it from OAuth & Permissions of the app, once it is installed"),
    }
    SLACK_BOT_TOKEN_FILE {
        kind: SettingKind::Path,
        help: "A file that holds the bot token; it is read again when it changes",
        example: "/run/secrets/slack",
    }
    SLACK_CHANNEL {
        help: "The id of the digest's channel, like C0123456789",
        example: "C0123456789",
        missing: Some("take the id from the bottom of the channel's details in Slack"),
    }
    SLACK_APP_ID {
        help: "The app's id, like A0123456789: requests for another app are refused",
        details: "It stands under *Basic Information*",
        unset: "any",
        example: "A0123456789",
    }
    ALLOWED_USERS {
        help: "Who may use the bot, as user ids, comma separated",
        details: "It holds for the command, its buttons and the Home tab",
        unset: "everybody",
        example: "U0123456789,U9876543210",
    }
    ALLOWED_CHANNELS {
        help: "In which channels the command may be used, as ids, comma separated",
        details: "`C…`, `G…`, direct messages `D…`; it holds for the buttons too",
        unset: "all",
        example: "C0123456789,G0123456789",
    }
    SLACK_API_URL {
        help: "Where Slack's Web API is; another address is for a stand-in",
        default: Some("https://slack.com/api"),
        example: "https://slack.com/api",
        local: true,
    }
    TABLE_NAME {
        help: "The DynamoDB table",
        default: Some("securityhub-members"),
        example: "securityhub-members",
    }
    REGIONS {
        help: "The Regions to watch, comma separated, or all, or all,-REGION,…",
        details: "`all`: every one that is enabled for the account; `all,-eu-north-1`: all but some",
        unset: "the AWS SDK's Region",
        example: "eu-west-1,us-east-1",
        hyphens: true,
    }
    ADMINISTRATORS {
        help: "The administrators to watch, semicolon separated: self, or ROLE-ARN external-id=… regions=…",
        details: "See [below](#every-region-several-administrators)",
        default: Some("self"),
        example: "'self; arn:aws:iam::111122223333:role/securityhub-members external-id=… regions=all'",
    }
    ORGANIZATION {
        help: "Whether AWS Organizations is asked for names and for accounts that are no member: auto (where it may be), on, off, or the ARN of a role to assume for it",
        details: "See [below](#names-and-the-organization)",
        default: Some("auto"),
        example: "arn:aws:iam::123456789012:role/read-organization",
    }
    NAMES_FILE {
        kind: SettingKind::Path,
        help: "A CSV file of account names, with a heading like id,name,unit",
        unset: "none",
        example: "names.csv",
    }
    TIMEZONE {
        help: "The IANA time zone of all dates, like Asia/Tokyo",
        default: Some("UTC"),
        example: "Asia/Tokyo",
    }
    DIGEST_SCHEDULE {
        help: "When the digest is due: five-field cron in TIMEZONE, once a day at most",
        default: Some("0 9 * * *"),
        example: "'0 9 * * 1-5'",
    }
    POLL_INTERVAL {
        help: "How often every hub is polled",
        details: "From `10s` to `1day`. Shorter sees more departures that come back",
        default: Some("15m"),
        example: "15m",
    }
    UNREAD_AFTER {
        help: "How long a hub may be unread before the channel is told, and how old the data of every hub may be before /readyz fails",
        details: "From `1m` to `30days`",
        default: Some("2h"),
        example: "2h",
    }
    LOCALE {
        help: "The language of the channel: en or ja",
        default: Some("en"),
        example: "ja",
    }
    SHOW_EMAILS {
        help: "Where email addresses are shown: none, home or all",
        details: "`home`: in the Home tab and in a terminal; `all`: in messages too",
        default: Some("none"),
        example: "home",
    }
    LISTEN {
        help: "Where to listen for Slack",
        default: Some("0.0.0.0:3000"),
        example: "0.0.0.0:3000",
        local: true,
    }
    RETENTION_DAYS {
        help: "How long history is kept, in days",
        details: "From 40 to 36500",
        default: Some("400"),
        example: "400",
    }
    #[cfg(feature = "embedded-store")]
    EMBEDDED_STORE {
        kind: SettingKind::Path,
        help: "Keep everything in this file instead of in DynamoDB: for a single process on a single machine",
        details: "Feature `embedded-store`",
        example: "members.db",
    }
    LOG_FORMAT {
        help: "How the log is written: text or json",
        details: "`RUST_LOG` chooses what is logged",
        default: Some("text"),
        example: "json",
    }
}
