//! Hubs: what one or some of them are called, and which were read to their end.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::Words;
use super::voice::Voice;
use crate::domain::hub::{HubId, Region, Unlisted};
use crate::domain::member::AccountId;
use crate::domain::report::{Coverage, HubReport, Mark, Report};

/// The hubs whose part of a report ends well before the others': they could
/// not be read for the rest of the time.
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

/// The hubs of a report: how they are called, and which of them are behind.
/// Found out once for everything that is told of the report.
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

    /// These hubs, beside those where Security Hub is not enabled.
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

    /// The hubs whose part of the report was read to its end.
    pub(super) fn read_to_the_end(&self) -> impl Iterator<Item = &'a HubReport> {
        let is_behind = |hub: &HubReport| self.behind.iter().any(|(id, _)| **id == hub.hub);
        self.reports
            .iter()
            .filter(move |hub| hub.is_read() && !is_behind(hub))
    }

    /// What is known of each hub.
    pub(super) fn reports(&self) -> &'a [HubReport] {
        self.reports
    }

    /// What some hubs are called.
    pub(super) fn list<'b>(&self, hubs: impl Iterator<Item = &'b HubId>) -> String {
        self.names.list(hubs)
    }

    /// What a hub is called.
    pub fn name(&self, hub: &HubId) -> String {
        self.names.name(hub)
    }

    /// " · eu-west-1, us-east-1"; nothing where there is only one hub anyway.
    pub(super) fn phrase(&self, hubs: &[HubId]) -> String {
        const FEW: usize = 3;
        let (words, several) = (self.names.words, self.names.with_admin());
        if self.reports.len() == 1 {
            return String::new();
        }
        let others: Vec<_> = self
            .reports
            .iter()
            .map(|report| &report.hub)
            .filter(|hub| !hubs.contains(hub))
            .collect();
        let phrase = if others.is_empty() && several {
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
        };
        format!(" · {phrase}")
    }
}

impl Hubs<'_> {
    /// Whether every hub of the report was read.
    pub(super) fn all_read(&self) -> bool {
        self.reports.iter().all(HubReport::is_read)
    }

    /// Whether lists that are not believed yet are all that is missing.
    pub(super) fn are_only_doubted(&self) -> bool {
        let mut unknown = self.reports.iter().filter(|hub| !hub.is_read()).peekable();
        let is_doubted = |hub: &HubReport| hub.unread.is_some_and(|unread| unread.doubt.is_some());
        unknown.peek().is_some() && unknown.all(is_doubted)
    }

    /// Some of the Regions of the report: those that are left where they are few.
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
        // Of an unread Region nothing is known: it must not stand for "but".
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

/// What hubs are called: by Region, and by administrator too where there is
/// more than one.
pub(super) struct HubNames {
    words: Words,
    /// How many hubs each administrator has.
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
