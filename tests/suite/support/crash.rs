//! Stops a process at one chosen step of its I/O: the store and the channel,
//! with a fuse in between.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use securityhub_members::domain::account::Seen;
use securityhub_members::domain::diff::Observation;
use securityhub_members::domain::digest::Digest;
use securityhub_members::domain::directory::Accounts;
use securityhub_members::domain::doubt::DoubtedList;
use securityhub_members::domain::hub::{HubId, Region, Unread, Version};
use securityhub_members::domain::member::{AccountId, Snapshot};
use securityhub_members::domain::notice::Notice;
use securityhub_members::watch::ports::{
    ChangeStore, Channel, Day, Head, HeadStore, ImportBoundary, ImportStore, Ledger, LedgerStore,
    MessageId, MessageLookup, Once, OnceStore, OrganizationHead, OrganizationStore, OutboxId,
    OwnMessage, PastDay, PostError, Publication, PublishStore, RegionStore, SchemaStore,
    SnapshotStore, State, Store, StoreError, Undamaged, Written,
};
use tokio::sync::Notify;

/// What happens at the chosen step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The step takes place, and the process ends before it learns of that:
    /// for the next process the same as to end before the following step.
    Crash,
    /// The step fails.
    Fail,
    /// The step takes place and is said to have failed.
    FailAfter,
    /// The process stands still before the step, if it is one of the store.
    Freeze,
    /// The same after the step, and before it learns of its outcome.
    FreezeAfter,
}

impl Fault {
    /// All after which a process is started again.
    pub(crate) const ALL: [Self; 3] = [Self::Crash, Self::Fail, Self::FailAfter];
}

/// Counts the steps of a process and lets it down at one of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fuse {
    steps: Arc<AtomicUsize>,
    at: Option<(usize, Fault)>,
    /// A fault at a post, by its number.
    at_post: Option<(usize, Fault)>,
    posts: Arc<AtomicUsize>,
    crashed: Arc<Notify>,
    frozen: Arc<Notify>,
    thawed: Arc<Notify>,
}

impl Fuse {
    /// Steps count from 1.
    pub(crate) fn at(step: usize, fault: Fault) -> Self {
        Self {
            at: Some((step, fault)),
            ..Self::default()
        }
    }

    /// The same at a message that is posted, which count from 1 too.
    pub(crate) fn at_post(post: usize, fault: Fault) -> Self {
        Self {
            at_post: Some((post, fault)),
            ..Self::default()
        }
    }

    /// Whether the process went as far as the chosen step.
    pub(crate) fn was_reached(&self) -> bool {
        let taken = self.steps.load(Ordering::SeqCst);
        self.at.is_some_and(|(step, _)| taken >= step)
    }

    /// Runs a process; `None` when it crashed.
    pub(crate) async fn run<T>(&self, process: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.crashed.notified() => None,
            done = process => Some(done),
        }
    }

    pub(super) async fn step<T, E>(
        &self,
        error: fn(Fault) -> E,
        can_freeze: bool,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let step = self.steps.fetch_add(1, Ordering::SeqCst) + 1;
        let fault = self
            .at
            .filter(|(at, _)| *at == step)
            .map(|(_, fault)| fault);
        match fault {
            None => work.await,
            Some(Fault::Crash) => {
                let _ = work.await;
                self.crash().await
            }
            Some(fault @ Fault::Fail) => Err(error(fault)),
            Some(fault @ Fault::FailAfter) => {
                let _ = work.await;
                Err(error(fault))
            }
            Some(Fault::Freeze) => {
                self.stand_still(can_freeze).await;
                work.await
            }
            Some(Fault::FreezeAfter) => {
                let done = work.await;
                self.stand_still(can_freeze).await;
                done
            }
        }
    }

    async fn stand_still(&self, can_freeze: bool) {
        if can_freeze {
            self.frozen.notify_one();
            self.thawed.notified().await;
        }
    }

    /// Returns when the process stands still.
    pub(crate) async fn frozen(&self) {
        self.frozen.notified().await;
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.thawed.notify_one();
    }

    async fn crash(&self) -> ! {
        self.crashed.notify_one();
        std::future::pending().await
    }

    /// The store of a process with this fuse.
    pub(crate) fn store(&self, store: impl Store + 'static) -> Arc<dyn Store> {
        Arc::new(FusedStore {
            store,
            fuse: self.clone(),
        })
    }

    /// The channel of a process with this fuse.
    pub(crate) fn channel<C: Channel>(&self, channel: C) -> FusedChannel<C> {
        FusedChannel {
            channel,
            fuse: self.clone(),
        }
    }
}

