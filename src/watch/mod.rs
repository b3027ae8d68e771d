//! The use cases: poll the hubs, answer a query, deliver a digest, show the current state. They
//! depend on the domain and the ports, and return values without texts, blocks or SDK types. This
//! file constructs them.

mod answers;
mod audit;
mod calendar;
mod cases;
mod checks;
mod damage;
mod delivery;
mod directory;
mod failed_checks;
mod history;
mod hubs;
mod import;
mod live_answers;
mod meter;
mod overview;
mod polled;
mod poller;
pub mod ports;
mod reports;
mod shared_task;

use std::sync::Arc;

use chrono_tz::Tz;

pub use answers::{
    AccountAnswer, AccountHistory, AccountMatch, Answer, Answers, Candidate, NoSnapshot, Reported,
    StatusAnswer,
};
pub use audit::Audit;
pub use calendar::Calendar;
pub use cases::{
    CaseAnswer, CaseId, CaseSettings, Cases, Claimed, DecidedCase, DecidedHub, Decision,
    HubDecision,
};
pub use checks::LiveChecks;
pub use delivery::{DeliverError, Deliveries, DeliverySettings, LastDigest, LastDigests, Outcome};
pub use directory::{DirectoryCache, OrganizationUse, Refresh, Refreshed};
pub use hubs::{FindError, HubSearch, WatchedHubs};
pub use import::{Imported, Importer, KeptList, SkipReason};
pub use live_answers::LiveAnswers;
pub use meter::Meter;
pub use overview::{Overview, Overviews, TrendDay};
pub use polled::{PollError, Polled, SharedPoll};
pub use poller::{PollUnderWay, Poller};

use crate::clock::Clock;
use crate::domain::hub::HubId;
use damage::DamagedHubs;
use failed_checks::FailedChecks;
use history::History;
use poller::HubPoll;
use ports::{
    HubFinder, MemberSource, NameSource, OnceStore, OrganizationSource, SchemaStore, Store,
};
use reports::Reports;

/// The parts that the use cases are built from.
pub struct Parts {
    /// The source of member lists.
    pub source: Arc<dyn MemberSource>,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The time zone of all dates.
    pub zone: Tz,
    /// The hubs that are monitored until `finder` finds others.
    pub hubs: Vec<HubId>,
    /// Lists the hubs.
    pub finder: Option<Arc<dyn HubFinder>>,
    /// The source of the organization.
    pub organization: Option<(Arc<dyn OrganizationSource>, OrganizationUse)>,
    /// Names that take precedence over those of the organization.
    pub names: Option<Arc<dyn NameSource>>,
    /// Observes polls.
    pub meter: Arc<dyn Meter>,
    /// The times of deliveries.
    pub delivery: DeliverySettings,
    /// The rules for cases.
    pub cases: CaseSettings,
}

impl Parts {
    /// The required parts, with defaults for the others.
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
            hubs,
            finder: None,
            organization: None,
            names: None,
            meter: Arc::new(()),
            delivery: DeliverySettings::default(),
            cases: CaseSettings::default(),
        }
    }
}

/// The use cases.
pub struct Watch {
    /// The current time and date.
    pub calendar: Calendar,
    /// The monitored hubs.
    pub hubs: Arc<WatchedHubs>,
    /// The accounts' names and OUs.
    pub directory: Arc<DirectoryCache>,
    /// Polls hubs.
    pub poller: Arc<Poller>,
    /// Live checks.
    pub checks: Arc<LiveChecks>,
    /// Answers from stored data.
    pub answers: Arc<Answers>,
    /// Answers after a live check.
    pub live: LiveAnswers,
    /// The Home tab.
    pub overviews: Overviews,
    /// The accounts that need a person.
    pub cases: Arc<Cases>,
    /// Digests and polling alerts.
    pub deliveries: Deliveries,
    /// The import of days from before the first poll.
    pub importer: Importer,
    /// The audit of the stored history.
    pub audit: Audit,
    /// Claims of actions that must happen once.
    pub once: Arc<dyn OnceStore>,
    /// The table's schema.
    pub schema: Arc<dyn SchemaStore>,
}

impl Watch {
    /// Constructs the use cases.
    pub fn new(parts: Parts) -> Self {
        let calendar = Calendar::new(parts.clock, parts.zone);
        let store = parts.store;
        let hubs = Arc::new(WatchedHubs::new(
            calendar.clone(),
            parts.finder,
            store.clone(),
            store.clone(),
            parts.hubs,
        ));
        let directory = Arc::new(DirectoryCache::new(
            calendar.clone(),
            store.clone(),
            parts.organization,
            parts.names,
        ));
        let failed = Arc::new(FailedChecks::new(calendar.clone()));
        let poll = HubPoll {
            calendar: calendar.clone(),
            hubs: hubs.clone(),
            source: parts.source,
            store: store.clone(),
        };
        let poller = Arc::new(Poller::new(poll, failed.clone(), parts.meter));
        let checks = Arc::new(LiveChecks::new(poller.clone(), failed.clone()));
        let damaged = Arc::new(DamagedHubs::default());
        let history = Arc::new(History::new(
            calendar.clone(),
            hubs.clone(),
            store.clone(),
            failed,
            damaged.clone(),
        ));
        let reports = Arc::new(Reports::new(&calendar, &hubs, &directory));
        let cases = Arc::new(Cases::new(
            store.clone(),
            store.clone(),
            history.clone(),
            reports.clone(),
            parts.cases,
        ));
        let answers = Arc::new(Answers::new(
            history.clone(),
            directory.clone(),
            reports.clone(),
            cases.clone(),
        ));
        Self {
            cases: cases.clone(),
            live: LiveAnswers::new(answers.clone(), checks.clone()),
            overviews: Overviews::new(history.clone(), reports.clone(), cases.clone()),
            deliveries: Deliveries::new(
                store.clone(),
                store.clone(),
                poller.clone(),
                history,
                reports,
                cases,
                parts.delivery,
            ),
            importer: Importer::new(calendar.clone(), store.clone(), store.clone()),
            audit: Audit::new(calendar.clone(), hubs.clone(), store.clone(), damaged),
            once: store.clone(),
            schema: store,
            calendar,
            hubs,
            directory,
            poller,
            checks,
            answers,
        }
    }

    /// Lists the hubs if due, and drops all data about those that are gone.
    pub async fn find_hubs(&self) -> HubSearch {
        let (search, gone) = self.hubs.find().await;
        for hub in &gone {
            self.poller.forget(hub);
            self.audit.forget(hub);
        }
        search
    }
}
