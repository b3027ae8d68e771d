//! Account names: which data of the organization is stored, and for how long.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use chrono_tz::UTC;
use securityhub_members::app::rounds::name_once;
use securityhub_members::domain::directory::{
    AccountRecord, AccountState, Accounts, Found, Names, Who,
};
use securityhub_members::domain::doubt::Doubt;
use securityhub_members::domain::gaps::Gaps;
use securityhub_members::domain::hub::UnreadReason;
use securityhub_members::domain::member::AccountId;
use securityhub_members::names::NamesFile;
use securityhub_members::problems::Problems;
use securityhub_members::watch::ports::{
    NameSource, OrganizationError, OrganizationListing, OrganizationSource, OrganizationStore as _,
    Written,
};
use securityhub_members::watch::{OrganizationUse, Parts, Refresh, Refreshed, Watch};

use crate::support::World;
use crate::support::crash::{Fault, Fuse};

fn account(number: u64) -> AccountId {
    AccountId::from_u64(number).unwrap()
}

fn entry(name: &str, state: &str) -> AccountRecord {
    AccountRecord {
        who: Who {
            name: Some(name.to_owned()),
            unit: None,
        },
        state: Some(AccountState::parse(state)),
        gone_since: None,
    }
}

/// An organization that tests define.
#[derive(Clone, Default)]
pub(crate) struct Scripted(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    accounts: Accounts,
    failing: Option<UnreadReason>,
    reads: usize,
}

impl Scripted {
    /// Accounts like `"1 payments ACTIVE, 2 old SUSPENDED"`.
    fn of(accounts: &str) -> Self {
        let scripted = Self::default();
        scripted.set(accounts);
        scripted
    }

    fn set(&self, accounts: &str) {
        let read = |text: &str| {
            let mut words = text.split(' ');
            let mut next = || words.next().unwrap();
            (account(next().parse().unwrap()), entry(next(), next()))
        };
        self.0.lock().unwrap().accounts = accounts.split(", ").map(read).collect();
    }

    pub(crate) fn put(&self, accounts: Accounts) {
        self.0.lock().unwrap().accounts = accounts;
    }

    fn fail(&self, reason: Option<UnreadReason>) {
        self.0.lock().unwrap().failing = reason;
    }

    fn reads(&self) -> usize {
        self.0.lock().unwrap().reads
    }

    /// A new process in this world.
    pub(crate) fn watch(&self, world: &World, asked: OrganizationUse) -> Watch {
        Watch::new(self.parts(world, asked))
    }

    fn parts(&self, world: &World, asked: OrganizationUse) -> Parts {
        Parts {
            organization: Some((Arc::new(self.clone()), asked)),
            ..world.parts()
        }
    }
}

#[async_trait]
impl OrganizationSource for Scripted {
    async fn read(&self) -> Result<OrganizationListing, OrganizationError> {
        let mut script = self.0.lock().unwrap();
        script.reads += 1;
        match script.failing {
            Some(reason) => Err(OrganizationError {
                reason,
                detail: "the test says so".to_owned(),
            }),
            None => Ok(OrganizationListing {
                accounts: script.accounts.clone(),
                units: Ok(BTreeMap::new()),
            }),
        }
    }
}

struct WrittenDown(Arc<Names>);

#[async_trait]
impl NameSource for WrittenDown {
    async fn names(&self) -> Arc<Names> {
        Arc::clone(&self.0)
    }
}

async fn refresh(watch: &Watch) -> Refreshed {
    watch.directory.refresh(Refresh::WhenDue).await.unwrap()
}

async fn gaps(watch: Watch) -> Option<Box<Gaps>> {
    use securityhub_members::domain::query::Query;
    use securityhub_members::watch::Answer;
    match Arc::new(watch)
        .answers
        .answer_from_store(&Query::Now)
        .await
        .unwrap()
    {
        Answer::Report(reported) => reported.report.organization,
        other => panic!("a report expected, not {other:?}"),
    }
}

