//! The channels that get digests: the tables `[[channel]]` of the configuration file, or
//! `SLACK_CHANNEL`, which is one channel without conditions.
//!
//! One channel must take everything, so that no change reaches no one.

use std::collections::BTreeSet;
use std::fmt;

use chrono_tz::Tz;

use super::file::{CHANNEL, FileTable, TableItem};
use super::invalid::{SWAPPED, is_secret};
use super::list::SLACK_CHANNEL;
use super::origin::FilePlace;
use super::reader::SettingsReader;
use super::values;
use crate::domain::hub::Region;
use crate::domain::listing::NotEnabledListing;
use crate::domain::member::AccountId;
use crate::domain::mention::{MentionTarget, Mentions};
use crate::domain::naming::name_key;
use crate::domain::schedule::Schedule;
use crate::domain::scope::{Audience, Scope};
use crate::domain::unit::UnitPattern;
use crate::text::Locale;

/// The most channels that an error names.
const NAMED: usize = 5;

/// A channel that gets digests and alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelConfig {
    /// Slack's ID.
    pub id: String,
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
        let id = reader.optional(&SLACK_CHANNEL, values::channel);
        let only = id.map(|id| ChannelConfig {
            id,
            audience: Audience {
                listing: defaults.listing,
                ..Audience::of_everything(defaults.zone)
            },
            locale: defaults.locale,
            schedule: defaults.schedule.clone(),
        });
        return only.into_iter().collect();
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
    let id = table.one("id", values::channel);
    let name = table.one("name", values::audience_name);
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
    let listing = table.one("not_enabled", str::parse::<NotEnabledListing>);
    let mentions = mentions(&mut table);
    let has_name = table.table.value("name").is_some();
    if table.is_valid && !scope.is_everything() && !has_name {
        table.lacks_name();
    }
    table.is_valid.then_some(())?;
    Some(ChannelConfig {
        id: id?,
        audience: Audience {
            name,
            scope,
            zone,
            listing: listing.unwrap_or(defaults.listing),
            mentions,
        },
        locale: locale.unwrap_or(defaults.locale),
        schedule: schedule.unwrap_or_else(|| defaults.schedule.in_zone(zone)),
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
    let kinds: BTreeSet<_> = table.all("mention_kinds", values::kind);
    let failing = table.one("mention_failing", values::flag);
    let defaults = Mentions::default();
    Mentions {
        targets,
        kinds: if kinds.is_empty() {
            defaults.kinds
        } else {
            kinds
        },
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

    fn lacks_name(&mut self) {
        let name = CHANNEL.keys.iter().find(|key| key.name == "name");
        let place = FilePlace {
            example: name.map_or("", |name| name.example).to_owned(),
            ..self.table.place.clone()
        };
        let problem = "name is missing: a channel with conditions needs one, because its messages \
                       begin with it";
        self.wrong(&place, problem);
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
        let repeated = [
            (
                "id",
                same(&id),
                "has this ID too: write the conditions of a channel in one table",
            ),
            ("name", same(&name), "has this name too: choose another one"),
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
