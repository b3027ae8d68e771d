//! Digests and answers as documents.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::document::{Document, Line, List, Span};
use super::hubs::Hubs;
use super::voice::Voice;
use crate::domain::directory::Who;
use crate::domain::member::{AccountId, MemberStatus};
use crate::domain::order::best_first;
use crate::domain::query::Query;
use crate::domain::report::{
    ChangeEntry, ChangeGroup, Coverage, HubReport, Mark, PeriodLimits, Report, StandingEntry,
    StandingGroup,
};
use crate::watch::{Answer, Reported};

/// AWS takes 64 characters at most.
pub(super) const LONGEST_EMAIL: usize = 100;

/// AWS takes 50 characters at most. A names file may have more.
pub(super) const LONGEST_NAME: usize = 60;

/// Up to five levels of up to 128 characters.
pub(super) const LONGEST_UNIT: usize = 80;

/// Longer paths are folded.
const LONGEST_PATH: usize = 8;

impl Voice {
    /// An answer.
    pub fn answer(&self, answer: &Answer) -> Document {
        self.with_zone(match answer {
            Answer::Help => self.help(),
            Answer::NoSnapshot(none) => self.no_snapshot(none),
            Answer::Account(answer) => self.account(answer),
            Answer::Status(answer) => self.status_answer(answer),
            Answer::Report(reported) => self.reported(reported),
        })
    }

    fn reported(&self, reported: &Reported) -> Document {
        let words = self.words();
        let report = &reported.report;
        let title = match &reported.query {
            Query::On(date) => words.date_title(&words.date(*date)),
            Query::Between { first, last } => words.period_title(&words.period(*first, *last)),
            _ => words.now_title().to_owned(),
        };
        let last = match reported.query {
            Query::On(date) | Query::Between { last: date, .. } => Some(date),
            _ => None,
        };
        let is_over = last.is_none_or(|last| last < reported.today);
        let title = if is_over { title } else { words.so_far(&title) };
        let hubs = Hubs::new(self, report);
        let limits = match reported.query {
            Query::Between { first, last } => PeriodLimits::of(hubs.read_to_the_end(), first, last),
            _ => PeriodLimits::default(),
        };
        let mut lead = self.unchecked(&hubs);
        lead.extend(self.changed(report, &hubs, &limits));
        lead.extend(self.compared(report));
        lead.extend(
            reported
                .asked_until
                .map(|asked| Line::text(words.until_today(&words.date(asked)))),
        );
        lead.extend(self.warnings(&hubs, reported.at));
        let mut notes = vec![self.counts(report, &hubs)];
        if reported.query == Query::Now {
            notes.extend(self.checked(report, reported.at).map(Line::text));
        }
        if let Query::Between { first, last } = reported.query {
            let limits = PeriodLimits::of(report.hubs.iter(), first, last);
            notes.extend(self.taken_instead(&limits, first, last));
        }
        notes.extend(self.coverage_notes(&hubs));
        notes.extend(self.gaps_notes(report));
        let mut lists = self.lists(report, &hubs);
        if let (true, Some(date), Some(list)) = (is_over, last, lists.last_mut())
            && !report.standing.is_empty()
        {
            let heading = words.not_enabled_members_on(&words.date(date), report.unprotected());
            list.heading = Line::strong(heading);
        }
        Document {
            title,
            lead,
            lists,
            details: self.details(report, &hubs),
            notes,
            choices: Vec::new(),
        }
    }

    /// The changes kind by kind, the members that aren't Enabled, the gaps.
    fn lists(&self, report: &Report, hubs: &Hubs<'_>) -> Vec<List> {
        let mut lists = self.changes(report, hubs);
        lists.extend(self.not_enabled_in_short(report, hubs));
        lists.extend(self.gaps(report, hubs));
        lists
    }

    /// The changes kind by kind.
    pub fn changes(&self, report: &Report, hubs: &Hubs<'_>) -> Vec<List> {
        let list = |group: &ChangeGroup| List {
            heading: Line::strong(self.words().kind(group.kind, group.accounts())),
            items: self.changes_of(group, &report.bulk_changes, hubs),
        };
        report.changes.iter().map(list).collect()
    }

    pub(super) fn change(&self, entry: &ChangeEntry, hubs: &Hubs<'_>) -> Line {
        let words = self.words();
        let line = account(entry.account, &entry.who, self.email(&entry.email));
        let seen = words.seen(&self.moment(entry.last.at));
        self.path(line, &entry.path)
            .and(hubs.phrase(&entry.hubs))
            .and(format!(" · {seen}"))
    }

    /// The statuses that an account, or many, went through.
    pub(super) fn path(&self, mut line: Line, path: &[Option<MemberStatus>]) -> Line {
        let words = self.words();
        let status = |status: &Option<MemberStatus>| {
            status
                .as_ref()
                .map_or_else(|| words.absent().to_owned(), |status| self.status(status))
        };
        let last = path.len().saturating_sub(1);
        // A very long path shows its first and last steps.
        let folded = if path.len() > LONGEST_PATH {
            3..last.saturating_sub(2)
        } else {
            0..0
        };
        for (index, step) in path.iter().enumerate() {
            if folded.contains(&index) {
                if index == folded.start {
                    line = line.and(format!(" → … ({})", folded.len()));
                }
                continue;
            }
            line = line.and(if index == 0 { "  " } else { " → " });
            line = if index == last {
                line.with(Span::Strong(status(step)))
            } else {
                line.and(status(step))
            };
        }
        line
    }

