//! The values of the settings, as the rest of the program uses them. `list.rs` declares each
//! setting once. One error reports everything that is invalid.

mod assignment;
mod channels;
mod effective;
mod file;
mod given;
mod ineffective;
mod invalid;
pub(crate) mod list;
pub(crate) mod organization;
mod origin;
mod reader;
mod secrets;
mod table_reader;
mod values;
mod webhook;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use channels::ChannelDefaults;
pub use channels::{ChannelConfig, ChannelTarget};
use chrono::Days;
use chrono_tz::Tz;
pub use given::Settings;
pub use invalid::InvalidSettings;
pub use list::{SETTINGS, Setting, SettingKind};
pub use organization::ReadOrganization;
use reader::SettingsReader;
use secrets::Secrets;
use url::Url;
pub use webhook::{SecretOrigin, WebhookConfig};

use crate::domain::administrator::{self, RegionChoice, WatchedAdmin};
use crate::domain::emails::Emails;
use crate::domain::hub::Region;
use crate::domain::listing::NotEnabledListing;
use crate::domain::quiet::QuietDays;
use crate::domain::schedule::Schedule;
use crate::domain::unit::UnitPattern;
use crate::log::LogFormat;
use crate::proxy::ProxySettings;
use crate::secrets::{Secret, SecretFile};
use crate::slack::admission::Allowed;
use crate::slack::ids::{AppId, ChannelId, UserId};
use crate::slack::signature::SigningSecrets;
use crate::text::Locale;

/// The settings that every command has.
#[derive(Debug, Clone)]
pub struct Config {
    /// The URL of Slack's Web API.
    pub slack_api: Url,
    /// The proxy; `None` if the environment has one that can't be used.
    pub proxies: Option<ProxySettings>,
    /// The name of the table.
    pub table: String,
    /// The Regions of administrators without their own.
    pub regions: RegionChoice,
    /// The administrators whose hubs are monitored, at least one.
    pub administrators: Vec<WatchedAdmin>,
    /// The way to read the organization.
    pub organization: ReadOrganization,
    /// The file with account names.
    pub names_file: Option<PathBuf>,
    /// The time zone of all dates.
    pub zone: Tz,
    /// The schedule of the digest.
    pub schedule: Schedule,
    /// The digests that list the accounts that aren't Enabled.
    pub not_enabled: NotEnabledListing,
    /// The interval between polls of a hub.
    pub poll_interval: Duration,
    /// The age at which data is stale, and the channel gets an alert.
    pub stale_after: Duration,
    /// The language of the channel.
    pub locale: Locale,
    /// The places that show email addresses.
    pub emails: Emails,
    /// The address that the endpoint listens on.
    pub listen: SocketAddr,
    /// The number of days to keep history.
    pub retention: Days,
    /// The most days from today to the end of an acceptance.
    pub ack_max: Days,
    /// The age at which an open invitation becomes a case.
    pub pending_after: Duration,
    /// The OUs whose cases come first.
    pub urgent_units: Vec<UnitPattern>,
    /// The format of the log.
    pub log_format: LogFormat,
    /// The file of the embedded store, which replaces DynamoDB.
    #[cfg(feature = "embedded-store")]
    pub embedded_store: Option<PathBuf>,
    /// The secrets that verify Slack's requests.
    pub signing_secrets: Option<SigningSecrets>,
    /// The app-level token, which turns on Socket Mode.
    pub app_token: Option<Secret>,
    /// The bot token.
    pub bot_token: Option<Secret>,
    /// The files with secrets.
    pub secret_files: Vec<SecretFile>,
    /// The secrets on the command line, where `ps` shows them.
    pub exposed: Vec<&'static str>,
    /// The configuration file that was read, or the variable with its text.
    pub config_file: Option<Arc<str>>,
    /// The settings that are given under a deprecated name.
    pub deprecated: Vec<&'static Setting>,
    /// The channels that get digests, in the order of the file.
    pub channels: Vec<ChannelConfig>,
    /// The number of tables `[[channel]]` that a flag or variable `SLACK_CHANNEL` replaces.
    pub replaced_channels: usize,
    /// The people and channels that may use the bot.
    pub allowed: Allowed,
}

/// The settings that a command requires.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// `SLACK_SIGNING_SECRET`, unless `SLACK_APP_TOKEN` is set
    pub signing_secret: bool,
    /// `SLACK_BOT_TOKEN`
    pub bot_token: bool,
    /// `SLACK_CHANNEL`
    pub channel: bool,
    /// The network, and a usable proxy if the environment has one
    pub network: bool,
}

impl Config {
    /// The channels of Slack.
    pub fn slack_channels(&self) -> impl Iterator<Item = &ChannelConfig> {
        let channels = self.channels.iter();
        channels.filter(|channel| channel.target == ChannelTarget::Slack)
    }

    /// Adds the secret files of webhooks to the others.
    fn with_webhook_files(mut self) -> Self {
        let webhooks = self.channels.iter().filter_map(ChannelConfig::webhook);
        let files = webhooks.filter_map(|webhook| match &webhook.origin {
            SecretOrigin::File(file) => Some(file.clone()),
            SecretOrigin::Variable(_) => None,
        });
        self.secret_files.extend(files);
        self
    }

    /// The first configured Region. It has the table, unless the SDK's own settings name a
    /// Region.
    pub fn first_region(&self) -> Option<&Region> {
        let admins = self.administrators.iter();
        let mut named = admins.filter_map(|admin| admin.regions.first());
        self.regions.first().or_else(|| named.next())
    }
}

