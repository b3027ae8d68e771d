//! Half a year of 800 accounts in 17 Regions, 40 of which were never Enabled. An oracle knows which
//! cases are open on each day, and the first message of each digest names exactly those, in few
//! lines on a phone and within Slack's limits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use chrono_tz::Asia::Tokyo;
use securityhub_members::demo::slack::limits::{Surface, check_blocks};
use securityhub_members::domain::cases::{PersonId, Reason};
use securityhub_members::domain::digest::{Digest, PastWeek};
use securityhub_members::domain::directory::{AccountRecord, AccountState, Who};
use securityhub_members::domain::hub::UnreadReason;
use securityhub_members::domain::member::{AccountId, MemberStatus};
use securityhub_members::domain::scope::Audience;
use securityhub_members::slack::view::cases::named;
use securityhub_members::slack::view::digest::render;
use securityhub_members::text::Locale;
use securityhub_members::text::voice::Voice;
use securityhub_members::watch::{CaseId, Decision, OrganizationUse, Refresh, Watch};
use serde_json::Value;
use slack_morphism::prelude::SlackBlock;
use unicode_width::UnicodeWidthStr as _;

use crate::names::Scripted;
use crate::support::channel::TestChannel;
use crate::support::hubs::listed;
use crate::support::regions::REGIONS;
use crate::support::{World, date, deliver_today, hub};

const DAYS: u64 = 182;
const ACCOUNTS: u64 = 800;
/// Those that were never Enabled come after the others.
const GAPS: std::ops::Range<u64> = 760..800;
const DECLINING: u64 = 900;
const INVITED: u64 = 901;
const CREATED: u64 = 950;

const FAILING: &str = "eu-north-1";

/// The days on which an account has an open case, the first one inclusive, the last one exclusive.
fn open_on(day: u64) -> BTreeSet<u64> {
    let mut open = BTreeSet::new();
    let mut during = |accounts: std::ops::RangeInclusive<u64>, from: u64, to: u64| {
        if (from..to).contains(&day) {
            open.extend(accounts);
        }
    };
    during(1..=1, 3, 6);
    during(2..=2, 3, 12);
    during(3..=3, 3, 9);
    // Expected from the 9th day to the 30th.
    during(4..=4, 3, 10);
    during(4..=4, 30, 33);
    // Somebody accepts that they are gone.
    during(5..=6, 7, 9);
    during(DECLINING..=DECLINING, 20, 22);
    // It left while its Region could not be read.
    during(10..=10, 53, 55);
    during(CREATED..=CREATED, 81, 84);
    during(20..=31, 100, 103);
    during(INVITED..=INVITED, 127, 130);
    open
}

/// The days on which the digest reports a departure.
const BAD_DAYS: [u64; 5] = [3, 7, 20, 53, 100];
const FAILING_DAYS: std::ops::Range<u64> = 40..53;
const RENAMED_ON: u64 = 70;

/// The days on which AWS changes something.
const EVENTS: [u64; 20] = [
    3, 6, 7, 9, 12, 15, 20, 22, 33, 40, 45, 53, 55, RENAMED_ON, 80, 84, 100, 103, 120, 130,
];

struct Year {
    world: World,
    organization: Scripted,
    watch: Arc<Watch>,
    channel: TestChannel,
}

fn name(account: u64) -> String {
    match account {
        1 => "payments-prod".to_owned(),
        2 => "ledger-prod".to_owned(),
        3 => "identity-prod".to_owned(),
        4 => "backup-prod".to_owned(),
        account => format!("workload-{account:03}"),
    }
}

fn day(number: u64) -> NaiveDate {
    date("2026-05-01") + Days::new(number)
}

