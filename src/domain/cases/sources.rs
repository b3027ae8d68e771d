//! What the list of cases is made from: the stored data, and the rules.

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
    /// How long an invitation may be pending before it is a case.
    pub pending_after: TimeDelta,
    /// The OUs whose accounts are listed first.
    pub urgent: &'a [UnitPattern],
}

/// The data behind the cases.
#[derive(Debug, Clone, Copy)]
pub struct CaseSources<'a> {
    /// What polls found.
    pub book: &'a CaseBook,
    /// What people decided.
    pub claims: &'a BTreeMap<CaseKey, CaseClaim>,
    /// Who works on which failing hub.
    pub hub_claims: &'a HubClaims,
    /// The hubs, with their members.
    pub hubs: &'a [HubFacts<'a>],
    /// Names and OUs of the accounts.
    pub directory: &'a Directory,
}
