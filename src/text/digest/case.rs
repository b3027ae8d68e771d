//! A case in words: its name, what happened where and when, and its owner.

use std::collections::BTreeSet;

use super::{CaseText, NAMES};
use crate::domain::bulk::MANY;
use crate::domain::cases::{Case, CaseState, Condition, LapseReason};
use crate::domain::diff::ChangeKind;
use crate::domain::hub::{HubId, Region};
use crate::partition;
use crate::text::document::{Line, Span};
use crate::text::voice::Voice;

/// Cases with the same text: event, Regions, day and owner.
pub(super) type Alike<'a> = Vec<&'a Case>;

/// More Regions than these are only counted.
const FEW: usize = 3;

/// A line about more accounts names only the first [`NAMES`].
const TOGETHER: usize = 10;

impl Voice {
    /// Open cases in a few lines. Cases with the same text share one.
    pub fn open_cases(&self, cases: &[&Case], watched: &[HubId]) -> Vec<Line> {
        let groups = alike(cases);
        let lines = groups.iter().map(|cases| self.together(cases, watched));
        lines.collect()
    }

    /// A case: its name and OU, and what happened where and when. `watched` are all monitored hubs.
    pub fn case(&self, case: &Case, watched: &[HubId]) -> CaseText {
        let mut name = Line::text(format!("{} ", self.mark(case)));
        name = name.with(Span::Strong(self.name(case)));
        if let Some(unit) = &case.who.unit {
            name = name.and(format!(" · {unit}"));
        }
        let mut what = self.happened(case, watched);
        what = what.and(format!(" · {}", self.time_of(case)));
        if let Some(times) = self.times(case) {
            what = what.and(format!(" · {times}"));
        }
        what = self.owned(what.and(" · "), case);
        what = what
            .and(" · ")
            .with(Span::Code(case.key.account.to_string()));
        let mut lines = vec![name, what];
        lines.extend(self.lapsed(case));
        CaseText {
            id: case.into(),
            lines,
            details: Vec::new(),
            taken: matches!(case.state, CaseState::Taken(_)),
            console: case.hubs.keys().find_map(|hub| console(&hub.region)),
        }
    }

    /// "left in *all 17 Regions*".
    pub(super) fn happened(&self, case: &Case, watched: &[HubId]) -> Line {
        let pattern = self.words().case_in(case.concern, case.worst());
        let places = self.places(case, watched);
        let happened = match (pattern.split_once("{}"), places) {
            (Some((before, after)), Some(places)) => {
                Line::text(before).with(Span::Strong(places)).and(after)
            }
            (Some(_), None) => Line::text(self.words().case_short(case.concern, case.worst())),
            (None, _) => Line::text(pattern),
        };
        self.with_status(happened, case)
    }

    /// "Not Enabled" alone doesn't say the current status.
    pub(super) fn with_status(&self, happened: Line, case: &Case) -> Line {
        match (case.worst(), case.hubs.values().next()) {
            (
                Some(ChangeKind::Unprotected),
                Some(Condition {
                    status: Some(now), ..
                }),
            ) => happened.and(self.words().now_it_is(&self.status(now))),
            _ => happened,
        }
    }

    /// The Regions of a case; `None` if the administrator has only one.
    pub(super) fn places(&self, case: &Case, watched: &[HubId]) -> Option<String> {
        let some: BTreeSet<_> = case.hubs.keys().cloned().collect();
        let words = self.words();
        match case.elsewhere {
            0 => self.regions(&some, watched),
            more if some.len() <= FEW => {
                let names: Vec<_> = some.iter().map(|hub| hub.region.to_string()).collect();
                let names = names.join(words.list_separator());
                Some(match more {
                    1 => words.and_another_region(&names),
                    more => words.and_other_regions(&names, more),
                })
            }
            more => Some(words.some_regions(some.len(), some.len() + more)),
        }
    }

    /// The Regions of some hubs of one administrator; `None` if it has only one.
    pub(in crate::text) fn regions(
        &self,
        some: &BTreeSet<HubId>,
        watched: &[HubId],
    ) -> Option<String> {
        let words = self.words();
        let admin = some.first()?.admin;
        let all = watched.iter().filter(|hub| hub.admin == admin).count();
        (all > 1).then(|| {
            if some.len() >= all {
                words.all_regions(all)
            } else if some.len() <= FEW {
                let names: Vec<_> = some.iter().map(|hub| hub.region.to_string()).collect();
                names.join(words.list_separator())
            } else {
                words.some_regions(some.len(), all)
            }
        })
    }

    /// When polls saw it, from the first Region to the last.
    pub(super) fn time_of(&self, case: &Case) -> String {
        let words = self.words();
        let times = || case.hubs.values().map(|condition| condition.since);
        let (first, last) = (
            times().min().unwrap_or(case.opened),
            times().max().unwrap_or(case.opened),
        );
        let (from, to) = (self.local(first), self.local(last));
        let clock = |time: chrono::NaiveDateTime| time.format("%H:%M").to_string();
        if from.format("%F %H:%M").to_string() == to.format("%F %H:%M").to_string() {
            words.by_moment(&words.moment(to))
        } else if from.date() == to.date() {
            words.between_moments(&words.short_date(from.date()), &clock(from), &clock(to))
        } else {
            words.from_to_moments(&words.moment(from), &words.moment(to))
        }
    }

