//! Generated members, the same in every run: unordered IDs as from AWS, email addresses of teams
//! and environments, times over two years.

#[path = "../../tests/suite/support/regions.rs"]
mod regions;

use chrono::{DateTime, TimeDelta, Utc};
pub(crate) use regions::REGIONS;
use securityhub_members::domain::hub::{HubId, Region};
use securityhub_members::domain::member::{
    AccountId, Listed, MemberList, MemberStatus, Snapshot, Window,
};

/// The administrator of every hub.
pub(crate) const ADMIN: &str = "111122223333";

/// The hubs in the first Regions.
pub(crate) fn hubs(number: usize) -> Vec<HubId> {
    let hub = |region: &&str| HubId {
        admin: ADMIN.parse().unwrap(),
        region: region.parse::<Region>().unwrap(),
    };
    REGIONS.iter().take(number).map(hub).collect()
}

/// The start of the simulated time.
pub(crate) fn start() -> DateTime<Utc> {
    "2026-11-01T09:00:00Z".parse().unwrap()
}

/// A pseudo-random number generator.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// The first `number` accounts: 97 of 100 are Enabled.
pub(crate) fn listed(number: usize) -> Vec<Listed> {
    let mut chance = Chance(7);
    let mut accounts = std::collections::BTreeSet::new();
    while accounts.len() < number {
        accounts.insert(100_000_000_000 + chance.below(900_000_000_000));
    }
    let member = |account: u64| {
        let (team, stage) = (chance.below(400), chance.below(3));
        let stage = ["prod", "test", "dev"][stage as usize];
        let ago = TimeDelta::seconds(chance.below(63_072_000) as i64);
        let status = match chance.below(100) {
            0 => MemberStatus::Resigned,
            1 => MemberStatus::Removed,
            2 => MemberStatus::Invited,
            _ => MemberStatus::Enabled,
        };
        Listed {
            account: AccountId::from_u64(account).unwrap(),
            invited_at: (status == MemberStatus::Invited).then(|| start() - ago),
            status,
            email: Some(format!("aws+team-{team:03}-{stage}@example.com").into()),
            updated_at: Some(start() - ago),
        }
    };
    accounts.into_iter().map(member).collect()
}

/// A member list at the end of a poll.
pub(crate) fn snapshot(listed: Vec<Listed>, at: DateTime<Utc>) -> Snapshot {
    let window = Window { after: None, at };
    Snapshot::at_end_of_poll(MemberList::new(listed), None, window)
}

/// The same members with another status: the Enabled ones left, and the others joined.
pub(crate) fn all_changed(mut listed: Vec<Listed>) -> Vec<Listed> {
    for member in &mut listed {
        member.status = match member.status {
            MemberStatus::Enabled => MemberStatus::Resigned,
            _ => MemberStatus::Enabled,
        };
    }
    listed
}
