//! The channels that get digests: the tables `[[channel]]` of the configuration file, or
//! `SLACK_CHANNEL`, which is one channel without conditions.
//!
//! A channel is one of Slack, or a webhook. One channel must take everything, so that no change
//! reaches no one.

use std::collections::BTreeSet;
use std::fmt;

use chrono_tz::Tz;

use super::file::{CHANNEL, FileTable, TableItem};
use super::ineffective::ineffective;
use super::invalid::{SWAPPED, is_secret};
use super::list::{QUIET, SLACK_CHANNEL};
use super::origin::FilePlace;
use super::reader::SettingsReader;
use super::values;
use super::webhook::{self, SecretOrigin, WebhookConfig};
use crate::domain::diff::ChangeKind;
use crate::domain::hub::Region;
use crate::domain::listing::NotEnabledListing;
use crate::domain::member::AccountId;
use crate::domain::mention::{MentionTarget, Mentions};
use crate::domain::naming::name_key;
use crate::domain::quiet::{Quiet, QuietDays, SilentTooLong};
use crate::domain::schedule::Schedule;
use crate::domain::scope::{Audience, Scope};
use crate::domain::unit::UnitPattern;
use crate::secrets::Secret;
use crate::text::Locale;
use crate::webhook::address::WebhookUrl;

/// The most channels that an error names.
const NAMED: usize = 5;

/// A channel that gets digests and alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelConfig {
    /// What identifies it in the table, in metrics and in problems: Slack's ID, or `webhook:` and
    /// the name.
    pub id: String,
    /// Where messages go; `None` if it is a channel of Slack.
    pub webhook: Option<WebhookConfig>,
    /// What the channel gets, and the time zone of its dates.
    pub audience: Audience,
    /// The language.
    pub locale: Locale,
    /// The schedule of the digest.
    pub schedule: Schedule,
}

