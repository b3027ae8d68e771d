//! Work that is done once for all who want its outcome while it is under way.

use std::sync::{Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared, WeakShared};

/// The work that is under way, if there is some.
pub(super) struct Joint<T>(Mutex<Option<WeakShared<BoxFuture<'static, T>>>>);

impl<T> Default for Joint<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Joint<T> {
    /// Joins in what is under way, or begins. It goes on as long as anybody
    /// waits for it.
    pub(super) fn join(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Shared<BoxFuture<'static, T>> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(work) = running.as_ref().and_then(WeakShared::upgrade)
            && work.peek().is_none()
        {
            return work;
        }
        let work = work.boxed().shared();
        *running = work.downgrade();
        work
    }
}
