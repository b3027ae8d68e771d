//! The current lists of the simulated hubs and all earlier ones: the expected content of store
//! and digests.

use std::collections::BTreeMap;

use securityhub_members::demo::SimulatedAws;
use securityhub_members::domain::diff::Observation;
use securityhub_members::domain::hub::HubId;
use securityhub_members::domain::member::MemberStatus;

use crate::dice::Dice;
use crate::posted::Step;
use crate::program::{ADMIN, id, member};

pub(crate) const REGIONS: [&str; 3] = ["ap-northeast-1", "eu-west-1", "us-east-1"];
/// One page, so that every list that is read existed at one moment.
const ACCOUNTS: usize = 50;
/// A digest covers up to two days, and folds paths of more than 7 steps.
const MOVES_A_DAY: usize = 3;

/// Account number to status.
pub(crate) type List = BTreeMap<u64, MemberStatus>;

pub(crate) struct Hubs {
    aws: SimulatedAws,
    /// All lists of each hub, oldest first.
    lists: BTreeMap<HubId, Vec<List>>,
    moves: BTreeMap<usize, usize>,
    names: usize,
}

impl Hubs {
    pub(crate) fn new(aws: SimulatedAws) -> Self {
        let mut hubs = Self {
            aws,
            lists: BTreeMap::new(),
            moves: BTreeMap::new(),
            names: 0,
        };
        for index in 0..REGIONS.len() {
            let status = |number: usize| match number % 3 {
                0 => "Invited",
                _ => "Enabled",
            };
            let accounts = (0..ACCOUNTS).filter(|number| number % 5 > 0);
            let list = accounts.map(|number| {
                let number = index * ACCOUNTS + number;
                (account(number), MemberStatus::parse(status(number)))
            });
            hubs.show(index, list.collect());
        }
        hubs
    }

    pub(crate) fn ids() -> [HubId; 3] {
        REGIONS.map(|region| format!("{ADMIN}/{region}").parse().unwrap())
    }

    fn show(&mut self, index: usize, list: List) {
        let members = list.iter().map(|(account, status)| {
            let number = usize::try_from(account - account_zero()).unwrap();
            member(number, status.as_str())
        });
        self.aws.set_members(REGIONS[index], members.collect());
        let hub = Self::ids()[index].clone();
        self.lists.entry(hub).or_default().push(list);
    }

    pub(crate) fn now(&self, hub: &HubId) -> &List {
        self.lists[hub].last().unwrap()
    }

    /// Changes this many accounts.
    pub(crate) fn change(&mut self, dice: &mut Dice, accounts: usize) {
        for (index, hub) in Self::ids().iter().enumerate() {
            let mut list = self.now(hub).clone();
            for _ in 0..accounts.div_ceil(REGIONS.len()) {
                let number = index * ACCOUNTS + dice.below(ACCOUNTS);
                let moves = self.moves.entry(number).or_default();
                if *moves == MOVES_A_DAY {
                    continue;
                }
                *moves += 1;
                match self.status(dice) {
                    Some(status) => list.insert(account(number), status),
                    None => list.remove(&account(number)),
                };
            }
            self.show(index, list);
        }
    }

    /// Usually a status that never occurred before, so that each change is unique.
    fn status(&mut self, dice: &mut Dice) -> Option<MemberStatus> {
        let known = ["Enabled", "Invited", "Removed", "Resigned"];
        match dice.below(10) {
            0 => None,
            1..4 => Some(MemberStatus::parse(dice.pick(&known))),
            _ => {
                self.names += 1;
                let name = format!("Quarantined by the platform team, ticket {}", self.names);
                Some(MemberStatus::parse(&name))
            }
        }
    }

    pub(crate) fn next_day(&mut self) {
        self.moves.clear();
    }

    /// Reports whether the hub ever had this list.
    pub(crate) fn was(&self, hub: &HubId, list: &List) -> bool {
        self.lists[hub].contains(list)
    }

    /// Asserts that the polls saw the hub's lists in order, up to the last one. Returns the steps
    /// of each account.
    pub(crate) fn steps(&self, hub: &HubId, seen: &[Observation]) -> BTreeMap<u64, Vec<Step>> {
        let mut list = self.now(hub).clone();
        let mut place = self.lists[hub].len();
        let mut steps = BTreeMap::<_, Vec<Step>>::new();
        for observation in seen.iter().rev() {
            let before = self.lists[hub][..place].iter();
            let found = before.clone().rposition(|listed| *listed == list);
            let version = observation.version.0;
            place = found.unwrap_or_else(|| panic!("{hub} never listed version {version}"));
            for change in &observation.changes {
                let account = change.account.as_u64();
                assert_eq!(list.get(&account), change.to.as_ref(), "{hub} {version}");
                match &change.from {
                    Some(from) => list.insert(account, from.clone()),
                    None => list.remove(&account),
                };
                let step = (change.from.clone(), change.to.clone());
                steps.entry(account).or_default().insert(0, step);
            }
        }
        let first = &self.lists[hub][..place];
        assert!(
            first.contains(&list) || seen.is_empty(),
            "{hub} never began like this"
        );
        steps
    }
}

fn account_zero() -> u64 {
    id(0).parse().unwrap()
}

fn account(number: usize) -> u64 {
    account_zero() + number as u64
}
