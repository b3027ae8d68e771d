//! Many accounts in one line, and their IDs, many to a line.

use std::collections::BTreeMap;

use super::document::{Line, List, Span};
use super::hubs::Hubs;
use super::voice::Voice;
use crate::domain::bulk::{BulkChange, MANY};
use crate::domain::hub::HubId;
use crate::domain::member::{AccountId, MemberStatus};
use crate::domain::report::{ChangeEntry, ChangeGroup, Report, StandingEntry, StandingGroup};

/// Account IDs in a line.
const IN_A_LINE: usize = 10;

impl Voice {
    /// The changes of one kind: a line for each bulk change, and one for each account
    /// that is in none.
    pub(super) fn changes_of(
        &self,
        group: &ChangeGroup,
        bulk: &[BulkChange],
        hubs: &Hubs<'_>,
    ) -> Vec<Line> {
        let line = |change: &Changed<'_>| match change {
            Changed::Together(bulk) => self.bulk_change(bulk, hubs),
            Changed::Alone(entry) => self.change(entry, hubs),
        };
        changed(group, bulk).iter().map(line).collect()
    }

    /// `312 accounts  Enabled → *Active* · all Regions · seen Tue 24 Nov 09:00`.
    pub(super) fn bulk_change(&self, bulk: &BulkChange, hubs: &Hubs<'_>) -> Line {
        let words = self.words();
        let seen = words.seen(&self.moment(bulk.last.at));
        let line = self
            .path(Line(vec![self.many(bulk.accounts.len())]), &bulk.path)
            .and(hubs.phrase(&bulk.hubs))
            .and(format!(" · {seen}"));
        if bulk.renamed {
            line.and(format!(" · {}", words.renamed()))
        } else {
            line
        }
    }

    /// The members that aren't Enabled; many that changed on the same day take one line.
    pub(super) fn not_enabled_in_short(&self, report: &Report, hubs: &Hubs<'_>) -> Option<List> {
        let lines = report.standing.iter().flat_map(|group| {
            let lines = by_first_day(group).into_iter();
            lines.map(|together| match &together[..] {
                [entry] => self.member_line(&group.status, entry, hubs),
                many => self.members_together(&group.status, many, hubs),
            })
        });
        let items: Vec<_> = lines.collect();
        (!items.is_empty()).then(|| List {
            heading: Line::strong(self.words().not_enabled_members(report.unprotected())),
            items,
        })
    }

    pub(super) fn members_together(
        &self,
        status: &MemberStatus,
        many: &[&StandingEntry],
        hubs: &Hubs<'_>,
    ) -> Line {
        let words = self.words();
        let days = many.iter().map(|entry| entry.days).max().unwrap_or(0);
        let mut there: Vec<_> = many.iter().flat_map(|entry| &entry.hubs).cloned().collect();
        there.sort();
        there.dedup();
        Line(vec![self.many(many.len())])
            .and("  ")
            .with(Span::Strong(self.status(status)))
            .and(format!(" · {}", words.days(days)))
            .and(hubs.phrase(&there))
    }

    /// "312 accounts", instead of as many lines.
    pub(super) fn many(&self, accounts: usize) -> Span {
        Span::Many {
            text: self.words().many(accounts),
            accounts,
        }
    }

    /// The IDs of the accounts that share a line.
    pub(super) fn details(&self, report: &Report, hubs: &Hubs<'_>) -> Vec<List> {
        let words = self.words();
        let mut details = Vec::new();
        for bulk in &report.bulk_changes {
            let group = report.changes.iter().find(|group| group.kind == bulk.kind);
            let entries = group.into_iter().flat_map(|group| &group.entries);
            let its = entries.filter(|entry| bulk.has(entry.account, &entry.path));
            let by_hubs = by_hubs(its.map(|entry| (&entry.hubs[..], entry.account)));
            details.extend(by_hubs.into_iter().map(|(there, accounts)| {
                List {
                    heading: self
                        .path(Line::strong(words.many(accounts.len())), &bulk.path)
                        .and(hubs.phrase(there)),
                    items: ids(&accounts),
                }
            }));
        }
        for group in &report.standing {
            for together in by_first_day(group)
                .iter()
                .filter(|together| together.len() > 1)
            {
                let its = together
                    .iter()
                    .map(|entry| (&entry.hubs[..], entry.account));
                details.extend(by_hubs(its).into_iter().map(|(there, accounts)| {
                    List {
                        heading: Line::strong(words.many(accounts.len()))
                            .and("  ")
                            .with(Span::Strong(self.status(&group.status)))
                            .and(hubs.phrase(there)),
                        items: ids(&accounts),
                    }
                }));
            }
        }
        details
    }
}

/// An item that takes one line of a list of changes.
pub(super) enum Changed<'a> {
    /// A bulk change.
    Together(&'a BulkChange),
    /// The change of an account that is in no bulk change.
    Alone(&'a ChangeEntry),
}

/// The changes of one kind, bulk changes first.
pub(super) fn changed<'a>(group: &'a ChangeGroup, bulk: &'a [BulkChange]) -> Vec<Changed<'a>> {
    let bulk: Vec<_> = bulk.iter().filter(|one| one.kind == group.kind).collect();
    let is_alone = |entry: &&ChangeEntry| {
        let mut bulk = bulk.iter();
        !bulk.any(|one| one.has(entry.account, &entry.path))
    };
    let alone = group.entries.iter().filter(is_alone);
    let together = bulk.iter().map(|one| Changed::Together(one));
    together.chain(alone.map(Changed::Alone)).collect()
}

/// The entries of a group. If many began on the same day, they are together.
pub(super) fn by_first_day(group: &StandingGroup) -> Vec<Vec<&StandingEntry>> {
    let mut together: Vec<Vec<&StandingEntry>> = Vec::new();
    // The entries are ordered by their first day.
    for entries in group.entries.chunk_by(|a, b| a.days == b.days) {
        if entries.len() < MANY {
            together.extend(entries.iter().map(|entry| vec![entry]));
        } else {
            together.push(entries.iter().collect());
        }
    }
    together
}

fn by_hubs<'a>(
    accounts: impl Iterator<Item = (&'a [HubId], AccountId)>,
) -> BTreeMap<&'a [HubId], Vec<AccountId>> {
    let mut by_hubs = BTreeMap::<_, Vec<AccountId>>::new();
    for (hubs, account) in accounts {
        by_hubs.entry(hubs).or_default().push(account);
    }
    by_hubs
}

/// Account IDs, many to a line.
pub(super) fn ids(accounts: &[AccountId]) -> Vec<Line> {
    let line = |accounts: &[AccountId]| {
        let ids: Vec<_> = accounts.iter().map(AccountId::to_string).collect();
        Line(vec![Span::Code(ids.join(" "))])
    };
    accounts.chunks(IN_A_LINE).map(line).collect()
}