#[tokio::test]
async fn one_process_reads_the_organization_for_all_and_only_once_a_day() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let organization = Scripted::of("1 payments ACTIVE");
    let (one, two) = (
        organization.watch(&world, OrganizationUse::Required),
        organization.watch(&world, OrganizationUse::Required),
    );
    let (first, second) = tokio::join!(refresh(&one), refresh(&two));
    let outcomes = [first, second];
    assert!(outcomes.contains(&Refreshed::Read(1)), "{outcomes:?}");
    assert!(outcomes.contains(&Refreshed::NotDue), "{outcomes:?}");

    // A restart uses stored data, and answers never read the organization.
    world.clock.advance(TimeDelta::hours(23));
    let restarted = organization.watch(&world, OrganizationUse::Required);
    assert_eq!(refresh(&restarted).await, Refreshed::NotDue);
    let directory = restarted.directory.get().await;
    assert_eq!(directory.name(account(1)), Some("payments"));
    assert_eq!(directory.find("pay"), Found::One(account(1)));
    assert_eq!(organization.reads(), 1);

    // Every process gets the data that one of them read.
    organization.set("1 checkout ACTIVE");
    world.clock.advance(TimeDelta::hours(1));
    assert_eq!(refresh(&restarted).await, Refreshed::Read(1));
    assert_eq!(two.directory.get().await.name(account(1)), Some("checkout"));
}

#[tokio::test]
async fn a_reading_that_fails_keeps_what_is_known_and_says_its_age_in_time() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    let organization = Scripted::of("1 payments ACTIVE, 2 shop ACTIVE");
    let watch = organization.watch(&world, OrganizationUse::Optional);
    refresh(&watch).await;
    organization.fail(Some(UnreadReason::Throttled));
    world.clock.advance(TimeDelta::hours(25));
    assert!(matches!(refresh(&watch).await, Refreshed::Failed(_)));
    assert_eq!(
        refresh(&watch).await,
        Refreshed::NotDue,
        "not again at once"
    );
    world.poll().await;
    let known = gaps(organization.watch(&world, OrganizationUse::Optional))
        .await
        .unwrap();
    assert_eq!(known.outside[0].account, account(2));
    assert_eq!(known.unread, None, "one missed reading is no news");

    world.clock.advance(TimeDelta::hours(24));
    assert!(matches!(refresh(&watch).await, Refreshed::Failed(_)));
    world.poll().await;
    let known = gaps(organization.watch(&world, OrganizationUse::Optional))
        .await
        .unwrap();
    assert_eq!(known.outside[0].account, account(2));
    assert_eq!(known.unread.unwrap().reason, UnreadReason::Throttled);

    organization.fail(None);
    world.clock.advance(TimeDelta::hours(1));
    assert_eq!(refresh(&watch).await, Refreshed::Read(2));
    let known = gaps(watch).await.unwrap();
    assert_eq!(known.unread, None);
}

#[tokio::test]
async fn an_organization_that_lost_half_of_its_accounts_is_used_after_a_later_reading() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let organization = Scripted::default();
    let accounts = |numbers: std::ops::RangeInclusive<u64>| {
        let lines: Vec<_> = numbers.map(|n| format!("{n} acct-{n} ACTIVE")).collect();
        lines.join(", ")
    };
    let known = async |watch: &Watch| {
        let directory = watch.directory.get().await;
        let listed = directory.accounts.values().filter(|one| one.is_listed());
        listed.count()
    };
    organization.set(&accounts(1..=12));
    let watch = organization.watch(&world, OrganizationUse::Required);
    assert_eq!(refresh(&watch).await, Refreshed::Read(12));

    // The next good reading ends the doubt.
    let half = Doubt { before: 12, now: 6 };
    organization.set(&accounts(1..=6));
    world.clock.advance(TimeDelta::hours(24));
    assert_eq!(refresh(&watch).await, Refreshed::Doubted(half));
    assert_eq!(known(&watch).await, 12);
    organization.set(&accounts(1..=12));
    world.clock.advance(TimeDelta::minutes(5));
    assert_eq!(refresh(&watch).await, Refreshed::Read(12));

    // The other half doesn't confirm the first, and a restart keeps the doubt.
    organization.set(&accounts(1..=6));
    world.clock.advance(TimeDelta::hours(24));
    assert_eq!(refresh(&watch).await, Refreshed::Doubted(half));
    organization.set(&accounts(7..=12));
    world.clock.advance(TimeDelta::minutes(5));
    assert_eq!(refresh(&watch).await, Refreshed::Doubted(half));
    let restarted = organization.watch(&world, OrganizationUse::Required);
    world.clock.advance(TimeDelta::minutes(4));
    assert_eq!(refresh(&restarted).await, Refreshed::NotDue);
    let at_start = restarted.directory.refresh(Refresh::AtStart).await.unwrap();
    assert_eq!(at_start, Refreshed::Doubted(half), "too soon");
    world.clock.advance(TimeDelta::minutes(5));
    assert_eq!(known(&restarted).await, 12);
    assert_eq!(refresh(&restarted).await, Refreshed::Read(6));
    assert_eq!(known(&restarted).await, 6);
}