fn store_failed(_: Fault) -> StoreError {
    StoreError::Service {
        operation: "a step",
        detail: "the test says so".to_owned(),
    }
}

fn slack_failed(fault: Fault) -> PostError {
    let detail = "the test says so".to_owned();
    match fault {
        Fault::FailAfter => PostError::Unknown { detail },
        _ => PostError::Later { detail, wait: None },
    }
}

struct FusedStore<S> {
    store: S,
    fuse: Fuse,
}

impl<S: Store> FusedStore<S> {
    async fn step<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.fuse.step(store_failed, true, work).await
    }
}

#[async_trait]
impl<S: Store> HeadStore for FusedStore<S> {
    async fn head(&self, hub: &HubId) -> Result<Head, StoreError> {
        self.step(self.store.head(hub)).await
    }

    async fn heads(&self, hubs: &[&HubId]) -> Result<Vec<Undamaged<Head>>, StoreError> {
        self.step(self.store.heads(hubs)).await
    }
}

#[async_trait]
impl<S: Store> SnapshotStore for FusedStore<S> {
    async fn states(&self, hubs: &[&HubId]) -> Result<Vec<Undamaged<State>>, StoreError> {
        self.step(self.store.states(hubs)).await
    }

    async fn days(
        &self,
        hub: &HubId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<Day>, StoreError> {
        self.step(self.store.days(hub, from, to)).await
    }

    async fn day_up_to(&self, hub: &HubId, date: NaiveDate) -> Result<Option<Day>, StoreError> {
        self.step(self.store.day_up_to(hub, date)).await
    }

    async fn day_from(&self, hub: &HubId, date: NaiveDate) -> Result<Option<Day>, StoreError> {
        self.step(self.store.day_from(hub, date)).await
    }

    async fn snapshots(
        &self,
        wanted: &[(&HubId, &Day)],
    ) -> Result<Vec<Undamaged<Option<Arc<Snapshot>>>>, StoreError> {
        self.step(self.store.snapshots(wanted)).await
    }
}

#[async_trait]
impl<S: Store> ChangeStore for FusedStore<S> {
    async fn observations(
        &self,
        hub: &HubId,
        after: Version,
        to: Version,
    ) -> Result<Vec<Observation>, StoreError> {
        self.step(self.store.observations(hub, after, to)).await
    }

    async fn history(
        &self,
        hub: &HubId,
        account: AccountId,
        after: Version,
        to: &Day,
    ) -> Result<Vec<Seen>, StoreError> {
        self.step(self.store.history(hub, account, after, to)).await
    }
}

#[async_trait]
impl<S: Store> PublishStore for FusedStore<S> {
    async fn publish(
        &self,
        hub: &HubId,
        publication: Publication<'_>,
    ) -> Result<Written<Head>, StoreError> {
        self.step(self.store.publish(hub, publication)).await
    }

    async fn confirm(
        &self,
        hub: &HubId,
        base: &Head,
        read_from: DateTime<Utc>,
        checked_at: DateTime<Utc>,
    ) -> Result<Written<Head>, StoreError> {
        self.step(self.store.confirm(hub, base, read_from, checked_at))
            .await
    }

    async fn mark_unread(
        &self,
        hub: &HubId,
        base: &Head,
        unread: Unread,
    ) -> Result<(), StoreError> {
        self.step(self.store.mark_unread(hub, base, unread)).await
    }

    async fn mark_doubted(
        &self,
        hub: &HubId,
        base: &Head,
        unread: Unread,
        doubted: &DoubtedList,
    ) -> Result<(), StoreError> {
        self.step(self.store.mark_doubted(hub, base, unread, doubted))
            .await
    }

    async fn forget(&self, hub: &HubId) -> Result<usize, StoreError> {
        self.step(self.store.forget(hub)).await
    }
}

#[async_trait]
impl<S: Store> ImportStore for FusedStore<S> {
    async fn import(&self, hub: &HubId, day: PastDay<'_>) -> Result<Written<()>, StoreError> {
        self.step(self.store.import(hub, day)).await
    }

    async fn imported(&self, hub: &HubId) -> Result<(), StoreError> {
        self.step(self.store.imported(hub)).await
    }

    async fn join(&self, hub: &HubId, boundary: ImportBoundary<'_>) -> Result<(), StoreError> {
        self.step(self.store.join(hub, boundary)).await
    }
}

#[async_trait]
impl<S: Store> LedgerStore for FusedStore<S> {
    async fn ledger(&self, channel: &str) -> Result<Ledger, StoreError> {
        self.step(self.store.ledger(channel)).await
    }

