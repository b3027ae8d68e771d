//! Statuses that AWS seems to have renamed, as people decided: whether a name that this program
//! doesn't know means Enabled.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::PersonId;
use crate::domain::account::Seen;
use crate::domain::diff::{Change, Observation};
use crate::domain::member::{Counts, Member, MemberStatus, Snapshot};

/// The decided statuses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StatusMeanings(BTreeMap<MemberStatus, StatusMeaning>);

/// A person's decision about a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusMeaning {
    /// Whether it counts as Enabled.
    pub is_enabled: bool,
    /// The person.
    pub by: PersonId,
    /// When they decided.
    pub at: DateTime<Utc>,
}

impl StatusMeanings {
    /// Reports whether nothing is decided.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The decision about a status.
    pub fn get(&self, status: &MemberStatus) -> Option<&StatusMeaning> {
        self.0.get(status)
    }

    /// Every decision, by status.
    pub fn iter(&self) -> impl Iterator<Item = (&MemberStatus, &StatusMeaning)> {
        self.0.iter()
    }

    /// Replaces the decision about a status; `None` takes it back.
    pub(super) fn set(&mut self, status: &MemberStatus, meaning: Option<StatusMeaning>) {
        match meaning {
            Some(meaning) => self.0.insert(status.clone(), meaning),
            None => self.0.remove(status),
        };
    }

    /// Reports whether the status counts as Enabled.
    pub fn is_enabled(&self, status: &MemberStatus) -> bool {
        self.get(status).is_some_and(|meaning| meaning.is_enabled)
    }

    /// The status that it counts as.
    fn read(&self, status: &MemberStatus) -> MemberStatus {
        if self.is_enabled(status) {
            MemberStatus::Enabled
        } else {
            status.clone()
        }
    }

    fn read_change(&self, change: Change) -> Change {
        let read = |status: Option<MemberStatus>| status.map(|status| self.read(&status));
        Change {
            from: read(change.from),
            to: read(change.to),
            ..change
        }
    }

    /// The members with the statuses that theirs count as.
    pub fn snapshot(&self, snapshot: Arc<Snapshot>) -> Arc<Snapshot> {
        let is_renamed = |member: &Member| self.is_enabled(&member.listed.status);
        if !snapshot.members().iter().any(is_renamed) {
            return snapshot;
        }
        let mut members = snapshot.members().to_vec();
        for member in &mut members {
            member.listed.status = self.read(&member.listed.status);
        }
        // The accounts are the same, each once.
        Snapshot::new(members).map_or(snapshot, Arc::new)
    }

    /// The counts with the statuses that theirs count as.
    pub fn counts(&self, counts: &Counts) -> Counts {
        let mut read = Counts::default();
        for (status, number) in counts.iter() {
            read.add(&self.read(status), number);
        }
        read
    }

    /// The changes without those that only changed the name. Observations stay, even empty ones,
    /// because their versions prove that none is missing.
    pub fn observation(&self, observation: Observation) -> Observation {
        let changes = observation.changes.into_iter();
        let changes = changes.map(|change| self.read_change(change));
        Observation {
            changes: changes.filter(|change| change.from != change.to).collect(),
            ..observation
        }
    }

    /// The changes of an account without those that only changed the name.
    pub fn history(&self, seen: Vec<Seen>) -> Vec<Seen> {
        let seen = seen.into_iter().map(|seen| Seen {
            change: self.read_change(seen.change),
            ..seen
        });
        seen.filter(|seen| seen.change.from != seen.change.to)
            .collect()
    }
}
