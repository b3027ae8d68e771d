//! Makes alerts: changes that a channel gets at once, each in one alert, and replies about accounts
//! that have come back since.
//!
//! The ledger has the version of each hub up to which alerts have reported the changes. It moves
//! over every change, also those that the channel doesn't get at once, so that other conditions
//! later report nothing old.

use std::sync::Arc;

use super::held::HeldDelivery;
use super::outcome::{DeliverError, Prepared};
use crate::domain::alert::{Alert, AlertedAccounts, Comeback, ReturnedAccounts, is_back};
use crate::domain::hub::{Covered, HubId, Version};
use crate::domain::member::AccountId;
use crate::domain::report::Coverage;
use crate::domain::scope::Audience;
use crate::watch::calendar::Calendar;
use crate::watch::cases::Cases;
use crate::watch::history::{History, LoadedHub, Since};
use crate::watch::hubs::WatchedHubs;
use crate::watch::ports::{HeadStore, Ledger, MessageId, State, StoreError, Subject};
use crate::watch::reports::Reports;

/// Makes alerts.
pub(in crate::watch) struct Alerts {
    pub(in crate::watch) calendar: Calendar,
    pub(in crate::watch) hubs: Arc<WatchedHubs>,
    pub(in crate::watch) heads: Arc<dyn HeadStore>,
    pub(in crate::watch) history: Arc<History>,
    pub(in crate::watch) reports: Arc<Reports>,
    pub(in crate::watch) cases: Arc<Cases>,
}

/// The next step after polls.
pub(super) enum AlertStep {
    /// Nothing to post: only the versions move.
    Move(Covered),
    /// Post an alert, and then move to these versions.
    Alert(Box<Alert>, Covered),
    /// Post a reply in this thread.
    Reply(MessageId, Comeback, Vec<AlertedAccounts>),
}

impl Alerts {
    /// The next step; `None` if the ledger is up to date.
    pub(super) async fn next(
        &self,
        ledger: &Ledger,
        audience: &Audience,
    ) -> Result<Option<AlertStep>, StoreError> {
        let now = self.versions().await?;
        if ledger.told.is_empty() {
            // The first alert reports nothing that a digest has.
            let begin = beginning(ledger).cloned().unwrap_or(now);
            return Ok((!begin.is_empty()).then_some(AlertStep::Move(begin)));
        }
        let mut versions = now.iter();
        if versions.all(|(hub, version)| ledger.told.get(hub) == Some(version)) {
            return Ok(None);
        }
        // People may have decided in another process what a status means.
        self.cases.learned().await?;
        let loaded = self.load(&ledger.told).await?;
        if let Some(reply) = self.reply(ledger, audience, &loaded).await {
            return Ok(Some(reply));
        }
        let mut told = ledger.told.clone();
        for one in &loaded {
            let is_known = !matches!(one.hub.coverage, Coverage::Missing(_));
            if is_known && one.hub.damage.is_none() {
                told.insert(one.hub.hub.clone(), one.version);
            }
        }
        if told == ledger.told {
            return Ok(None);
        }
        let at = self.calendar.now();
        let date = self.calendar.in_zone(audience.zone).date_of(at);
        let directory = self.reports.directory.looked_up().await?;
        if audience.scope.lacks_units(&directory) {
            // No change could be assigned, so the versions wait.
            return Ok(None);
        }
        let report = self.reports.part(loaded, date, audience, &directory);
        if !report
            .changes
            .iter()
            .any(|group| audience.alert.contains(&group.kind))
        {
            return Ok(Some(AlertStep::Move(told)));
        }
        let cases = self.cases.list().await?.within(&audience.scope, &directory);
        let cases = cases.counted_in(audience.zone, at);
        let alert = Alert::of(report, cases, audience, (date, at));
        Ok(Some(match alert {
            Some(alert) => AlertStep::Alert(Box::new(alert), told),
            None => AlertStep::Move(told),
        }))
    }

