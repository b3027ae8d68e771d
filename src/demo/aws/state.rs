//! The state of the simulated AWS: accounts, hubs, roles, sessions and pending faults. It handles
//! no requests.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::organization::Organization;
use super::wire::Foreign;

/// AWS's rate limit of Security Hub for an account in a Region: requests a second, and the burst.
const LIST_MEMBERS: (f64, f64) = (10.0, 30.0);
/// The rate limit of `ListRegions` for an account.
const LIST_REGIONS: (f64, f64) = (5.0, 5.0);

/// One entry of a member list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedMember {
    /// Twelve digits.
    pub account_id: String,
    /// The account's email address.
    pub email: String,
    /// `MemberStatus`: any text.
    pub status: String,
    /// When the account was last invited.
    pub invited_at: Option<DateTime<Utc>>,
    /// When the status last changed.
    pub updated_at: DateTime<Utc>,
}

/// Faults of Security Hub in a Region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HubFault {
    /// `AccessDeniedException`, 403.
    AccessDenied,
    /// `InvalidAccessException`, 401: Security Hub is not enabled here.
    NotEnabled,
    /// `InternalException`, 500, for this page (the first is 1).
    ErrorOnPage(usize),
    /// `LimitExceededException`, 429.
    LimitExceeded,
    /// `TooManyRequestsException`, 429, regardless of the rate.
    Throttled,
    /// No response; the connection stays open.
    Hang,
    /// Every page has the same `NextToken`, so pagination never ends.
    RepeatToken,
    /// The list ends after this many members, without an error.
    Shrunk(usize),
    /// Status 200 with a body that is not JSON.
    Garbage,
    /// A response from something other than AWS, starting at this page (the first is 1).
    Foreign(usize, Foreign),
    /// `ExpiredTokenException`, 403: the session credentials have expired.
    ExpiredCredentials,
    /// `InvalidInputException`, 400, for every page except the first: the page token has expired.
    ExpiredPageToken,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Planned {
    pub(super) fault: HubFault,
    /// `None`: until cleared.
    pub(super) times: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Hub {
    pub(super) enabled: bool,
    pub(super) members: Vec<SimulatedMember>,
    pub(super) faults: VecDeque<Planned>,
    pub(super) bucket: Bucket,
    pub(super) requests: usize,
    pub(super) throttled: usize,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            enabled: true,
            members: Vec::new(),
            faults: VecDeque::new(),
            bucket: Bucket::full(LIST_MEMBERS),
            requests: 0,
            throttled: 0,
        }
    }
}

/// A token bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Requests per second, and the burst.
    pub(super) limit: (f64, f64),
    pub(super) tokens: f64,
    pub(super) refilled: Instant,
}

impl Bucket {
    pub(super) fn full(limit: (f64, f64)) -> Self {
        Self {
            limit,
            tokens: limit.1,
            refilled: Instant::now(),
        }
    }

    /// Takes one token; `false` if the bucket is empty.
    pub(super) fn admit(&mut self) -> bool {
        let (rate, burst) = self.limit;
        let now = Instant::now();
        let gained = now.duration_since(self.refilled).as_secs_f64() * rate;
        self.tokens = (self.tokens + gained).min(burst);
        self.refilled = now;
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}

/// The opt-in status of a Region for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptStatus {
    /// `ENABLED_BY_DEFAULT`.
    ByDefault,
    /// `ENABLED`: opted in.
    Enabled,
    /// `DISABLED`: not opted in.
    Disabled,
}

impl OptStatus {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ByDefault => "ENABLED_BY_DEFAULT",
            Self::Enabled => "ENABLED",
            Self::Disabled => "DISABLED",
        }
    }
}

#[derive(Debug)]
pub(super) struct Account {
    /// The Regions whose opt-in status was set.
    pub(super) regions: BTreeMap<String, OptStatus>,
    pub(super) regions_denied: bool,
    pub(super) regions_foreign: Option<Foreign>,
    pub(super) list_regions: Bucket,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            regions: BTreeMap::new(),
            regions_denied: false,
            regions_foreign: None,
            list_regions: Bucket::full(LIST_REGIONS),
        }
    }
}

#[derive(Debug)]
pub(super) struct Role {
    pub(super) account: String,
    pub(super) external_id: Option<String>,
    pub(super) trusts: bool,
    pub(super) assumed: usize,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) account: String,
    pub(super) token: String,
    pub(super) until: Instant,
}

impl Hub {
    /// The fault for this request, if any. Counts down faults with a limited number.
    pub(super) fn fault(&mut self, page: usize) -> Option<HubFault> {
        let hit = self.faults.iter().position(|planned| match planned.fault {
            HubFault::ErrorOnPage(number) => number == page,
            HubFault::ExpiredPageToken => page > 1,
            HubFault::Foreign(number, _) => page >= number,
            _ => true,
        })?;
        let planned = self.faults.get_mut(hit)?;
        let fault = planned.fault;
        if let Some(times) = planned.times.as_mut() {
            *times = times.saturating_sub(1);
            if *times == 0 {
                self.faults.remove(hit);
            }
        }
        Some(fault)
    }
}

#[derive(Debug)]
pub(super) struct State {
    /// The account of requests that are signed without an assumed role.
    pub(super) caller: String,
    pub(super) accounts: BTreeMap<String, Account>,
    /// By account and Region.
    pub(super) hubs: BTreeMap<(String, String), Hub>,
    pub(super) roles: BTreeMap<String, Role>,
    pub(super) sessions: BTreeMap<String, Session>,
    /// The time by which tests have moved the clock.
    pub(super) passed: Duration,
    pub(super) rate_limit: bool,
    pub(super) identity_fails: bool,
    pub(super) organization: Organization,
}

impl State {
    pub(super) fn now(&self) -> Instant {
        Instant::now() + self.passed
    }

    pub(super) fn account(&mut self, account: &str) -> &mut Account {
        self.accounts.entry(account.to_owned()).or_default()
    }

    /// The Regions of an account. Those with a hub are enabled by default.
    pub(super) fn regions_of(&self, account: &str) -> BTreeMap<String, OptStatus> {
        let hubs = self.hubs.keys().filter(|(owner, _)| owner == account);
        let mut regions: BTreeMap<_, _> = hubs
            .map(|(_, region)| (region.clone(), OptStatus::ByDefault))
            .collect();
        let said = self.accounts.get(account);
        regions.extend(said.map(|said| said.regions.clone()).unwrap_or_default());
        regions
    }
}
