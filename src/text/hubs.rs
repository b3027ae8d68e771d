//! The names of hubs, and which hubs were read until the end of a report.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::Words;
use super::voice::Voice;
use crate::domain::hub::{HubId, Region, Unlisted};
use crate::domain::member::AccountId;
use crate::domain::report::{Coverage, HubReport, Mark, Report};

/// The hubs whose data ends well before that of the others, because polling failed for
/// the rest of the time.
fn behind(reports: &[HubReport]) -> Vec<(&HubId, Mark)> {
    const LAG: TimeDelta = TimeDelta::hours(2);
    let compared = || {
        reports.iter().filter_map(|hub| match hub.coverage {
            Coverage::Compared { to, .. } if hub.is_checked() => Some((&hub.hub, to)),
            _ => None,
        })
    };
    let Some(end) = compared().map(|(_, to)| to.at).max() else {
        return Vec::new();
    };
    compared().filter(|(_, to)| end - to.at > LAG).collect()
}

/// The hubs of a report: their names, and which of them are behind. Computed once for
/// all lines of the report.
pub struct Hubs<'a> {
    pub(super) names: HubNames,
    pub(super) reports: &'a [HubReport],
    pub(super) not_enabled: &'a [HubId],
    pub(super) unlisted: &'a [Unlisted],
    pub(super) behind: Vec<(&'a HubId, Mark)>,
}

impl<'a> Hubs<'a> {
    /// The hubs of this report.
    pub fn new(voice: &Voice, report: &'a Report) -> Self {
        Self {
            unlisted: &report.unlisted,
            ..Self::of(voice, &report.hubs, &report.not_enabled)
        }
    }

    /// These hubs, in addition to those where Security Hub isn't enabled.
    pub(super) fn of(voice: &Voice, reports: &'a [HubReport], not_enabled: &'a [HubId]) -> Self {
        let watched = reports.iter().map(|hub| &hub.hub);
        Self {
            names: HubNames::new(voice, watched.chain(not_enabled)),
            reports,
            not_enabled,
            unlisted: &[],
            behind: behind(reports),
        }
    }

    /// The hubs that were read until the end of the report.
    pub(super) fn read_to_the_end(&self) -> impl Iterator<Item = &'a HubReport> {
        let is_behind = |hub: &HubReport| self.behind.iter().any(|(id, _)| **id == hub.hub);
        self.reports
            .iter()
            .filter(move |hub| hub.is_read() && !is_behind(hub))
    }

    /// Those of them that were compared with an earlier snapshot.
    pub(super) fn compared(&self) -> impl Iterator<Item = &'a HubReport> {
        let read = self.read_to_the_end();
        read.filter(|hub| matches!(hub.coverage, Coverage::Compared { .. }))
    }

    /// The report of each hub.
    pub(super) fn reports(&self) -> &'a [HubReport] {
        self.reports
    }

    /// The names of some hubs.
    pub(super) fn list<'b>(&self, hubs: impl Iterator<Item = &'b HubId>) -> String {
        self.names.list(hubs)
    }

    /// The name of a hub.
    pub fn name(&self, hub: &HubId) -> String {
        self.names.name(hub)
    }

    /// " · eu-west-1, us-east-1"; nothing if there is only one hub.
    pub(super) fn phrase(&self, hubs: &[HubId]) -> String {
        match self.reports.len() {
            1 => String::new(),
            _ => format!(" · {}", self.places(hubs)),
        }
    }

    /// "eu-west-1, us-east-1", "all Regions except eu-west-1".
    pub(super) fn places(&self, hubs: &[HubId]) -> String {
        const FEW: usize = 3;
        let (words, several) = (self.names.words, self.names.with_admin());
        if self.reports.len() == 1 {
            return self.names.list(hubs.iter());
        }
        let others: Vec<_> = self
            .reports
            .iter()
            .map(|report| &report.hub)
            .filter(|hub| !hubs.contains(hub))
            .collect();
        if others.is_empty() && several {
            words.everywhere().to_owned()
        } else if others.is_empty() {
            words.all_regions(self.reports.len())
        } else if others.len() <= FEW && hubs.len() > FEW {
            let others = self.names.list(others.into_iter());
            if several {
                words.everywhere_but(&others)
            } else {
                words.all_regions_but(&others)
            }
        } else {
            self.names.list(hubs.iter())
        }
    }
}

