//! Gaps between the organization and the member lists.

use super::document::{Line, List, Span};
use super::hubs::Hubs;
use super::report::account;
use super::voice::Voice;
use crate::domain::gaps::{Gaps, Outside, StillEnabled};
use crate::domain::report::Report;

impl Voice {
    /// The accounts that aren't members, then those that are closed or suspended in AWS
    /// and still Enabled.
    pub fn gaps(&self, report: &Report, hubs: &Hubs<'_>) -> Vec<List> {
        let Some(gaps) = &report.organization else {
            return Vec::new();
        };
        let words = self.words();
        let not_members = gaps.outside.iter().map(|one| self.not_member(one, hubs));
        let still = gaps.still_enabled.iter();
        let still = still.map(|one| self.still_enabled(one, hubs));
        let lists = [
            (words.not_members(gaps.outside.len()), not_members.collect()),
            (
                words.still_enabled(gaps.still_enabled.len()),
                still.collect::<Vec<_>>(),
            ),
        ];
        lists
            .into_iter()
            .filter(|(_, items)| !items.is_empty())
            .map(|(heading, items)| List {
                heading: Line::strong(heading),
                items,
            })
            .collect()
    }

    fn not_member(&self, one: &Outside, hubs: &Hubs<'_>) -> Line {
        let words = self.words();
        let line = account(one.account, &one.who, None).and("  ");
        if one.in_no_hub {
            let said = if hubs.all_read() {
                words.in_no_region()
            } else {
                words.in_no_read_region()
            };
            line.with(Span::Strong(said.to_owned()))
        } else {
            line.and(words.missing_in(&hubs.regions(&one.regions)))
        }
    }

    fn still_enabled(&self, one: &StillEnabled, hubs: &Hubs<'_>) -> Line {
        account(one.account, &one.who, None)
            .and("  ")
            .with(Span::Strong(self.words().account_state(&one.state)))
            .and(hubs.phrase(&one.hubs))
    }

    /// The reasons that the organization is unknown or old, if it is monitored.
    pub fn gaps_notes(&self, report: &Report) -> Vec<Line> {
        let words = self.words();
        let note = |gaps: &Gaps| {
            let unread = gaps.unread?;
            let reason = words.organization_failure(unread.reason);
            Some(Line::text(match gaps.read_at {
                None => words.organization_unknown(reason),
                Some(at) => words.organization_old(reason, &self.moment(at)),
            }))
        };
        let note = report.organization.as_deref().and_then(note);
        note.into_iter().collect()
    }
}
