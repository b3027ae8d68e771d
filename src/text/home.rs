//! The sections of the Home tab below the open cases. The first digest of a week has some of them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::document::Line;
use super::hubs::Hubs;
use super::voice::Voice;
use crate::domain::cases::{Case, RenamedStatus};
use crate::domain::gaps::{Outside, StillEnabled};
use crate::domain::member::{Counts, MemberStatus};
use crate::domain::report::{HubReport, Report, days_between};

/// The most OUs that the section about known gaps names.
const UNITS: usize = 5;

/// The most accounts that the section about the organization names.
const OUTSIDE: usize = 3;

/// The most Regions that the section about Enabled members names.
const REGIONS: usize = 3;

impl Voice {
    /// The accounts that were not Enabled from the start: how many in each OU, and the oldest.
    pub fn known_gaps(&self, gaps: &[&Case], today: NaiveDate) -> Vec<Line> {
        if gaps.is_empty() {
            return Vec::new();
        }
        let words = self.words();
        let mut lines = vec![Line::strong(words.known_gaps_count(gaps.len()))];
        lines.extend(self.by_unit(gaps));
        lines.extend(gaps.iter().min_by_key(|case| case.since()).map(|oldest| {
            let days = days_between(oldest.since(), today, self.zone);
            Line::text(words.oldest(&self.name(oldest), &words.days(days)))
        }));
        lines
    }

    /// The accepted cases: how many, and when the first one ends.
    pub fn expected_cases(&self, accepted: &[&Case]) -> Vec<Line> {
        let line = self.expected(accepted.iter().copied());
        let strong = |line: Line| Line::strong(line.plain());
        line.map(strong).into_iter().collect()
    }

    /// "Acquired 10 · Sandbox 7 · OU unknown 1", the largest first; `None` if all are unknown.
    fn by_unit(&self, cases: &[&Case]) -> Option<Line> {
        let words = self.words();
        let mut units = BTreeMap::<Option<&String>, usize>::new();
        for case in cases {
            *units.entry(case.who.unit.as_ref()).or_default() += 1;
        }
        let nowhere = units.remove(&None).filter(|_| !units.is_empty());
        let mut units: Vec<_> = units.into_iter().collect();
        units.sort_by_key(|(_, count)| Reverse(*count));
        let more = units.len().saturating_sub(UNITS);
        let named = units.into_iter().take(UNITS);
        let named = named.filter_map(|(unit, count)| Some(format!("{} {count}", unit?)));
        let more = (more > 0).then(|| words.more_units(more));
        let nowhere = nowhere.map(|count| words.in_unknown_unit(count));
        let parts: Vec<_> = named.chain(more).chain(nowhere).collect();
        (!parts.is_empty()).then(|| Line::text(parts.join(" · ")))
    }

    /// The differences between the organization and the member lists: how many, and the first ones.
    pub fn outside(&self, report: &Report, hubs: &Hubs<'_>) -> Vec<Line> {
        let Some(gaps) = &report.organization else {
            return Vec::new();
        };
        let words = self.words();
        let outside = |one: &Outside| {
            let name = one.who.called(one.account);
            match one.in_no_hub {
                true if hubs.all_read() => words.with_remark(&name, words.in_none()),
                true => words.with_remark(&name, words.in_no_read_region()),
                false => words.with_remark(&name, &words.not_in(&hubs.regions(&one.regions))),
            }
        };
        let still = |one: &StillEnabled| one.who.called(one.account);
        let outside: Vec<_> = gaps.outside.iter().take(OUTSIDE).map(outside).collect();
        let still: Vec<_> = gaps.still_enabled.iter().take(OUTSIDE).map(still).collect();
        let mut lines = Vec::new();
        for (title, named, count) in [
            (
                words.not_members_count(gaps.outside.len()),
                outside,
                gaps.outside.len(),
            ),
            (
                words.still_enabled_count(gaps.still_enabled.len()),
                still,
                gaps.still_enabled.len(),
            ),
        ] {
            if count > 0 {
                lines.push(Line::strong(title));
                lines.push(Line::text(words.names(&named, count)));
            }
        }
        lines
    }

