//! The accounts on which the organization and the member lists disagree, and since when.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::CaseKey;
use crate::domain::gaps::Gaps;
use crate::domain::hub::HubId;

/// An organization account may be in no member list this long: AWS adds a new one within hours.
const NEW_FOR: TimeDelta = TimeDelta::hours(24);

/// The disagreements between the organization and the member lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationGaps {
    /// When the organization was last compared with the member lists.
    pub read_at: DateTime<Utc>,
    /// The disagreements, by account.
    pub gaps: BTreeMap<CaseKey, OrganizationGap>,
}

/// An account on which the organization and the member lists disagree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationGap {
    /// The hubs in which it is Enabled although it is closed or suspended in AWS; empty for an
    /// account that is in no member list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enabled_in: Vec<HubId>,
    /// When that was first seen.
    pub since: DateTime<Utc>,
    /// Whether the first read of the organization found it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
}

impl OrganizationGap {
    /// When it became a case; `None` while AWS may still add the account.
    pub fn opened(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.known || !self.enabled_in.is_empty() {
            return Some(self.since);
        }
        Some(self.since + NEW_FOR).filter(|opened| *opened <= now)
    }
}

impl OrganizationGaps {
    /// The disagreements after `before`, which is `None` if the organization was never read.
    /// `failing` are the hubs whose last poll failed: an account may be in their lists, so no
    /// disagreement begins while there are any.
    ///
    /// Returns `None` if nothing new is known: the organization was not read, or there are no
    /// earlier disagreements and a hub is failing.
    pub(super) fn after(
        before: Option<&Self>,
        found: &Gaps,
        failing: &BTreeSet<HubId>,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let (Some(read_at), None) = (found.read_at, found.unread) else {
            return None;
        };
        let (known, all_read) = (before.is_none(), failing.is_empty());
        if known && !all_read {
            return None;
        }
        let mut before = before.map(|one| one.gaps.clone()).unwrap_or_default();
        let mut gaps = BTreeMap::new();
        let mut add = |key: CaseKey, enabled_in: Vec<HubId>| {
            let had = before.remove(&key);
            let had = had.filter(|had| had.enabled_in.is_empty() == enabled_in.is_empty());
            if had.is_none() && !all_read {
                return;
            }
            let since = had.as_ref().map_or(now, |had| had.since);
            let known = had.map_or(known, |had| had.known);
            let gap = OrganizationGap {
                enabled_in,
                since,
                known,
            };
            gaps.insert(key, gap);
        };
        for one in found.outside.iter().filter(|one| one.in_no_hub) {
            let key = CaseKey {
                admin: None,
                account: one.account,
            };
            add(key, Vec::new());
        }
        for one in &found.still_enabled {
            for admin in one.hubs.iter().map(|hub| hub.admin) {
                let key = CaseKey {
                    admin: Some(admin),
                    account: one.account,
                };
                let hubs = one.hubs.iter().filter(|hub| hub.admin == admin);
                add(key, hubs.cloned().collect());
            }
        }
        let is_unseen =
            |gap: &OrganizationGap| gap.enabled_in.iter().any(|hub| failing.contains(hub));
        gaps.extend(before.into_iter().filter(|(_, gap)| is_unseen(gap)));
        Some(Self { read_at, gaps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cases::CaseBook;
    use crate::domain::directory::{AccountState, Who};
    use crate::domain::gaps::{Outside, StillEnabled};
    use crate::domain::member::AccountId;

    fn now() -> DateTime<Utc> {
        "2026-11-25T09:00:00Z".parse().unwrap()
    }

    fn account(number: u64) -> AccountId {
        AccountId::from_u64(number).unwrap()
    }

    fn hub() -> HubId {
        "111122223333/eu-west-1".parse().unwrap()
    }

    fn gaps(outside: &[u64], still_enabled: &[u64]) -> Gaps {
        let outside = outside.iter().map(|number| Outside {
            account: account(*number),
            who: Who::default(),
            regions: vec![hub().region],
            in_no_hub: true,
        });
        let still_enabled = still_enabled.iter().map(|number| StillEnabled {
            account: account(*number),
            who: Who::default(),
            state: AccountState::Closed,
            hubs: vec![hub()],
        });
        Gaps {
            read_at: Some(now()),
            unread: None,
            outside: outside.collect(),
            still_enabled: still_enabled.collect(),
        }
    }

    fn found(book: &CaseBook) -> Vec<(u64, bool)> {
        let gaps = &book.organization.as_ref().unwrap().gaps;
        gaps.iter()
            .map(|(key, gap)| (key.account.as_u64(), gap.known))
            .collect()
    }

    #[test]
    fn gaps_of_the_first_reading_are_known_and_none_begins_or_ends_while_a_hub_fails() {
        let (none, failing) = (BTreeSet::new(), BTreeSet::from([hub()]));
        let mut book = CaseBook::default();
        assert!(!book.advance_organization(&gaps(&[1], &[]), &failing, now()));
        assert!(book.advance_organization(&gaps(&[1], &[2]), &none, now()));
        assert_eq!(found(&book), [(1, true), (2, true)]);
        assert!(!book.advance_organization(&gaps(&[1], &[2]), &none, now()));
        // While a hub fails, its accounts appear to be in no list.
        assert!(!book.advance_organization(&gaps(&[1, 3], &[]), &failing, now()));
        assert!(book.advance_organization(&gaps(&[1, 3], &[]), &none, now()));
        assert_eq!(found(&book), [(1, true), (3, false)]);
        let unread = Gaps {
            read_at: None,
            ..gaps(&[], &[])
        };
        assert!(!book.advance_organization(&unread, &none, now()));
        assert!(
            book.advance_organization(&gaps(&[3], &[]), &failing, now()),
            "it is listed"
        );
        assert_eq!(found(&book), [(3, false)]);
    }
}
