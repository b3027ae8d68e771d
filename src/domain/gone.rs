//! Accounts that left the organization. Their last known names and OUs stay for a while: reports
//! about them are due after they left.

use chrono::{DateTime, TimeDelta, Utc};

use super::directory::{AccountRecord, Accounts, Who};

/// The record of an account that left is kept this long: the default retention of the history.
const KEPT: TimeDelta = TimeDelta::days(400);

/// The most such records. They share the size limit of the stored organization.
const MOST: usize = 10_000;

/// The accounts that the last complete reading listed.
pub fn listed(accounts: &Accounts) -> Accounts {
    let listed = accounts.iter().filter(|(_, record)| record.is_listed());
    listed
        .map(|(account, record)| (*account, record.clone()))
        .collect()
}

/// The accounts of a complete reading at `now`, with the records of those that left before. If
/// there are too many of these, the ones that left last stay.
#[must_use]
pub fn with_gone(mut accounts: Accounts, before: &Accounts, now: DateTime<Utc>) -> Accounts {
    let missing = before.iter().filter(|(account, record)| {
        !accounts.contains_key(account) && record.who != Who::default()
    });
    let mut gone: Vec<_> = missing
        .map(|(account, record)| {
            let since = record.gone_since.unwrap_or(now);
            (since, *account, &record.who)
        })
        .filter(|(since, ..)| now - *since < KEPT)
        .collect();
    gone.sort_by_key(|(since, account, _)| (std::cmp::Reverse(*since), *account));
    gone.truncate(MOST);
    accounts.extend(gone.into_iter().map(|(since, account, who)| {
        let record = AccountRecord {
            who: who.clone(),
            state: None,
            gone_since: Some(since),
        };
        (account, record)
    }));
    accounts
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::domain::directory::AccountState;
    use crate::domain::member::AccountId;

    fn account(number: u64) -> AccountId {
        AccountId::from_u64(number).unwrap()
    }

    fn record(name: &str) -> AccountRecord {
        AccountRecord {
            who: Who {
                name: Some(name.to_owned()),
                unit: Some(format!("Units/{name}")),
            },
            state: Some(AccountState::Active),
            gone_since: None,
        }
    }

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(day)
    }

    proptest! {
        /// After any readings, the accounts are those of the last one, and those that an earlier
        /// one listed, each with its last name and OU.
        #[test]
        fn an_account_that_left_keeps_its_last_name_and_unit(
            readings in proptest::collection::vec(
                (1..300_i64, proptest::collection::btree_set(1..6_u64, 0..6)), 1..8)
        ) {
            let (mut accounts, mut now) = (Accounts::default(), 0);
            // The name of the last reading that listed an account, and when it was first missing.
            let mut seen = BTreeMap::<u64, (String, Option<i64>)>::new();
            for (days, numbers) in readings {
                now += days;
                let name = |number: &u64| format!("{number}-on-{now}");
                let reading = numbers.iter().map(|one| (account(*one), record(&name(one))));
                accounts = with_gone(reading.collect(), &accounts, day(now));
                for (number, (_, gone)) in &mut seen {
                    *gone = gone.or(Some(now).filter(|_| !numbers.contains(number)));
                }
                seen.extend(numbers.iter().map(|one| (*one, (name(one), None))));
                seen.retain(|_, (_, gone)| gone.is_none_or(|gone| now - gone < 400));
                let expected = seen.iter().map(|(number, (name, gone))| {
                    let gone_since = gone.map(day);
                    let state = Some(AccountState::Active).filter(|_| gone.is_none());
                    (account(*number), AccountRecord { state, gone_since, ..record(name) })
                });
                prop_assert_eq!(&accounts, &expected.collect::<Accounts>());
                let current: BTreeSet<_> = listed(&accounts).into_keys().collect();
                prop_assert_eq!(current, numbers.into_iter().map(account).collect());
            }
        }
    }

    #[test]
    fn of_too_many_accounts_the_last_ones_stay() {
        let most = u64::try_from(MOST).unwrap();
        let (old, new) = (1..=most, most + 1..=most + 2);
        let all = |numbers: std::ops::RangeInclusive<u64>| -> Accounts {
            numbers.map(|one| (account(one), record("a"))).collect()
        };
        let gone = with_gone(Accounts::default(), &all(old), day(1));
        assert_eq!(gone.len(), MOST);
        let mut before = gone;
        before.extend(all(new.clone()));
        let gone = with_gone(Accounts::default(), &before, day(2));
        assert_eq!(gone.len(), MOST);
        assert!(new.into_iter().all(|one| gone.contains_key(&account(one))));
    }

    #[test]
    fn the_previous_release_reads_the_record_of_an_account_that_left() {
        #[derive(serde::Deserialize)]
        struct Previous {
            #[serde(flatten)]
            who: Who,
            #[serde(default)]
            state: Option<AccountState>,
        }
        let before = [(account(1), record("payments"))].into();
        let gone = with_gone(Accounts::default(), &before, day(1));
        let json = serde_json::to_string(&gone[&account(1)]).unwrap();
        let previous: Previous = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (previous.who, previous.state),
            (record("payments").who, None)
        );
        let listed = serde_json::to_string(&record("payments")).unwrap();
        assert!(!listed.contains("gone_since"), "{listed}");
        assert_eq!(
            serde_json::from_str::<AccountRecord>(&listed).unwrap(),
            record("payments")
        );
    }
}