#[tokio::test]
async fn an_account_that_left_the_organization_keeps_its_name_and_counts_nowhere() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Enabled, 3 Resigned");
    world.poll().await;
    let organization = Scripted::default();
    let watch = organization.watch(&world, OrganizationUse::Required);
    let accounts = |numbers: std::ops::RangeInclusive<u64>| -> Accounts {
        let records = numbers.map(|one| (account(one), entry(&format!("acct-{one}"), "SUSPENDED")));
        records.collect()
    };
    // Each reading lacks accounts, fewer than half of those that the one before listed.
    for (last, day) in [
        (12, "20"),
        (9, "21"),
        (7, "22"),
        (5, "23"),
        (3, "24"),
        (2, "25"),
    ] {
        world.set(&format!("2026-11-{day}T09:00:00Z"));
        organization.put(accounts(1..=last));
        let listed = usize::try_from(last).unwrap();
        assert_eq!(refresh(&watch).await, Refreshed::Read(listed), "{day}");
    }
    world.poll().await;
    let restarted = organization.watch(&world, OrganizationUse::Required);
    let directory = restarted.directory.get().await;
    assert_eq!(directory.accounts.len(), 12);
    for number in 3..=12 {
        let record = directory.get(account(number)).unwrap();
        assert_eq!(record.who.name, Some(format!("acct-{number}")));
        assert_eq!(record.state, None);
    }
    let since = directory.get(account(12)).unwrap().gone_since.unwrap();
    assert_eq!(since.to_rfc3339(), "2026-11-21T09:00:00+00:00");
    assert_eq!(directory.find("acct-12"), Found::One(account(12)));
    let gaps = gaps(organization.watch(&world, OrganizationUse::Required));
    let gaps = gaps.await.unwrap();
    let enabled: Vec<_> = gaps.still_enabled.iter().map(|one| one.account).collect();
    assert_eq!(enabled, [account(1), account(2)]);
    assert_eq!(gaps.outside, []);

    // Listed again, it is an account like the others.
    world.set("2026-11-26T09:00:00Z");
    organization.put(accounts(1..=12));
    assert_eq!(refresh(&watch).await, Refreshed::Read(12));
    let directory = watch.directory.get().await;
    assert_eq!(directory.accounts, accounts(1..=12));
}

#[tokio::test]
async fn an_optional_organization_fails_silently_and_is_retried_daily_or_at_a_start() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    let organization = Scripted::of("1 payments ACTIVE");
    organization.fail(Some(UnreadReason::AccessDenied));
    let watch = organization.watch(&world, OrganizationUse::Optional);
    assert!(matches!(refresh(&watch).await, Refreshed::Failed(_)));
    world.clock.advance(TimeDelta::hours(20));
    assert_eq!(refresh(&watch).await, Refreshed::NotDue);
    assert_eq!(
        gaps(organization.watch(&world, OrganizationUse::Optional)).await,
        None
    );
    let missed = gaps(organization.watch(&world, OrganizationUse::Required))
        .await
        .unwrap();
    assert_eq!(missed.unread.unwrap().reason, UnreadReason::AccessDenied);
    let asked = organization.watch(&world, OrganizationUse::Required);
    assert!(matches!(refresh(&asked).await, Refreshed::Failed(_)));
    organization.fail(None);
    world.clock.advance(TimeDelta::minutes(5));
    let restarted = organization.watch(&world, OrganizationUse::Optional);
    let read = restarted.directory.refresh(Refresh::AtStart).await.unwrap();
    assert_eq!(read, Refreshed::Read(1));
}

