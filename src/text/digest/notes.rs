//! Remarks on what was known before: accounts known from the start, resigned and expected ones, and
//! organization accounts that aren't members.

use std::collections::BTreeMap;

use super::NAMED;
use crate::domain::cases::{Case, CaseState};
use crate::domain::digest::Digest;
use crate::domain::member::MemberStatus;
use crate::domain::report::days_between;
use crate::text::document::Line;
use crate::text::voice::Voice;

impl Voice {
    /// The accounts that were not Enabled from the start, and how their number has changed. `None` if
    /// [`Voice::resigned`] counts them.
    pub(super) fn known(&self, digest: &Digest) -> Option<Line> {
        let (words, cases) = (self.words(), &digest.cases);
        let known: Vec<_> = cases.list.known_gaps().collect();
        if known.is_empty() {
            return None;
        }
        let count = known.len();
        let by_status = self.by_status(&known);
        if digest.since.is_none() {
            return Some(Line::text(words.first_known(count, &by_status)));
        }
        if joins_known(digest) {
            return None;
        }
        let is_quiet = cases.list.open.is_empty();
        let has_one_status = count > NAMED && !by_status.contains(words.list_separator());
        let is_short = !is_quiet && has_one_status;
        let said = match is_quiet {
            true => words.not_enabled_now(count),
            false if is_short => words.known_before_in(&by_status),
            false => words.known_before(count),
        };
        let today = self.local(digest.until).date();
        let trend = match &cases.before {
            Some(before) if before.not_enabled == count => {
                match days_between(before.since, today, self.zone) {
                    0 | 1 => words.unchanged().to_owned(),
                    days => words.unchanged_for(days),
                }
            }
            Some(before) => words.difference(before.not_enabled, count),
            None => String::new(),
        };
        let said = match trend.is_empty() {
            true => said,
            false => format!("{said}{}{trend}", words.list_separator()),
        };
        Some(Line::text(match is_short {
            true => said,
            false => words.with_remark(&said, &by_status),
        }))
    }

    /// The resigned accounts in open, accepted and known cases, by name if there are few.
    pub(super) fn resigned(&self, digest: &Digest) -> Option<Line> {
        let words = self.words();
        let is_resigned = |case: &&Case| case.has(&MemberStatus::Resigned);
        let resigned: Vec<_> = digest.cases.list.iter().filter(is_resigned).collect();
        let known = digest.cases.list.known.iter().filter(is_resigned).count();
        // The line about known accounts includes them.
        if resigned.is_empty() || known == resigned.len() {
            return None;
        }
        if resigned.len() <= NAMED {
            let names = self.names(&resigned, NAMED);
            return Some(Line::text(words.resigned_names(&names)));
        }
        let said = match joins_known(digest) {
            true => words.resigned_and_known(resigned.len(), known),
            false => words.resigned_count(resigned.len()),
        };
        let before = digest.cases.before.map(|before| before.resigned);
        Some(self.with_difference(&said, before, resigned.len()))
    }

    /// A count with its difference from the previous digest, if there is one.
    fn with_difference(&self, said: &str, before: Option<usize>, now: usize) -> Line {
        let words = self.words();
        Line::text(match before {
            Some(before) if before != now => {
                words.with_remark(said, &words.difference(before, now))
            }
            _ => said.to_owned(),
        })
    }

    /// "Resigned 40, Removed 1"; resigned accounts by name if there are few.
    fn by_status(&self, known: &[&Case]) -> String {
        let words = self.words();
        let mut groups = BTreeMap::<Option<&MemberStatus>, Vec<&Case>>::new();
        for case in known {
            let status = case
                .hubs
                .values()
                .filter_map(|condition| condition.status.as_ref())
                .min();
            groups.entry(status).or_default().push(case);
        }
        let parts = groups.into_iter().map(|(status, cases)| {
            let called = match status {
                Some(MemberStatus::Resigned) if cases.len() <= NAMED => {
                    let names = self.names(&cases, NAMED);
                    let resigned = words.known_status(&MemberStatus::Resigned);
                    return format!("{resigned}: {names}");
                }
                Some(status) => self.status(status),
                None => words.absent().to_owned(),
            };
            format!("{called} {}", cases.len())
        });
        parts.collect::<Vec<_>>().join(words.list_separator())
    }

    /// The number of accepted cases, and when the first one ends.
    pub(in crate::text) fn expected<'a>(
        &self,
        accepted: impl IntoIterator<Item = &'a Case> + Clone,
    ) -> Option<Line> {
        let until = accepted
            .clone()
            .into_iter()
            .filter_map(|case| match &case.state {
                CaseState::Accepted(acceptance) => Some(acceptance.until),
                _ => None,
            });
        let next = self.words().short_date(until.min()?);
        Some(Line::text(
            self.words()
                .accepted_count(accepted.into_iter().count(), &next),
        ))
    }

    /// The time zone, if the first line is one of open cases, which has no room for it.
    pub(super) fn zone_of(&self, digest: &Digest) -> Option<Line> {
        let is_after = self.news(digest).is_empty() && !digest.cases.list.open.is_empty();
        is_after.then(|| Line::text(self.words().item_times_in(self.zone_name())))
    }

    pub(super) fn not_members(&self, digest: &Digest) -> Option<Line> {
        let outside = digest.report.organization.as_ref()?.outside.len();
        let before = digest.cases.before.map(|before| before.outside);
        let said = self.words().not_members_count(outside);
        (outside > 0).then(|| self.with_difference(&said, before, outside))
    }
}

/// Reports whether the line about resigned accounts counts the known ones too: cases are open, so
/// there is little room, and all known ones resigned.
fn joins_known(digest: &Digest) -> bool {
    let known: Vec<_> = digest.cases.list.known_gaps().collect();
    let is_resigned = |case: &&Case| case.has(&MemberStatus::Resigned);
    let resigned = digest.cases.list.iter().filter(is_resigned).count();
    let is_known = |case: &&Case| {
        let mut conditions = case.hubs.values();
        conditions.all(|condition| condition.status == Some(MemberStatus::Resigned))
    };
    digest.since.is_some()
        && !digest.cases.list.open.is_empty()
        && known.len() > NAMED
        && resigned > known.len()
        && known.iter().all(is_known)
}
