//! The third parties that the use cases need, in the words of the domain: which
//! hubs there are, where member lists come from, where history is kept, where
//! digests go.

mod channel;
mod ledger;
mod sources;
mod store;

pub use channel::{Channel, Found, OwnMessage, PostError};
pub use ledger::{
    Delivered, Delivery, KnownDoubts, KnownUnread, Ledger, Mark, MessageId, OutboxId, Posting,
    Recheck, Stage, Subject,
};
pub use sources::{
    Administrator, HubFinder, ListError, MemberSource, NameSource, OrganizationError,
    OrganizationListing, OrganizationSource, Regions, RegionsError,
};
pub use store::{
    Before, Content, Day, Head, Once, OrganizationHead, PastDay, Publication, RECENT_DATES, Seam,
    State, Store, StoreError, Undamaged, Written,
};
