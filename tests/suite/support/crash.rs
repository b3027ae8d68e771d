//! Stops a process at a chosen step of its I/O: a request to the table or a call to the channel.
//! `wire.rs` intercepts the requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use securityhub_members::domain::alert::{Alert, Comeback};
use securityhub_members::domain::digest::Digest;
use securityhub_members::domain::notice::Notice;
use securityhub_members::domain::scope::Audience;
use securityhub_members::watch::ports::{
    Channel, MessageId, MessageLookup, OutboxId, OwnMessage, PostError,
};
use tokio::sync::Notify;

/// The event at the chosen step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The step takes effect, and the process ends before it gets the response. For the next
    /// process this equals an end before the following step.
    Crash,
    /// The step fails without effect.
    Fail,
    /// The step takes effect, but fails for the process.
    FailAfter,
    /// The process stalls before the step, if it is a request to the table.
    Freeze,
    /// It stalls after the step, before it gets the response.
    FreezeAfter,
}

impl Fault {
    /// All faults after which a process is restarted.
    pub(crate) const ALL: [Self; 3] = [Self::Crash, Self::Fail, Self::FailAfter];
}

/// Counts the steps of a process, and injects a fault at one of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fuse {
    steps: Arc<AtomicUsize>,
    at: Option<(usize, Fault)>,
    /// A fault at the post with this number.
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

    /// The same for posts, which also count from 1.
    pub(crate) fn at_post(post: usize, fault: Fault) -> Self {
        Self {
            at_post: Some((post, fault)),
            ..Self::default()
        }
    }

    /// Reports whether the process reached the chosen step.
    pub(crate) fn was_reached(&self) -> bool {
        let taken = self.steps.load(Ordering::SeqCst);
        self.at.is_some_and(|(step, _)| taken >= step)
    }

    /// Runs a process; `None` if it crashed.
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

    /// Waits until the process stalls.
    pub(crate) async fn frozen(&self) {
        self.frozen.notified().await;
    }

    /// Ends the stall.
    pub(crate) fn thaw(&self) {
        self.thawed.notify_one();
    }

    async fn crash(&self) -> ! {
        self.crashed.notify_one();
        std::future::pending().await
    }

    /// The channel of a process with this fuse.
    pub(crate) fn channel<C: Channel>(&self, channel: C) -> FusedChannel<C> {
        FusedChannel {
            channel,
            fuse: self.clone(),
        }
    }
}

fn slack_failed(fault: Fault) -> PostError {
    let detail = "the test says so".to_owned();
    match fault {
        Fault::FailAfter => PostError::Unknown { detail },
        _ => PostError::Later { detail, wait: None },
    }
}

/// A channel with a fuse.
pub(crate) struct FusedChannel<C> {
    channel: C,
    fuse: Fuse,
}

#[async_trait]
impl<C: Channel> Channel for FusedChannel<C> {
    fn id(&self) -> &str {
        self.channel.id()
    }

    fn remedy(&self, code: &str) -> &'static str {
        self.channel.remedy(code)
    }

    fn audience(&self) -> &Audience {
        self.channel.audience()
    }

    fn render(&self, digest: &Digest) -> Vec<String> {
        self.channel.render(digest)
    }

    fn render_notice(&self, notice: &Notice) -> Vec<String> {
        self.channel.render_notice(notice)
    }

    fn render_alert(&self, alert: &Alert) -> Vec<String> {
        self.channel.render_alert(alert)
    }

    fn render_comeback(&self, comeback: &Comeback) -> Vec<String> {
        self.channel.render_comeback(comeback)
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