impl Year {
    async fn begin() -> Self {
        let mut world = World::at("2026-04-30T22:00:00Z", Tokyo).await;
        world.watched = REGIONS.map(hub).to_vec();
        for hub in &world.watched {
            let status = |account: u64| match GAPS.contains(&account) {
                true => "Resigned",
                false => "Enabled",
            };
            let list = (0..ACCOUNTS).map(|account| listed(account, status(account)));
            world.hubs.set_all(hub, list);
        }
        let organization = Scripted::default();
        let watch = organization.watch(&world, OrganizationUse::Required);
        let year = Self {
            organization,
            watch: Arc::new(watch),
            channel: TestChannel::of_long_messages(),
            world,
        };
        year.employ(&[]);
        year
    }

    /// The organization has the first accounts and these.
    fn employ(&self, others: &[u64]) {
        let accounts = (0..ACCOUNTS).chain(others.iter().copied());
        let record = |account| AccountRecord {
            who: Who {
                name: Some(name(account)),
                unit: None,
            },
            state: Some(AccountState::parse("ACTIVE")),
            gone_since: None,
        };
        let records =
            accounts.map(|account| (AccountId::from_u64(account).unwrap(), record(account)));
        self.organization.put(records.collect());
    }

    fn set_in(&self, regions: usize, accounts: impl IntoIterator<Item = u64>, status: &str) {
        for account in accounts {
            for hub in self.world.watched.iter().take(regions) {
                self.world.hubs.set(hub, account, status);
            }
        }
    }

    fn set(&self, accounts: impl IntoIterator<Item = u64>, status: &str) {
        self.set_in(REGIONS.len(), accounts, status);
    }

    /// The events in AWS before the digest of a day.
    fn happen(&self, day: u64) {
        let enabled = if day < RENAMED_ON {
            "Enabled"
        } else {
            "ActiveMember"
        };
        match day {
            3 => {
                self.set(1..=2, "Resigned");
                self.set_in(5, [3], "Removed");
                self.set([4], "AccountSuspended");
            }
            6 => self.set([1], enabled),
            7 => self.set(5..=6, "-"),
            9 => self.set([3], enabled),
            12 => self.set([2], enabled),
            15 => {
                self.employ(&[DECLINING]);
                self.set([DECLINING], "Invited");
            }
            20 => self.set([DECLINING], "Resigned"),
            22 => self.set([DECLINING], enabled),
            33 => self.set([4], enabled),
            40 => self
                .world
                .hubs
                .fail(&hub(FAILING), UnreadReason::AccessDenied),
            45 => self.world.hubs.set(&hub(FAILING), 10, "Resigned"),
            53 => self.world.hubs.recover(&hub(FAILING)),
            55 => self.set([10], enabled),
            RENAMED_ON => {
                for hub in &self.world.watched {
                    for account in (0..ACCOUNTS).chain([DECLINING]) {
                        let status = self.world.hubs.status(hub, account);
                        if status == Some(MemberStatus::Enabled) {
                            self.world.hubs.set(hub, account, enabled);
                        }
                    }
                }
            }
            80 => self.employ(&[DECLINING, CREATED]),
            84 => self.set([CREATED], enabled),
            100 => self.set(20..=31, "Resigned"),
            103 => self.set(20..=31, enabled),
            120 => {
                self.employ(&[DECLINING, CREATED, INVITED]);
                self.set([INVITED], "Invited");
            }
            130 => self.set([INVITED], enabled),
            _ => {}
        }
    }

    /// The actions of people after the digest of a day.
    async fn decide(&self, today: u64) {
        let ann = PersonId("UANN".to_owned());
        let accept = |until: u64| Decision::Accept {
            until: day(until),
            why: Reason::parse("sold to Acme").unwrap(),
        };
        let decisions = match today {
            3 => vec![(1, Decision::Take)],
            8 => vec![(5, accept(60)), (6, accept(60))],
            9 => vec![(4, accept(30))],
            RENAMED_ON => {
                let status = MemberStatus::parse("ActiveMember");
                let decided = self.watch.cases.decide_status(&status, Some(true), &ann);
                assert!(decided.await.unwrap());
                return;
            }
            _ => return,
        };
        let list = self.watch.cases.list().await.unwrap();
        for (account, decision) in decisions {
            let mut open = list.open.iter();
            let case = open.find(|case| case.key.account.as_u64() == account);
            let case = CaseId::from(case.unwrap());
            let decided = self.watch.cases.decide(&case, &ann, &decision);
            assert!(decided.await.unwrap().unwrap().is_new);
        }
    }