#[tokio::test]
async fn a_name_in_the_names_file_overrides_that_of_the_organization() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let names = [(1, "Payments"), (7, "Partner")].map(|(number, name)| {
        let who = Who {
            name: Some(name.to_owned()),
            unit: None,
        };
        (account(number), who)
    });
    let organization = Scripted::of("1 acct-0001 ACTIVE, 2 ledger ACTIVE");
    let watch = Watch::new(Parts {
        names: Some(Arc::new(WrittenDown(Arc::new(names.into())))),
        ..organization.parts(&world, OrganizationUse::Required)
    });
    assert_eq!(
        watch.directory.get().await.name(account(1)),
        Some("Payments")
    );
    refresh(&watch).await;
    let directory = watch.directory.get().await;
    let name = |number| directory.name(account(number));
    assert_eq!(
        [name(1), name(2), name(7)],
        [Some("Payments"), Some("ledger"), Some("Partner")]
    );
    let state = |number| directory.get(account(number)).unwrap().state.clone();
    assert_eq!(state(1), Some(AccountState::Active));
    assert_eq!(
        state(7),
        None,
        "a name makes nobody a part of the organization"
    );
}

#[tokio::test]
async fn a_file_of_names_that_breaks_is_a_problem_until_it_can_be_used_again() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("names.csv");
    let good = "id,name\n000000000001,Payments\n";
    std::fs::write(&path, good).unwrap();
    let file = NamesFile::open(path.clone()).await.unwrap();
    let organization = Scripted::default();
    let watch = Watch::new(Parts {
        names: Some(Arc::new(file)),
        ..organization.parts(&world, OrganizationUse::Optional)
    });
    let problems = Problems::default();
    let look = async |content: &str| {
        std::fs::write(&path, content).unwrap();
        name_once(&watch, &problems).await;
        let directory = watch.directory.get().await;
        assert_eq!(directory.name(account(1)), Some("Payments"), "{content}");
        problems.lines().join("\n")
    };
    assert_eq!(look(good).await, "");
    let said = look("Account ID,Email\n000000000001,hush@example.com\n").await;
    assert!(said.starts_with("NAMES_FILE: line 1: "), "{said}");
    assert!(said.ends_with("the last good names stay"), "{said}");
    assert!(!said.contains("hush"), "{said}");
    assert_eq!(look(good).await, "");
}

#[tokio::test]
async fn ten_thousand_accounts_are_kept_whole_and_replace_what_was_kept() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let store = world.store();
    // Incompressible names, so that there is more than one part.
    let name = |number: u64| {
        let hash = securityhub_members::watch::ports::Once::of(&[&number.to_string()]);
        hash.as_str()[..50].to_owned()
    };
    let accounts: Accounts = (1..=20_000)
        .map(|number| (account(number), entry(&name(number), "ACTIVE")))
        .collect();
    let head = store.organization_head().await.unwrap();
    let saved = store
        .save_organization(&head, Some(&accounts))
        .await
        .unwrap();
    let Written::Done(first) = saved else {
        panic!("nobody else writes");
    };
    assert!(first.content.as_ref().unwrap().parts > 1);
    assert_eq!(store.organization(&first).await.unwrap(), Some(accounts));

    let lost = store.save_organization(&head, None).await.unwrap();
    assert_eq!(lost, Written::Lost, "the head is another by now");
    let few: Accounts = [(account(1), entry("one", "ACTIVE"))].into();
    let saved = store.save_organization(&first, Some(&few)).await.unwrap();
    let Written::Done(second) = saved else {
        panic!("nobody else writes");
    };
    assert_eq!(store.organization(&first).await.unwrap(), None);
    assert_eq!(store.organization(&second).await.unwrap(), Some(few));
    assert_eq!(world.table.keys("ORGANIZATION").await.len(), 2);
}

#[tokio::test]
async fn an_account_is_asked_for_by_its_name_or_those_that_may_be_meant_are_named() {
    use securityhub_members::domain::query::parse;
    use securityhub_members::watch::{AccountMatch, Answer, Candidate};

    let world = World::at("2026-11-16T09:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Resigned");
    world.poll().await;
    let organization = Scripted::of("1 Prod-Payments ACTIVE, 2 prod-search ACTIVE, 3 本番 ACTIVE");
    let watch = organization.watch(&world, OrganizationUse::Required);
    refresh(&watch).await;
    let numbers = |accounts: &[Candidate]| {
        let each = accounts.iter();
        let each = each.map(|one| format!(" {}", one.account.as_u64()));
        each.collect::<String>()
    };
    for (text, wanted) in [
        ("account prod-payments", "history 1 Prod-Payments"),
        ("Account ＰＲＯＤ-SEARCH", "history 2 prod-search"),
        ("アカウント 本番", "history 3 本番"),
        ("account prod", "several 1 2"),
        ("account prod-serach", "nobody 2"),
        ("account xyz", "nobody"),
    ] {
        let query = parse(text, world.today()).unwrap();
        let answer = watch.answers.answer_from_store(&query).await.unwrap();
        let Answer::Account(answer) = answer else {
            panic!("an account expected, not {answer:?}");
        };
        let known = match &answer.known {
            AccountMatch::History(history) => {
                let name = history.who.name.as_deref().unwrap();
                format!("history {} {name}", history.account.as_u64())
            }
            AccountMatch::Several { accounts, .. } => format!("several{}", numbers(accounts)),
            AccountMatch::Nobody { nearest, .. } => format!("nobody{}", numbers(nearest)),
        };
        assert_eq!(known, wanted, "{text}");
    }
}

