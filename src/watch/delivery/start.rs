//! Where the first digest of a channel begins. A channel that is added beside others begins when it
//! is first known, so that no history is reported twice. Channels that begin together report
//! everything since the first poll, whichever comes first.

use std::sync::Arc;

use super::ledgers::Ledgers;
use crate::domain::digest::Covered;
use crate::watch::hubs::WatchedHubs;
use crate::watch::ports::{HeadStore, Ledger, Start, StoreError};

/// Records the beginnings of channels.
pub(in crate::watch) struct Starts {
    pub(in crate::watch) hubs: Arc<WatchedHubs>,
    pub(in crate::watch) heads: Arc<dyn HeadStore>,
}

impl Starts {
    /// Records the beginning of every channel that has none. Another process may do so at the same
    /// time; the first one decides.
    pub(super) async fn record(&self, ledgers: &Ledgers) -> Result<(), StoreError> {
        let mut known = Vec::new();
        for channel in &ledgers.channels {
            known.push((channel, ledgers.read(channel).await?));
        }
        if known.iter().all(|(_, ledger)| !is_new(ledger)) {
            return Ok(());
        }
        let covered = self.covered(&known).await?;
        let at = ledgers.calendar.now();
        for (channel, ledger) in known.into_iter().filter(|(_, ledger)| is_new(ledger)) {
            let start = Start {
                at,
                covered: covered.clone(),
            };
            let begun = Ledger {
                start: Some(start),
                ..ledger
            };
            ledgers.store.save_ledger(channel, &begun).await?;
        }
        Ok(())
    }

    /// The current version of each hub; empty if no channel has had a digest.
    async fn covered(&self, known: &[(&String, Ledger)]) -> Result<Covered, StoreError> {
        let last = known.iter().filter_map(|(_, ledger)| ledger.last.as_ref());
        let mut covered = Covered::new();
        for reported in last.flat_map(|last| &last.covered) {
            let (hub, version) = reported;
            let most = covered.entry(hub.clone()).or_insert(*version);
            *most = (*most).max(*version);
        }
        if covered.is_empty() {
            return Ok(covered);
        }
        let hubs = self.hubs.list();
        let hubs: Vec<_> = hubs.iter().collect();
        for (hub, head) in hubs.iter().zip(self.heads.heads(&hubs).await?) {
            // What others have reported stands for a damaged head.
            if let Ok(head) = head {
                covered.insert((*hub).clone(), head.version);
            }
        }
        Ok(covered)
    }
}

/// Reports whether a channel has neither a digest nor a beginning.
pub(super) fn is_new(ledger: &Ledger) -> bool {
    ledger.last.is_none() && ledger.start.is_none() && ledger.open.is_none()
}