    /// The digest of a day, which is then delivered.
    async fn digest(&self, number: u64) -> Digest {
        let today = day(number);
        self.world
            .set(&format!("{}T22:00:00Z", today.pred_opt().unwrap()));
        self.watch
            .directory
            .refresh(Refresh::WhenDue)
            .await
            .unwrap();
        self.watch.poller.poll_all().await;
        self.world.set(&format!("{today}T00:00:00Z"));
        let digest = self
            .watch
            .deliveries
            .preview("C0TEST", &Audience::of_everything(Tokyo), today)
            .await;
        deliver_today(&self.watch, &self.channel).await.unwrap();
        digest.unwrap()
    }
}

/// The first message as Slack gets it, after a check of all messages against Slack's limits.
fn first_message(digest: &Digest, locale: Locale) -> (String, Vec<Value>) {
    let voice = Voice::new(locale, Tokyo);
    let messages = render(&voice.digest(digest), voice.words());
    let json = |blocks: &[SlackBlock]| -> Vec<Value> {
        let blocks = blocks.iter();
        blocks
            .map(|block| serde_json::to_value(block).unwrap())
            .collect()
    };
    for message in &messages {
        for blocks in std::iter::once(&message.content.blocks).chain(&message.sections) {
            let findings = check_blocks(&json(blocks), Surface::Message, "/blocks");
            assert_eq!(findings.errors, Vec::<String>::new());
            assert!(!findings.too_long(), "{findings:?}");
        }
    }
    let first = &messages[0].content;
    (first.text.clone(), json(&first.blocks))
}

/// The lines of a message at 390 pixels, as Slack's app draws it: about 42 columns of text, 34 of a
/// heading, 52 of small print; buttons wrap like words.
fn lines(blocks: &[Value]) -> usize {
    let wrapped = |text: &str, columns: usize| -> usize {
        let shown = text.replace(['*', '`'], "");
        let lines = shown.lines();
        lines
            .map(|line| line.width().div_ceil(columns).max(1))
            .sum()
    };
    let texts = |block: &Value| -> Vec<String> {
        let elements = block["elements"].as_array().into_iter().flatten();
        let texts =
            elements.filter_map(|one| one["text"]["text"].as_str().or(one["text"].as_str()));
        texts.map(str::to_owned).collect()
    };
    let of_block = |block: &Value| match block["type"].as_str().unwrap() {
        "header" => wrapped(block["text"]["text"].as_str().unwrap(), 34),
        "section" => wrapped(block["text"]["text"].as_str().unwrap(), 42),
        "context" => texts(block).iter().map(|text| wrapped(text, 52)).sum(),
        "actions" => {
            let width = texts(block)
                .iter()
                .map(|text| text.width() + 5)
                .sum::<usize>();
            width.div_ceil(42)
        }
        other => panic!("{other}"),
    };
    blocks.iter().map(of_block).sum()
}

/// Reports whether a digest is made on a day. Most days are like the one before; the scheduled
/// search has all of them.
fn is_tried(day: u64) -> bool {
    let is_near = |after: u64| {
        let before = day.checked_sub(after);
        before.is_some_and(|day| EVENTS.contains(&day))
    };
    let is_news = day > 0 && open_on(day) != open_on(day - 1);
    let is_every_day = std::env::var_os("EVERY_DAY").is_some();
    is_every_day || is_near(0) || is_near(1) || is_news || day.is_multiple_of(20)
}

/// The kind of a day, and the most lines of its first message.
fn kind(day: u64) -> (&'static str, usize) {
    let open = open_on(day).len();
    match day {
        0 => ("first", usize::MAX),
        RENAMED_ON => ("renamed", 12),
        day if BAD_DAYS.contains(&day) => ("bad", 30),
        day if FAILING_DAYS.contains(&day) => ("failing", 8),
        day if open == 0 && !EVENTS.contains(&day) => ("quiet", 6),
        // A fifth case that is unlike the others has a line.
        _ => ("after", 12 + open.saturating_sub(4).min(1)),
    }
}

