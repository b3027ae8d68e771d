//! The interfaces to third parties that the use cases need: the list of hubs, member lists, the
//! store, and the channel.

mod cases;
mod channel;
mod ledger;
mod message;
mod posted_alert;
mod recheck;
mod sources;
mod store;
mod store_error;
mod stored;

pub use cases::{CaseHead, CaseStore, StoredCases};
pub use channel::{Channel, MessageLookup, OwnMessage, PostError};
pub use ledger::{Delivered, Delivery, KnownDoubts, KnownUnread, Ledger, Posting, Stage, Start};
pub use message::{Mark, MessageId, OutboxId, Subject};
pub use posted_alert::PostedAlert;
pub use recheck::Recheck;
pub use sources::{
    Administrator, HubFinder, ListError, MemberSource, NameSource, OrganizationError,
    OrganizationListing, OrganizationSource, Regions, RegionsError,
};
pub use store::{
    ChangeStore, HeadStore, HistoryStore, ImportStore, LedgerStore, OnceStore, OrganizationStore,
    PollStore, PublishStore, RegionStore, SchemaStore, SnapshotStore, Store,
};
pub use store_error::{StoreError, Undamaged};
pub use stored::{
    Before, Content, Day, Head, ImportBoundary, Once, OrganizationHead, PastDay, Publication,
    RECENT_DATES, State, Written,
};
