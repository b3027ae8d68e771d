//! Alerts: changes that a channel gets at once, and the accounts that have come back since. They
//! don't wait for the next digest, which has the changes too.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize, Serializer};

use super::bulk::{BulkChange, MANY};
use super::cases::{Case, CaseKey, CaseList, CaseState, Concern, RenamedStatus};
use super::directory::Who;
use super::hub::HubId;
use super::member::{AccountId, MemberStatus, Window};
use super::mention::MentionTarget;
use super::report::{ChangeEntry, Report};
use super::scope::Audience;

/// The changes of one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// Its date.
    pub date: NaiveDate,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Its readers.
    pub audience: Audience,
    /// The changes.
    pub report: Report,
    /// The cases of these accounts, in display order.
    pub cases: Vec<Case>,
}

impl Alert {
    /// The part of a report that its readers want at once; `None` if there is none. A status that
    /// AWS has renamed is a question, not a change of accounts.
    pub fn of(
        mut report: Report,
        cases: CaseList,
        audience: &Audience,
        (date, at): (NaiveDate, DateTime<Utc>),
    ) -> Option<Self> {
        let bulk = std::mem::take(&mut report.bulk_changes).into_iter();
        let (renamed, bulk): (Vec<_>, Vec<_>) = bulk.partition(|bulk| bulk.renamed);
        let is_change = |entry: &ChangeEntry| !is_renaming(entry, &renamed, &cases.renamed);
        report.changes.retain_mut(|group| {
            group.entries.retain(is_change);
            audience.alert.contains(&group.kind) && !group.entries.is_empty()
        });
        let kinds: BTreeSet<_> = report.changes.iter().map(|group| group.kind).collect();
        report.bulk_changes = bulk;
        report
            .bulk_changes
            .retain(|bulk| kinds.contains(&bulk.kind));
        let is_news = !report.changes.is_empty();
        is_news.then(|| Self {
            date,
            at,
            audience: audience.clone(),
            cases: cases_of(cases, &report),
            report,
        })
    }

    /// The time in which its changes happened.
    pub fn window(&self) -> Option<Window> {
        let groups = self.report.changes.iter();
        let windows = || groups.clone().flat_map(|group| &group.entries);
        let at = windows().map(|entry| entry.last.at).max()?;
        let after = windows().filter_map(|entry| entry.last.after).min();
        Some(Window { after, at })
    }

    /// The accounts with these changes, by the hubs of the change.
    pub fn accounts(&self) -> Vec<AlertedAccounts> {
        let mut by_hubs = BTreeMap::<(BTreeSet<HubId>, bool), BTreeSet<AccountId>>::new();
        for group in &self.report.changes {
            for entry in &group.entries {
                let hubs = entry.hubs.iter().cloned().collect();
                let key = (hubs, group.kind.is_departure());
                by_hubs.entry(key).or_default().insert(entry.account);
            }
        }
        let groups = by_hubs.into_iter();
        let groups = groups.map(|((hubs, lost), accounts)| AlertedAccounts {
            hubs,
            accounts: accounts.into_iter().take(MANY).collect(),
            lost,
        });
        groups.collect()
    }

    /// Whom it notifies. No one by accounts that a person expects.
    pub fn mentions(&self) -> &[MentionTarget] {
        let mentions = &self.audience.mentions;
        let groups = self.report.changes.iter();
        let mut groups = groups.filter(|group| mentions.kinds.contains(&group.kind));
        let is_accepted = |key: CaseKey| {
            let mut cases = self.cases.iter();
            let case = cases.find(|case| case.key == key);
            case.is_some_and(|case| matches!(case.state, CaseState::Accepted(_)))
        };
        let is_news = |entry: &ChangeEntry| !is_expected(entry, is_accepted);
        let is_worth_it = groups.any(|group| group.entries.iter().any(is_news));
        if is_worth_it { &mentions.targets } else { &[] }
    }
}