#[tokio::test]
async fn names_that_are_asked_for_all_the_time_become_the_new_ones_all_the_same() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let organization = Scripted::of("1 payments ACTIVE");
    let (one, two) = (
        organization.watch(&world, OrganizationUse::Required),
        organization.watch(&world, OrganizationUse::Required),
    );
    refresh(&one).await;
    let name = async |watch: &Watch| watch.directory.get().await.who(account(1)).name;
    assert_eq!(name(&two).await.as_deref(), Some("payments"));
    organization.set("1 billing ACTIVE");
    world.set("2026-11-21T09:00:00Z");
    assert_eq!(name(&two).await.as_deref(), Some("payments"));
    refresh(&one).await;
    for second in ["30", "45", "59"] {
        world.set(&format!("2026-11-21T09:00:{second}Z"));
        name(&two).await;
    }
    world.set("2026-11-21T09:01:10Z");
    assert_eq!(name(&two).await.as_deref(), Some("billing"));
}

#[tokio::test]
async fn answers_do_not_wait_for_names_from_a_slow_table() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let organization = Scripted::of("1 payments ACTIVE");
    refresh(&organization.watch(&world, OrganizationUse::Required)).await;
    // The first lookup takes two requests, and the third one stalls.
    let fuse = Fuse::at(3, Fault::Freeze);
    let watch = Watch::new(Parts {
        store: world.fused_store(&fuse),
        ..organization.parts(&world, OrganizationUse::Required)
    });
    let name = async || watch.directory.get().await.who(account(1)).name;
    assert_eq!(name().await.as_deref(), Some("payments"));
    organization.set("1 billing ACTIVE");
    world.set("2026-11-21T09:00:00Z");
    refresh(&organization.watch(&world, OrganizationUse::Required)).await;
    let readers = async { tokio::join!(name(), name(), name()) };
    let readers = tokio::time::timeout(Duration::from_secs(10), readers).await;
    let (one, two, three) = readers.expect("a reader waits for the table");
    for name in [one, two, three] {
        assert_eq!(name.as_deref(), Some("payments"));
    }
    assert!(fuse.was_reached());
    // The same lookup continues when the table responds again.
    fuse.thaw();
    let new = async {
        while name().await.as_deref() != Some("billing") {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let new = tokio::time::timeout(Duration::from_secs(10), new);
    new.await.expect("the look went on");
}

/// Of an account that is no member, nobody can say more while no list can be read.
#[tokio::test]
async fn an_account_that_is_no_member_stays_a_case_while_no_list_can_be_read() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    let organization = Scripted::of("1 payments ACTIVE");
    let watch = organization.watch(&world, OrganizationUse::Required);
    refresh(&watch).await;
    watch.cases.list().await.unwrap();
    let poll = async |now: &str| {
        world.set(now);
        watch.poller.poll_all().await;
        refresh(&watch).await;
        let list = watch.cases.list().await.unwrap();
        list.open
            .into_iter()
            .map(|case| case.opened)
            .collect::<Vec<_>>()
    };
    organization.set("1 payments ACTIVE, 2 research ACTIVE");
    assert!(poll("2026-11-21T10:00:00Z").await.is_empty(), "it is new");
    let opened = poll("2026-11-22T11:00:00Z").await;
    assert_eq!(opened.len(), 1);
    world.fail(UnreadReason::AccessDenied);
    poll("2026-11-23T12:00:00Z").await;
    world.hubs.recover(world.hub());
    assert_eq!(poll("2026-11-24T13:00:00Z").await, opened);
}
