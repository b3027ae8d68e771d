//! A hub: one administrator account in one Region, which has one member list; and the state of
//! its data.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::doubt::Doubt;
use super::member::AccountId;

/// An AWS Region, like `eu-west-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

/// Not the name of a Region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} must be an AWS Region, such as eu-west-1")]
pub struct InvalidRegion(pub String);

impl Region {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Region {
    type Err = InvalidRegion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plausible = text.len() <= 32
            && text.split('-').count() >= 3
            && text.ends_with(|last: char| last.is_ascii_digit())
            && text.split('-').all(|part| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            });
        if plausible {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidRegion(text.to_owned()))
        }
    }
}

impl TryFrom<String> for Region {
    type Error = InvalidRegion;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One administrator account in one Region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HubId {
    /// The administrator account.
    pub admin: AccountId,
    /// The Region.
    pub region: Region,
}

impl fmt::Display for HubId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.admin, self.region)
    }
}

/// Not `<admin>/<region>`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} must be an administrator account ID and a Region, such as 123456789012/eu-west-1")]
pub struct InvalidHubId(pub String);

impl FromStr for HubId {
    type Err = InvalidHubId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_once('/')
            .and_then(|(admin, region)| {
                Some(Self {
                    admin: admin.parse().ok()?,
                    region: region.parse().ok()?,
                })
            })
            .ok_or_else(|| InvalidHubId(text.to_owned()))
    }
}

/// A selection of hubs. The default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HubFilter {
    /// Only those of this administrator.
    pub admin: Option<AccountId>,
    /// Only those in this Region.
    pub region: Option<Region>,
}

impl HubFilter {
    /// All hubs.
    pub const ALL: Self = Self {
        admin: None,
        region: None,
    };

    /// Reports whether this hub is selected.
    pub fn takes(&self, hub: &HubId) -> bool {
        self.admin.is_none_or(|admin| admin == hub.admin)
            && self
                .region
                .as_ref()
                .is_none_or(|region| *region == hub.region)
    }
}

impl Serialize for HubId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HubId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Counts the published states of a hub: 1 is the first. Digests and queries are about the
/// changes between two versions, so that no clock decides which changes belong to them.
///
/// Imported days, from before the first poll, have negative versions, a fixed one for each date.
/// They sort before everything that was polled, by date, regardless of when they are imported.
/// "Since [`Version::NONE`]" leaves them out.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Version(pub i64);

/// For each hub, the version up to which a digest reports its changes.
pub type Covered = BTreeMap<HubId, Version>;

impl Version {
    /// Before the first poll. The changes that led to it are those between the last imported day
    /// and the first poll.
    pub const NONE: Self = Self(0);

    /// Before everything, including imported days.
    pub const BEGINNING: Self = Self(i64::MIN);

    /// The version of an imported day.
    pub fn imported(date: NaiveDate) -> Self {
        // A larger offset than any date has, so that the version is always negative.
        Self(i64::from(date.num_days_from_ce()) - 1_000_000_000)
    }

    /// The date, if it is the version of an imported day.
    pub fn imported_date(self) -> Option<NaiveDate> {
        let days = self.0.checked_add(1_000_000_000)?;
        NaiveDate::from_num_days_from_ce_opt(i32::try_from(days).ok()?)
            .filter(|_| self.is_imported())
    }

    /// Reports whether it is the version of an imported day.
    pub fn is_imported(self) -> bool {
        self < Self::NONE
    }

    /// The next version.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// The reason that a member list could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnreadReason {
    /// Security Hub is not enabled in this Region for the administrator.
    NotEnabled,
    /// The credentials do not allow `securityhub:ListMembers`.
    AccessDenied,
    /// There are no credentials, or they are expired or rejected.
    Credentials,
    /// The administrator's role could not be assumed.
    RoleNotAssumed,
    /// AWS throttled every attempt.
    Throttled,
    /// No complete answer within the deadline.
    TimedOut,
    /// AWS could not be reached.
    Unreachable,
    /// AWS answered with something that is not a complete member list.
    BadAnswer,
    /// AWS answered with another error.
    ServiceError,
}

/// A hub whose last poll failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// When the first of the consecutive failed polls failed.
    pub since: DateTime<Utc>,
    /// The reason of the last failure.
    pub reason: UnreadReason,
    /// Set if the list was read, but is doubted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Doubt>,
}

impl Unread {
    /// A poll without a list.
    pub fn new(since: DateTime<Utc>, reason: UnreadReason) -> Self {
        Self {
            since,
            reason,
            doubt: None,
        }
    }

    /// A poll with a doubted list. Older releases, which don't know doubts, read it as a bad
    /// answer.
    pub fn doubted(since: DateTime<Utc>, doubt: Doubt) -> Self {
        Self {
            doubt: Some(doubt),
            ..Self::new(since, UnreadReason::BadAnswer)
        }
    }
}

/// The reason that a check of a hub has no stored result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UncheckedReason {
    /// DynamoDB rejected the write.
    NotStored,
    /// The table could not be read.
    TableUnreadable,
    /// Other processes changed the hub's state at every attempt to store it.
    Contended,
    /// The check exceeded its deadline.
    TimedOut,
    /// The check began before the hub was monitored.
    LeftOut,
}

/// A hub whose last check failed without a record in the store, so its stored data is older than
/// the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Unchecked {
    /// When the check began.
    pub at: DateTime<Utc>,
    /// The reason that it failed.
    pub reason: UncheckedReason,
}

/// An administrator whose Regions could not be listed. Newly enabled Regions are not monitored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Unlisted {
    /// The administrator account.
    pub admin: AccountId,
    /// Since when and why.
    pub unread: Unread,
}
