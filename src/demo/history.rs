//! The demo's history: a month of about forty member accounts.
//!
//! It lists the events relative to `now`. [`Event::happen`] applies one to the simulated AWS.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc, Weekday};

use super::aws::{HubFault, SimulatedAccount, SimulatedAws, email};

/// The Regions that can always be read.
pub const REGIONS: [&str; 3] = ["ap-northeast-1", "eu-west-1", "us-east-1"];
/// All of them.
const EVERYWHERE: [&str; 4] = [REGIONS[0], REGIONS[1], REGIONS[2], UNREADABLE_REGION];
/// The Region that can't be read for two days, until the last hour.
pub const UNREADABLE_REGION: &str = "sa-east-1";

/// An event of an account in a Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The Region.
    pub region: String,
    /// The account ID, twelve digits; empty for events of the Region itself.
    pub account: String,
    /// The kind of event.
    pub what: EventKind,
}

impl Event {
    /// Applies the event to the simulated AWS with the timestamp `at`.
    pub fn happen(&self, at: DateTime<Utc>, aws: &SimulatedAws) {
        let (region, account) = (self.region.as_str(), self.account.as_str());
        match &self.what {
            EventKind::Invited { email } => aws.invite(region, account, email, at),
            EventKind::Accepted => aws.accept(region, account, at),
            EventKind::Declined => aws.decline(region, account, at),
            EventKind::Left => aws.leave(region, account, at),
            EventKind::Removed => aws.remove(region, account, at),
            EventKind::Deleted => aws.delete(region, account),
            EventKind::Suspended => aws.suspend(region, account, at),
            EventKind::Status(status) => aws.set_status(region, account, status, at),
            EventKind::Unreadable => aws.fail(region, HubFault::AccessDenied),
            EventKind::Readable => aws.heal(region),
        }
    }
}

/// The kinds of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// The administrator invited it.
    Invited {
        /// The email address that the administrator entered.
        email: String,
    },
    /// It accepted the invitation.
    Accepted,
    /// It declined the invitation.
    Declined,
    /// It disassociated itself.
    Left,
    /// The administrator disassociated it.
    Removed,
    /// The administrator deleted the entry: it is no longer listed.
    Deleted,
    /// AWS suspended the account.
    Suspended,
    /// It got this status.
    Status(String),
    /// `ListMembers` fails with access denied from now on.
    Unreadable,
    /// `ListMembers` works again.
    Readable,
}

/// Members from the first day on.
const FOUNDERS: [&str; 30] = [
    "payments-prod",
    "payments-staging",
    "checkout-prod",
    "checkout-staging",
    "identity-prod",
    "identity-staging",
    "ledger-prod",
    "data-lake-prod",
    "data-lake-dev",
    "analytics-prod",
    "ml-training",
    "ml-serving",
    "web-prod",
    "web-staging",
    "mobile-api",
    "search-prod",
    "shared-network",
    "shared-dns",
    "log-archive",
    "backup-vault",
    "ci-runners",
    "artifact-store",
    "partner-gateway",
    "support-tools",
    "sandbox-alice",
    "sandbox-bob",
    "sandbox-chen",
    "legacy-crm",
    "legacy-billing",
    "hr-systems",
];
/// Accounts invited later.
const NEWCOMERS: [&str; 12] = [
    "fraud-prod",
    "fraud-staging",
    "edge-cdn",
    "sandbox-dana",
    "iot-fleet",
    "northwind-prod",
    "contoso-prod",
    "warehouse-eu",
    "game-prod",
    "vendor-audit",
    "sandbox-emil",
    "payments-dr",
];

/// Organization accounts that aren't members.
const OUTSIDERS: [&str; 2] = ["acquired-shop", "research-gpu"];
/// Suspended in AWS, but still `Enabled` in Security Hub.
const SUSPENDED: &str = "sandbox-bob";
/// A closed account that has left the organization.
const GONE: &str = "legacy-billing";

/// The organization of this story.
#[must_use]
pub fn organization() -> Vec<SimulatedAccount> {
    let names = FOUNDERS.iter().chain(&NEWCOMERS).chain(&OUTSIDERS);
    let account = |name: &str| {
        let state = match name {
            SUSPENDED | "support-tools" => "SUSPENDED",
            "sandbox-chen" => "CLOSED",
            _ => "ACTIVE",
        };
        SimulatedAccount {
            id: account_id(name),
            name: name.to_owned(),
            state: state.to_owned(),
            status: state.to_owned(),
            unit: unit(name).to_owned(),
        }
    };
    let names = names.filter(|name| **name != GONE);
    names.map(|name| account(name)).collect()
}

