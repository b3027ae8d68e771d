//! A task that runs once for all concurrent callers.

use std::sync::{Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared, WeakShared};

/// The running task, if any.
pub(super) struct SharedTask<T>(Mutex<Option<WeakShared<BoxFuture<'static, T>>>>);

impl<T> Default for SharedTask<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> SharedTask<T> {
    /// Joins the running task, or starts it. It runs while at least one caller waits.
    pub(super) fn join(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Shared<BoxFuture<'static, T>> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(work) = under_way(running.as_ref()) {
            return work;
        }
        let work = work.boxed().shared();
        *running = work.downgrade();
        work
    }

    /// Reports whether a caller waits for it.
    pub(super) fn is_under_way(&self) -> bool {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        under_way(running.as_ref()).is_some()
    }
}

fn under_way<T: Clone>(
    work: Option<&WeakShared<BoxFuture<'static, T>>>,
) -> Option<Shared<BoxFuture<'static, T>>> {
    let work = work.and_then(WeakShared::upgrade)?;
    work.peek().is_none().then_some(work)
}
