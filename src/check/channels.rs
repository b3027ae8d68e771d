//! Checks the conditions of the channels against what is known: how many accounts fit, which
//! conditions nothing meets, and how many accounts fit no channel with conditions.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Finding;
use super::slack::called;
use crate::domain::directory::Directory;
use crate::domain::hub::{HubId, Region};
use crate::domain::member::{AccountId, MemberStatus, Snapshot};
use crate::domain::naming::nearest_name;
use crate::domain::scope::Scope;
use crate::domain::unit::UnitPattern;
use crate::settings::ChannelConfig;

const TOPIC: &str = "Conditions";

/// The known accounts that channels can be about.
#[derive(Debug, Default)]
pub struct KnownAccounts {
    /// The configured administrators.
    pub admins: BTreeSet<AccountId>,
    /// The monitored hubs, each with its members if a poll has stored them.
    pub hubs: Vec<(HubId, Option<Arc<Snapshot>>)>,
    /// False if the Regions of an administrator could not be listed, so that there may be more
    /// hubs.
    pub has_all_hubs: bool,
    /// The names and OUs.
    pub directory: Directory,
}

/// The findings about the channels; none if no channel has conditions.
pub fn conditions(channels: &[ChannelConfig], known: Result<&KnownAccounts, &str>) -> Vec<Finding> {
    let is_narrow = |channel: &&ChannelConfig| !channel.audience.scope.is_everything();
    let (narrow, all): (Vec<_>, Vec<_>) = channels.iter().partition(is_narrow);
    if narrow.is_empty() {
        return Vec::new();
    }
    let known = match known {
        Ok(known) => known,
        Err(problem) => return vec![Finding::note(TOPIC, format!("not checked: {problem}"))],
    };
    let mut findings: Vec<_> = narrow
        .iter()
        .map(|channel| known.channel(channel))
        .collect();
    findings.extend(known.remainder(&narrow, &all));
    findings
}

impl KnownAccounts {
    fn channel(&self, channel: &ChannelConfig) -> Finding {
        let (topic, scope) = (format!("{TOPIC} {}", channel.id), &channel.audience.scope);
        let fitting: BTreeSet<_> = self
            .members()
            .filter(|(hub, account)| self.fits(scope, hub, *account))
            .map(|(_, account)| account)
            .collect();
        let unread = self.hubs.iter();
        let unread = unread.filter(|(hub, members)| members.is_none() && scope.takes_hub(hub));
        let name = channel.audience.name.as_deref().unwrap_or(&channel.id);
        let fit = match fitting.len() {
            1 => "1 account fits now".to_owned(),
            several => format!("{several} accounts fit now"),
        };
        let unread = match unread.count() {
            0 => String::new(),
            1 => "; 1 member list is not read yet".to_owned(),
            several => format!("; {several} member lists are not read yet"),
        };
        let detail = format!("{name}: {fit}{unread}");
        let unmet = self.unmet(scope);
        if unmet.is_empty() {
            return Finding::well(topic, detail);
        }
        let detail = std::iter::once(detail).chain(unmet);
        let detail = detail.collect::<Vec<_>>().join("\n");
        Finding::note(topic, detail).advising("correct the conditions in the configuration file")
    }

    /// The accounts that only the channels without conditions get.
    fn remainder(&self, narrow: &[&ChannelConfig], all: &[&ChannelConfig]) -> Option<Finding> {
        let everyone: BTreeSet<_> = self.members().map(|(_, account)| account).collect();
        if everyone.is_empty() {
            return None;
        }
        let fits = |(hub, account): (&HubId, AccountId)| {
            let mut narrow = narrow.iter();
            narrow.any(|channel| self.fits(&channel.audience.scope, hub, account))
        };
        let fitting: BTreeSet<_> = self
            .members()
            .filter(|member| fits(*member))
            .map(|(_, account)| account)
            .collect();
        let detail = match everyone.len() - fitting.len() {
            0 => "each account fits a channel with conditions".to_owned(),
            others => {
                let all: Vec<_> = all.iter().map(|channel| called(channel)).collect();
                let get = if all.len() == 1 { "gets" } else { "get" };
                let (of, all) = (everyone.len(), all.join(", "));
                format!(
                    "accounts in no channel with conditions: {others} of {of}; only {all} {get} their changes"
                )
            }
        };
        Some(Finding::well(TOPIC, detail))
    }