/// Reports whether a person has accepted all cases of a change.
pub(super) fn is_expected(entry: &ChangeEntry, is_accepted: impl Fn(CaseKey) -> bool) -> bool {
    let mut hubs = entry.hubs.iter();
    hubs.all(|hub| is_accepted(CaseKey::in_hub(hub, entry.account)))
}

/// The cases of the accounts that aren't Enabled any more.
fn cases_of(cases: CaseList, report: &Report) -> Vec<Case> {
    let changed: BTreeSet<_> = report
        .changes
        .iter()
        .filter(|group| group.kind.is_departure())
        .flat_map(|group| &group.entries)
        .flat_map(|entry| entry.hubs.iter().map(|hub| (hub.admin, entry.account)))
        .collect();
    let cases = [cases.open, cases.accepted, cases.known];
    let cases = cases.into_iter().flatten();
    let is_its = |case: &Case| {
        let admin = case.key.admin;
        let is_changed = admin.is_some_and(|admin| changed.contains(&(admin, case.key.account)));
        is_changed && case.concern == Concern::NotEnabled
    };
    cases.filter(is_its).collect()
}

fn is_renaming(entry: &ChangeEntry, bulk: &[BulkChange], questions: &[RenamedStatus]) -> bool {
    let is_asked = |question: &RenamedStatus| {
        entry.path.last() == Some(&Some(question.status.clone()))
            && question.accounts.binary_search(&entry.account).is_ok()
    };
    bulk.iter().any(|bulk| bulk.has(entry.account, &entry.path)) || questions.iter().any(is_asked)
}

/// Accounts that an alert reported in the same hubs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertedAccounts {
    /// The hubs of the change.
    pub hubs: BTreeSet<HubId>,
    /// The accounts, by ID. Those of a large group are only the first [`MANY`].
    pub accounts: Vec<AccountId>,
    /// Whether they were worse off after it, and haven't come back since.
    pub lost: bool,
}

impl AlertedAccounts {
    /// Splits off the accounts that are back.
    pub fn split(self, is_back: impl Fn(AccountId) -> bool) -> (Option<Self>, Option<Self>) {
        let (back, gone): (Vec<_>, Vec<_>) = match self.lost {
            true => self.accounts.into_iter().partition(|one| is_back(*one)),
            false => (Vec::new(), self.accounts),
        };
        let hubs = &self.hubs;
        let part = |accounts: Vec<_>, lost| {
            (!accounts.is_empty()).then(|| Self {
                hubs: hubs.clone(),
                accounts,
                lost,
            })
        };
        (part(back, false), part(gone, self.lost))
    }
}

/// Accounts of an alert that are Enabled again, for a reply in its thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comeback {
    /// The date of the reply.
    pub date: NaiveDate,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// All hubs of the channel.
    #[serde(skip)]
    pub watched: Vec<HubId>,
    /// The accounts that are Enabled again in these hubs.
    pub back: Vec<ReturnedAccounts>,
}

/// Accounts that are Enabled again in the same hubs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReturnedAccounts {
    /// The hubs.
    pub hubs: BTreeSet<HubId>,
    /// The accounts.
    #[serde(serialize_with = "named")]
    pub accounts: Vec<(AccountId, Who)>,
}

fn named<S: Serializer>(accounts: &[(AccountId, Who)], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Named<'a> {
        account: AccountId,
        #[serde(flatten)]
        who: &'a Who,
    }
    let accounts = accounts.iter();
    serializer.collect_seq(accounts.map(|(account, who)| Named {
        account: *account,
        who,
    }))
}

/// Reports whether a status is that of an account that has come back.
pub fn is_back(status: Option<&MemberStatus>) -> bool {
    status.is_some_and(MemberStatus::is_protected)
}

/// When an alert reported accounts, for the next digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertMark {
    /// When the alert was made.
    pub at: DateTime<Utc>,
    /// The address of its message, if Slack said it.
    pub link: Option<String>,
    /// The accounts.
    pub accounts: BTreeSet<AccountId>,
}
