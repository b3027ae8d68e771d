//! The demo's controls: the clock, and actions of members.
//!
//! The page calls the [`Story`]. [`DemoStory`] changes a [`DemoClock`] and a [`SimulatedAws`],
//! and makes the bot poll after every step.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;

use super::action::{DemoAccount, DemoRegion, StoryVerb};
use super::aws::{HubFault, SimulatedAccount, SimulatedMember, email};
use super::{DemoClock, SimulatedAws, history, words};
use crate::clock::Clock;
use crate::text::Locale;

/// The number of accounts that join at once.
const MANY_ACCOUNTS: u64 = 1_000;
/// The new name of `Enabled`, if AWS renames it.
const NEW_STATUS: &str = "ActiveMember";

/// The controls of the page.
#[async_trait]
pub trait Story: Send + Sync {
    /// The language of the page.
    fn locale(&self) -> Locale;

    /// The time of the demo.
    fn now(&self) -> DateTime<Utc>;

    /// Moves the clock forward by `by`, and polls.
    async fn advance(&self, by: TimeDelta);

    /// Moves the clock forward to the time of the next digest, and polls.
    async fn to_next_digest(&self);

    /// Every account that is listed in a Region, by name.
    fn accounts(&self) -> Vec<DemoAccount>;

    /// Applies an action to an account (by ID or name), or to any account in a matching status.
    /// Both results are a sentence for the page.
    async fn act(&self, verb: StoryVerb, account: Option<String>) -> Result<String, String>;

    /// Every Region, and whether it can be read.
    fn regions(&self) -> Vec<DemoRegion>;

    /// Denies `ListMembers` in a Region, or allows it again, and polls. The result is a sentence
    /// for the page, as it is of the next two.
    async fn set_readable(&self, region: &str, readable: bool) -> String;

    /// AWS renames the status `Enabled`, and renames it back the next time.
    async fn rename_status(&self) -> String;

    /// A thousand accounts join.
    async fn add_accounts(&self) -> String;
}

/// Polls after every step, so that the bot sees the change.
pub type Poll = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;
/// Returns the time of the first digest after a given time.
pub type NextDigest = Arc<dyn Fn(DateTime<Utc>) -> DateTime<Utc> + Send + Sync>;

/// The controls of the demo's clock and simulated AWS.
#[derive(Clone)]
pub struct DemoStory {
    clock: DemoClock,
    aws: SimulatedAws,
    poll: Poll,
    next_digest: NextDigest,
    locale: Locale,
}

impl std::fmt::Debug for DemoStory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DemoStory")
    }
}

impl DemoStory {
    /// The controls for this clock and this AWS, in English.
    #[must_use]
    pub fn new(clock: DemoClock, aws: SimulatedAws, poll: Poll, next_digest: NextDigest) -> Self {
        Self {
            clock,
            aws,
            poll,
            next_digest,
            locale: Locale::En,
        }
    }

    /// The same in another language.
    #[must_use]
    pub fn in_language(self, locale: Locale) -> Self {
        Self { locale, ..self }
    }

    fn do_in(&self, verb: StoryVerb, region: &str, account: &DemoAccount) {
        let (aws, id, at) = (&self.aws, account.id.as_str(), self.clock.now());
        match verb {
            StoryVerb::Invite => aws.invite(region, id, &email(&account.name), at),
            StoryVerb::Accept => aws.accept(region, id, at),
            StoryVerb::Decline => aws.decline(region, id, at),
            StoryVerb::Leave => aws.leave(region, id, at),
            StoryVerb::Remove => aws.remove(region, id, at),
            StoryVerb::Delete => aws.delete(region, id),
            StoryVerb::Suspend => aws.suspend(region, id, at),
        }
    }

    /// The account with this ID or name. An account to be invited need not exist yet.
    fn find(&self, verb: StoryVerb, wanted: Option<String>) -> Result<DemoAccount, String> {
        let accounts = self.accounts();
        match wanted.filter(|name| !name.trim().is_empty()) {
            Some(wanted) => {
                let wanted = wanted.trim();
                let known = accounts.iter().find(|a| a.id == wanted || a.name == wanted);
                match known {
                    Some(account) => Ok(account.clone()),
                    None if verb == StoryVerb::Invite => self.newcomer(wanted, accounts.len()),
                    None => Err(words::unknown(self.locale, wanted)),
                }
            }
            None if verb == StoryVerb::Invite => {
                self.newcomer(&format!("new-team-{}", accounts.len() + 1), accounts.len())
            }
            None => accounts
                .into_iter()
                .rev()
                .find(|account| {
                    account
                        .regions
                        .values()
                        .any(|status| verb.fits(Some(status)))
                })
                .ok_or_else(|| words::no_account(self.locale)),
        }
    }

