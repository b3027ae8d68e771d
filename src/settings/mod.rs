//! Every setting: read once, checked once, all that is wrong named at once.

mod checked;
mod organization;
mod secrets;
mod values;

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

pub use checked::InvalidSettings;
use checked::{Checked, SWAPPED, is_secret};
use chrono::Days;
use chrono_tz::Tz;
use clap::Args;
pub use organization::ReadOrganization;
use secrecy::SecretString;
use url::Url;
use values::{
    DAY, api_url, daily, duration, id, ids, log_format, own_account, retention, slacks_api,
    table_name, zone,
};

use crate::domain::administrator::{self, RegionChoice, WatchedAdmin};
use crate::domain::hub::Region;
use crate::emails::Emails;
use crate::log::LogFormat;
use crate::schedule::Schedule;
use crate::secrets::{Secret, SecretFile};
use crate::slack::admission::Allowed;
use crate::slack::ids::{AppId, ChannelId, UserId};
use crate::slack::signature::SigningSecrets;
use crate::text::Locale;

/// The settings as they are given. Each is a flag and an environment variable.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// The app's signing secret; two with a comma while it is rotated
    #[arg(
        long,
        env = "SLACK_SIGNING_SECRET",
        hide_env_values = true,
        global = true
    )]
    slack_signing_secret: Option<SecretString>,
    /// A file that holds the signing secret; it is read again when it changes
    #[arg(long, env = "SLACK_SIGNING_SECRET_FILE", global = true)]
    slack_signing_secret_file: Option<std::path::PathBuf>,
    /// The app-level token, xapp-…, for Socket Mode: the bot opens the connection, and Slack's requests need no public address
    #[arg(long, env = "SLACK_APP_TOKEN", hide_env_values = true, global = true)]
    slack_app_token: Option<SecretString>,
    /// A file that holds the app-level token; it is read again when it changes
    #[arg(long, env = "SLACK_APP_TOKEN_FILE", global = true)]
    slack_app_token_file: Option<std::path::PathBuf>,
    /// The app's bot token, xoxb-…
    #[arg(long, env = "SLACK_BOT_TOKEN", hide_env_values = true, global = true)]
    slack_bot_token: Option<SecretString>,
    /// A file that holds the bot token; it is read again when it changes
    #[arg(long, env = "SLACK_BOT_TOKEN_FILE", global = true)]
    slack_bot_token_file: Option<std::path::PathBuf>,
    /// The id of the digest's channel, like C0123456789
    #[arg(long, env = "SLACK_CHANNEL", global = true)]
    slack_channel: Option<String>,
    /// The app's id, like A0123456789: requests for another app are refused [default: any]
    #[arg(long, env = "SLACK_APP_ID", global = true)]
    slack_app_id: Option<String>,
    /// Who may use the bot, as user ids, comma separated [default: everybody]
    #[arg(long, env = "ALLOWED_USERS", global = true)]
    allowed_users: Option<String>,
    /// In which channels the command may be used, as ids, comma separated [default: all]
    #[arg(long, env = "ALLOWED_CHANNELS", global = true)]
    allowed_channels: Option<String>,
    /// Where Slack's Web API is; another address is for a stand-in [default: Slack's own]
    #[arg(long, env = "SLACK_API_URL", global = true)]
    slack_api_url: Option<String>,
    /// The DynamoDB table [default: securityhub-members]
    #[arg(long, env = "TABLE_NAME", global = true)]
    table_name: Option<String>,
    /// The Regions to watch, comma separated, or all, or all,-REGION,… [default: the AWS SDK's Region]
    #[arg(long, env = "REGIONS", global = true, allow_hyphen_values = true)]
    regions: Option<String>,
    /// The administrators to watch, semicolon separated: self, or ROLE-ARN external-id=… regions=… [default: self]
    #[arg(long, env = "ADMINISTRATORS", global = true)]
    administrators: Option<String>,
    /// Whether AWS Organizations is asked for names and for accounts that are no member: auto (where it may be), on, off, or the ARN of a role to assume for it [default: auto]
    #[arg(long, env = "ORGANIZATION", global = true)]
    organization: Option<String>,
    /// A CSV file of account names, with a heading like id,name,unit [default: none]
    #[arg(long, env = "NAMES_FILE", global = true)]
    names_file: Option<std::path::PathBuf>,
    /// The IANA time zone of all dates, like Asia/Tokyo [default: UTC]
    #[arg(long, env = "TIMEZONE", global = true)]
    timezone: Option<String>,
    /// When the digest is due: five-field cron in TIMEZONE, once a day at most [default: 0 9 * * *]
    #[arg(long, env = "DIGEST_SCHEDULE", global = true)]
    digest_schedule: Option<String>,
    /// How often every hub is polled [default: 15m]
    #[arg(long, env = "POLL_INTERVAL", global = true)]
    poll_interval: Option<String>,
    /// How long a hub may be unread before the channel is told, and how old the data of every hub may be before /readyz fails [default: 2h]
    #[arg(long, env = "UNREAD_AFTER", global = true)]
    unread_after: Option<String>,
    /// The language of the channel: en or ja [default: en]
    #[arg(long, env = "LOCALE", global = true)]
    locale: Option<String>,
    /// Where email addresses are shown: none, home or all [default: none]
    #[arg(long, env = "SHOW_EMAILS", global = true)]
    show_emails: Option<String>,
    /// Where to listen for Slack [default: 0.0.0.0:3000]
    #[arg(long, env = "LISTEN", global = true)]
    listen: Option<String>,
    /// How long history is kept, in days [default: 400]
    #[arg(long, env = "RETENTION_DAYS", global = true)]
    retention_days: Option<String>,
    /// Keep everything in this file instead of in DynamoDB: for a single process on a single machine
    #[cfg(feature = "embedded-store")]
    #[arg(long, env = "EMBEDDED_STORE", global = true)]
    embedded_store: Option<std::path::PathBuf>,
    /// How the log is written: text or json [default: text]
    #[arg(long, env = "LOG_FORMAT", global = true)]
    log_format: Option<String>,
    /// The secrets that stand on the command line.
    #[arg(skip)]
    exposed: Vec<&'static str>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Settings")
    }
}

