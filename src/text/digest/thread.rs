//! The thread of a digest: every change and every account.

use std::collections::BTreeSet;

use super::case::{Alike, alike};
use super::watched;
use crate::domain::bulk::MANY;
use crate::domain::cases::{Case, CaseState, RenamedStatus};
use crate::domain::digest::Digest;
use crate::domain::hub::HubId;
use crate::domain::member::AccountId;
use crate::domain::report::Report;
use crate::text::bulk::ids;
use crate::text::document::{Line, List, Span};
use crate::text::hubs::Hubs;
use crate::text::table::{RowGroup, ThreadPart};
use crate::text::voice::Voice;

impl Voice {
    pub(super) fn thread(&self, digest: &Digest, hubs: &Hubs<'_>) -> Vec<ThreadPart> {
        let (report, cases) = (&digest.report, &digest.cases.list);
        let mut rest = without(report, &cases.open, &cases.renamed);
        let mut elsewhere = None;
        if !digest.lists_not_enabled() {
            let not_listed = std::mem::take(&mut rest.standing);
            elsewhere = (!not_listed.is_empty())
                .then(|| self.words().listed_elsewhere(digest.audience.listing));
        }
        let (open, together) = self.open(&cases.open, digest, hubs);
        let tables = [
            self.changes_table(report, hubs),
            self.accounts_table(open, &rest, &cases.accepted, hubs),
        ];
        let mut parts: Vec<_> = tables
            .into_iter()
            .flatten()
            .map(ThreadPart::Table)
            .collect();
        let mut lists: Vec<_> = self.accepted_list(digest).into_iter().collect();
        lists.extend(self.gaps(report, hubs));
        lists.extend(self.details(&rest, hubs));
        lists.extend(together);
        parts.extend(lists.into_iter().map(ThreadPart::List));
        if !parts.is_empty() {
            parts.extend(elsewhere.map(|said| {
                ThreadPart::List(List {
                    heading: Line::text(said),
                    items: Vec::new(),
                })
            }));
            parts.push(ThreadPart::List(List {
                heading: self.counts(report, hubs),
                items: Vec::new(),
            }));
        }
        parts
    }

    fn accepted_list(&self, digest: &Digest) -> Option<List> {
        let watched = watched(&digest.report);
        let cases = &digest.cases.list.accepted;
        let items: Vec<_> = cases
            .iter()
            .map(|case| self.accepted(case, &watched))
            .collect();
        (!items.is_empty()).then(|| List {
            heading: Line::strong(self.words().every_accepted(items.len())),
            items,
        })
    }

    fn accepted(&self, case: &Case, watched: &[HubId]) -> Line {
        let line = Line::strong(self.name(case)).and(" ");
        let mut line = line;
        line.0.extend(self.happened(case, watched).0);
        match &case.state {
            CaseState::Accepted(acceptance) => {
                let until = self.words().short_date(acceptance.until);
                let said = self.words().expected_until(&until, acceptance.why.as_str());
                line.and(format!(" · {said} · "))
                    .with(Span::Person(acceptance.by.clone()))
            }
            _ => line,
        }
    }

    /// The open cases, one row each. Many similar ones share a row, and their IDs are a list.
    fn open(&self, open: &[Case], digest: &Digest, hubs: &Hubs<'_>) -> (RowGroup, Vec<List>) {
        let watched = &watched(&digest.report)[..];
        let (mut rows, mut lists) = (Vec::new(), Vec::new());
        for cases in alike(&open.iter().collect::<Vec<_>>()) {
            match &cases[..] {
                [first, ..] if cases.len() >= MANY => {
                    let line = self.many_together(first, cases.len(), watched);
                    lists.extend(unlisted(&cases, digest, &line));
                    rows.push(self.case_row((first, cases.len()), line, watched, hubs));
                }
                few => rows.extend(few.iter().map(|case| {
                    let id = Span::Code(case.key.account.to_string());
                    let line = self.together(&vec![*case], watched).and(" · ").with(id);
                    self.case_row((case, 1), line, watched, hubs)
                })),
            }
        }
        let heading = Line::strong(self.words().every_open_case(open.len()));
        (RowGroup { heading, rows }, lists)
    }

    /// "*1000 accounts* left in *all 17 Regions* · day 2, no owner".
    fn many_together(&self, first: &Case, accounts: usize, watched: &[HubId]) -> Line {
        let line = Line::text(format!("{} ", self.mark(first))).with(self.many(accounts));
        self.rest(line.and(" "), first, watched)
    }
}

/// The IDs of cases that share a row, but for those of bulk changes: they are already listed with
/// the changes.
fn unlisted(cases: &Alike<'_>, digest: &Digest, heading: &Line) -> Option<List> {
    let is_listed = |account: &AccountId| {
        let mut bulk = digest.report.bulk_changes.iter();
        bulk.any(|bulk| bulk.accounts.binary_search(account).is_ok())
    };
    let accounts = cases.iter().map(|case| case.key.account);
    let accounts: Vec<_> = accounts.filter(|account| !is_listed(account)).collect();
    (!accounts.is_empty()).then(|| List {
        heading: heading.clone(),
        items: ids(&accounts),
    })
}

/// The report without these accounts among the members that are not Enabled.
fn without(report: &Report, open: &[Case], renamed: &[RenamedStatus]) -> Report {
    let renamed = renamed.iter().flat_map(|one| &one.accounts);
    let open = open.iter().map(|case| &case.key.account);
    let accounts: BTreeSet<_> = open.chain(renamed).copied().collect();
    let mut report = report.clone();
    for group in &mut report.standing {
        group
            .entries
            .retain(|entry| !accounts.contains(&entry.account));
    }
    report.standing.retain(|group| !group.entries.is_empty());
    report
}
