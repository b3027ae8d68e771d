//! The beginning of a channel's first digest. A channel that is added beside others begins when it
//! is first known, so that no history is reported twice. Channels that begin together report
//! everything since the first poll, whichever comes first.

use std::sync::Arc;

use super::ledgers::Ledgers;
use crate::domain::hub::Covered;
use crate::policies::delivery::LEDGER_TRIES;
use crate::watch::hubs::WatchedHubs;
use crate::watch::ports::{HeadStore, Ledger, Start, StoreError, Subject};

/// Records the beginnings of channels.
pub(in crate::watch) struct Starts {
    pub(in crate::watch) hubs: Arc<WatchedHubs>,
    pub(in crate::watch) heads: Arc<dyn HeadStore>,
}

impl Starts {
    /// Records the beginning of every channel that has none. Another process may do so at the same
    /// time; the first one decides.
    pub(super) async fn record(&self, ledgers: &Ledgers) -> Result<(), StoreError> {
        for _ in 0..LEDGER_TRIES {
            let known = all(ledgers).await?;
            if known.iter().all(|(_, ledger)| !is_new(ledger)) {
                return Ok(());
            }
            let start = self.now(&known, ledgers).await?;
            for (channel, ledger) in known.into_iter().filter(|(_, ledger)| is_new(ledger)) {
                let begun = Ledger {
                    start: Some(start.clone()),
                    ..ledger
                };
                // If another process was faster, the next try finds what it wrote.
                ledgers.store.save_ledger(channel, &begun).await?;
            }
        }
        Err(StoreError::contended("the ledgers of new channels"))
    }

    /// The beginning of a channel that begins now, for a preview.
    pub(super) async fn preview(&self, ledgers: &Ledgers) -> Result<Start, StoreError> {
        self.now(&all(ledgers).await?, ledgers).await
    }

    async fn now(
        &self,
        known: &[(&String, Ledger)],
        ledgers: &Ledgers,
    ) -> Result<Start, StoreError> {
        Ok(Start {
            covered: self.covered(known).await?,
            at: ledgers.calendar.now(),
        })
    }

    /// The current version of each hub; empty if no channel has had a digest. If none of the others
    /// takes everything, no one has reported all changes up to now, so it is the version that all of
    /// them have reached.
    async fn covered(&self, known: &[(&String, Ledger)]) -> Result<Covered, StoreError> {
        let last = known.iter().filter_map(|(_, ledger)| ledger.last.as_ref());
        let last: Vec<_> = last.collect();
        let mut least = Covered::new();
        for (hub, version) in last.iter().flat_map(|last| &last.covered) {
            let known = least.entry(hub.clone()).or_insert(*version);
            *known = (*known).min(*version);
        }
        let has_everything = last.iter().any(|last| last.scope.is_empty());
        if least.is_empty() || !has_everything {
            return Ok(least);
        }
        let hubs = self.hubs.list();
        let hubs: Vec<_> = hubs.iter().collect();
        let mut covered = least;
        for (hub, head) in hubs.iter().zip(self.heads.heads(&hubs).await?) {
            // The versions that others have reported stand in for a damaged head.
            if let Ok(head) = head {
                covered.insert((*hub).clone(), head.version);
            }
        }
        Ok(covered)
    }
}

/// Every channel with its ledger.
async fn all(ledgers: &Ledgers) -> Result<Vec<(&String, Ledger)>, StoreError> {
    let mut known = Vec::new();
    for channel in &ledgers.channels {
        known.push((channel, ledgers.read(channel).await?));
    }
    Ok(known)
}

/// Reports whether a channel has neither a digest nor a beginning. An alert in progress is neither.
pub(super) fn is_new(ledger: &Ledger) -> bool {
    let open = ledger.open.as_ref().map(|open| open.subject);
    ledger.last.is_none() && ledger.start.is_none() && !matches!(open, Some(Subject::Digest(_)))
}
