//! Live checks that failed, and the member lists that an answer leaves out.

use std::collections::BTreeMap;

use super::document::Line;
use super::hubs::Hubs;
use super::voice::Voice;
use crate::domain::hub::HubId;
use crate::domain::report::HubReport;

/// More lists than this are counted and not named.
const FEW: usize = 3;

impl Voice {
    /// The hubs with a failed live check, a line for each reason. These are the first
    /// lines of every message about the hubs.
    pub fn unchecked(&self, hubs: &Hubs<'_>) -> Vec<Line> {
        let mut alike = BTreeMap::<_, Vec<&HubReport>>::new();
        for hub in hubs.reports() {
            if let Some(unchecked) = hub.unchecked {
                alike.entry(unchecked.reason).or_default().push(hub);
            }
        }
        let words = self.words();
        let line = |(reason, failed): (_, Vec<&HubReport>)| {
            let names = hubs.list(failed.iter().map(|hub| &hub.hub));
            let said = words.unchecked(reason, &names);
            let data = match failed.iter().filter_map(|hub| hub.checked_at).min() {
                Some(oldest) => words.data_from(&self.moment(oldest)),
                None => words.never_read().to_owned(),
            };
            Line::strong(format!("⚠️ {said}")).and(format!(" · {data}"))
        };
        alike.into_iter().map(line).collect()
    }

    /// " · not compared: sa-east-1": the lists that a headline about changes leaves out.
    pub(super) fn not_compared(&self, hubs: &Hubs<'_>) -> String {
        let compared: Vec<_> = hubs.compared().collect();
        let is_out = |hub: &&HubReport| compared.iter().all(|one| one.hub != hub.hub);
        let out = hubs.reports().iter().filter(is_out).map(|hub| &hub.hub);
        self.left_out(hubs, out.collect(), |called| {
            self.words().not_compared(called)
        })
    }

    /// " · not read: sa-east-1": the lists that a headline about members leaves out.
    pub(super) fn not_read(&self, hubs: &Hubs<'_>) -> String {
        let nothing = hubs.reports().iter().all(|hub| !hub.is_counted());
        let is_out = |hub: &&HubReport| !hub.is_checked() || !(nothing || hub.is_counted());
        let out = hubs.reports().iter().filter(is_out);
        self.left_out(hubs, out.map(|hub| &hub.hub).collect(), |called| {
            self.words().not_read(called)
        })
    }

    /// " · not counted: sa-east-1": the lists that were never read.
    pub(super) fn not_counted(&self, hubs: &Hubs<'_>) -> String {
        let out = hubs.reports().iter().filter(|hub| !hub.is_counted());
        self.left_out(hubs, out.map(|hub| &hub.hub).collect(), |called| {
            self.words().not_counted(called)
        })
    }

    fn left_out(&self, hubs: &Hubs<'_>, out: Vec<&HubId>, said: impl Fn(&str) -> String) -> String {
        let called = match out.len() {
            0 => return String::new(),
            1..=FEW => hubs.list(out.into_iter()),
            count => self.words().lists(count),
        };
        format!(" · {}", said(&called))
    }
}
