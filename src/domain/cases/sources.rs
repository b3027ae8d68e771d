//! The sources of the list of cases: the stored data, and the rules.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::{CaseBook, CaseClaim, CaseKey, HubClaims};
use crate::domain::directory::Directory;
use crate::domain::facts::HubFacts;
use crate::domain::unit::UnitPattern;

/// The rules for cases.
#[derive(Debug, Clone, Copy)]
pub struct CaseRules<'a> {
    /// The current time.
    pub now: DateTime<Utc>,
    /// The time zone of every date.
    pub zone: Tz,
    /// An invitation that is pending for longer is a case.
    pub pending_after: TimeDelta,
    /// The OUs whose accounts are listed first.
    pub urgent: &'a [UnitPattern],
}

/// The data behind the cases.
#[derive(Debug, Clone, Copy)]
pub struct CaseSources<'a> {
    /// The results of polls.
    pub book: &'a CaseBook,
    /// The decisions of people.
    pub claims: &'a BTreeMap<CaseKey, CaseClaim>,
    /// The owners of failing hubs.
    pub hub_claims: &'a HubClaims,
    /// The hubs, with their members.
    pub hubs: &'a [HubFacts<'a>],
    /// Names and OUs of the accounts.
    pub directory: &'a Directory,
}