fn unit(name: &str) -> &'static str {
    match name.split('-').collect::<Vec<_>>()[..] {
        ["sandbox", ..] => "Sandbox",
        ["shared" | "log" | "backup" | "ci" | "artifact", ..] => "Infrastructure",
        [.., "staging" | "dev" | "dr"] => "Workloads/Staging",
        ["acquired" | "legacy" | "vendor" | "partner", ..] => "",
        _ => "Workloads/Prod",
    }
}

/// The account ID for a name: twelve digits, the same in every run.
#[must_use]
pub fn account_id(name: &str) -> String {
    let index = FOUNDERS
        .iter()
        .chain(&NEWCOMERS)
        .chain(&OUTSIDERS)
        .position(|known| *known == name)
        .unwrap_or(FOUNDERS.len() + NEWCOMERS.len() + OUTSIDERS.len()) as u64;
    // Multiplication by an odd number spreads the IDs. The first digit is never zero.
    let spread = (index + 3) * 73_687_871_213 % 899_999_999_999;
    (100_000_000_000 + spread).to_string()
}

/// The events of the thirty days before `now`, oldest first. The same `now` gives the same
/// events.
///
/// Nothing happens on weekends, and the last day has an event of every kind, so that the next digest
/// shows all of them.
#[must_use]
pub fn month_of_history(now: DateTime<Utc>) -> Vec<(DateTime<Utc>, Event)> {
    let mut story = Telling {
        now,
        events: Vec::new(),
    };
    story.the_first_day();
    story.the_weeks_between();
    story.the_last_day();
    let mut events = story.events;
    events.sort_by_key(|(at, _)| *at);
    events
}

struct Telling {
    now: DateTime<Utc>,
    events: Vec<(DateTime<Utc>, Event)>,
}

impl Telling {
    fn tell(&mut self, at: DateTime<Utc>, regions: &[&str], name: &str, what: &EventKind) {
        for (index, region) in regions.iter().enumerate() {
            // A script works through the Regions, one every few seconds.
            let at = at + TimeDelta::seconds(7 * index as i64);
            self.events.push((
                at,
                Event {
                    region: (*region).to_owned(),
                    account: if name.is_empty() {
                        String::new()
                    } else {
                        account_id(name)
                    },
                    what: what.clone(),
                },
            ));
        }
    }

    fn invite(&mut self, at: DateTime<Utc>, regions: &[&str], name: &str) {
        let invited = EventKind::Invited { email: email(name) };
        self.tell(at, regions, name, &invited);
    }

    /// Leaves and rejoins within an hour, through a new invitation.
    fn flap(&mut self, at: DateTime<Utc>, regions: &[&str], name: &str) {
        self.tell(at, regions, name, &EventKind::Left);
        self.invite(at + TimeDelta::minutes(17), regions, name);
        self.tell(
            at + TimeDelta::minutes(41),
            regions,
            name,
            &EventKind::Accepted,
        );
    }

    /// A working hour of the day `days` before now. Weekend days become Friday, so an event of
    /// the next day needs a later hour.
    fn day(&self, days: i64, hour: u32, minute: u32) -> DateTime<Utc> {
        let day = self.now - TimeDelta::days(days);
        let quiet = match day.weekday() {
            Weekday::Sat => 1,
            Weekday::Sun => 2,
            _ => 0,
        };
        let midnight = day - TimeDelta::seconds(i64::from(day.num_seconds_from_midnight()));
        midnight - TimeDelta::days(quiet) + TimeDelta::minutes(i64::from(hour * 60 + minute))
    }

    fn the_first_day(&mut self) {
        let start = self.now - TimeDelta::days(30);
        let everywhere = [REGIONS[0], REGIONS[1], REGIONS[2]];
        for (index, name) in FOUNDERS.iter().enumerate() {
            let minutes = TimeDelta::minutes(index as i64);
            self.invite(start + minutes, &everywhere, name);
            self.tell(
                start + minutes + TimeDelta::minutes(40),
                &everywhere,
                name,
                &EventKind::Accepted,
            );
        }
        for (index, name) in FOUNDERS.iter().enumerate() {
            let minutes = TimeDelta::minutes(index as i64);
            self.invite(start + minutes, &[UNREADABLE_REGION], name);
            self.tell(
                start + minutes + TimeDelta::minutes(40),
                &[UNREADABLE_REGION],
                name,
                &EventKind::Accepted,
            );
        }
    }

