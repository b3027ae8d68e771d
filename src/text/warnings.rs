//! Warnings about lists that could not be read or compared.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::document::Line;
use super::hubs::{HubNames, Hubs};
use super::voice::Voice;
use crate::domain::doubt::Doubt;
use crate::domain::hub::{Unlisted, Unread};
use crate::domain::notice::UnreadHub;
use crate::domain::report::{Coverage, Damage, HubReport, days_between};

impl Voice {
    /// The lists that could not be read, or are unknown, with the reasons.
    pub fn warnings(&self, hubs: &Hubs<'_>, now: DateTime<Utc>) -> Vec<Line> {
        let unread = hubs.reports.iter().filter_map(|hub| {
            Some(UnreadHub {
                hub: hub.hub.clone(),
                unread: hub.unread?,
                checked_at: hub.checked_at,
            })
        });
        let mut lines = self.failing(&unread.collect::<Vec<_>>(), &hubs.names, now);
        lines.extend(self.damaged(hubs));
        lines.extend(self.empty(hubs));
        lines.extend(
            hubs.unlisted
                .iter()
                .map(|unlisted| self.unlisted(*unlisted)),
        );
        lines
    }

    /// The hubs with damaged or restarted history.
    fn damaged(&self, hubs: &Hubs<'_>) -> Vec<Line> {
        let words = self.words();
        let called = |damage: Damage| {
            let with = |hub: &&HubReport| hub.damage == Some(damage);
            let damaged = hubs.reports.iter().filter(with).map(|hub| &hub.hub);
            hubs.names.list(damaged)
        };
        let restarted = called(Damage::Restarted);
        let restarted = (!restarted.is_empty()).then(|| {
            let said = words.history_restarted(&restarted);
            Line::strong(format!("⚠️ {said}")).and(format!(" · {}", words.unknown_before_restart()))
        });
        let damaged = self.damaged_history(&called(Damage::History));
        damaged.into_iter().chain(restarted).collect()
    }

    /// The warning that the history of these hubs is damaged; nothing for none.
    pub(super) fn damaged_history(&self, called: &str) -> Option<Line> {
        let words = self.words();
        let said = || {
            Line::strong(format!("⚠️ {}", words.history_damaged(called)))
                .and(format!(" · {}", words.unknown_until_restored()))
        };
        (!called.is_empty()).then(said)
    }

    /// An administrator that may have more Regions than the known ones.
    fn unlisted(&self, unlisted: Unlisted) -> Line {
        let words = self.words();
        let Unread { since, reason, .. } = unlisted.unread;
        let said = words.regions_unlisted(&unlisted.admin.to_string(), &self.moment(since));
        let reason = words.unlisted_reason(reason);
        Line::strong(format!("⚠️ {said}"))
            .and(format!(" · {reason} · {}", words.known_regions_only()))
    }

    /// The Regions in which Security Hub isn't enabled, and needn't be.
    pub fn not_enabled(&self, hubs: &Hubs<'_>) -> Option<Line> {
        let called = hubs.names.list(hubs.not_enabled.iter());
        let said = || Line::text(self.words().not_enabled_in(&called));
        (!called.is_empty()).then(said)
    }

    /// Lists that are empty in their first report, or when every list is. A
    /// Region without members among others with members is ordinary.
    fn empty(&self, hubs: &Hubs<'_>) -> Option<Line> {
        let is_empty = |hub: &&HubReport| hub.is_read() && hub.counts.total() == 0 && !hub.narrowed;
        let all = hubs.reports.iter().all(|hub| is_empty(&hub));
        let is_news = |hub: &&HubReport| all || matches!(hub.coverage, Coverage::First { .. });
        let empty = hubs.reports.iter().filter(is_empty).filter(is_news);
        let called = hubs.names.list(empty.map(|hub| &hub.hub));
        (!called.is_empty())
            .then(|| Line::strong(format!("⚠️ {}", self.words().list_empty(&called))))
    }

    /// Lists that were read and are doubted, in one line.
    fn doubted(&self, hubs: &[UnreadHub], names: &HubNames) -> Option<Line> {
        let words = self.words();
        let doubted = hubs.iter().filter_map(|hub| Some((hub, hub.unread.doubt?)));
        let doubted: Vec<_> = doubted.collect();
        let called = |(hub, doubt): &(&UnreadHub, Doubt)| {
            format!(
                "{} ({} → {})",
                names.name(&hub.hub),
                doubt.before,
                doubt.now
            )
        };
        let said = match &doubted[..] {
            [] => return None,
            [(hub, doubt)] => words.list_doubted(&names.name(&hub.hub), doubt.before, doubt.now),
            several => {
                let several: Vec<_> = several.iter().map(called).collect();
                words.lists_doubted(&several.join(words.list_separator()))
            }
        };
        let mut line =
            Line::strong(format!("⚠️ {said}")).and(format!(" · {}", words.until_confirmed()));
        if let Some(checked) = doubted.iter().filter_map(|(hub, _)| hub.checked_at).min() {
            line = line.and(format!(" · {}", words.data_from(&self.moment(checked))));
        }
        Some(line)
    }