    /// The current version of each hub that has been read. A damaged one is left to the digest.
    async fn versions(&self) -> Result<Covered, StoreError> {
        let hubs = self.hubs.list();
        let hubs: Vec<_> = hubs.iter().collect();
        let heads = self.heads.heads(&hubs).await?;
        let heads = hubs.into_iter().zip(heads);
        let versions = heads.filter_map(|(hub, head)| Some((hub.clone(), head.ok()?.version)));
        Ok(versions
            .filter(|(_, version)| *version > Version::NONE)
            .collect())
    }

    /// All hubs with the changes after these versions. A hub that was read after the others has
    /// them since its first poll, and so has one whose history has begun again.
    async fn load(&self, told: &Covered) -> Result<Vec<LoadedHub>, StoreError> {
        let since = |hub: &HubId, state: &State| {
            let after = told.get(hub).copied().unwrap_or(Version::NONE);
            let is_gone = after > state.head.version;
            Since {
                mark: None,
                after: if is_gone { Version::NONE } else { after },
            }
        };
        let hubs = self.hubs.list();
        let hubs: Vec<_> = hubs.iter().collect();
        self.history.load_heads(&hubs, since).await
    }

    /// The reply to the oldest alert with accounts that are back.
    async fn reply(
        &self,
        ledger: &Ledger,
        audience: &Audience,
        loaded: &[LoadedHub],
    ) -> Option<AlertStep> {
        let is_enabled = |hub: &HubId, account: AccountId| {
            let mut hubs = loaded.iter();
            let one = hubs.find(|one| one.hub.hub == *hub);
            let members = one.and_then(|one| one.members.as_deref());
            let member = members.and_then(|members| members.get(account));
            is_back(member.map(|member| &member.listed.status))
        };
        let (thread, back) = ledger.alerts.iter().find_map(|alert| {
            let groups = alert.accounts.iter().cloned();
            let back = groups.filter_map(|group| {
                let hubs = group.hubs.clone();
                group
                    .split(|account| hubs.iter().all(|hub| is_enabled(hub, account)))
                    .0
            });
            let back: Vec<_> = back.collect();
            (!back.is_empty()).then(|| (alert.message.clone(), back))
        })?;
        let directory = self.reports.directory.get().await;
        let returned = |group: &AlertedAccounts| ReturnedAccounts {
            hubs: group.hubs.clone(),
            accounts: group
                .accounts
                .iter()
                .map(|account| (*account, directory.who(*account)))
                .collect(),
        };
        let at = self.calendar.now();
        let mut watched = self.hubs.list().to_vec();
        watched.retain(|hub| audience.scope.takes_hub(hub));
        let comeback = Comeback {
            date: self.calendar.in_zone(audience.zone).date_of(at),
            at,
            watched,
            back: back.iter().map(returned).collect(),
        };
        Some(AlertStep::Reply(thread, comeback, back))
    }

    /// Writes the messages of an alert or a reply to the outbox; `None` if there is none.
    pub(super) async fn prepare(
        &self,
        held: &mut HeldDelivery<'_>,
    ) -> Result<Option<Prepared>, DeliverError> {
        let channel = held.channel();
        let (posting, messages) = match self.next(held.ledger(), channel.audience()).await? {
            None => return Ok(None),
            Some(AlertStep::Move(told)) => {
                held.ledger.told = told;
                return Ok(None);
            }
            Some(AlertStep::Alert(alert, told)) => {
                let messages = channel.render_alert(&alert);
                let subject = Subject::Alert(alert.date);
                let mut posting = held.posting(subject, alert.at, messages.len());
                posting.told = told;
                posting.accounts = alert.accounts();
                (posting, messages)
            }
            Some(AlertStep::Reply(thread, comeback, back)) => {
                let messages = channel.render_comeback(&comeback);
                let subject = Subject::Alert(comeback.date);
                let mut posting = held.posting(subject, comeback.at, messages.len());
                posting.accounts = back;
                posting.thread = Some(thread);
                (posting, messages)
            }
        };
        held.keep(&posting, &messages).await?;
        Ok(Some((posting, messages)))
    }
}

/// The versions that the last digest covers, or with which a channel beside others began.
fn beginning(ledger: &Ledger) -> Option<&Covered> {
    let last = ledger.last.as_ref().map(|last| &last.covered);
    let start = ledger.start.as_ref().map(|start| &start.covered);
    last.or(start).filter(|covered| !covered.is_empty())
}