/// What a channel has if its table doesn't say otherwise.
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
    refuse_repeated(reader, &channels);
    refuse_hole(reader, &channels);
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
    Some(ChannelConfig {
        id: id?,
        webhook: None,
        schedule: due(&quiet, &defaults.schedule),
        audience: Audience {
            listing: defaults.listing,
            alert: defaults.alert.clone(),
            quiet,
            ..Audience::of_everything(defaults.zone)
        },
        locale: defaults.locale,
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
    let (id, webhook) = match table.table.value("url") {
        Some(url) => table.webhook(&url.place, name.as_deref()).unzip(),
        None => {
            for key in ["secret_file", "secret_env"] {
                table.refuse(key, "belongs to url: a channel of Slack has no secret");
            }
            (table.one("id", values::channel), None)
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
    let quiet = table.quiet(defaults, &schedule, zone);
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
    Some(ChannelConfig {
        id: id?,
        webhook,
        schedule: due(&quiet, &schedule),
        audience: Audience {
            name,
            scope,
            zone,
            listing: listing.unwrap_or(defaults.listing),
            mentions,
            alert: alert.unwrap_or_else(|| defaults.alert.clone()),
            quiet,
        },
        locale: locale.unwrap_or(defaults.locale),
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

/// A mention of everyone that nobody has confirmed.
#[derive(Debug, thiserror::Error)]
#[error("{0} notifies everyone in the channel: add loud = true to the table if you want that")]
struct Loud(String);

/// Reads the values of one table, and notes the problems.
struct TableReader<'r, 'a> {
    reader: &'r mut SettingsReader<'a>,
    table: &'r FileTable,
    is_valid: bool,
}

impl TableReader<'_, '_> {
    fn one<T, E: fmt::Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.all::<Vec<T>, T, E>(key, parse).pop()
    }

    /// Every item of a list; none if the key is not set.
    fn all<C: FromIterator<T>, T, E: fmt::Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> C {
        let value = self.table.value(key);
        let items = value.map_or(&[][..], |value| &value.items);
        let read = items.iter().filter_map(|item| self.item(item, &parse));
        read.collect()
    }

    /// Every item of a list, which can be empty; `None` if the key is not set.
    fn choice<C: FromIterator<T>, T, E: fmt::Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<C> {
        let is_set = self.table.value(key).is_some();
        is_set.then(|| self.all(key, parse))
    }

    fn item<T, E: fmt::Display>(
        &mut self,
        item: &TableItem,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        if is_secret(&item.text) {
            self.wrong(&item.place, SWAPPED);
            return None;
        }
        let parsed = parse(item.text.trim()).map_err(|problem| self.wrong(&item.place, problem));
        parsed.ok()
    }

    fn wrong(&mut self, place: &FilePlace, problem: impl fmt::Display) {
        self.is_valid = false;
        self.reader.wrong_at(place, &SLACK_CHANNEL, problem);
    }

    fn lacks(&mut self, key: &str, because: &str) {
        let known = CHANNEL.keys.iter().find(|known| known.name == key);
        let place = FilePlace {
            example: known.map_or("", |known| known.example).to_owned(),
            ..self.table.place.clone()
        };
        self.wrong(&place, format!("{key} is missing: {because}"));
    }

    /// Notes a problem if the key is set.
    fn refuse(&mut self, key: &str, problem: impl fmt::Display) {
        if let Some(value) = self.table.value(key) {
            self.wrong(&value.place, problem);
        }
    }

    /// Which digests the channel doesn't get.
    fn quiet(&mut self, defaults: &ChannelDefaults, digests: &Schedule, zone: Tz) -> Option<Quiet> {
        let days = self.one("quiet", str::parse::<QuietDays>);
        let days = days.unwrap_or(defaults.quiet);
        let heartbeat = self.one("heartbeat", |text| values::heartbeat(text, zone));
        if days == QuietDays::Never {
            self.refuse(
                "heartbeat",
                "only a quiet channel has one: add quiet = \"changes\", or remove the key",
            );
        }
        let inherited = defaults.heartbeat.as_ref();
        let heartbeat = heartbeat.or_else(|| inherited.map(|one| one.in_zone(zone)));
        let quiet = quiet(days, heartbeat, digests);
        quiet.unwrap_or_else(|problem| {
            self.lacks("heartbeat", &problem.to_string());
            None
        })
    }

    /// The ID and the target of a webhook, whose URL is at this place.
    fn webhook(&mut self, at: &FilePlace, name: Option<&str>) -> Option<(String, WebhookConfig)> {
        let url = self.one("url", str::parse::<WebhookUrl>);
        let line = at.line;
        self.refuse(
            "id",
            format!("set together with url in line {line}: remove one of them"),
        );
        self.refuse(
            "locale",
            "a webhook gets JSON, which has no language: remove the key",
        );
        self.refuse(
            "not_enabled",
            "a webhook gets every list with every digest: remove the key",
        );
        for key in ["mention", "mention_kinds", "mention_failing", "loud"] {
            self.refuse(key, "a webhook notifies no one in Slack: remove the key");
        }
        if self.table.value("name").is_none() {
            self.lacks("name", "it identifies the webhook");
        }
        let id = name.map(values::webhook_id);
        let (secret, origin) = self.webhook_secret(id.as_deref())?;
        Some((
            id?,
            WebhookConfig {
                url: url?,
                secret,
                origin,
            },
        ))
    }

    /// The secret of the webhook with this ID, from a file or a variable.
    fn webhook_secret(&mut self, id: Option<&str>) -> Option<(Secret, SecretOrigin)> {
        let [file, variable] = ["secret_file", "secret_env"].map(|key| self.table.value(key));
        match (file, variable) {
            (None, None) => {
                let because = "it or secret_env names the secret that signs the requests";
                self.lacks("secret_file", because);
                None
            }
            (Some(file), Some(_)) => {
                let line = file.place.line;
                let problem =
                    format!("set together with secret_file in line {line}: remove one of them");
                self.refuse("secret_env", problem);
                None
            }
            (Some(_), None) => {
                let id = id?;
                self.one("secret_file", |path| webhook::in_file(path, id))
            }
            (None, Some(named)) => {
                let variable = self.reader.given.variable;
                let read = webhook::in_variable(named.text().trim(), variable);
                read.map_err(|problem| self.wrong(&named.place, problem))
                    .ok()
            }
        }
    }
}

/// Two digests would share one ledger, and people couldn't tell two equal names apart.
fn refuse_repeated(reader: &mut SettingsReader<'_>, channels: &[(&FileTable, ChannelConfig)]) {
    let id = |channel: &ChannelConfig| Some(channel.id.clone());
    let name = |channel: &ChannelConfig| channel.audience.name.as_deref().map(name_key);
    for (index, (table, channel)) in channels.iter().enumerate() {
        let earlier = &channels[..index];
        let same = |of: &dyn Fn(&ChannelConfig) -> Option<String>| {
            let of_this = of(channel);
            let mut earlier = earlier.iter();
            let (table, _) = earlier.find(|(_, one)| of_this.is_some() && of(one) == of_this)?;
            Some(table.place.line)
        };
        let is_webhook = |channel: &ChannelConfig| channel.webhook.is_some();
        let same_name = same(&name);
        // Names of webhooks that differ only in punctuation have the same ID.
        let similar = same(&id).filter(|_| is_webhook(channel) && same_name.is_none());
        let repeated = [
            (
                "id",
                same(&id),
                "has this ID too: write the conditions of a channel in one table",
            ),
            ("name", same_name, "has this name too: choose another one"),
            (
                "name",
                similar,
                "has a name with the same letters and digits: choose another one",
            ),
        ];
        for (key, line, problem) in repeated {
            if let (Some(line), Some(value)) = (line, table.value(key)) {
                let problem = format!("the channel in line {line} {problem}");
                reader.wrong_at(&value.place, &SLACK_CHANNEL, problem);
            }
        }
    }
}

fn refuse_hole(reader: &mut SettingsReader<'_>, channels: &[(&FileTable, ChannelConfig)]) {
    let takes_everything =
        |(_, channel): &(_, ChannelConfig)| channel.audience.scope.is_everything();
    // An invalid table may be the one.
    if reader.is_wrong(&SLACK_CHANNEL) || channels.iter().any(takes_everything) {
        return;
    }
    let Some((first, _)) = channels.first() else {
        return;
    };
    let named = |(_, channel): &(_, ChannelConfig)| {
        let conditions = channel.audience.scope.conditions();
        let keys: Vec<_> = conditions.into_iter().map(|(key, _)| key).collect();
        format!("{} ({})", channel.id, keys.join(", "))
    };
    let mut conditions: Vec<_> = channels.iter().take(NAMED).map(named).collect();
    let others = channels.len() - conditions.len();
    if others > 0 {
        conditions.push(format!("and {others} more"));
    }
    let problem = format!(
        "one channel must take everything, but each has conditions: {}. Add a [[channel]] with only id",
        conditions.join(", ")
    );
    reader.wrong_at(&first.place, &SLACK_CHANNEL, problem);
}