    /// "second time since March".
    pub(super) fn times(&self, case: &Case) -> Option<String> {
        let before: Vec<_> = case
            .earlier
            .iter()
            .filter(|ended| !ended.unwatched)
            .collect();
        let first = before.first()?;
        let first = self.local(first.opened).date();
        Some(self.words().times_since(before.len() + 1, first))
    }

    /// Adds the owner, and since when.
    pub(super) fn owned(&self, line: Line, case: &Case) -> Line {
        let words = self.words();
        match &case.state {
            CaseState::Taken(assignment) => {
                let since = words.weekday_time(self.local(assignment.at));
                line.and("👀 ")
                    .with(Span::Person(assignment.by.clone()))
                    .and(words.taken_by_since(&since))
            }
            CaseState::Accepted(acceptance) => {
                let until = words.short_date(acceptance.until);
                let said = words.expected_until(&until, acceptance.why.as_str());
                line.and(format!("{said} · "))
                    .with(Span::Person(acceptance.by.clone()))
            }
            _ => line.and(words.no_owner()),
        }
    }

    pub(super) fn lapsed(&self, case: &Case) -> Option<Line> {
        let lapse = case.lapse.as_ref()?;
        let why = lapse.acceptance.why.as_str();
        Some(Line::text(match lapse.why {
            LapseReason::Date => self.words().lapsed_date(why),
            LapseReason::Changed => self.words().lapsed_changed(why),
        }))
    }

    /// "*payments-prod*, *ledger-prod* left, day 2 · 👀 @Ann since Fri 09:12".
    pub(super) fn together(&self, cases: &Alike<'_>, watched: &[HubId]) -> Line {
        let words = self.words();
        let Some(first) = cases.first() else {
            return Line::default();
        };
        let shown = match cases.len() {
            ..=TOGETHER => cases.len(),
            _ => NAMES,
        };
        let mut line = Line::text(format!("{} ", self.mark(first)));
        for (index, case) in cases.iter().take(shown).enumerate() {
            if index > 0 {
                line = line.and(words.list_separator());
            }
            line = line.with(Span::Strong(self.name(case)));
        }
        if shown < cases.len() {
            line = line.and(words.and_more("", cases.len() - shown).trim_end());
        }
        self.rest(line.and(" "), first, watched)
    }

    /// "left", "removed in *5 of 17 Regions*": the Regions only if it isn't all of them.
    fn happened_in_short(&self, case: &Case, watched: &[HubId]) -> Line {
        let admin = case.key.admin;
        let all = watched
            .iter()
            .filter(|hub| Some(hub.admin) == admin)
            .count();
        let short = self.words().case_short(case.concern, case.worst());
        let happened = match self.places(case, watched) {
            Some(places) if case.hubs.len() < all || case.elsewhere > 0 => {
                let (before, after) = self.words().short_in(short);
                Line::text(before).with(Span::Strong(places)).and(after)
            }
            _ => Line::text(short),
        };
        self.with_status(happened, case)
    }

    /// Adds what happened, the day and the owner.
    pub(super) fn rest(&self, mut line: Line, case: &Case, watched: &[HubId]) -> Line {
        line.0.extend(self.happened_in_short(case, watched).0);
        let words = self.words();
        let after_day = match case.state {
            CaseState::Open | CaseState::Known => words.list_separator(),
            CaseState::Taken(_) | CaseState::Accepted(_) => " · ",
        };
        line = line.and(format!(" · {}{after_day}", words.case_day(case.day)));
        line = self.owned(line, case);
        match self.lapsed(case) {
            Some(lapsed) => line.and(format!(" · {}", lapsed.plain())),
            None => line,
        }
    }

    pub(super) fn mark(&self, case: &Case) -> &'static str {
        self.words().case_mark(case.concern, case.worst())
    }

    /// The name of a case's account.
    pub(in crate::text) fn name(&self, case: &Case) -> String {
        case.who.called(case.key.account)
    }

    /// The first names, or only the number if there are many accounts.
    pub(in crate::text) fn names(&self, cases: &[&Case], most: usize) -> String {
        if cases.len() >= MANY {
            return self.words().many(cases.len());
        }
        let names = cases.iter().take(most).map(|case| self.name(case));
        self.words().names(&names.collect::<Vec<_>>(), cases.len())
    }
}

/// The console page that manages the members of a Region, if it is known.
fn console(region: &Region) -> Option<String> {
    let host = partition::console(region)?;
    Some(format!(
        "https://{host}/securityhub/home?region={region}#/settings/general"
    ))
}

/// Groups cases with the same text.
pub(super) fn alike<'a>(cases: &[&'a Case]) -> Vec<Alike<'a>> {
    let mut groups = Vec::<Alike<'_>>::new();
    for case in cases {
        let is_alike = |other: &&Case| {
            other.concern == case.concern
                && other.worst() == case.worst()
                && other.day == case.day
                && other.state == case.state
                && other.lapse == case.lapse
                && other.elsewhere == case.elsewhere
                && other.hubs.keys().eq(case.hubs.keys())
        };
        match groups
            .iter_mut()
            .find(|group| group.first().is_some_and(is_alike))
        {
            Some(group) => group.push(case),
            None => groups.push(vec![case]),
        }
    }
    groups
}