    /// The share of Enabled members, and the Regions with the most that aren't. Lists that could
    /// not be read are named. Whether members with a status in question are Enabled is unknown, so
    /// their number is a range, without a percentage.
    pub fn enabled_share(
        &self,
        report: &Report,
        hubs: &Hubs<'_>,
        questions: &[RenamedStatus],
    ) -> Vec<Line> {
        let all = report.counts.total();
        // An administrator whose Regions are unknown may have more members.
        if all == 0 || !report.unlisted.is_empty() {
            return Vec::new();
        }
        let words = self.words();
        let counted = match report.hubs.len() {
            0 | 1 => words.members(all),
            _ => words.memberships(all),
        };
        let enabled = report.counts.of(&MemberStatus::Enabled);
        let share = match in_question(&report.counts, questions) {
            0 => words.enabled_share(enabled, &counted, &percent(enabled, all)),
            unknown => {
                let statuses = self.in_question(questions);
                words.enabled_between(enabled, enabled + unknown, &counted, &statuses)
            }
        };
        let mut lines = vec![Line::strong(share).and(self.not_read(hubs))];
        let mut regions: Vec<_> = report
            .hubs
            .iter()
            .filter(|hub| hub.is_counted())
            .map(|hub| (not_enabled(&hub.counts, questions), hub))
            .filter(|(count, _)| *count > 0)
            .collect();
        regions.sort_by_key(|(count, _)| Reverse(*count));
        let named = regions.iter().take(REGIONS);
        let named = named
            .map(|(count, hub): &(u64, &HubReport)| format!("{} {count}", hubs.name(&hub.hub)));
        let named: Vec<_> = named.collect();
        if report.hubs.len() > 1 && !named.is_empty() {
            let named = named.join(words.list_separator());
            lines.push(Line::text(words.most_not_enabled(&named)));
        }
        lines
    }

    /// The statuses in question.
    pub fn in_question(&self, questions: &[RenamedStatus]) -> String {
        let statuses = questions.iter().map(|one| self.status(&one.status));
        let statuses: Vec<_> = statuses.collect();
        statuses.join(self.words().list_separator())
    }

    /// The days of a week on which accounts changed, the latest first.
    pub fn days_with_changes(&self, week: &Report) -> Vec<Line> {
        let words = self.words();
        let mut days = BTreeMap::<_, Vec<String>>::new();
        for group in &week.changes {
            let mut accounts = BTreeMap::<_, BTreeSet<_>>::new();
            for entry in &group.entries {
                let date = self.local(entry.last.at).date();
                accounts.entry(date).or_default().insert(entry.account);
            }
            for (date, accounts) in accounts {
                let said = words.kind_count(group.kind, accounts.len());
                days.entry(date).or_default().push(said);
            }
        }
        let days = days.into_iter().rev();
        let line = |(date, counts): (_, Vec<String>)| {
            let counts = counts.join(words.list_separator());
            Line::text(format!("{}: {counts}", words.short_date(date)))
        };
        days.map(line).collect()
    }
}

/// The members that aren't Enabled, without those whose status is in question.
pub(crate) fn not_enabled(counts: &Counts, questions: &[RenamedStatus]) -> u64 {
    counts.total() - counts.of(&MemberStatus::Enabled) - in_question(counts, questions)
}

/// The members whose status AWS seems to have renamed.
fn in_question(counts: &Counts, questions: &[RenamedStatus]) -> u64 {
    let members = questions.iter().map(|one| counts.of(&one.status));
    members.sum()
}

/// With one decimal, rounded down: 100% means all.
fn percent(some: u64, all: u64) -> String {
    let tenths = some.saturating_mul(1_000) / all.max(1);
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        tenth => format!("{}.{tenth}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_of_them_are_one_hundred_percent() {
        for (some, all, said) in [
            (13_002, 13_554, "95.9"),
            (13_553, 13_554, "99.9"),
            (7, 7, "100"),
            (0, 7, "0"),
            (1, 2, "50"),
        ] {
            assert_eq!(percent(some, all), said);
        }
    }
}