    /// A new account, which is in no list.
    fn newcomer(&self, wanted: &str, listed: usize) -> Result<DemoAccount, String> {
        let digits = wanted.len() == 12 && wanted.bytes().all(|byte| byte.is_ascii_digit());
        let plain = wanted
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && wanted.len() <= 40;
        if !plain {
            return Err(words::bad_name(self.locale));
        }
        let id = if digits {
            wanted.to_owned()
        } else {
            // The ID depends on the name. The number of accounts avoids collisions.
            let sum = wanted.bytes().fold(listed as u64, |sum, byte| {
                sum * 31 % 1_000_003 + u64::from(byte)
            });
            (900_000_000_000 + sum * 97_003 % 99_999_999_999).to_string()
        };
        let name = if digits {
            format!("account-{wanted}")
        } else {
            wanted.to_owned()
        };
        Ok(DemoAccount {
            id,
            name,
            regions: BTreeMap::new(),
        })
    }
}

#[async_trait]
impl Story for DemoStory {
    fn locale(&self) -> Locale {
        self.locale
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    async fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
        (self.poll)().await;
    }

    async fn to_next_digest(&self) {
        self.clock.set((self.next_digest)(self.clock.now()));
        (self.poll)().await;
    }

    fn accounts(&self) -> Vec<DemoAccount> {
        let mut accounts: BTreeMap<String, DemoAccount> = BTreeMap::new();
        for region in self.aws.regions() {
            for member in self.aws.members(&region) {
                let local = member.email.split('@').next().unwrap_or_default();
                let name = local.strip_prefix("aws+").unwrap_or(local);
                accounts
                    .entry(member.account_id.clone())
                    .or_insert_with(|| DemoAccount {
                        id: member.account_id.clone(),
                        name: name.to_owned(),
                        regions: BTreeMap::new(),
                    })
                    .regions
                    .insert(region.clone(), member.status);
            }
        }
        let mut accounts: Vec<DemoAccount> = accounts.into_values().collect();
        accounts.sort_by(|a, b| a.name.cmp(&b.name));
        accounts
    }

    async fn act(&self, verb: StoryVerb, account: Option<String>) -> Result<String, String> {
        let account = self.find(verb, account)?;
        let regions = self.aws.regions();
        let regions: Vec<&str> = regions
            .iter()
            .map(String::as_str)
            .filter(|region| verb.fits(account.regions.get(*region).map(String::as_str)))
            .collect();
        if regions.is_empty() {
            return Err(words::impossible(self.locale, &account));
        }
        for region in &regions {
            self.do_in(verb, region, &account);
        }
        (self.poll)().await;
        Ok(words::done(self.locale, &account, verb, &regions))
    }

    fn regions(&self) -> Vec<DemoRegion> {
        let region = |name: String| DemoRegion {
            readable: self.aws.is_readable(&name),
            name,
        };
        self.aws.regions().into_iter().map(region).collect()
    }

    async fn set_readable(&self, region: &str, readable: bool) -> String {
        self.aws.heal(region);
        if !readable {
            self.aws.fail(region, HubFault::AccessDenied);
        }
        (self.poll)().await;
        words::region(self.locale, region, readable)
    }

    async fn rename_status(&self) -> String {
        let (mut old, mut new) = ("Enabled", NEW_STATUS);
        let regions = self.aws.regions();
        let has = |region: &String| self.aws.members(region).iter().any(|m| m.status == new);
        if regions.iter().any(has) {
            (old, new) = (new, old);
        }
        for region in &regions {
            let mut members = self.aws.members(region);
            for member in members.iter_mut().filter(|member| member.status == old) {
                new.clone_into(&mut member.status);
                member.updated_at = self.clock.now();
            }
            self.aws.set_members(region, members);
        }
        (self.poll)().await;
        words::status_renamed(self.locale, old, new)
    }

    async fn add_accounts(&self) -> String {
        let at = self.clock.now();
        let fleet: Vec<(String, String)> = (1..=MANY_ACCOUNTS)
            .map(|number| {
                let id = (800_000_000_000 + number * 7_919).to_string();
                (id, format!("fleet-{number:04}"))
            })
            .collect();
        for region in self.aws.regions() {
            let mut members = self.aws.members(&region);
            if members.iter().any(|member| member.account_id == fleet[0].0) {
                continue;
            }
            members.extend(fleet.iter().map(|(id, name)| SimulatedMember {
                account_id: id.clone(),
                email: email(name),
                status: "Enabled".to_owned(),
                invited_at: Some(at),
                updated_at: at,
            }));
            self.aws.set_members(&region, members);
        }
        let mut organization = history::organization();
        organization.extend(fleet.into_iter().map(|(id, name)| SimulatedAccount {
            id,
            name,
            state: "ACTIVE".to_owned(),
            status: "ACTIVE".to_owned(),
            unit: "Workloads/Fleet".to_owned(),
        }));
        self.aws.set_organization(organization);
        (self.poll)().await;
        words::accounts_added(self.locale, MANY_ACCOUNTS)
    }
}