    async fn salvage_ledger(&self, channel: &str) -> Result<Option<Ledger>, StoreError> {
        self.step(self.store.salvage_ledger(channel)).await
    }

    async fn save_ledger(
        &self,
        channel: &str,
        ledger: &Ledger,
    ) -> Result<Written<Ledger>, StoreError> {
        self.step(self.store.save_ledger(channel, ledger)).await
    }

    async fn keep_outbox(&self, outbox: &OutboxId, messages: &[String]) -> Result<(), StoreError> {
        self.step(self.store.keep_outbox(outbox, messages)).await
    }

    async fn outbox(&self, outbox: &OutboxId) -> Result<Option<Vec<String>>, StoreError> {
        self.step(self.store.outbox(outbox)).await
    }
}

#[async_trait]
impl<S: Store> OrganizationStore for FusedStore<S> {
    async fn organization_head(&self) -> Result<OrganizationHead, StoreError> {
        self.step(self.store.organization_head()).await
    }

    async fn organization(&self, head: &OrganizationHead) -> Result<Option<Accounts>, StoreError> {
        self.step(self.store.organization(head)).await
    }

    async fn save_organization(
        &self,
        head: &OrganizationHead,
        accounts: Option<&Accounts>,
    ) -> Result<Written<OrganizationHead>, StoreError> {
        self.step(self.store.save_organization(head, accounts))
            .await
    }
}

#[async_trait]
impl<S: Store> RegionStore for FusedStore<S> {
    async fn regions(&self, admin: AccountId) -> Result<BTreeSet<Region>, StoreError> {
        self.step(self.store.regions(admin)).await
    }

    async fn keep_regions(
        &self,
        admin: AccountId,
        regions: &BTreeSet<Region>,
    ) -> Result<(), StoreError> {
        self.step(self.store.keep_regions(admin, regions)).await
    }
}

#[async_trait]
impl<S: Store> OnceStore for FusedStore<S> {
    async fn claim(&self, what: &Once) -> Result<bool, StoreError> {
        self.step(self.store.claim(what)).await
    }

    async fn release(&self, what: &Once) -> Result<(), StoreError> {
        self.step(self.store.release(what)).await
    }
}

#[async_trait]
impl<S: Store> SchemaStore for FusedStore<S> {
    async fn probe(&self) -> Result<(), StoreError> {
        self.step(self.store.probe()).await
    }

    async fn sign(&self) -> Result<(), StoreError> {
        self.step(self.store.sign()).await
    }
}

/// A channel behind a fuse.
pub(crate) struct FusedChannel<C> {
    channel: C,
    fuse: Fuse,
}

#[async_trait]
impl<C: Channel> Channel for FusedChannel<C> {
    fn id(&self) -> &str {
        self.channel.id()
    }

    fn render(&self, digest: &Digest) -> Vec<String> {
        self.channel.render(digest)
    }

    fn render_notice(&self, notice: &Notice) -> Vec<String> {
        self.channel.render_notice(notice)
    }

    async fn post(
        &self,
        outbox: &OutboxId,
        index: usize,
        message: &str,
        parent: Option<&MessageId>,
    ) -> Result<MessageId, PostError> {
        let post = self.channel.post(outbox, index, message, parent);
        let number = self.fuse.posts.fetch_add(1, Ordering::SeqCst) + 1;
        match self.fuse.at_post {
            Some((at, fault)) if at == number => {
                let fuse = Fuse {
                    at: Some((1, fault)),
                    steps: Arc::default(),
                    ..self.fuse.clone()
                };
                fuse.step(slack_failed, false, post).await
            }
            _ => self.fuse.step(slack_failed, false, post).await,
        }
    }

    async fn find(
        &self,
        outbox: &OutboxId,
        index: usize,
        parent: Option<&MessageId>,
        not_before: DateTime<Utc>,
    ) -> Result<MessageLookup, PostError> {
        let find = self.channel.find(outbox, index, parent, not_before);
        self.fuse.step(slack_failed, false, find).await
    }

    fn pace(&self) -> Duration {
        self.channel.pace()
    }

    async fn own_messages(
        &self,
        parent: Option<&MessageId>,
        not_before: DateTime<Utc>,
    ) -> Result<Option<Vec<OwnMessage>>, PostError> {
        let own = self.channel.own_messages(parent, not_before);
        self.fuse.step(slack_failed, false, own).await
    }

    async fn delete(&self, message: &MessageId) -> Result<(), PostError> {
        let deleted = self.channel.delete(message);
        self.fuse.step(slack_failed, false, deleted).await
    }
}