    fn the_weeks_between(&mut self) {
        use EventKind::{
            Accepted, Declined, Deleted, Left, Readable, Removed, Suspended, Unreadable,
        };
        let [tokyo, ireland, virginia] = REGIONS;
        let all = &EVERYWHERE[..];
        let (tokyo, ireland, virginia) = (&[tokyo][..], &[ireland][..], &[virginia][..]);
        let both = &REGIONS[1..];
        let blind = &[UNREADABLE_REGION][..];
        let quarantined = EventKind::Status("Quarantined".to_owned());
        for (day, hour, minute, regions, name) in [
            (25, 9, 30, all, "fraud-prod"),
            (25, 9, 32, all, "fraud-staging"),
            (19, 13, 10, all, "edge-cdn"),
            (18, 9, 15, all, "sandbox-dana"),
            (15, 8, 40, all, "iot-fleet"),
            (11, 9, 45, ireland, "warehouse-eu"),
            (10, 9, 0, all, "northwind-prod"),
            (10, 9, 2, all, "contoso-prod"),
            (5, 9, 20, all, "partner-gateway"),
            (4, 11, 11, all, "vendor-audit"),
            (3, 9, 9, all, "game-prod"),
        ] {
            self.invite(self.day(day, hour, minute), regions, name);
        }
        // The failure lasts long enough for a polling alert before the next digest.
        for (day, hour, minute, regions, name, what) in [
            (24, 11, 5, all, "fraud-prod", Accepted),
            (24, 15, 48, all, "fraud-staging", Accepted),
            (22, 16, 20, ireland, "sandbox-bob", Left),
            (20, 8, 55, all, "legacy-crm", Removed),
            (19, 14, 2, all, "edge-cdn", Accepted),
            (17, 17, 31, all, "sandbox-dana", Declined),
            (16, 10, 0, all, "legacy-billing", Removed),
            (14, 9, 3, both, "iot-fleet", Accepted),
            (14, 11, 20, all, "legacy-billing", Deleted),
            (12, 6, 44, all, "support-tools", Suspended),
            (11, 10, 30, ireland, "warehouse-eu", Accepted),
            (9, 10, 26, all, "northwind-prod", Accepted),
            (8, 16, 12, all, "contoso-prod", Declined),
            (7, 7, 7, virginia, "ml-training", quarantined),
            (6, 8, 25, all, "partner-gateway", Left),
            (5, 10, 1, all, "partner-gateway", Accepted),
            (5, 18, 2, tokyo, "sandbox-alice", Left),
            (3, 13, 37, all, "game-prod", Accepted),
            (3, 14, 50, virginia, "data-lake-dev", Removed),
            (3, 10, 5, blind, "", Unreadable),
            (3, 16, 20, blind, "", Readable),
        ] {
            self.tell(self.day(day, hour, minute), regions, name, &what);
        }
        self.flap(self.day(26, 10, 12), all, "ci-runners");
        self.flap(self.day(13, 14, 8), virginia, "backup-vault");
        self.tell(self.now - TimeDelta::days(2), blind, "", &Unreadable);
        self.invite(self.now - TimeDelta::hours(30), all, "payments-dr");
    }

    fn the_last_day(&mut self) {
        let [tokyo, ireland, virginia] = REGIONS;
        let all = &EVERYWHERE[..];
        let now = self.now;
        let before = |minutes: i64| now - TimeDelta::minutes(minutes);
        let quarantined = EventKind::Status("Quarantined".to_owned());

        self.tell(
            before(1_190),
            &[virginia],
            "identity-staging",
            &EventKind::Left,
        );
        self.tell(before(300), all, "checkout-staging", &EventKind::Left);
        self.flap(before(280), &[ireland], "log-archive");
        self.tell(
            before(236),
            &[ireland],
            "analytics-prod",
            &EventKind::Removed,
        );
        self.tell(before(210), all, "sandbox-chen", &EventKind::Deleted);
        self.tell(before(183), &[tokyo], "web-staging", &EventKind::Suspended);
        self.tell(before(158), all, "vendor-audit", &EventKind::Declined);
        self.invite(before(122), all, "sandbox-emil");
        self.tell(before(88), all, "payments-dr", &EventKind::Accepted);
        self.tell(before(61), &[ireland], "shared-dns", &quarantined);
        self.tell(before(50), &[UNREADABLE_REGION], "", &EventKind::Readable);
    }
}

#[cfg(test)]
mod tests;
