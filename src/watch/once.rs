//! What must happen once, over all processes: taken before it is done, and given
//! back when it certainly was not.

use super::Watch;
use super::ports::{Once, StoreError};

impl Watch {
    /// Takes it; `true` for the first who does.
    pub async fn claim_once(&self, what: &Once) -> Result<bool, StoreError> {
        self.store.claim(what).await
    }

    /// Gives it back: the next one may take it.
    pub async fn release_once(&self, what: &Once) -> Result<(), StoreError> {
        self.store.release(what).await
    }
}
