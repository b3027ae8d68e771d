//! A simulated AWS: the members of every Region of some administrators, how to
//! sign in to them, the organization around them, and the faults it is told to show.
//!
//! It owns the state and the ways to change it. How it answers over HTTP is in
//! `endpoint`, `sts` and `account`.

mod account;
mod endpoint;
mod organizations;
mod sts;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::response::Response;
use chrono::{DateTime, Utc};

pub use organizations::{OrganizationFault, SimulatedAccount};

use super::history::{Event, Happening};

/// Requests to Security Hub that AWS allows an account in a Region: a second,
/// and at once.
const LIST_MEMBERS: (f64, f64) = (10.0, 30.0);
/// Lists of Regions that AWS allows an account.
const LIST_REGIONS: (f64, f64) = (5.0, 5.0);

/// One entry of the member list, as the service keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedMember {
    /// Twelve digits.
    pub account_id: String,
    /// The account's address.
    pub email: String,
    /// `MemberStatus`: any text.
    pub status: String,
    /// When it was last invited.
    pub invited_at: Option<DateTime<Utc>>,
    /// When its status last changed.
    pub updated_at: DateTime<Utc>,
}

/// An answer in the service's name that is not the service's: what gateways and
/// proxies send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: &'static str,
}

impl Foreign {
    /// Answers that lack whatever was asked for.
    pub const ALL: [Self; 7] = [
        Self::ok(""),
        Self {
            status: 204,
            body: "",
        },
        Self::ok("{}"),
        Self::ok("null"),
        Self::ok("[]"),
        Self::ok(r#"{"message":"Internal Server Error"}"#),
        Self::ok(r#"{"Members":null,"Accounts":null,"Roots":null,"Regions":null}"#),
    ];

    /// 200 with this body.
    #[must_use]
    pub const fn ok(body: &'static str) -> Self {
        Self { status: 200, body }
    }

    fn response(self) -> Response {
        endpoint::respond(self.status, "application/json", None, self.body.to_owned())
    }
}

/// What can go wrong with a Region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HubFault {
    /// `AccessDeniedException`, 403.
    AccessDenied,
    /// `InvalidAccessException`, 401: Security Hub is not enabled here.
    NotEnabled,
    /// `InternalException`, 500, on the page with this number (the first is 1).
    ErrorOnPage(usize),
    /// `LimitExceededException`, 429.
    LimitExceeded,
    /// `TooManyRequestsException`, 429, whatever the rate.
    Throttled,
    /// The request is never answered.
    Hang,
    /// Every page names the same next page, for ever.
    RepeatToken,
    /// The list ends after this many members, as if there were no more.
    Shrunk(usize),
    /// 200 with a body that is no JSON.
    Garbage,
    /// Another service's answer, from the page with this number on (the first is 1).
    Foreign(usize, Foreign),
    /// `ExpiredTokenException`, 403: the credentials are too old.
    ExpiredCredentials,
    /// `InvalidInputException`, 400, on every page but the first: the page
    /// token is too old.
    ExpiredPageToken,
}

#[derive(Debug, Clone, Copy)]
struct Planned {
    fault: HubFault,
    /// `None`: until healed.
    times: Option<usize>,
}

#[derive(Debug)]
struct Hub {
    enabled: bool,
    members: Vec<SimulatedMember>,
    faults: VecDeque<Planned>,
    bucket: Bucket,
    requests: usize,
    throttled: usize,
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

/// A bucket of tokens, one for each request.
#[derive(Debug)]
struct Bucket {
    /// How many come in a second, and how many fit.
    limit: (f64, f64),
    tokens: f64,
    refilled: Instant,
}

impl Bucket {
    fn full(limit: (f64, f64)) -> Self {
        Self {
            limit,
            tokens: limit.1,
            refilled: Instant::now(),
        }
    }

