//! A handle for tests and the demo to change and inspect the simulated AWS. HTTP responses are in
//! `router` and the files below it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::organization::{Organization, OrganizationFault, SimulatedAccount};
use super::state::{Hub, HubFault, OptStatus, Planned, Role, SimulatedMember, State};
use super::wire::{Denied, Foreign, Signed};

/// A handle for one account of the simulated AWS. All handles share the state.
///
/// Using a Region for the first time creates it, with Security Hub enabled.
#[derive(Debug, Clone)]
pub struct SimulatedAws {
    state: Arc<Mutex<State>>,
    account: String,
}

impl SimulatedAws {
    /// An AWS whose requests come from the account `administrator` (twelve digits).
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
                organization: Organization::default(),
            })),
            account: administrator.to_owned(),
        }
    }

    /// Another account of the same AWS. The bot reads its hubs through an assumed role.
    #[must_use]
    pub fn account(&self, account: &str) -> Self {
        Self {
            state: Arc::clone(&self.state),
            account: account.to_owned(),
        }
    }

    /// Creates or replaces a role of the account, which trusts the caller or not. Returns its
    /// ARN.
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

    /// The number of times a role was assumed.
    #[must_use]
    pub fn assumed(&self, arn: &str) -> usize {
        self.lock().roles.get(arn).map_or(0, |role| role.assumed)
    }

    /// Ages all sessions by `time`, so that they can expire.
    pub fn let_time_pass(&self, time: Duration) {
        self.lock().passed += time;
    }

    /// Opts the account into or out of a Region. Without this, a Region with a hub is enabled by
    /// default.
    pub fn set_region(&self, region: &str, status: OptStatus) {
        let mut state = self.lock();
        let account = state.account(&self.account);
        account.regions.insert(region.to_owned(), status);
    }

    /// Turns `AccessDeniedException` for `account:ListRegions` on or off.
    pub fn set_regions_denied(&self, denied: bool) {
        self.lock().account(&self.account).regions_denied = denied;
    }

    /// Replaces the response of `account:ListRegions`, or restores it.
    pub fn set_regions_foreign(&self, foreign: Option<Foreign>) {
        self.lock().account(&self.account).regions_foreign = foreign;
    }

    /// The account that signed the request.
    pub(super) fn account_of(&self, signed: &Signed) -> Result<String, Denied> {
        let state = self.lock();
        // AWS's access key IDs of sessions begin with `ASIA`.
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

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The account ID.
    #[must_use]
    pub fn administrator(&self) -> String {
        self.account.clone()
    }

    /// Sets the accounts of the organization. Before that, the account is in no organization.
    pub fn set_organization(&self, accounts: Vec<SimulatedAccount>) {
        self.lock().organization.accounts = accounts;
    }

    /// Sets or clears the fault of Organizations.
    pub fn set_organization_fault(&self, fault: Option<OrganizationFault>) {
        self.lock().organization.fault = fault;
    }

    /// The number of requests to Organizations, including those that failed.
    #[must_use]
    pub fn organization_requests(&self) -> usize {
        self.lock().organization.requests
    }

    /// Turns `AccessDenied` for `GetCallerIdentity` on or off.
    pub fn set_identity_fails(&self, fails: bool) {
        self.lock().identity_fails = fails;
    }

    /// Enables or disables Security Hub in a Region. Its member list is kept.
    pub fn set_enabled(&self, region: &str, enabled: bool) {
        self.hub(region, |hub| hub.enabled = enabled);
    }

    /// Turns AWS's documented rate limit (10 requests a second, a burst of 30) on or off.
    /// Initially off.
    pub fn set_rate_limit(&self, on: bool) {
        self.lock().rate_limit = on;
    }

    /// All Regions that exist, sorted by name.
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

    /// The number of `ListMembers` requests in a Region, including those that failed.
    #[must_use]
    pub fn requests(&self, region: &str) -> usize {
        self.lock()
            .hubs
            .get(&self.key(region))
            .map_or(0, |hub| hub.requests)
    }

    /// The number of `ListMembers` requests that the rate limit rejected.
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

    /// Replaces the member list of a Region. Duplicates are kept.
    pub fn set_members(&self, region: &str, members: Vec<SimulatedMember>) {
        self.hub(region, |hub| hub.members = members);
    }

    /// Lists an account as `Invited`, also if it was listed before.
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

    /// Sets any status. Has no effect on an account that is not listed.
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

    /// Runs `act` for every Region that exists, such as `|region| aws.leave(region, id, at)`.
    pub fn in_every_region(&self, mut act: impl FnMut(&str)) {
        for region in self.regions() {
            act(&region);
        }
    }

    /// Every request in the Region gets this fault, until [`heal`](Self::heal).
    pub fn fail(&self, region: &str, fault: HubFault) {
        self.plan(region, fault, None);
    }

    /// The next `times` matching requests get this fault. Count the SDK's retries too.
    pub fn fail_times(&self, region: &str, fault: HubFault, times: usize) {
        if times > 0 {
            self.plan(region, fault, Some(times));
        }
    }

    /// The next matching request gets this fault.
    pub fn fail_once(&self, region: &str, fault: HubFault) {
        self.plan(region, fault, Some(1));
    }

    /// Clears all faults of the Region.
    pub fn heal(&self, region: &str) {
        self.hub(region, |hub| hub.faults.clear());
    }

    /// Reports whether the Region has no fault.
    #[must_use]
    pub fn is_readable(&self, region: &str) -> bool {
        self.hub(region, |hub| hub.faults.is_empty())
    }

    fn plan(&self, region: &str, fault: HubFault, times: Option<usize>) {
        self.hub(region, |hub| hub.faults.push_back(Planned { fault, times }));
    }

    fn hub<T>(&self, region: &str, act: impl FnOnce(&mut Hub) -> T) -> T {
        let mut state = self.lock();
        act(state.hubs.entry(self.key(region)).or_default())
    }
}
