//! The conditions of a channel: the accounts that it is about, and what it reports about them.
//!
//! A channel takes what meets all of its conditions. Every channel that takes something gets it.

mod narrow;

use std::collections::BTreeSet;
use std::fmt;

use chrono_tz::Tz;
use serde::{Serialize, Serializer};

use super::diff::ChangeKind;
use super::directory::Directory;
use super::hub::{HubId, Region};
use super::listing::NotEnabledListing;
use super::member::{AccountId, MemberStatus};
use super::mention::Mentions;
use super::quiet::Quiet;
use super::schedule::Schedule;
use super::unit::UnitPattern;

/// The readers of a channel: what they get, and the time zone of its dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audience {
    /// The name of the selected accounts in messages; `None` for all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The conditions.
    #[serde(rename = "conditions", skip_serializing_if = "Scope::is_everything")]
    pub scope: Scope,
    /// The time zone of the dates.
    #[serde(rename = "timezone", serialize_with = "zone_name")]
    pub zone: Tz,
    /// The digests that list the accounts that aren't Enabled.
    #[serde(skip)]
    pub listing: NotEnabledListing,
    /// Whom the messages notify.
    #[serde(skip)]
    pub mentions: Mentions,
    /// The kinds of changes that they get at once; empty for none.
    #[serde(skip)]
    pub alert: BTreeSet<ChangeKind>,
    /// Set if they get a digest only if it has news, and a heartbeat.
    #[serde(skip)]
    pub quiet: Option<Quiet>,
    /// When their digests are due, if that is known: for the first one, which says so.
    #[serde(skip)]
    pub schedule: Option<Schedule>,
}

impl Audience {
    /// Readers that get everything.
    pub fn of_everything(zone: Tz) -> Self {
        Self {
            name: None,
            scope: Scope::default(),
            zone,
            listing: NotEnabledListing::default(),
            mentions: Mentions::default(),
            alert: BTreeSet::new(),
            quiet: None,
            schedule: None,
        }
    }
}

fn zone_name<S: Serializer>(zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.name())
}

/// The conditions of a channel. An empty one takes everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The administrators.
    pub admins: BTreeSet<AccountId>,
    /// The Regions.
    pub regions: BTreeSet<Region>,
    /// The OUs. An account without a known OU meets no such condition.
    pub units: Vec<UnitPattern>,
    /// The accounts.
    pub accounts: BTreeSet<AccountId>,
    /// The kinds of changes, and of cases that began with one.
    pub kinds: BTreeSet<ChangeKind>,
    /// The statuses, before or after a change or now.
    pub statuses: BTreeSet<MemberStatus>,
}

fn takes<T: Ord>(condition: &BTreeSet<T>, value: &T) -> bool {
    condition.is_empty() || condition.contains(value)
}

impl Scope {
    /// Reports whether there is no condition.
    pub fn is_everything(&self) -> bool {
        self.takes_all_accounts() && !self.selects_hubs() && !self.selects_events()
    }

    /// Reports whether there is a condition on hubs.
    pub fn selects_hubs(&self) -> bool {
        !self.admins.is_empty() || !self.regions.is_empty()
    }

    /// Reports whether no condition is on accounts.
    pub fn takes_all_accounts(&self) -> bool {
        self.units.is_empty() && self.accounts.is_empty()
    }

    /// Reports whether there is a condition on kinds or statuses.
    pub fn selects_events(&self) -> bool {
        !self.kinds.is_empty() || !self.statuses.is_empty()
    }

    /// Reports whether the channel is about this hub.
    pub fn takes_hub(&self, hub: &HubId) -> bool {
        takes(&self.admins, &hub.admin) && takes(&self.regions, &hub.region)
    }

    /// Reports whether the channel is about an account with this OU.
    pub fn takes_account(&self, account: AccountId, unit: Option<&str>) -> bool {
        let is_in = |unit: &str| self.units.iter().any(|pattern| pattern.takes(unit));
        takes(&self.accounts, &account) && (self.units.is_empty() || unit.is_some_and(is_in))
    }

    /// Reports whether the channel is about an account of the directory.
    pub fn takes_known(&self, account: AccountId, directory: &Directory) -> bool {
        let record = directory.get(account);
        let unit = record.and_then(|record| record.who.unit.as_deref());
        self.takes_account(account, unit)
    }

    /// Reports whether no account can meet the conditions because no OU is known.
    pub fn lacks_units(&self, directory: &Directory) -> bool {
        let mut records = directory.accounts.values();
        !self.units.is_empty() && records.all(|record| record.who.unit.is_none())
    }

    /// Reports whether the channel gets changes of this kind along these statuses.
    pub fn takes_change(&self, kind: ChangeKind, path: &[Option<MemberStatus>]) -> bool {
        takes(&self.kinds, &kind)
            && (self.statuses.is_empty() || path.iter().any(|status| self.takes_either(status)))
    }

    /// Reports whether the channel gets accounts with this status. If the change that led to it is
    /// unknown, one of the possible kinds is enough.
    pub fn takes_status(&self, status: Option<&MemberStatus>, how: Option<ChangeKind>) -> bool {
        let is_taken = match how {
            Some(kind) => takes(&self.kinds, &kind),
            None => {
                let mut kinds = kinds_to(status).iter();
                self.kinds.is_empty() || kinds.any(|kind| self.kinds.contains(kind))
            }
        };
        is_taken && self.takes_either(&status.cloned())
    }

    /// An account that is no longer listed counts as Deleted, as in the kinds.
    fn takes_either(&self, status: &Option<MemberStatus>) -> bool {
        takes(
            &self.statuses,
            status.as_ref().unwrap_or(&MemberStatus::Deleted),
        )
    }
}

/// The changes that lead to a status in which members aren't Enabled.
fn kinds_to(status: Option<&MemberStatus>) -> &'static [ChangeKind] {
    use ChangeKind::{Changed, Declined, Deleted, Joined, Left, New, Removed, Suspended};
    match status {
        None | Some(MemberStatus::Deleted) => &[Deleted],
        Some(MemberStatus::Resigned) => &[Left, Declined],
        Some(MemberStatus::Removed) => &[Removed],
        Some(MemberStatus::AccountSuspended) => &[Suspended],
        Some(MemberStatus::Enabled) => &[Joined],
        Some(status) if status.is_pending() => &[New],
        Some(_) => &[ChangeKind::Unprotected, Changed],
    }
}

/// The conditions as `units=Workloads/Prod/**; kinds=left,removed`: the same text for the same
/// conditions.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let conditions = self.conditions();
        let texts = conditions
            .iter()
            .map(|(name, values)| format!("{name}={}", values.join(",")));
        f.write_str(&texts.collect::<Vec<_>>().join("; "))
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.conditions())
    }
}

impl Scope {
    /// Each condition with the name and the values that it has in the settings.
    pub fn conditions(&self) -> Vec<(&'static str, Vec<String>)> {
        fn texts<T: ToString>(values: impl IntoIterator<Item = T>) -> Vec<String> {
            values.into_iter().map(|value| value.to_string()).collect()
        }
        let mut units = texts(&self.units);
        units.sort();
        let mut conditions = vec![
            ("admins", texts(&self.admins)),
            ("regions", texts(&self.regions)),
            ("units", units),
            ("accounts", texts(&self.accounts)),
            ("kinds", texts(self.kinds.iter().map(|kind| kind.name()))),
            ("statuses", texts(&self.statuses)),
        ];
        conditions.retain(|(_, values)| !values.is_empty());
        conditions
    }
}

#[cfg(test)]
mod tests;
