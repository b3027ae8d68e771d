//! The channels that get digests: the tables `[[channel]]` of the configuration file, or
//! `SLACK_CHANNEL`, which is one channel without conditions.
//!
//! A channel is one of Slack, or a webhook. One channel must take everything, so that no change
//! reaches no one.

mod together;

use std::collections::BTreeSet;

use chrono_tz::Tz;

use super::file::FileTable;
use super::ineffective::ineffective;
use super::list::{QUIET, SLACK_CHANNEL};
use super::reader::SettingsReader;
use super::table_reader::TableReader;
use super::values;
use super::webhook::{self, WebhookConfig};
use crate::domain::diff::ChangeKind;
use crate::domain::hub::Region;
use crate::domain::listing::NotEnabledListing;
use crate::domain::member::AccountId;
use crate::domain::mention::{MentionTarget, Mentions};
use crate::domain::quiet::{Quiet, QuietDays, SilentTooLong};
use crate::domain::schedule::Schedule;
use crate::domain::scope::{Audience, Scope};
use crate::domain::unit::UnitPattern;
use crate::text::Locale;

/// A channel that gets digests and alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelConfig {
    /// Identifies it in the table, in metrics and in problems: Slack's ID, or `webhook:` and the
    /// name.
    pub id: String,
    /// The receiver of its messages.
    pub target: ChannelTarget,
    /// The conditions of the channel, and the time zone of its dates.
    pub audience: Audience,
    /// The language.
    pub locale: Locale,
    /// The schedule of the digest.
    pub schedule: Schedule,
}

/// The receiver of a channel's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelTarget {
    /// A channel of the Slack workspace.
    Slack,
    /// A URL that takes messages as JSON.
    Webhook(Box<WebhookConfig>),
}

impl ChannelConfig {
    /// The webhook, if it is one.
    pub fn webhook(&self) -> Option<&WebhookConfig> {
        match &self.target {
            ChannelTarget::Webhook(webhook) => Some(webhook),
            ChannelTarget::Slack => None,
        }
    }
}

/// The values of a channel whose table doesn't say otherwise.
pub(super) struct ChannelDefaults {
    pub(super) zone: Tz,
    pub(super) locale: Locale,
    pub(super) schedule: Schedule,
    pub(super) listing: NotEnabledListing,
    pub(super) quiet: QuietDays,
    pub(super) heartbeat: Option<Schedule>,
    pub(super) alert: BTreeSet<ChangeKind>,
    /// Regions of the settings, to offer for one that is mistyped.
    pub(super) regions: Vec<Region>,
}

/// The channels. A flag or variable `SLACK_CHANNEL` takes the place of all tables.
pub(super) fn read(
    reader: &mut SettingsReader<'_>,
    is_needed: bool,
    defaults: &ChannelDefaults,
) -> Vec<ChannelConfig> {
    if reader.given.text(&SLACK_CHANNEL).is_some() {
        return only_channel(reader, defaults).into_iter().collect();
    }
    let given = reader.given;
    let tables = given.channels();
    if tables.is_empty() && is_needed {
        reader.missing(&SLACK_CHANNEL);
    }
    let channels: Vec<_> = tables
        .iter()
        .filter_map(|table| Some((table, channel(reader, table, defaults)?)))
        .collect();
    together::refuse_repeated(reader, &channels);
    together::refuse_hole(reader, &channels);
    channels.into_iter().map(|(_, channel)| channel).collect()
}

/// The channel `SLACK_CHANNEL`, which takes everything.
fn only_channel(
    reader: &mut SettingsReader<'_>,
    defaults: &ChannelDefaults,
) -> Option<ChannelConfig> {
    let id = reader.optional(&SLACK_CHANNEL, values::channel);
    let quiet = match quiet(
        defaults.quiet,
        defaults.heartbeat.clone(),
        &defaults.schedule,
    ) {
        Ok(quiet) => quiet,
        Err(problem) => {
            reader.wrong(&QUIET, problem);
            None
        }
    };
    let schedule = due(&quiet, &defaults.schedule);
    Some(ChannelConfig {
        id: id?,
        target: ChannelTarget::Slack,
        audience: Audience {
            listing: defaults.listing,
            alert: defaults.alert.clone(),
            quiet,
            schedule: Some(schedule.clone()),
            ..Audience::of_everything(defaults.zone)
        },
        locale: defaults.locale,
        schedule,
    })
}

fn quiet(
    days: QuietDays,
    heartbeat: Option<Schedule>,
    digests: &Schedule,
) -> Result<Option<Quiet>, SilentTooLong> {
    match days {
        QuietDays::Never => Ok(None),
        QuietDays::Changes => Quiet::new(digests, heartbeat).map(Some),
    }
}

