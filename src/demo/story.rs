//! The demo's controls: the clock, and actions of members.
//!
//! The page calls the [`Story`]. [`DemoStory`] changes a [`DemoClock`] and a [`SimulatedAws`],
//! and makes the bot poll after every step.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;

use super::action::{DemoAccount, StoryVerb};
use super::aws::email;
use super::{DemoClock, SimulatedAws, history, words};
use crate::clock::Clock;
use crate::text::Locale;

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
        let regions: Vec<&str> = history::REGIONS
            .into_iter()
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
}