/// The most lines if the first message also has the week before and the known gaps.
fn with_week(kind: &str, limit: usize) -> usize {
    match kind {
        "bad" => limit,
        // The week before names the Region too.
        "failing" => limit + 5,
        _ => limit + 4,
    }
}

/// Reports whether a block has the week before, or the button that goes through the known gaps.
fn is_of_week(block: &Value) -> bool {
    let text = block["text"]["text"].as_str().unwrap_or_default();
    let is_week = ["*Last week*", "*先週*"]
        .iter()
        .any(|title| text.starts_with(title));
    is_week || block["accessory"]["value"] == "known"
}

/// Asserts what the first message says of a day.
fn check(day: u64, locale: Locale, notification: &str, blocks: &[Value]) {
    let open = open_on(day);
    let text = blocks.iter().map(Value::to_string).collect::<String>();
    let named = named(blocks);
    let named: BTreeSet<_> = named.iter().map(|id| id.key.account.as_u64()).collect();
    assert!(named.is_subset(&open), "day {day}");
    assert_eq!(named.len(), open.len().min(5), "day {day}: {text}");
    for account in &named {
        assert!(text.contains(&name(*account)), "day {day}: {text}");
    }
    if locale == Locale::En {
        let more = open.len().saturating_sub(5);
        let says_more = text.contains(&format!("and {more} more open"));
        assert_eq!(says_more, more > 0, "day {day}: {text}");
    }
    let is_failing = FAILING_DAYS.contains(&day);
    let is_clear = open.is_empty() && !is_failing && day != RENAMED_ON;
    let is_quiet = is_clear && day > 0 && !EVENTS.contains(&day);
    for text in [notification, &text] {
        assert!(is_clear || !text.contains('✅'), "day {day}: {text}");
        assert!(!is_quiet || text.contains('✅'), "day {day}: {text}");
    }
    if is_failing {
        assert!(notification.contains(FAILING), "day {day}: {notification}");
    }
}

#[tokio::test]
async fn each_digest_of_half_a_year_names_exactly_what_is_open() {
    let year = Year::begin().await;
    let mut most = BTreeMap::<String, usize>::new();
    let mut digests = 0;
    let mut before = None;
    for day in (0..DAYS).filter(|day| is_tried(*day)) {
        digests += 1;
        year.happen(day);
        let digest = year.digest(day).await;
        let cases = &digest.cases.list;
        let open = cases.open.iter().map(|case| case.key.account.as_u64());
        assert_eq!(open.collect::<BTreeSet<_>>(), open_on(day), "day {day}");
        assert_eq!(cases.known.len(), GAPS.count(), "day {day}");
        assert_eq!(!cases.renamed.is_empty(), day == RENAMED_ON, "day {day}");
        let begins_week =
            before.is_some_and(|before| PastWeek::before(self::day(day), before).is_some());
        before = Some(self::day(day));
        for locale in [Locale::En, Locale::Ja] {
            let (notification, blocks) = first_message(&digest, locale);
            check(day, locale, &notification, &blocks);
            let ((kind, limit), lines) = (kind(day), lines(&blocks));
            let (kind, limit) = match begins_week {
                true => (format!("{kind}, new week"), with_week(kind, limit)),
                false => (kind.to_owned(), limit),
            };
            let of_week = blocks.iter().filter(|block| is_of_week(block));
            assert_eq!(of_week.count(), 2 * usize::from(begins_week), "day {day}");
            assert!(
                lines <= limit,
                "day {day} ({kind}): {lines} lines\n{blocks:#?}"
            );
            let longest = most.entry(kind).or_default();
            *longest = lines.max(*longest);
        }
        year.decide(day).await;
    }
    println!("the most lines at 390 px: {most:?}");
    // Each of the digests was posted once.
    assert_eq!(year.channel.digests().len(), digests);
}
