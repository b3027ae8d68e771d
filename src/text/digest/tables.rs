//! The tables in the thread of a digest: every change, and every account with an open case or
//! another status than Enabled.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::bulk::BulkChange;
use crate::domain::cases::{Case, Concern};
use crate::domain::diff::ChangeKind;
use crate::domain::directory::Who;
use crate::domain::hub::HubId;
use crate::domain::member::{AccountId, MemberStatus};
use crate::domain::report::{ChangeEntry, ChangeGroup, Report, StandingEntry, StandingGroup};
use crate::text::bulk::{Changed, by_first_day, changed};
use crate::text::document::Line;
use crate::text::hubs::Hubs;
use crate::text::report::{LONGEST_EMAIL, LONGEST_NAME, LONGEST_UNIT, cut};
use crate::text::table::{Cell, Row, RowGroup, Table};
use crate::text::voice::Voice;

impl Voice {
    /// Every change; `None` if there is none.
    pub(super) fn changes_table(&self, report: &Report, hubs: &Hubs<'_>) -> Option<Table> {
        let words = self.words();
        let entries = || report.changes.iter().flat_map(|group| &group.entries);
        let has_emails = entries().any(|entry| self.email(&entry.email).is_some());
        let group = |group: &ChangeGroup| {
            let row = |change: &Changed<'_>| match change {
                Changed::Together(bulk) => self.bulk_row(bulk, hubs),
                Changed::Alone(entry) => self.change_row(group.kind, entry, hubs),
            };
            RowGroup {
                heading: Line::strong(words.kind(group.kind, group.accounts())),
                rows: changed(group, &report.bulk_changes)
                    .iter()
                    .map(row)
                    .collect(),
            }
        };
        let groups: Vec<_> = report.changes.iter().map(group).collect();
        let columns = [
            words.column_account(),
            words.column_what(),
            words.column_regions(),
            words.column_seen(),
            words.column_unit(),
            words.column_id(),
            words.column_email(),
        ];
        let caption = words.every_change(report.changed());
        self.table(&caption, &columns, groups, has_emails)
    }

    fn change_row(&self, kind: ChangeKind, entry: &ChangeEntry, hubs: &Hubs<'_>) -> Row {
        let path = self.path(Line::default(), &entry.path).plain();
        Row {
            cells: vec![
                name(entry.account, &entry.who),
                self.what(kind, &path),
                Cell::text(hubs.places(&entry.hubs)),
                self.time(entry.last.at),
                unit(&entry.who),
                id(entry.account),
                email(self.email(&entry.email)),
            ],
            line: self.change(entry, hubs),
        }
    }

    fn bulk_row(&self, bulk: &BulkChange, hubs: &Hubs<'_>) -> Row {
        let words = self.words();
        let mut path = self.path(Line::default(), &bulk.path).plain();
        if bulk.renamed {
            path = format!("{path} · {}", words.renamed());
        }
        Row {
            cells: vec![
                Cell::text(words.many(bulk.accounts.len())),
                self.what(bulk.kind, &path),
                Cell::text(hubs.places(&bulk.hubs)),
                self.time(bulk.last.at),
                unknown(),
                Cell::text(words.listed_below()),
                unknown(),
            ],
            line: self.bulk_change(bulk, hubs),
        }
    }

    /// "🔴 Left: Enabled → Resigned".
    fn what(&self, kind: ChangeKind, path: &str) -> Cell {
        let kind = self.words().kind_name(kind);
        Cell::text(format!("{kind}: {}", path.trim_start()))
    }

    /// The open cases, then the other members that aren't Enabled; `None` if there are none.
    /// `accepted` cases have a person who expects them.
    pub(super) fn accounts_table(
        &self,
        open: RowGroup,
        others: &Report,
        accepted: &[Case],
        hubs: &Hubs<'_>,
    ) -> Option<Table> {
        let words = self.words();
        let standing = || others.standing.iter();
        let entries = || standing().flat_map(|group| &group.entries);
        let has_emails = entries().any(|entry| self.email(&entry.email).is_some());
        let accepted: BTreeMap<_, _> = accepted
            .iter()
            .map(|case| (case.key.account, case))
            .collect();
        let rows = standing().flat_map(|group| self.member_rows(group, &accepted, hubs));
        let others = RowGroup {
            heading: Line::strong(words.not_enabled_members(others.unprotected())),
            rows: rows.collect(),
        };
        let groups: Vec<_> = [open, others]
            .into_iter()
            .filter(|group| !group.rows.is_empty())
            .collect();
        let headings: Vec<_> = groups.iter().map(|group| group.heading.plain()).collect();
        let columns = [
            words.column_account(),
            words.column_status(),
            words.column_since(),
            words.column_day(),
            words.column_regions(),
            words.column_unit(),
            words.column_id(),
            words.column_owner(),
            words.column_email(),
        ];
        self.table(&headings.join(" · "), &columns, groups, has_emails)
    }

    fn member_rows(
        &self,
        group: &StandingGroup,
        accepted: &BTreeMap<AccountId, &Case>,
        hubs: &Hubs<'_>,
    ) -> Vec<Row> {
        let row = |entries: &Vec<&StandingEntry>| match &entries[..] {
            [entry] => self.member_row(&group.status, entry, accepted, hubs),
            many => self.members_row(&group.status, many, hubs),
        };
        by_first_day(group).iter().map(row).collect()
    }

    fn member_row(
        &self,
        status: &MemberStatus,
        entry: &StandingEntry,
        accepted: &BTreeMap<AccountId, &Case>,
        hubs: &Hubs<'_>,
    ) -> Row {
        let case = accepted.get(&entry.account).copied();
        let owner = case.map(|case| self.owned(Line::default(), case));
        Row {
            cells: vec![
                name(entry.account, &entry.who),
                self.member_status(status, case),
                self.time(entry.since),
                day_after(entry.days),
                Cell::text(hubs.places(&entry.hubs)),
                unit(&entry.who),
                id(entry.account),
                owner.map_or_else(unknown, Cell::Line),
                email(self.email(&entry.email)),
            ],
            line: self.member_line(status, entry, hubs),
        }
    }

    /// "Resigned: left", or "Resigned: left or declined" if the account's history doesn't say which.
    fn member_status(&self, status: &MemberStatus, case: Option<&Case>) -> Cell {
        let words = self.words();
        let known = case.filter(|case| case.has(status)).and_then(Case::worst);
        Cell::text(match (status, known) {
            (MemberStatus::Resigned, Some(how @ (ChangeKind::Left | ChangeKind::Declined))) => {
                let how = words.case_short(Concern::NotEnabled, Some(how));
                format!("{}: {how}", self.status(status))
            }
            _ => words.known_status(status),
        })
    }

    fn members_row(&self, status: &MemberStatus, many: &[&StandingEntry], hubs: &Hubs<'_>) -> Row {
        let words = self.words();
        let since = many.iter().map(|entry| entry.since).min();
        let days = many.iter().map(|entry| entry.days).max();
        let mut there: Vec<_> = many.iter().flat_map(|entry| &entry.hubs).cloned().collect();
        there.sort();
        there.dedup();
        Row {
            cells: vec![
                Cell::text(words.many(many.len())),
                Cell::text(words.known_status(status)),
                since.map_or_else(unknown, |since| self.time(since)),
                days.map_or_else(unknown, day_after),
                Cell::text(hubs.places(&there)),
                unknown(),
                Cell::text(words.listed_below()),
                unknown(),
                unknown(),
            ],
            line: self.members_together(status, many, hubs),
        }
    }

    /// An open case, or so many with the same text. `line` says the same.
    pub(super) fn case_row(
        &self,
        (case, accounts): (&Case, usize),
        line: Line,
        watched: &[HubId],
        hubs: &Hubs<'_>,
    ) -> Row {
        let words = self.words();
        let account = case.key.account;
        let [account, unit, id] = match accounts {
            1 => [name(account, &case.who), unit(&case.who), id(account)],
            many => [
                Cell::text(words.many(many)),
                unknown(),
                Cell::text(words.listed_below()),
            ],
        };
        let places = self.places(case, watched);
        let places = places.unwrap_or_else(|| hubs.list(case.hubs.keys()));
        Row {
            cells: vec![
                account,
                self.case_status(case),
                self.time(case.since()),
                Cell::Number(case.day),
                Cell::text(places),
                unit,
                id,
                Cell::Line(self.owned(Line::default(), case)),
                unknown(),
            ],
            line,
        }
    }

    /// "🔴 left". An account that is no longer expected to be so says why.
    fn case_status(&self, case: &Case) -> Cell {
        let short = self.words().case_short(case.concern, case.worst());
        let status = Line::text(format!("{} {short}", self.mark(case)));
        let status = self.with_status(status, case);
        Cell::Line(match self.lapsed(case) {
            Some(lapsed) => status.and(" · ").append(lapsed),
            None => status,
        })
    }

    /// A time that is sorted as text.
    fn time(&self, time: DateTime<Utc>) -> Cell {
        Cell::text(self.local(time).format("%Y-%m-%d %H:%M").to_string())
    }

    /// Without the last column if no one has an email address; `None` without rows.
    fn table(
        &self,
        caption: &str,
        columns: &[&'static str],
        mut groups: Vec<RowGroup>,
        has_emails: bool,
    ) -> Option<Table> {
        let count = columns.len() - usize::from(!has_emails);
        for row in groups.iter_mut().flat_map(|group| &mut group.rows) {
            row.cells.truncate(count);
        }
        let zone = self.words().item_times_in(self.zone_name());
        (!groups.is_empty()).then(|| Table {
            caption: format!("{caption} · {zone}"),
            columns: columns.iter().copied().take(count).collect(),
            groups,
        })
    }
}

fn name(account: AccountId, who: &Who) -> Cell {
    Cell::text(cut(&who.called(account), LONGEST_NAME))
}

fn unit(who: &Who) -> Cell {
    let unit = who.unit.as_deref().unwrap_or_default();
    Cell::text(cut(unit, LONGEST_UNIT))
}

fn id(account: AccountId) -> Cell {
    Cell::text(account.to_string())
}

fn email(email: Option<&str>) -> Cell {
    Cell::text(cut(email.unwrap_or_default(), LONGEST_EMAIL))
}

fn unknown() -> Cell {
    Cell::Line(Line::default())
}

/// The number of the day that comes so many days after the first.
fn day_after(days: u32) -> Cell {
    Cell::Number(days.saturating_add(1))
}
