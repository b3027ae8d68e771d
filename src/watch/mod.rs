//! The use cases: poll the hubs, answer a question, deliver a digest, show the
//! state. They know the domain and the ports, and return values: no words, no
//! blocks, no SDK.

mod answer;
mod checks;
mod damage;
mod delivery;
mod directory;
mod hubs;
mod import;
mod joint;
mod load;
mod meter;
mod once;
mod overview;
mod poll;
pub mod ports;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use answer::{
    AccountAnswer, AccountHistory, Answer, Candidate, Known, NoSnapshot, Reported, StatusAnswer,
};
pub use delivery::{DeliverError, Outcome};
pub use directory::{Asked, Refresh, Refreshed};
pub use hubs::{FindError, Search};
pub use import::{Imported, KeptList, Left};
pub use meter::Meter;
pub use overview::{Overview, TrendDay};
pub use poll::{PollError, Polled};

use crate::clock::Clock;
use crate::domain::hub::HubId;
use hubs::Watched;
use joint::Joint;
use ports::{HubFinder, MemberSource, Store, StoreError};

/// Everything that the use cases work with.
pub struct Watch {
    source: Arc<dyn MemberSource>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    zone: Tz,
    finder: Option<Arc<dyn HubFinder>>,
    watched: Mutex<Arc<Watched>>,
    lease: std::time::Duration,
    taken_within: std::time::Duration,
    unread_after: TimeDelta,
    stop: CancellationToken,
    meter: Arc<dyn Meter>,
    polling: Mutex<HashMap<HubId, Joint<poll::Outcome>>>,
    checks: checks::Checks,
    knowledge: directory::Knowledge,
    histories: Semaphore,
    suspects: damage::Suspects,
    /// The answers to `Query::Now` that are being made, checked and as stored.
    checking: Joint<answer::Given>,
    looking: Joint<answer::Given>,
}

/// How many hubs' whole histories are read at a time, whoever asks: each is in
/// memory a page at a time.
const HISTORIES: usize = 8;

impl Watch {
    /// Watches `hubs`; every date is a day in `zone`.
    pub fn new(
        source: Arc<dyn MemberSource>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        zone: Tz,
        hubs: Vec<HubId>,
    ) -> Self {
        Self {
            source,
            store,
            clock,
            zone,
            finder: None,
            watched: Mutex::new(Arc::new(Watched::named(hubs))),
            lease: std::time::Duration::from_secs(60),
            taken_within: std::time::Duration::from_secs(60),
            unread_after: TimeDelta::hours(2),
            stop: CancellationToken::new(),
            meter: Arc::new(()),
            polling: Mutex::default(),
            checks: checks::Checks::default(),
            knowledge: directory::Knowledge::default(),
            histories: Semaphore::new(HISTORIES),
            suspects: damage::Suspects::default(),
            checking: Joint::default(),
            looking: Joint::default(),
        }
    }

    /// Which hubs there are is found out there, by [`find_hubs`](Self::find_hubs).
    #[must_use]
    pub fn with_finder(mut self, finder: Arc<dyn HubFinder>) -> Self {
        self.finder = Some(finder);
        self
    }

    /// How long a delivery whose owner shows no sign of life stays its own.
    /// It must be longer than one call to Slack may take.
    #[must_use]
    pub fn with_lease(mut self, lease: std::time::Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How long Slack can still take a message after its answer was lost.
    #[must_use]
    pub fn with_taken_within(mut self, taken_within: std::time::Duration) -> Self {
        self.taken_within = taken_within;
        self
    }

    /// How long a hub may be unread before the channel is told.
    #[must_use]
    pub fn with_unread_after(mut self, unread_after: TimeDelta) -> Self {
        self.unread_after = unread_after;
        self
    }

    /// After `stop` nobody waits for another process any more.
    #[must_use]
    pub fn with_stop(mut self, stop: CancellationToken) -> Self {
        self.stop = stop;
        self
    }

    /// Who hears how polls go.
    #[must_use]
    pub fn with_meter(mut self, meter: Arc<dyn Meter>) -> Self {
        self.meter = meter;
        self
    }

    /// The time zone of all dates.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The current time.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Whether the table answers and is of no newer schema.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn probe(&self) -> Result<(), StoreError> {
        self.store.probe().await
    }

    /// The current date in the configured time zone.
    pub fn today(&self) -> NaiveDate {
        self.date_of(self.now())
    }

    /// Whether a date lies so far ahead that some clock must have been wrong.
    fn is_ahead(&self, date: NaiveDate) -> bool {
        date > self.today() + TimeDelta::days(1)
    }

    fn date_of(&self, time: DateTime<Utc>) -> NaiveDate {
        time.with_timezone(&self.zone).date_naive()
    }
}