    fn members(&self) -> impl Iterator<Item = (&HubId, AccountId)> {
        self.hubs.iter().flat_map(|(hub, members)| {
            let members = members.as_ref().map(|members| members.members());
            let members = members.unwrap_or_default().iter();
            members.map(move |member| (hub, member.listed.account))
        })
    }

    /// Reports whether a channel is about this member. Kinds and statuses select its changes.
    fn fits(&self, scope: &Scope, hub: &HubId, account: AccountId) -> bool {
        scope.takes_hub(hub) && scope.takes_known(account, &self.directory)
    }

    /// The conditions that nothing meets, each with its problem.
    fn unmet(&self, scope: &Scope) -> Vec<String> {
        let mut unmet = Vec::new();
        let strangers = scope.admins.difference(&self.admins);
        unmet.extend(
            strangers.map(|admin| format!("admins: {admin} is no administrator in ADMINISTRATORS")),
        );
        if self.has_all_hubs {
            let watched: BTreeSet<_> = self.hubs.iter().map(|(hub, _)| &hub.region).collect();
            let others = scope
                .regions
                .iter()
                .filter(|region| !watched.contains(region));
            unmet.extend(
                others.map(|region: &Region| format!("regions: {region} is not monitored")),
            );
            let takes_none = !self.hubs.iter().any(|(hub, _)| scope.takes_hub(hub));
            if takes_none && unmet.is_empty() {
                unmet.push("admins, regions: no member list meets both".to_owned());
            }
        }
        if scope.lacks_units(&self.directory) {
            unmet.push("units: no OU is known, so no account fits. AWS Organizations or NAMES_FILE provide OUs".to_owned());
        } else {
            unmet.extend(
                scope
                    .units
                    .iter()
                    .filter_map(|pattern| self.unmet_unit(pattern)),
            );
        }
        unmet.extend(
            scope
                .accounts
                .iter()
                .filter_map(|account| self.unmet_account(*account)),
        );
        unmet.extend(
            scope
                .statuses
                .iter()
                .filter_map(|status| self.unmet_status(status)),
        );
        unmet
    }

    fn unmet_unit(&self, pattern: &UnitPattern) -> Option<String> {
        let records = self.directory.accounts.values();
        let units: BTreeSet<_> = records
            .filter_map(|record| record.who.unit.as_deref())
            .collect();
        if units.iter().any(|unit| pattern.takes(unit)) {
            return None;
        }
        let text = pattern.to_string();
        let path = text.trim_end_matches(['*', '/']);
        let near = nearest_name(path, units).map(|unit| format!(": did you mean {unit}?"));
        let near = near.unwrap_or_default();
        Some(format!("units: no known account is in {text}{near}"))
    }

    fn unmet_account(&self, account: AccountId) -> Option<String> {
        let is_known = self.directory.get(account).is_some()
            || self.members().any(|(_, member)| member == account);
        (!is_known).then(|| format!("accounts: {account} is in no member list that was read"))
    }

    /// A status that this release doesn't know can be new, or mistyped.
    fn unmet_status(&self, status: &MemberStatus) -> Option<String> {
        let MemberStatus::Other(name) = status else {
            return None;
        };
        let members = self.hubs.iter().filter_map(|(_, members)| members.as_ref());
        let mut members = members.flat_map(|members| members.members());
        let is_used = members.any(|member| member.listed.status == *status);
        (!is_used).then(|| format!("statuses: {name} is unknown, and no member has it"))
    }
}

#[cfg(test)]
mod tests;