/// The settings that every command has.
#[derive(Debug, Clone)]
pub struct Config {
    /// See [`Settings`].
    pub slack_api: Url,
    /// See [`Settings`].
    pub table: String,
    /// The Regions of every administrator that has none of its own.
    pub regions: RegionChoice,
    /// Whose hubs are watched: one at least.
    pub administrators: Vec<WatchedAdmin>,
    /// Whether and how the organization is read.
    pub organization: ReadOrganization,
    /// A file of account names.
    pub names_file: Option<std::path::PathBuf>,
    /// See [`Settings`].
    pub zone: Tz,
    /// See [`Settings`].
    pub schedule: Schedule,
    /// See [`Settings`].
    pub poll_interval: Duration,
    /// See [`Settings`].
    pub unread_after: Duration,
    /// See [`Settings`].
    pub locale: Locale,
    /// See [`Settings`].
    pub emails: Emails,
    /// See [`Settings`].
    pub listen: SocketAddr,
    /// See [`Settings`].
    pub retention: Days,
    /// See [`Settings`].
    pub log_format: LogFormat,
    /// The file of the embedded store, in place of DynamoDB.
    #[cfg(feature = "embedded-store")]
    pub embedded_store: Option<std::path::PathBuf>,
    /// What requests are signed with.
    pub signing_secrets: Option<SigningSecrets>,
    /// The app-level token: with it, requests come over Socket Mode.
    pub app_token: Option<Secret>,
    /// The bot token.
    pub bot_token: Option<Secret>,
    /// The files that hold some of them.
    pub secret_files: Vec<SecretFile>,
    /// The secrets that stand on the command line, where `ps` shows them.
    pub exposed: Vec<&'static str>,
    /// The channel's id.
    pub channel: Option<String>,
    /// Who may use the bot.
    pub allowed: Allowed,
}

/// The settings that a command cannot do without.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// `SLACK_SIGNING_SECRET`, or `SLACK_APP_TOKEN` in its place
    pub signing_secret: bool,
    /// `SLACK_BOT_TOKEN`
    pub bot_token: bool,
    /// `SLACK_CHANNEL`
    pub channel: bool,
}

impl Config {
    /// The first Region that is named: the table is there when the SDK's own
    /// settings name none.
    pub fn first_region(&self) -> Option<&Region> {
        let admins = self.administrators.iter();
        let mut named = admins.filter_map(|admin| admin.regions.first());
        self.regions.first().or_else(|| named.next())
    }
}

impl Settings {
    /// Checks every setting.
    pub fn check(&self, needs: Needs) -> Result<Config, InvalidSettings> {
        match self.examine(needs) {
            (config, None) => Ok(config),
            (_, Some(invalid)) => Err(invalid),
        }
    }

