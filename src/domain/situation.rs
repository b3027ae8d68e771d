//! The news of a digest apart from changes: a case that opens as time passes or that a person
//! opens, an account that is no member, a member list that is new, a gap between polls.
//!
//! Times don't decide: a case can open with a date in the past. So each digest of a quiet channel
//! remembers what it knew, and the next one has news if it knows something else.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::cases::{Case, CaseList, Concern};
use super::hub::HubId;
use super::readings::Readings;
use super::report::Report;

/// The most facts of a kind that are remembered one by one: a ledger is one item of limited size. More are
/// remembered as a whole, and then a fact that is gone is news too.
const MOST: usize = 300;

/// The bytes of a fingerprint.
const BYTES: usize = 8;

/// Fingerprints of facts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Situation(BTreeSet<String>);

impl Situation {
    /// The facts that a digest knows. `readings` are those of its lists; gaps count from a date on.
    pub fn new(
        report: &Report,
        cases: &CaseList,
        readings: &[(HubId, Readings)],
        from: NaiveDate,
    ) -> Self {
        let mut hubs: Vec<_> = report.hubs.iter().map(|hub| hub.hub.to_string()).collect();
        hubs.sort();
        let mut few = vec![format!("lists {}", hubs.join(" "))];
        // A channel without accounts says so.
        few.extend((report.accounts == 0).then(|| "no account".to_owned()));
        let renamed = cases.renamed.iter();
        few.extend(renamed.map(|renamed| format!("renamed {}", renamed.status)));
        for (hub, readings) in readings {
            let gaps = readings.long_gaps(from);
            few.extend(gaps.map(|(date, gap)| format!("gap {hub} {date} {}", gap.num_seconds())));
        }
        let open: Vec<_> = cases.open.iter().map(open).collect();
        let not_members: Vec<_> = not_members(report).collect();
        let parts = [few, open, not_members].map(|facts| Self::of(facts).0);
        Self(parts.into_iter().flatten().collect())
    }

    fn of(mut facts: Vec<String>) -> Self {
        if facts.len() <= MOST {
            return Self(facts.iter().map(|fact| fingerprint(fact)).collect());
        }
        facts.sort();
        Self([fingerprint(&facts.join("\n"))].into())
    }

    /// The number of organization accounts in a report that weren't known not to be members. All of
    /// them, if there are too many to know.
    pub fn new_not_members(&self, report: &Report) -> usize {
        let is_new = |fact: &String| !self.0.contains(&fingerprint(fact));
        let facts: Vec<_> = not_members(report).collect();
        match facts.len() <= MOST {
            true => facts.iter().filter(|fact| is_new(fact)).count(),
            false if Self::of(facts.clone()).has_news(self) => facts.len(),
            false => 0,
        }
    }

    /// Reports whether it has a fact that the one before lacks.
    pub fn has_news(&self, before: &Self) -> bool {
        !self.0.is_subset(&before.0)
    }
}

/// The organization accounts that aren't members, with the Regions in which they aren't.
fn not_members(report: &Report) -> impl Iterator<Item = String> {
    let organization = report.organization.as_deref();
    let all = organization.into_iter().flat_map(|gaps| &gaps.outside);
    all.map(|one| {
        let regions: Vec<_> = one.regions.iter().map(ToString::to_string).collect();
        format!("no member {} {}", one.account, regions.join(" "))
    })
}

/// An open case. Who works on it is no news, nor is an invitation that is sent again.
fn open(case: &Case) -> String {
    let conditions = case.hubs.iter().map(|(hub, condition)| {
        let status = condition.status.as_ref().map(ToString::to_string);
        format!("{hub}={}", status.as_deref().unwrap_or("-"))
    });
    let conditions: Vec<_> = conditions.collect();
    // The reason of its end can be a change in another Region.
    let lapse = case.lapse.as_ref().map(|lapse| lapse.acceptance.until);
    let lapse = lapse.map(|until| until.to_string()).unwrap_or_default();
    let opened = match case.concern {
        Concern::Pending => 0,
        _ => case.opened.timestamp(),
    };
    format!(
        "case {} {opened} {lapse} {}",
        case.key,
        conditions.join(" ")
    )
}

fn fingerprint(fact: &str) -> String {
    let hash = Sha256::digest(fact);
    hex::encode(&hash[..BYTES])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn situation(facts: impl IntoIterator<Item = usize>) -> Situation {
        let facts = facts.into_iter().map(|fact| fact.to_string());
        Situation::of(facts.collect())
    }

    #[test]
    fn only_what_was_not_known_is_news() {
        let before = situation(1..4);
        assert!(!situation(1..4).has_news(&before));
        assert!(!situation(2..3).has_news(&before));
        assert!(situation(3..5).has_news(&before));
        assert!(situation(1..2).has_news(&Situation::default()));
    }

    #[test]
    fn many_facts_are_compared_as_a_whole_and_take_no_more_room() {
        let many = situation(0..MOST + 1);
        let backwards = situation((0..MOST + 1).rev());
        assert!(!many.has_news(&backwards), "their order doesn't count");
        assert!(situation(0..MOST + 2).has_news(&many));
        assert!(situation(0..MOST).has_news(&many));
        for facts in [1, MOST, 100_000] {
            let text = serde_json::to_string(&situation(0..facts)).unwrap();
            assert!(text.len() <= MOST * (2 * BYTES + 3) + 2, "{facts}");
        }
    }
}
