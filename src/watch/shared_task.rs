//! Work that is done once for all who want its outcome while it is under way.

use std::sync::{Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared, WeakShared};

/// The work that is under way, if there is some.
pub(super) struct SharedTask<T>(Mutex<Option<WeakShared<BoxFuture<'static, T>>>>);

impl<T> Default for SharedTask<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> SharedTask<T> {
    /// Joins in what is under way, or begins. It goes on as long as anybody
    /// waits for it.
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

    /// Reports whether somebody waits for it now.
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
