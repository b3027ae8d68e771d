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
use crate::text::voice::Voice;

impl Voice {
    pub(super) fn thread(&self, digest: &Digest, hubs: &Hubs<'_>) -> Vec<List> {
        let (words, report, cases) = (self.words(), &digest.report, &digest.cases.list);
        let mut lists = self.changes(report, hubs);
        let watched = watched(report);
        let (open, together) = self.open(&cases.open, digest, &watched);
        if !cases.open.is_empty() {
            lists.push(List {
                heading: Line::strong(words.every_open_case(cases.open.len())),
                items: open,
            });
        }
        let rest = without(report, &cases.open, &cases.renamed);
        lists.extend(self.not_enabled_in_short(&rest, hubs));
        let accepted: Vec<_> = cases
            .accepted
            .iter()
            .map(|case| self.accepted(case, &watched))
            .collect();
        if !accepted.is_empty() {
            lists.push(List {
                heading: Line::strong(words.every_accepted(accepted.len())),
                items: accepted,
            });
        }
        lists.extend(self.gaps(report, hubs));
        lists.extend(self.details(&rest, hubs));
        lists.extend(together);
        if !lists.is_empty() {
            lists.push(List {
                heading: self.counts(report, hubs),
                items: Vec::new(),
            });
        }
        lists
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

    /// The open cases, one line each. Many similar ones share a line, and their IDs are a list.
    fn open(&self, open: &[Case], digest: &Digest, watched: &[HubId]) -> (Vec<Line>, Vec<List>) {
        let (mut lines, mut lists) = (Vec::new(), Vec::new());
        for cases in alike(&open.iter().collect::<Vec<_>>()) {
            if cases.len() < MANY {
                let one = |case: &&Case| {
                    let line = self.together(&vec![*case], watched);
                    line.and(" · ")
                        .with(Span::Code(case.key.account.to_string()))
                };
                lines.extend(cases.iter().map(one));
            } else {
                let line = self.many_together(&cases, watched);
                // The IDs of a bulk change are already listed with the changes.
                let is_listed = |account: &AccountId| {
                    let mut bulk = digest.report.bulk_changes.iter();
                    bulk.any(|bulk| bulk.accounts.binary_search(account).is_ok())
                };
                let accounts = cases.iter().map(|case| case.key.account);
                let accounts: Vec<_> = accounts.filter(|account| !is_listed(account)).collect();
                lines.push(line.clone());
                if !accounts.is_empty() {
                    lists.push(List {
                        heading: line,
                        items: ids(&accounts),
                    });
                }
            }
        }
        (lines, lists)
    }

    /// "*1000 accounts* left in *all 17 Regions* · day 2 · no owner".
    fn many_together(&self, cases: &Alike<'_>, watched: &[HubId]) -> Line {
        let Some(first) = cases.first() else {
            return Line::default();
        };
        let line = Line::text(format!("{} ", self.mark(first))).with(self.many(cases.len()));
        self.rest(line.and(" "), first, watched)
    }
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
