//! The record of an account in the case book: the case that it has now, and those that have ended.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{CaseKey, Condition, Conditions};
use crate::domain::hub::HubId;

/// An account that is not Enabled in at least one hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// When the case began. Identifies the case, so it is unique among the cases of an account.
    pub opened: DateTime<Utc>,
    /// Whether all conditions date from before the first read of their hub.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
    /// When it began as known from the start, if a status that this program doesn't know made a
    /// case of it. If the status turns out to be renamed, that beginning holds again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_before: Option<DateTime<Utc>>,
    /// The condition in each hub; never empty.
    pub hubs: Conditions,
}

impl CaseRecord {
    /// The record without some conditions; `None` if there are no others.
    pub(super) fn without(&self, is_left_out: impl Fn(&Condition) -> bool) -> Option<Self> {
        let mut record = self.clone();
        record.remove(|_, condition| is_left_out(condition));
        (!record.hubs.is_empty()).then_some(record)
    }

    /// Returns the beginning of the case that is over, if what is left was known from the start.
    pub(super) fn remove(
        &mut self,
        is_left_out: impl Fn(&HubId, &Condition) -> bool,
    ) -> Option<DateTime<Utc>> {
        self.hubs
            .retain(|hub, condition| !is_left_out(hub, condition));
        if self.hubs.is_empty() || self.hubs.values().any(Condition::is_unknown) {
            return None;
        }
        let known = self.known_before.take()?;
        self.known = true;
        Some(std::mem::replace(&mut self.opened, known))
    }
}

/// An ended case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedCase {
    /// The account.
    pub key: CaseKey,
    /// When it began.
    pub opened: DateTime<Utc>,
    /// When the account was Enabled again in its last hub, or that hub was no longer monitored.
    pub ended: DateTime<Utc>,
    /// Whether it ended because its hubs are no longer monitored, so the status is unknown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unwatched: bool,
    /// Whether it was known from the start.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
}