/// When the digests of a channel are due, those of its heartbeat included.
fn due(quiet: &Option<Quiet>, digests: &Schedule) -> Schedule {
    let quiet = quiet.as_ref().map(Quiet::due);
    quiet.unwrap_or(digests).clone()
}

/// The channel of a table, or `None` if a value is invalid.
fn channel(
    reader: &mut SettingsReader<'_>,
    table: &FileTable,
    defaults: &ChannelDefaults,
) -> Option<ChannelConfig> {
    let mut table = TableReader {
        reader,
        table,
        is_valid: true,
    };
    let name = table.one("name", values::audience_name);
    let (id, target) = match table.table.value("url") {
        Some(url) => {
            let (id, webhook) = webhook::read(&mut table, &url.place, name.as_deref()).unzip();
            (
                id,
                webhook.map(|webhook| ChannelTarget::Webhook(webhook.into())),
            )
        }
        None => {
            for key in ["secret_file", "secret_env"] {
                table.refuse(
                    key,
                    "only a webhook has a secret: remove the key, or set url instead of id",
                );
            }
            (table.one("id", values::channel), Some(ChannelTarget::Slack))
        }
    };
    let region = |text: &str| values::region(text, &defaults.regions);
    let scope = Scope {
        admins: table.all("admins", str::parse::<AccountId>),
        regions: table.all("regions", region),
        units: table.all("units", str::parse::<UnitPattern>),
        accounts: table.all("accounts", str::parse::<AccountId>),
        kinds: table.all("kinds", values::kind),
        statuses: table.all("statuses", values::status),
    };
    let locale = table.one("locale", str::parse::<Locale>);
    let zone = table.one("timezone", values::zone);
    let zone = zone.unwrap_or(defaults.zone);
    let schedule = table.one("schedule", |text| Schedule::parse(text, zone));
    let schedule = schedule.unwrap_or_else(|| defaults.schedule.in_zone(zone));
    let quiet = quiet_of(&mut table, defaults, &schedule, zone);
    let listing = table.one("not_enabled", str::parse::<NotEnabledListing>);
    let mentions = mentions(&mut table);
    let alert = table.choice("alert", values::kind);
    for (place, problem) in ineffective(table.table) {
        table.wrong(&place, problem);
    }
    let has_name = table.table.value("name").is_some();
    if table.is_valid && !scope.is_everything() && !has_name {
        table.lacks(
            "name",
            "a channel with conditions needs one, because its messages begin with it",
        );
    }
    table.is_valid.then_some(())?;
    let schedule = due(&quiet, &schedule);
    Some(ChannelConfig {
        id: id?,
        target: target?,
        audience: Audience {
            name,
            scope,
            zone,
            listing: listing.unwrap_or(defaults.listing),
            mentions,
            alert: alert.unwrap_or_else(|| defaults.alert.clone()),
            quiet,
            schedule: Some(schedule.clone()),
        },
        locale: locale.unwrap_or(defaults.locale),
        schedule,
    })
}

/// Whom the channel's messages notify, and for what.
fn mentions(table: &mut TableReader<'_, '_>) -> Mentions {
    let is_loud = table.one("loud", values::flag).unwrap_or_default();
    let target = |text: &str| {
        let target: MentionTarget = text.parse()?;
        match target.is_loud() && !is_loud {
            true => Err(Loud(text.to_owned()).into()),
            false => Ok::<_, Box<dyn std::error::Error>>(target),
        }
    };
    let targets = table.all("mention", target);
    let kinds = table.choice("mention_kinds", values::kind);
    let failing = table.one("mention_failing", values::flag);
    let defaults = Mentions::default();
    Mentions {
        targets,
        kinds: kinds.unwrap_or(defaults.kinds),
        failing: failing.unwrap_or(defaults.failing),
    }
}

/// A mention of everyone without `loud = true`.
#[derive(Debug, thiserror::Error)]
#[error("{0} notifies everyone in the channel: add loud = true to the table if you want that")]
struct Loud(String);

/// The digests that the channel doesn't get.
fn quiet_of(
    table: &mut TableReader<'_, '_>,
    defaults: &ChannelDefaults,
    digests: &Schedule,
    zone: Tz,
) -> Option<Quiet> {
    let days = table.one("quiet", str::parse::<QuietDays>);
    let days = days.unwrap_or(defaults.quiet);
    let heartbeat = table.one("heartbeat", |text| values::heartbeat(text, zone));
    if days == QuietDays::Never {
        table.refuse(
            "heartbeat",
            "has no effect without quiet: add quiet = \"changes\", or remove the key",
        );
    }
    let inherited = defaults.heartbeat.as_ref();
    let heartbeat = heartbeat.or_else(|| inherited.map(|one| one.in_zone(zone)));
    let quiet = quiet(days, heartbeat, digests);
    quiet.unwrap_or_else(|problem| {
        table.lacks("heartbeat", &problem.to_string());
        None
    })
}
