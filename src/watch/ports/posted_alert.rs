//! The alerts in a channel since its last digest.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::message::MessageId;
use crate::domain::alert::AlertedAccounts;

/// An alert in the channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostedAlert {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Its message.
    pub message: MessageId,
    /// The accounts that it reported.
    pub accounts: Vec<AlertedAccounts>,
}

/// The number of alerts to keep until the next digest.
const MOST_ALERTS: usize = 20;

/// The number of groups of accounts in them: a ledger is one item of limited size.
const MOST_GROUPS: usize = 60;

/// The number of accounts in them.
const MOST_ACCOUNTS: usize = 400;

impl PostedAlert {
    /// Adds this alert, and drops the oldest ones. One of very many accounts keeps only some.
    pub(in crate::watch) fn add_to(mut self, alerts: &mut Vec<Self>) {
        let mut left = MOST_ACCOUNTS;
        self.accounts.truncate(MOST_GROUPS);
        for group in &mut self.accounts {
            group.accounts.truncate(left);
            left -= group.accounts.len();
        }
        self.accounts.retain(|group| !group.accounts.is_empty());
        alerts.push(self);
        let (mut groups, mut accounts) = (0, 0);
        let mut fits = |alert: &Self| {
            groups += alert.accounts.len();
            accounts += alert
                .accounts
                .iter()
                .map(|one| one.accounts.len())
                .sum::<usize>();
            groups <= MOST_GROUPS && accounts <= MOST_ACCOUNTS
        };
        let kept = alerts
            .iter()
            .rev()
            .take(MOST_ALERTS)
            .take_while(|alert| fits(alert));
        let surplus = alerts.len() - kept.count();
        alerts.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::member::AccountId;

    fn alert(message: &str, groups: u64, accounts: u64) -> PostedAlert {
        let account = |number| AccountId::from_u64(number).unwrap();
        let group = |group| AlertedAccounts {
            hubs: BTreeSet::new(),
            accounts: (0..accounts)
                .map(|one| account(group * 1000 + one))
                .collect(),
            lost: true,
        };
        PostedAlert {
            at: DateTime::UNIX_EPOCH,
            message: MessageId(message.to_owned()),
            accounts: (0..groups).map(group).collect(),
        }
    }

    /// Otherwise the digest would mention a second time.
    #[test]
    fn the_newest_alert_is_kept_however_large_it_is() {
        for (groups, accounts) in [(1, 1), (5, 90), (61, 1), (100, 100)] {
            let mut alerts = Vec::new();
            alert("old", 2, 10).add_to(&mut alerts);
            alert("new", groups, accounts).add_to(&mut alerts);
            let newest = alerts.last().unwrap();
            assert_eq!(newest.message.0, "new", "{groups} × {accounts}");
            assert!(!newest.accounts.is_empty());
            let kept = alerts.iter().flat_map(|alert| &alert.accounts);
            let kept: usize = kept.map(|group| group.accounts.len()).sum();
            assert!(kept <= MOST_ACCOUNTS, "{kept}");
        }
    }
}