    /// Failing hubs. Many that fail for the same reason, for example a permission that
    /// was removed, take one line. So do the hubs of one of several administrators.
    pub(super) fn failing(
        &self,
        hubs: &[UnreadHub],
        names: &HubNames,
        now: DateTime<Utc>,
    ) -> Vec<Line> {
        const FEW: usize = 3;
        let mut alike = BTreeMap::<_, Vec<&UnreadHub>>::new();
        for hub in hubs.iter().filter(|hub| hub.unread.doubt.is_none()) {
            let admin = names.with_admin().then_some(hub.hub.admin);
            alike
                .entry((hub.unread.reason, admin))
                .or_default()
                .push(hub);
        }
        let lines = alike.into_iter().flat_map(|((_, admin), alike)| {
            let together = if alike.len() > FEW || admin.is_some() {
                alike.len()
            } else {
                1
            };
            let groups: Vec<_> = alike.chunks(together).map(<[_]>::to_vec).collect();
            groups
        });
        let lines = lines.filter_map(|group| self.warning(&group, names, now));
        self.doubted(hubs, names).into_iter().chain(lines).collect()
    }

    fn warning(&self, group: &[&UnreadHub], names: &HubNames, now: DateTime<Utc>) -> Option<Line> {
        let words = self.words();
        let first = group.iter().min_by_key(|hub| hub.unread.since)?.unread;
        let called = names.list(group.iter().map(|hub| &hub.hub));
        let today = self.local(now).date();
        let days = days_between(first.since, today, self.zone);
        let said = words.failing_for(&called, &self.moment(first.since), days);
        let never = || group.iter().filter(|hub| hub.checked_at.is_none());
        let state = match group.iter().filter_map(|hub| hub.checked_at).min() {
            Some(checked) => words.data_from(&self.moment(checked)),
            None => words.never_read().to_owned(),
        };
        let mut line = Line::strong(format!("⚠️ {said}"))
            .and(format!(" · {}", words.unread_reason(first.reason)))
            .and(format!(" · {state}"));
        if (1..group.len()).contains(&never().count()) {
            let called = names.list(never().map(|hub| &hub.hub));
            line = line.and(format!(" · {called}: {}", words.never_read()));
        }
        Some(line)
    }

    /// The hubs that were not compared, with the reasons.
    pub(super) fn coverage_notes(&self, hubs: &Hubs<'_>) -> Vec<Line> {
        let words = self.words();
        let mut notes = Vec::new();
        let mut first = Vec::new();
        for hub in hubs.reports {
            match hub.coverage {
                Coverage::Compared { .. } => {}
                Coverage::First { to } => first.push((&hub.hub, to)),
                // The warnings have it.
                Coverage::Missing(_) if !hub.is_checked() || hub.damage.is_some() => {}
                Coverage::Missing(nearest) => {
                    let dates = [nearest.before, nearest.after].into_iter().flatten();
                    let dates: Vec<_> = dates.map(|date| date.to_string()).collect();
                    let dates = dates.join(words.list_separator());
                    notes.push(Line::text(words.missing_hub(&hubs.name(&hub.hub), &dates)));
                }
            }
        }
        for (hub, to) in &hubs.behind {
            let until = self.moment(to.at);
            notes.push(Line::text(words.only_until(&hubs.name(hub), &until)));
        }
        match first.first() {
            Some((_, to)) if first.len() == hubs.reports.len() => {
                notes.push(Line::text(words.first_data(&self.moment(to.at))));
            }
            Some(_) => {
                let first = hubs.names.list(first.into_iter().map(|(hub, _)| hub));
                notes.push(Line::text(words.first_data_in(&first)));
            }
            None => {}
        }
        notes.extend(self.not_enabled(hubs));
        notes
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::domain::member::Counts;
    use crate::domain::report::{Mark, Report};
    use crate::text::Locale;

    fn report(ends: &[(&str, &str)]) -> Report {
        let hub = |(region, end): &(&str, &str)| {
            let mark = |at: &str| Mark {
                date: NaiveDate::MIN,
                at: at.parse().unwrap(),
            };
            HubReport {
                hub: format!("123456789012/{region}").parse().unwrap(),
                coverage: Coverage::Compared {
                    from: mark("2026-11-20T23:50:00Z"),
                    to: mark(end),
                },
                counts: Counts::default(),
                checked_at: None,
                unread: None,
                damage: None,
                unchecked: None,
                narrowed: false,
            }
        };
        Report {
            changes: Vec::new(),
            bulk_changes: Vec::new(),
            standing: Vec::new(),
            accounts: 0,
            counts: Counts::default(),
            hubs: ends.iter().map(hub).collect(),
            not_enabled: Vec::new(),
            unlisted: Vec::new(),
            organization: None,
        }
    }

    fn voice() -> Voice {
        Voice::new(Locale::En, chrono_tz::UTC)
    }

    #[test]
    fn a_region_that_failed_for_the_rest_of_the_day_does_not_count_as_unchanged() {
        let report = report(&[
            ("eu-west-1", "2026-11-21T23:50:00Z"),
            ("sa-east-1", "2026-11-21T09:00:00Z"),
        ]);
        let hubs = Hubs::new(&voice(), &report);
        let notes: Vec<_> = voice()
            .coverage_notes(&hubs)
            .iter()
            .map(Line::plain)
            .collect();
        assert_eq!(notes, ["sa-east-1: data only until Sat 21 Nov 09:00"]);
        assert_eq!(
            voice().summary(&report, &hubs).plain(),
            "No changes in 1 of 2 Regions · not compared: sa-east-1"
        );
    }
}
