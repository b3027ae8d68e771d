//! The first lines of a report: the number of changes of each kind, or "No changes" for
//! the lists that were read. Only this file says "✅ No changes".

use chrono::NaiveDate;

use super::document::Line;
use super::hubs::Hubs;
use super::voice::Voice;
use crate::domain::report::{ChangeGroup, PeriodLimits, Report};

impl Voice {
    /// One line: the number of changes of each kind, or that there are none, or that
    /// they are unknown.
    pub fn summary(&self, report: &Report, hubs: &Hubs<'_>) -> Line {
        let failed = || self.unchecked(hubs).into_iter().next();
        let known = self.changed(report, hubs, &PeriodLimits::default());
        known.or_else(failed).unwrap_or_default()
    }

    /// The same; `None` if a failed live check is all that is known. For a period it
    /// names the days without data.
    pub(super) fn changed(
        &self,
        report: &Report,
        hubs: &Hubs<'_>,
        limits: &PeriodLimits,
    ) -> Option<Line> {
        let words = self.words();
        let (begins, ends) = (
            limits.begins().map(|date| words.date(date)),
            limits.ends().map(|date| words.date(date)),
        );
        let not_compared = self.limits(hubs, limits);
        if !report.changes.is_empty() {
            let count = |group: &ChangeGroup| words.kind_count(group.kind, group.accounts());
            let counts: Vec<_> = report.changes.iter().map(count).collect();
            return Some(Line::strong(counts.join(" · ")).and(not_compared));
        }
        // "No changes" is said only of hubs that were read to the end and compared.
        let compared = hubs.compared().count();
        let all = report.hubs.len();
        Some(match compared {
            0 if hubs.all_read() => Line::text(words.nothing_to_compare()),
            0 if hubs.read_to_the_end().next().is_some() => {
                Line::text(words.nothing_to_compare()).and(self.not_read(hubs))
            }
            0 if hubs.are_only_doubted() => Line::strong(words.nothing_believed()),
            0 if hubs.reports().iter().any(|hub| hub.unchecked.is_some()) => return None,
            0 => Line::strong(words.nothing_known()),
            // An administrator whose Regions are unknown may have more.
            _ if compared == all && report.unlisted.is_empty() => Line::text(match begins {
                Some(begins) => words.no_changes_since(&begins, ends.as_deref()),
                None => match ends {
                    Some(ends) => words.no_changes_until(&ends),
                    None => words.no_changes().to_owned(),
                },
            }),
            _ if report.admins() > 1 => {
                Line::text(words.no_changes_in_lists(compared, all)).and(not_compared)
            }
            _ => Line::text(words.no_changes_where_read(compared, all)).and(not_compared),
        })
    }

    /// The limits of a headline about changes: days without data, and lists.
    pub(super) fn limits(&self, hubs: &Hubs<'_>, limits: &PeriodLimits) -> String {
        let words = self.words();
        let begin = limits.begins();
        let begin = begin.map(|date| words.history_begins(&words.date(date)));
        let end = limits.ends();
        let end = end.map(|date| words.data_ends(&words.date(date)));
        let limits = begin
            .into_iter()
            .chain(end)
            .map(|limit| format!(" · {limit}"));
        limits.collect::<String>() + &self.not_compared(hubs)
    }

    /// "No changes in 16 of 17 Regions", if polling fails in the others, which a warning names.
    pub(super) fn no_changes_but_failing(&self, report: &Report, hubs: &Hubs<'_>) -> Option<Line> {
        let compared = hubs.compared().count();
        let failing = report.hubs.iter().filter(|hub| hub.unread.is_some());
        let (all, failing) = (report.hubs.len(), failing.count());
        let is_known = compared > 0 && failing > 0 && compared + failing == all;
        let is_whole = report.unlisted.is_empty() && report.admins() <= 1;
        let is_it = is_known && is_whole && report.changes.is_empty();
        is_it.then(|| Line::text(self.words().no_changes_where_read(compared, all)))
    }

    /// The data that was taken for the days around a period that have none.
    pub(super) fn taken_instead(
        &self,
        limits: &PeriodLimits,
        first: NaiveDate,
        last: NaiveDate,
    ) -> Vec<Line> {
        let words = self.words();
        let before = words.date(first.pred_opt().unwrap_or(first));
        let older = limits.older.iter();
        let older = older.map(|date| words.compared_with_older(&before, &words.date(*date)));
        let begin = limits.begins.iter();
        let begin = begin.map(|date| words.begins_within(&words.date(*date)));
        let ends = limits.ends.iter();
        let ends = ends.map(|date| words.ends_within(&words.date(last), &words.date(*date)));
        older.chain(begin).chain(ends).map(Line::text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::member::Counts;
    use crate::domain::query::Query;
    use crate::domain::report::{Coverage, HubReport, Mark};
    use crate::text::Locale;
    use crate::watch::{Answer, Reported};

    /// The headline on 20 to 22 November, of hubs with these snapshots.
    fn headlines(hubs: &[(&str, &str)]) -> [String; 2] {
        let date = |day: &str| format!("2026-11-{day}").parse::<NaiveDate>().unwrap();
        let mark = |day: &str| Mark {
            date: date(day),
            at: format!("2026-11-{day}T09:00:00Z").parse().unwrap(),
        };
        let hub = |(number, (from, to)): (usize, &(&str, &str))| HubReport {
            hub: format!("111122223333/eu-west-{number}").parse().unwrap(),
            coverage: Coverage::Compared {
                from: mark(from),
                to: mark(to),
            },
            counts: Counts::default(),
            checked_at: Some(mark(to).at),
            unread: None,
            damage: None,
            unchecked: None,
            narrowed: false,
        };
        let mut report = Report::new(Vec::new(), date("22"), chrono_tz::UTC);
        report.hubs = hubs.iter().enumerate().map(hub).collect();
        let answer = Answer::Report(Reported {
            query: Query::period(date("20"), date("22")),
            asked_until: None,
            at: mark("24").at,
            today: date("24"),
            report,
        });
        [Locale::En, Locale::Ja].map(|locale| {
            let zone = chrono_tz::UTC;
            let answer = Voice::new(locale, zone).answer(&answer);
            answer.lead[0].plain()
        })
    }

    #[test]
    fn a_period_with_unknown_days_has_no_all_clear() {
        for (hubs, english, japanese) in [
            (
                &[("19", "22"), ("19", "22")][..],
                "✅ No changes",
                "✅ 変更なし",
            ),
            (&[("18", "22")], "✅ No changes", "✅ 変更なし"),
            (
                &[("21", "22"), ("19", "22")],
                "No changes since Sat 21 Nov 2026, when history starts",
                "2026年11月21日(土)(履歴の開始日)以降、変更なし",
            ),
            (
                &[("20", "22")],
                "No changes since Fri 20 Nov 2026, when history starts",
                "2026年11月20日(金)(履歴の開始日)以降、変更なし",
            ),
            (
                &[("19", "21")],
                "No changes until Sat 21 Nov 2026, when data ends",
                "2026年11月21日(土)(データの最終日)まで変更なし",
            ),
            (
                &[("20", "21")],
                "No changes from Fri 20 Nov 2026, when history starts, to Sat 21 Nov 2026, when data ends",
                "2026年11月20日(金)(履歴の開始日)から2026年11月21日(土)(データの最終日)まで変更なし",
            ),
        ] {
            assert_eq!(headlines(hubs), [english, japanese], "{hubs:?}");
        }
    }
}