    /// The members that aren't Enabled; `None` if there are none.
    pub fn not_enabled_list(&self, report: &Report, hubs: &Hubs<'_>) -> Option<List> {
        let lines = report
            .standing
            .iter()
            .flat_map(|group| self.member_lines(group, hubs));
        let items: Vec<_> = lines.collect();
        (!items.is_empty()).then(|| List {
            heading: Line::strong(self.words().not_enabled_members(report.unprotected())),
            items,
        })
    }

    /// The members in one status.
    pub fn group(&self, group: &StandingGroup, hubs: &Hubs<'_>) -> List {
        List {
            heading: Line::strong(
                self.words()
                    .members_in(&self.status(&group.status), group.entries.len()),
            ),
            items: self.member_lines(group, hubs).collect(),
        }
    }

    fn member_lines<'a>(
        &'a self,
        group: &'a StandingGroup,
        hubs: &'a Hubs<'a>,
    ) -> impl Iterator<Item = Line> + 'a {
        group
            .entries
            .iter()
            .map(|entry| self.member_line(&group.status, entry, hubs))
    }

    pub(super) fn member_line(
        &self,
        status: &MemberStatus,
        entry: &StandingEntry,
        hubs: &Hubs<'_>,
    ) -> Line {
        let words = self.words();
        account(entry.account, &entry.who, self.email(&entry.email))
            .and("  ")
            .with(Span::Strong(self.status(status)))
            .and(format!(" · {}", words.days(entry.days)))
            .and(hubs.phrase(&entry.hubs))
    }

    /// The number of members in each status.
    pub fn counts(&self, report: &Report, hubs: &Hubs<'_>) -> Line {
        let each = best_first(&report.counts)
            .map(|(status, number)| format!("{} {number}", self.status(status)));
        let each: Vec<_> = each.collect();
        let line = Line::strong(self.total(report));
        let line = if each.is_empty() {
            line
        } else {
            line.and(": ").and(each.join(" · "))
        };
        line.and(self.not_counted(hubs))
    }

    /// "all 17 Regions read", "16 of 17 Regions read": those in which each list is read.
    pub fn regions_read(&self, report: &Report, is_read: impl Fn(&HubReport) -> bool) -> String {
        let all: BTreeSet<_> = report.hubs.iter().map(|hub| &hub.hub.region).collect();
        let unread = report.hubs.iter().filter(|hub| !is_read(hub));
        let unread: BTreeSet<_> = unread.map(|hub| &hub.hub.region).collect();
        self.words()
            .regions_read(all.len() - unread.len(), all.len())
    }

    /// The number of members.
    pub fn total(&self, report: &Report) -> String {
        let members = report.counts.total();
        let (words, accounts) = (self.words(), report.accounts);
        match (report.admins_counted(), report.regions_counted()) {
            (0 | 1, 0 | 1) => words.members(members),
            (0 | 1, regions) => words.accounts(accounts, members, regions),
            (admins, regions) => words.accounts_of(admins, accounts, members, regions),
        }
    }

    /// The times that are compared, over the hubs that were read.
    fn compared(&self, report: &Report) -> Option<Line> {
        let pair = |hub: &HubReport| match hub.coverage {
            Coverage::Compared { from, to } => Some((from, to)),
            _ => None,
        };
        let read = report.hubs.iter().filter(|hub| hub.is_read());
        let pairs: Vec<(Mark, Mark)> = read.filter_map(pair).collect();
        let from = pairs.iter().map(|(from, _)| from.at).min()?;
        let to = pairs.iter().map(|(_, to)| to.at).max()?;
        let (from, to) = (self.moment(from), self.moment(to));
        let compared = self.words().compared(&from, &to, self.zone_name());
        Some(Line::text(compared))
    }

    /// The time of the oldest data.
    pub fn as_of(&self, report: &Report) -> Option<String> {
        let read = report.hubs.iter().filter_map(|hub| hub.checked_at);
        read.min().map(|oldest| self.moment(oldest))
    }

    /// The age of the data. Failing hubs have a warning of their own.
    pub fn checked(&self, report: &Report, now: DateTime<Utc>) -> Option<String> {
        self.checked_in(&report.hubs, now)
    }

    /// The same for these hubs.
    pub(super) fn checked_in(&self, hubs: &[HubReport], now: DateTime<Utc>) -> Option<String> {
        /// Clocks of two machines agree about as well as this.
        const SKEW: TimeDelta = TimeDelta::minutes(5);
        let read = || hubs.iter().filter(|hub| hub.is_read());
        let times = || read().filter_map(|hub| hub.checked_at);
        let (oldest, latest) = (times().min()?, times().max()?);
        let words = self.words();
        Some(if latest > now + SKEW {
            words.checked_ahead(&self.moment(latest))
        } else {
            words.checked(&words.ago(now - oldest))
        })
    }
}

/// An account at the beginning of a line, short enough that the rest stays in sight.
pub(super) fn account(account: AccountId, who: &Who, email: Option<&str>) -> Line {
    let mut line = Line(vec![Span::Code(account.to_string())]);
    if let Some(name) = &who.name {
        line = line.and(format!(" {}", cut(name, LONGEST_NAME)));
    }
    if let Some(unit) = &who.unit {
        line = line.and(format!(" ({})", cut(unit, LONGEST_UNIT)));
    }
    if let Some(email) = email {
        line = line.and(format!(" {}", cut(email, LONGEST_EMAIL)));
    }
    line
}

pub(super) fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