impl Settings {
    /// Checks every setting.
    ///
    /// # Errors
    ///
    /// Every invalid setting.
    pub fn check(&self, needs: Needs) -> Result<Config, InvalidSettings> {
        match self.examine(needs) {
            (config, None) => Ok(config),
            (_, Some(invalid)) => Err(invalid),
        }
    }

    /// The settings, and the invalid ones. An invalid setting counts as not set, except for
    /// tokens, which keep their value.
    pub fn examine(&self, needs: Needs) -> (Config, Option<InvalidSettings>) {
        let mut reader = SettingsReader::new(self);
        let zone = reader.read(&list::TIMEZONE, values::zone);
        let regions = reader.optional(&list::REGIONS, RegionChoice::parse);
        let regions = regions.unwrap_or(RegionChoice::Sdk);
        let administrators = |text: &str| administrator::parse(text, &regions);
        let path = |setting| self.path(setting).map(Path::to_owned);
        let named = regions.named().to_vec();
        let (secrets, schedule, listing, locale);
        // Faults are reported in this order.
        let config = Config {
            administrators: reader.read(&list::ADMINISTRATORS, administrators),
            schedule: {
                schedule = reader.read(&list::DIGEST_SCHEDULE, |text| Schedule::parse(text, zone));
                Schedule::clone(&schedule)
            },
            slack_api: reader.read(&list::SLACK_API_URL, values::api_url),
            table: reader.read(&list::TABLE_NAME, values::table_name),
            regions,
            organization: reader.read(&list::ORGANIZATION, ReadOrganization::from_str),
            names_file: path(&list::NAMES_FILE),
            zone,
            not_enabled: {
                listing = reader.read(&list::NOT_ENABLED, NotEnabledListing::from_str);
                listing
            },
            poll_interval: reader.read(&list::POLL_INTERVAL, values::poll_interval),
            stale_after: reader.read(&list::STALE_AFTER, values::stale_after),
            locale: {
                locale = reader.read(&list::LOCALE, Locale::from_str);
                locale
            },
            emails: reader.read(&list::SHOW_EMAILS, Emails::from_str),
            listen: reader.read(&list::LISTEN, values::listen),
            retention: reader.read(&list::RETENTION_DAYS, values::retention),
            ack_max: reader.read(&list::ACK_MAX, values::ack_max),
            pending_after: reader.read(&list::PENDING_AFTER, values::pending_after),
            urgent_units: reader
                .optional(&list::URGENT_UNITS, values::units)
                .unwrap_or_default(),
            log_format: reader.read(&list::LOG_FORMAT, values::log_format),
            #[cfg(feature = "embedded-store")]
            embedded_store: path(&list::EMBEDDED_STORE),
            signing_secrets: {
                secrets = Secrets::read(&mut reader, needs);
                secrets.signing
            },
            app_token: secrets.app_token,
            bot_token: secrets.bot_token,
            secret_files: secrets.files,
            exposed: self.exposed(),
            config_file: self.file.name.clone(),
            deprecated: self.deprecated(),
            channels: channels(&mut reader, needs.channel, |reader| ChannelDefaults {
                zone,
                locale,
                schedule,
                listing,
                quiet: reader.read(&list::QUIET, QuietDays::from_str),
                heartbeat: reader.optional(&list::HEARTBEAT, |text| values::heartbeat(text, zone)),
                alert: reader
                    .optional(&list::ALERT, values::kinds)
                    .unwrap_or_default(),
                regions: named,
            }),
            replaced_channels: self.replaced_channels().len(),
            allowed: allowed(&mut reader),
            proxies: reader.proxies(needs.network),
        };
        (config.with_webhook_files(), reader.invalid())
    }
}

/// The channels, with what holds for those that don't say otherwise.
fn channels(
    reader: &mut SettingsReader<'_>,
    is_needed: bool,
    defaults: impl FnOnce(&mut SettingsReader<'_>) -> ChannelDefaults,
) -> Vec<ChannelConfig> {
    let defaults = defaults(reader);
    let channels = channels::read(reader, is_needed, &defaults);
    let is_quiet = |one: &ChannelConfig| one.audience.quiet.is_some();
    // An invalid setting or table may be the quiet one.
    let is_known = !reader.is_wrong(&list::QUIET) && !reader.is_wrong(&list::SLACK_CHANNEL);
    let is_useless = is_known && !channels.is_empty() && !channels.iter().any(is_quiet);
    if defaults.heartbeat.is_some() && is_useless {
        let problem = "has no effect without a quiet channel: set QUIET=changes, or remove it";
        reader.wrong(&list::HEARTBEAT, problem);
    }
    channels
}

fn allowed(reader: &mut SettingsReader<'_>) -> Allowed {
    let app = |text: &str| values::id(text, "an app", AppId::LETTERS, AppId::parse);
    let users = |text: &str| values::ids(text, "a user", UserId::LETTERS, UserId::parse);
    let channels =
        |text: &str| values::ids(text, "a channel", ChannelId::LETTERS, ChannelId::parse);
    Allowed {
        app: reader.optional(&list::SLACK_APP_ID, app),
        users: reader
            .optional(&list::ALLOWED_USERS, users)
            .unwrap_or_default(),
        channels: reader
            .optional(&list::ALLOWED_CHANNELS, channels)
            .unwrap_or_default(),
        case_users: reader
            .optional(&list::CASE_USERS, users)
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