    /// Takes one token; false when there is none.
    fn admit(&mut self) -> bool {
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

/// Whether an account may use a Region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptStatus {
    /// `ENABLED_BY_DEFAULT`.
    ByDefault,
    /// `ENABLED`: somebody opted in.
    Enabled,
    /// `DISABLED`: nobody opted in.
    Disabled,
}

impl OptStatus {
    fn name(self) -> &'static str {
        match self {
            Self::ByDefault => "ENABLED_BY_DEFAULT",
            Self::Enabled => "ENABLED",
            Self::Disabled => "DISABLED",
        }
    }
}

/// One AWS account.
#[derive(Debug)]
struct Account {
    /// What was said about its Regions.
    regions: BTreeMap<String, OptStatus>,
    regions_denied: bool,
    regions_foreign: Option<Foreign>,
    list_regions: Bucket,
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

/// A role that can be assumed.
#[derive(Debug)]
struct Role {
    account: String,
    external_id: Option<String>,
    trusts: bool,
    assumed: usize,
}

/// What came of assuming a role.
#[derive(Debug)]
struct Session {
    account: String,
    token: String,
    until: Instant,
}

/// Why a signature is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Denied {
    Expired,
    Unknown,
}

/// Who signed a request, and for which Region.
struct Signed {
    key: String,
    region: String,
    token: Option<String>,
}

impl Hub {
    /// The fault that this request meets, if any. A fault of a limited number is used up.
    fn fault(&mut self, page: usize) -> Option<HubFault> {
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
struct State {
    /// The account of whoever did not assume a role.
    caller: String,
    accounts: BTreeMap<String, Account>,
    /// By account and Region.
    hubs: BTreeMap<(String, String), Hub>,
    roles: BTreeMap<String, Role>,
    sessions: BTreeMap<String, Session>,
    /// How much later than it is it should be.
    passed: Duration,
    rate_limit: bool,
    identity_fails: bool,
    organization: organizations::Organization,
}

impl State {
    fn now(&self) -> Instant {
        Instant::now() + self.passed
    }

    fn account(&mut self, account: &str) -> &mut Account {
        self.accounts.entry(account.to_owned()).or_default()
    }

    /// What an account may use: a Region with a hub is enabled, if nobody said otherwise.
    fn regions_of(&self, account: &str) -> BTreeMap<String, OptStatus> {
        let hubs = self.hubs.keys().filter(|(owner, _)| owner == account);
        let mut regions: BTreeMap<_, _> = hubs
            .map(|(_, region)| (region.clone(), OptStatus::ByDefault))
            .collect();
        let said = self.accounts.get(account);
        regions.extend(said.map(|said| said.regions.clone()).unwrap_or_default());
        regions
    }
}

/// A handle on one account of the simulated AWS; all handles share it.
///
/// A Region exists as soon as something is said about it, with its hub enabled.
/// A request for a Region that nobody mentioned meets a hub that is not enabled.
#[derive(Debug, Clone)]
pub struct SimulatedAws {
    state: Arc<Mutex<State>>,
    account: String,
}

impl SimulatedAws {
    /// An AWS in which `administrator` (twelve digits) is the caller's account.
    #[must_use]
    pub fn new(administrator: &str) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                caller: administrator.to_owned(),
                accounts: BTreeMap::new(),
                hubs: BTreeMap::new(),
                roles: BTreeMap::new(),
                sessions: BTreeMap::new(),
                passed: Duration::ZERO,
                rate_limit: false,
                identity_fails: false,
                organization: organizations::Organization::default(),
            })),
            account: administrator.to_owned(),
        }
    }

    /// Another account of the same AWS. Its hubs are read by assuming a role of it.
    #[must_use]
    pub fn account(&self, account: &str) -> Self {
        Self {
            state: Arc::clone(&self.state),
            account: account.to_owned(),
        }
    }

    /// The account has a role now that trusts the caller, or does not. Returns
    /// its ARN.
    pub fn set_role(&self, name: &str, external_id: Option<&str>, trusts: bool) -> String {
        let account = self.account.clone();
        let arn = format!("arn:aws:iam::{account}:role/{name}");
        let mut state = self.lock();
        let assumed = state.roles.get(&arn).map_or(0, |role| role.assumed);
        let role = Role {
            account,
            external_id: external_id.map(str::to_owned),
            trusts,
            assumed,
        };
        state.roles.insert(arn.clone(), role);
        arn
    }

    /// How often a role was assumed.
    #[must_use]
    pub fn assumed(&self, arn: &str) -> usize {
        self.lock().roles.get(arn).map_or(0, |role| role.assumed)
    }

    /// Sessions are older from now on, by as much.
    pub fn let_time_pass(&self, time: Duration) {
        self.lock().passed += time;
    }

    /// Whether the account may use a Region. One with a hub is enabled by default.
    pub fn set_region(&self, region: &str, status: OptStatus) {
        let mut state = self.lock();
        let account = state.account(&self.account);
        account.regions.insert(region.to_owned(), status);
    }

    /// Whether `account:ListRegions` is refused with `AccessDeniedException`.
    pub fn set_regions_denied(&self, denied: bool) {
        self.lock().account(&self.account).regions_denied = denied;
    }

    /// What `account:ListRegions` answers instead of the Regions, if anything.
    pub fn set_regions_foreign(&self, foreign: Option<Foreign>) {
        self.lock().account(&self.account).regions_foreign = foreign;
    }

    /// Whose signature this is.
    fn account_of(&self, signed: &Signed) -> Result<String, Denied> {
        let state = self.lock();
        // Keys that begin so are those of sessions.
        if !signed.key.starts_with("ASIA") {
            return Ok(state.caller.clone());
        }
        let session = state.sessions.get(&signed.key).ok_or(Denied::Unknown)?;
        if signed.token.as_ref() != Some(&session.token) {
            return Err(Denied::Unknown);
        }
        if session.until <= state.now() {
            return Err(Denied::Expired);
        }
        Ok(session.account.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The router that answers as STS, as Account Management, as Organizations
    /// and as Security Hub.
    pub fn router(&self) -> axum::Router {
        endpoint::router(self.clone())
    }

    /// The account.
    #[must_use]
    pub fn administrator(&self) -> String {
        self.account.clone()
    }

    /// Makes `GetCallerIdentity` fail with `AccessDenied`, or succeed again.
    pub fn set_identity_fails(&self, fails: bool) {
        self.lock().identity_fails = fails;
    }

    /// Enables or disables Security Hub in a Region. Its members stay as they are.
    pub fn set_enabled(&self, region: &str, enabled: bool) {
        self.hub(region, |hub| hub.enabled = enabled);
    }

    /// Whether the documented rate limit (10 a second, 30 at once) is kept. Off at first.
    pub fn set_rate_limit(&self, on: bool) {
        self.lock().rate_limit = on;
    }

    /// The Regions that exist here.
    #[must_use]
    pub fn regions(&self) -> Vec<String> {
        let state = self.lock();
        let own = state
            .hubs
            .keys()
            .filter(|(owner, _)| *owner == self.account);
        own.map(|(_, region)| region.clone()).collect()
    }

    fn key(&self, region: &str) -> (String, String) {
        (self.account.clone(), region.to_owned())
    }

    /// How many `ListMembers` requests a Region has seen, refused ones included.
    #[must_use]
    pub fn requests(&self, region: &str) -> usize {
        self.lock()
            .hubs
            .get(&self.key(region))
            .map_or(0, |hub| hub.requests)
    }

    /// How many of them the rate limit has refused.
    #[must_use]
    pub fn throttled(&self, region: &str) -> usize {
        self.lock()
            .hubs
            .get(&self.key(region))
            .map_or(0, |hub| hub.throttled)
    }

    /// The member list of a Region.
    #[must_use]
    pub fn members(&self, region: &str) -> Vec<SimulatedMember> {
        let state = self.lock();
        state
            .hubs
            .get(&self.key(region))
            .map(|hub| hub.members.clone())
            .unwrap_or_default()
    }

    /// Replaces the member list of a Region. Duplicates are kept, and listed as they are.
    pub fn set_members(&self, region: &str, members: Vec<SimulatedMember>) {
        self.hub(region, |hub| hub.members = members);
    }

    /// Lists an account as `Invited`; one that was there before is invited again.
    pub fn invite(&self, region: &str, account: &str, email: &str, at: DateTime<Utc>) {
        self.hub(region, |hub| {
            let invited = SimulatedMember {
                account_id: account.to_owned(),
                email: email.to_owned(),
                status: "Invited".to_owned(),
                invited_at: Some(at),
                updated_at: at,
            };
            match hub.members.iter_mut().find(|m| m.account_id == account) {
                Some(member) => *member = invited,
                None => hub.members.push(invited),
            }
        });
    }

    /// The account accepts: `Enabled`.
    pub fn accept(&self, region: &str, account: &str, at: DateTime<Utc>) {
        self.set_status(region, account, "Enabled", at);
    }

    /// The account declines the invitation: `Resigned`, as after leaving.
    pub fn decline(&self, region: &str, account: &str, at: DateTime<Utc>) {
        self.set_status(region, account, "Resigned", at);
    }

    /// The account leaves: `Resigned`.
    pub fn leave(&self, region: &str, account: &str, at: DateTime<Utc>) {
        self.set_status(region, account, "Resigned", at);
    }

    /// The administrator disassociates the account: `Removed`.
    pub fn remove(&self, region: &str, account: &str, at: DateTime<Utc>) {
        self.set_status(region, account, "Removed", at);
    }

    /// AWS suspends the account: `AccountSuspended`.
    pub fn suspend(&self, region: &str, account: &str, at: DateTime<Utc>) {
        self.set_status(region, account, "AccountSuspended", at);
    }

    /// The administrator deletes the entry: it vanishes from the list.
    pub fn delete(&self, region: &str, account: &str) {
        self.hub(region, |hub| {
            hub.members.retain(|m| m.account_id != account)
        });
    }

    /// Gives an account any status. An account that is not listed stays unlisted.
    pub fn set_status(&self, region: &str, account: &str, status: &str, at: DateTime<Utc>) {
        self.hub(region, |hub| {
            for member in &mut hub.members {
                if member.account_id == account {
                    status.clone_into(&mut member.status);
                    member.updated_at = at;
                }
            }
        });
    }

    /// Does something in every Region that exists, such as `|region| aws.leave(region, id, at)`.
    pub fn in_every_region(&self, mut act: impl FnMut(&str)) {
        for region in self.regions() {
            act(&region);
        }
    }

    /// Makes one event of a history happen, at its time.
    pub fn apply(&self, at: DateTime<Utc>, event: &Event) {
        let region = event.region.as_str();
        let account = event.account.as_str();
        match &event.happening {
            Happening::Invited { email } => self.invite(region, account, email, at),
            Happening::Accepted => self.accept(region, account, at),
            Happening::Declined => self.decline(region, account, at),
            Happening::Left => self.leave(region, account, at),
            Happening::Removed => self.remove(region, account, at),
            Happening::Deleted => self.delete(region, account),
            Happening::Suspended => self.suspend(region, account, at),
            Happening::Status(status) => self.set_status(region, account, status, at),
            Happening::Unreadable => self.fail(region, HubFault::AccessDenied),
            Happening::Readable => self.heal(region),
        }
    }

    /// From now on every request of the Region meets this fault, until [`heal`](Self::heal).
    pub fn fail(&self, region: &str, fault: HubFault) {
        self.plan(region, fault, None);
    }

    /// The next `times` requests that can meet this fault do. Mind that the SDK retries.
    pub fn fail_times(&self, region: &str, fault: HubFault, times: usize) {
        if times > 0 {
            self.plan(region, fault, Some(times));
        }
    }

    /// The next request that can meet this fault does.
    pub fn fail_once(&self, region: &str, fault: HubFault) {
        self.plan(region, fault, Some(1));
    }

    /// Forgets every fault of the Region.
    pub fn heal(&self, region: &str) {
        self.hub(region, |hub| hub.faults.clear());
    }

    fn plan(&self, region: &str, fault: HubFault, times: Option<usize>) {
        self.hub(region, |hub| hub.faults.push_back(Planned { fault, times }));
    }

    fn hub<T>(&self, region: &str, act: impl FnOnce(&mut Hub) -> T) -> T {
        let mut state = self.lock();
        act(state.hubs.entry(self.key(region)).or_default())
    }
}