impl Hubs<'_> {
    /// Reports whether every hub of the report was read.
    pub(super) fn all_read(&self) -> bool {
        self.reports.iter().all(HubReport::is_read)
    }

    /// Reports whether every list that is missing is a doubted one.
    pub(super) fn are_only_doubted(&self) -> bool {
        let mut unknown = self.reports.iter().filter(|hub| !hub.is_read()).peekable();
        let is_doubted = |hub: &HubReport| hub.unread.is_some_and(|unread| unread.doubt.is_some());
        unknown.peek().is_some() && unknown.all(is_doubted)
    }

    /// Some Regions of the report, or "all Regions except" the others if those are few.
    pub(super) fn regions(&self, regions: &[Region]) -> String {
        const FEW: usize = 3;
        let all: BTreeSet<_> = self
            .reports
            .iter()
            .map(|report| &report.hub.region)
            .collect();
        let others: Vec<_> = all
            .iter()
            .filter(|region| !regions.contains(region))
            .collect();
        let words = self.names.words;
        let list = |names: Vec<String>| names.join(words.list_separator());
        // A Region that can't be read is unknown: "except" must not include it.
        if all.len() > 1 && others.is_empty() {
            words.all_regions(all.len())
        } else if others.len() <= FEW && regions.len() > FEW && self.all_read() {
            let others = others.iter().map(ToString::to_string).collect();
            words.all_regions_but(&list(others))
        } else {
            list(regions.iter().map(ToString::to_string).collect())
        }
    }
}

/// The names of hubs: the Region, and the administrator too if there is more than one.
pub(super) struct HubNames {
    words: Words,
    /// The number of hubs of each administrator.
    admins: BTreeMap<AccountId, usize>,
}

impl HubNames {
    /// The names among these hubs.
    pub(super) fn new<'a>(voice: &Voice, hubs: impl Iterator<Item = &'a HubId>) -> Self {
        let mut admins = BTreeMap::new();
        for hub in hubs {
            *admins.entry(hub.admin).or_default() += 1;
        }
        Self {
            words: voice.words(),
            admins,
        }
    }

    pub(super) fn with_admin(&self) -> bool {
        self.admins.len() > 1
    }

    /// One hub.
    pub(super) fn name(&self, hub: &HubId) -> String {
        if self.with_admin() {
            hub.to_string()
        } else {
            hub.region.to_string()
        }
    }

    /// Some hubs.
    pub(super) fn list<'a>(&self, hubs: impl Iterator<Item = &'a HubId>) -> String {
        let names: Vec<_> = if self.with_admin() {
            let mut by_admin = BTreeMap::<AccountId, Vec<&HubId>>::new();
            for hub in hubs {
                by_admin.entry(hub.admin).or_default().push(hub);
            }
            by_admin.values().map(|hubs| self.of_one(hubs)).collect()
        } else {
            hubs.map(|hub| self.name(hub)).collect()
        };
        names.join(self.words.list_separator())
    }

    /// Some hubs of one administrator, who is named once.
    fn of_one(&self, hubs: &[&HubId]) -> String {
        let [first, _, ..] = hubs else {
            return hubs.iter().map(|hub| self.name(hub)).collect();
        };
        let admin = first.admin.to_string();
        let regions = if self.admins.get(&first.admin) == Some(&hubs.len()) {
            self.words.all_regions(hubs.len())
        } else {
            let regions: Vec<_> = hubs.iter().map(|hub| hub.region.as_str()).collect();
            regions.join(self.words.list_separator())
        };
        self.words.regions_of(&admin, &regions)
    }
}