    /// Every setting, and what is wrong with some of them: those count as not
    /// set, or hold what was given.
    pub fn examine(&self, needs: Needs) -> (Config, Option<InvalidSettings>) {
        let mut checked = Checked::default();
        let zone = checked.read(
            "TIMEZONE",
            self.timezone.as_deref(),
            Tz::UTC,
            "Asia/Tokyo",
            zone,
        );
        let regions = checked.read(
            "REGIONS",
            self.regions.as_deref(),
            RegionChoice::Sdk,
            "eu-west-1,us-east-1",
            RegionChoice::parse,
        );
        // Told in the order of the settings.
        let secrets;
        let config = Config {
            administrators: checked.read(
                "ADMINISTRATORS",
                self.administrators.as_deref(),
                own_account(&regions),
                "'self; arn:aws:iam::111122223333:role/securityhub-members external-id=… regions=all'",
                |text| administrator::parse(text, &regions),
            ),
            schedule: checked.read(
                "DIGEST_SCHEDULE",
                self.digest_schedule.as_deref(),
                daily(zone),
                "'0 9 * * 1-5'",
                |text| Schedule::parse(text, zone),
            ),
            slack_api: checked.read(
                "SLACK_API_URL",
                self.slack_api_url.as_deref(),
                slacks_api(),
                "https://slack.com/api",
                api_url,
            ),
            table: checked.read(
                "TABLE_NAME",
                self.table_name.as_deref(),
                "securityhub-members".to_owned(),
                "securityhub-members",
                table_name,
            ),
            regions,
            organization: checked.read(
                "ORGANIZATION",
                self.organization.as_deref(),
                ReadOrganization::Auto,
                "arn:aws:iam::123456789012:role/read-organization",
                ReadOrganization::from_str,
            ),
            names_file: self
                .names_file
                .clone()
                .filter(|path| !path.as_os_str().is_empty()),
            zone,
            poll_interval: checked.read(
                "POLL_INTERVAL",
                self.poll_interval.as_deref(),
                Duration::from_secs(15 * 60),
                "15m",
                |text| duration(text, Duration::from_secs(10)..=DAY),
            ),
            unread_after: checked.read(
                "UNREAD_AFTER",
                self.unread_after.as_deref(),
                Duration::from_secs(2 * 3600),
                "2h",
                |text| duration(text, Duration::from_secs(60)..=30 * DAY),
            ),
            locale: checked.read(
                "LOCALE",
                self.locale.as_deref(),
                Locale::En,
                "ja",
                Locale::from_str,
            ),
            emails: checked.read(
                "SHOW_EMAILS",
                self.show_emails.as_deref(),
                Emails::Nowhere,
                "home",
                Emails::from_str,
            ),
            listen: checked.read(
                "LISTEN",
                self.listen.as_deref(),
                SocketAddr::from(([0, 0, 0, 0], 3000)),
                "0.0.0.0:3000",
                |text| text.parse().map_err(|_| "not an address and a port"),
            ),
            retention: checked.read(
                "RETENTION_DAYS",
                self.retention_days.as_deref(),
                Days::new(400),
                "400",
                retention,
            ),
            log_format: checked.read(
                "LOG_FORMAT",
                self.log_format.as_deref(),
                LogFormat::Text,
                "json",
                log_format,
            ),
            #[cfg(feature = "embedded-store")]
            embedded_store: self
                .embedded_store
                .clone()
                .filter(|path| !path.as_os_str().is_empty()),
            signing_secrets: {
                secrets = self.secrets(needs, &mut checked);
                secrets.signing
            },
            app_token: secrets.app_token,
            bot_token: secrets.bot_token,
            secret_files: secrets.files,
            exposed: self.exposed.clone(),
            channel: self.channel(needs, &mut checked),
            allowed: self.allowed(&mut checked),
        };
        let invalid = (!checked.0.is_empty()).then_some(InvalidSettings(checked.0));
        (config, invalid)
    }

    fn allowed(&self, checked: &mut Checked) -> Allowed {
        Allowed {
            app: checked.read(
                "SLACK_APP_ID",
                self.slack_app_id.as_deref(),
                None,
                "A0123456789",
                |text| id(text, AppId::LETTERS, AppId::parse).map(Some),
            ),
            users: checked.read(
                "ALLOWED_USERS",
                self.allowed_users.as_deref(),
                BTreeSet::new(),
                "U0123456789,U9876543210",
                |text| ids(text, UserId::LETTERS, UserId::parse),
            ),
            channels: checked.read(
                "ALLOWED_CHANNELS",
                self.allowed_channels.as_deref(),
                BTreeSet::new(),
                "C0123456789,G0123456789",
                |text| ids(text, ChannelId::LETTERS, ChannelId::parse),
            ),
        }
    }

    fn channel(&self, needs: Needs, checked: &mut Checked) -> Option<String> {
        const NAME: &str = "SLACK_CHANNEL";
        const EXAMPLE: &str = "C0123456789";
        let given = self.slack_channel.as_deref().map(str::trim);
        let Some(given) = given.filter(|given| !given.is_empty()) else {
            if needs.channel {
                let place =
                    "is not set: take the id from the bottom of the channel's details in Slack";
                checked.wrong(NAME, place, EXAMPLE);
            }
            return None;
        };
        let letters = given
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if is_secret(given) {
            checked.wrong(NAME, SWAPPED, EXAMPLE);
        } else if !letters || !given.starts_with(['C', 'G', 'D']) || given.len() < 6 {
            checked.wrong(
                NAME,
                format!("{given:?} is not a channel's id, which is not its name"),
                EXAMPLE,
            );
        }
        Some(given.to_owned())
    }
}

#[cfg(test)]
mod tests;
