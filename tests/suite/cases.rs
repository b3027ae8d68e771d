//! Cases over the real table: opened and closed by what polls see, taken and
//! accepted by people, across processes, crashes and damage.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono_tz::Asia::Tokyo;
use securityhub_members::domain::cases::{Case, CaseList, CaseState, PersonId, Reason};
use securityhub_members::domain::hub::{HubId, UnreadReason};
use securityhub_members::domain::query::{CaseCommand, Named};
use securityhub_members::watch::ports::{CaseStore as _, LedgerStore as _, StoreError};
use securityhub_members::watch::{CaseAnswer, CaseId, Claimed, Decision, Watch};

use crate::support::channel::TestChannel;
use crate::support::crash::{Fault, Fuse};
use crate::support::table::{Engine, Item, text};
use crate::support::{World, date, time};

fn person(name: &str) -> PersonId {
    PersonId(name.to_owned())
}

async fn decide(
    watch: &Watch,
    case: &CaseId,
    by: &PersonId,
    decision: &Decision,
) -> Result<Claimed, StoreError> {
    let decided = watch.cases.decide(case, by, decision).await?;
    Ok(decided.map_or(Claimed::Ended, |decided| decided.claimed))
}

async fn take(watch: &Watch, case: &CaseId, by: &PersonId) -> Result<Claimed, StoreError> {
    decide(watch, case, by, &Decision::Take).await
}

fn one(case: &Case) -> String {
    let state = match &case.state {
        CaseState::Open => "open".to_owned(),
        CaseState::Taken(assignment) => format!("taken by {}", assignment.by),
        CaseState::Accepted(acceptance) => format!("accepted until {}", acceptance.until),
        CaseState::Known => "known".to_owned(),
    };
    let regions: Vec<_> = case.hubs.keys().map(|hub| hub.region.to_string()).collect();
    format!(
        "{} {state}: {}",
        case.key.account.as_u64(),
        regions.join(" ")
    )
}

fn said(list: &CaseList) -> Vec<String> {
    list.iter().map(one).collect()
}

impl World {
    async fn cases(&self) -> CaseList {
        self.watch().cases.list().await.unwrap()
    }
}

#[tokio::test]
async fn a_damaged_ledger_keeps_nobody_from_the_cases() {
    let world = World::at("2026-11-20T09:00:00Z", Tokyo).await;
    world
        .poll_at("2026-11-20T09:00:00Z", "1 Enabled, 2 Enabled")
        .await;
    world.poll_at("2026-11-20T09:15:00Z", "2 Resigned").await;
    world.deliver(&TestChannel::new()).await.unwrap();
    world.poll_at("2026-11-20T09:30:00Z", "1 Resigned").await;
    for item in world.table.items("CASEBOOK").await {
        world.table.delete(item).await;
    }
    for mut ledger in world.table.items("DIGEST#C0TEST").await {
        if text(&ledger, "sk") == "HEAD" {
            ledger.insert("open".to_owned(), AttributeValue::Null(true));
            ledger.insert("seal".to_owned(), AttributeValue::S("another".to_owned()));
            world.table.put(ledger).await;
        }
    }
    world.store().ledger("C0TEST").await.unwrap_err();
    assert_eq!(
        said(&world.cases().await),
        ["1 open: eu-west-1", "2 known: eu-west-1"]
    );
}

#[tokio::test]
async fn a_departure_is_a_case_until_the_account_is_enabled_again() {
    let world = World::at("2026-11-20T09:00:00Z", Tokyo).await;
    world
        .poll_at("2026-11-20T09:00:00Z", "1 Enabled, 2 Resigned")
        .await;
    assert_eq!(said(&world.cases().await), ["2 known: eu-west-1"]);
    world.poll_at("2026-11-20T09:15:00Z", "1 Resigned").await;
    assert_eq!(
        said(&world.cases().await),
        ["1 open: eu-west-1", "2 known: eu-west-1"]
    );
    world.set("2026-11-25T09:00:00Z");
    let list = world.cases().await;
    assert_eq!(list.open[0].day, 6);
    world.fail(UnreadReason::AccessDenied);
    world.watch().poller.poll_all().await;
    assert_eq!(world.cases().await.open.len(), 1, "nothing ends unseen");
    world.hubs.recover(world.hub());
    world
        .poll_at("2026-11-25T10:00:00Z", "1 Enabled, 2 -")
        .await;
    let list = world.cases().await;
    assert_eq!(said(&list), ["2 open: eu-west-1"]);
    assert!(list.open[0].is_gone());
}

#[tokio::test]
async fn changes_reported_before_the_book_existed_are_known_and_later_ones_are_open() {
    let world = World::at("2026-11-20T09:00:00Z", Tokyo).await;
    world
        .poll_at("2026-11-20T09:00:00Z", "1 Enabled, 2 Enabled, 3 Enabled")
        .await;
    world.poll_at("2026-11-20T10:00:00Z", "1 Resigned").await;
    let channel = TestChannel::new();
    world.deliver(&channel).await.unwrap();
    // As if an older release without a case book had delivered the digest.
    for item in world.table.items("CASEBOOK").await {
        world.table.delete(item).await;
    }
    world.poll_at("2026-11-20T11:00:00Z", "2 Resigned").await;
    assert_eq!(
        said(&world.cases().await),
        ["2 open: eu-west-1", "1 known: eu-west-1"]
    );
}

#[tokio::test]
async fn the_first_person_has_a_case_and_each_press_can_come_twice() {
    let world = World::at("2026-11-20T09:00:00Z", Tokyo).await;
    world.poll_at("2026-11-20T09:00:00Z", "1 Enabled").await;
    world.cases().await;
    world.poll_at("2026-11-20T09:15:00Z", "1 Resigned").await;
    let (one_process, other_process) = (world.watch(), world.watch());
    let case = CaseId::from(&one_process.cases.list().await.unwrap().open[0]);
    let (ann, ben) = (person("UANN"), person("UBEN"));
    let (first, second) = tokio::join!(
        take(&one_process, &case, &ann),
        take(&other_process, &case, &ben)
    );
    let outcomes = [first.unwrap(), second.unwrap()];
    let done = outcomes
        .iter()
        .filter(|one| matches!(one, Claimed::Done(_)))
        .count();
    let other = outcomes
        .iter()
        .filter(|one| matches!(one, Claimed::Other(_)))
        .count();
    assert_eq!((done, other), (1, 1), "{outcomes:?}");
    let CaseState::Taken(owner) = world.cases().await.open[0].state.clone() else {
        panic!("somebody has it");
    };
    let (owner, other) = if owner.by == ann {
        (ann, ben)
    } else {
        (ben, ann)
    };
    let again = take(&one_process, &case, &owner).await.unwrap();
    assert!(matches!(again, Claimed::Done(_)), "{again:?}");
    let foreign = decide(&one_process, &case, &other, &Decision::GiveBack)
        .await
        .unwrap();
    assert!(matches!(foreign, Claimed::Other(_)), "{foreign:?}");
    for _ in 0..2 {
        let back = decide(&one_process, &case, &owner, &Decision::GiveBack)
            .await
            .unwrap();
        assert!(matches!(back, Claimed::Done(_)), "{back:?}");
    }
    assert_eq!(said(&world.cases().await), ["1 open: eu-west-1"]);
}

#[tokio::test]
async fn a_decision_is_about_one_case_and_not_about_the_next_of_the_account() {
    let world = World::at("2026-11-20T09:00:00Z", Tokyo).await;
    world.poll_at("2026-11-20T09:00:00Z", "1 Enabled").await;
    world.cases().await;
    world.poll_at("2026-11-20T09:15:00Z", "1 Resigned").await;
    let watch = world.watch();
    let case = CaseId::from(&watch.cases.list().await.unwrap().open[0]);
    let accept = Decision::Accept {
        until: date("2026-12-31"),
        why: Reason::parse("sold").unwrap(),
    };
    let ann = person("UANN");
    let accepted = decide(&watch, &case, &ann, &accept).await.unwrap();
    assert!(matches!(accepted, Claimed::Done(_)));
    assert_eq!(
        said(&world.cases().await),
        ["1 accepted until 2026-12-31: eu-west-1"]
    );
    decide(&watch, &case, &ann, &Decision::Withdraw)
        .await
        .unwrap();
    assert_eq!(said(&world.cases().await), ["1 open: eu-west-1"]);
    take(&watch, &case, &person("UANN")).await.unwrap();
    // It rejoins and leaves again before the book is next read.
    world.poll_at("2026-11-20T09:30:00Z", "1 Enabled").await;
    world.poll_at("2026-11-20T09:45:00Z", "1 Resigned").await;
    let list = world.cases().await;
    assert_eq!(said(&list), ["1 open: eu-west-1"]);
    assert_eq!(list.open[0].earlier.len(), 1);
    let late = take(&watch, &case, &person("UBEN")).await.unwrap();
    assert_eq!(late, Claimed::Ended, "the button of an old message");
}

#[tokio::test]
async fn no_failure_while_the_book_is_written_loses_a_case_or_opens_it_twice() {
    let engine = Engine::start().await;
    let mut steps = 0;
    for step in 1..40 {
        for fault in Fault::ALL {
            let world = World::in_engine(&engine, "2026-11-20T09:00:00Z", Tokyo).await;
            world
                .poll_at("2026-11-20T09:00:00Z", "1 Enabled, 2 Resigned")
                .await;
            world.cases().await;
            world.poll_at("2026-11-20T09:15:00Z", "1 Resigned").await;
            let fuse = Fuse::at(step, fault);
            let watch = world.watch_over(world.fused_store(&fuse));
            let press = async {
                let list = watch.cases.list().await.ok()?;
                let case = CaseId::from(list.open.first()?);
                take(&watch, &case, &person("UANN")).await.ok()
            };
            let pressed = fuse.run(press).await.flatten();
            let list = world.cases().await;
            let taken = ["1 taken by UANN: eu-west-1", "2 known: eu-west-1"];
            let open = ["1 open: eu-west-1", "2 known: eu-west-1"];
            let found = said(&list);
            assert!(
                found == taken || found == open && pressed.is_none(),
                "{step} {fault:?}: {found:?}"
            );
            assert_eq!(list.open[0].opened, time("2026-11-20T09:15:00Z"));
            assert!(list.open[0].earlier.is_empty());
            if fuse.was_reached() {
                steps = steps.max(step);
            }
        }
        if steps < step {
            break;
        }
    }
    assert!((6..39).contains(&steps), "{steps} steps");
}

/// A digest that was posted before the book was stored would make its cases known from the start.
#[tokio::test]
async fn no_failure_of_the_first_digest_turns_an_open_case_into_a_known_one() {
    let engine = Engine::start().await;
    for fault in Fault::ALL {
        for step in 1.. {
            let mut world = World::in_engine(&engine, "2026-11-20T09:00:00Z", Tokyo).await;
            world
                .poll_at("2026-11-20T09:00:00Z", "1 Enabled, 2 Resigned")
                .await;
            world.poll_at("2026-11-20T09:15:00Z", "1 Resigned").await;
            let channel = TestChannel::new();
            let fuse = Fuse::at(step, fault);
            world.lease = Duration::from_millis(1500);
            let watch = world.watch_over(world.fused_store(&fuse));
            let fused = fuse.channel(channel.clone());
            let delivery = watch.deliveries.deliver(&fused, world.today());
            let _ = fuse.run(delivery).await;
            world.lease = Duration::from_millis(5);
            world.deliver(&channel).await.unwrap();
            let case = format!("{fault:?} at step {step}");
            assert_eq!(channel.digests().len(), 1, "{case}");
            assert_eq!(
                said(&world.cases().await),
                ["1 open: eu-west-1", "2 known: eu-west-1"],
                "{case}"
            );
            if !fuse.was_reached() {
                assert!(step > 15, "{case}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_damaged_book_is_rebuilt_with_every_account() {
    let world = World::at("2026-11-20T09:00:00Z", Tokyo).await;
    world
        .poll_at("2026-11-20T09:00:00Z", "1 Enabled, 2 Resigned")
        .await;
    world.cases().await;
    world.poll_at("2026-11-20T09:15:00Z", "1 Resigned").await;
    world.cases().await;
    for damage in ["head", "part", "no part"] {
        let content = world.store().case_head().await.unwrap().content.unwrap();
        let wanted = match damage {
            "head" => "HEAD".to_owned(),
            _ => content.writer,
        };
        let items = world.table.items("CASEBOOK").await.into_iter();
        let mut items = items.filter(|item: &Item| text(item, "sk").starts_with(&wanted));
        let mut item = items.next().unwrap();
        match damage {
            "head" => {
                let content = AttributeValue::S("nonsense".to_owned());
                item.insert("content".to_owned(), content);
                world.table.put(item).await;
            }
            "part" => {
                let nothing = aws_sdk_dynamodb::primitives::Blob::new(b"nonsense".to_vec());
                item.insert("data".to_owned(), AttributeValue::B(nothing));
                world.table.put(item).await;
            }
            _ => world.table.delete(item).await,
        }
        assert!(world.store().cases().await.is_err(), "{damage}");
        let list = world.cases().await;
        assert_eq!(
            said(&list),
            ["1 open: eu-west-1", "2 open: eu-west-1"],
            "{damage}"
        );
    }
}

#[tokio::test]
async fn a_command_decides_on_the_cases_of_an_account_under_every_administrator_once() {
    let mut world = World::at("2026-11-20T09:00:00Z", Tokyo).await;
    let other: HubId = "444455556666/eu-west-1".parse().unwrap();
    world.watched.push(other.clone());
    world.hubs.set(&other, 1, "Enabled");
    world.poll_at("2026-11-20T09:00:00Z", "1 Enabled").await;
    world.cases().await;
    world.hubs.set(&other, 1, "Removed");
    world.poll_at("2026-11-20T09:15:00Z", "1 Resigned").await;
    let (ann, ben) = (person("UANN"), person("UBEN"));
    let account = Named::Id(world.cases().await.open[0].key.account);
    let accept = CaseCommand::Accept {
        account: account.clone(),
        until: date("2026-12-31"),
        why: Reason::parse("sold").unwrap(),
    };
    let (one, two) = (world.watch(), world.watch());
    let (first, second) = tokio::join!(
        one.cases.carry_out(&accept, &ann),
        two.cases.carry_out(&accept, &ann)
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(first.is_as_asked() && second.is_as_asked());
    let changed = first.changed().len() + second.changed().len();
    assert_eq!(changed, 2, "each case once: {first:?} {second:?}");
    let accepted = "1 accepted until 2026-12-31: eu-west-1";
    assert_eq!(said(&world.cases().await), [accepted, accepted]);

    // The decision of another person replaces it.
    let again = one.cases.carry_out(&accept, &ben).await.unwrap();
    assert_eq!(again.changed().len(), 2);
    let take = CaseCommand::Take(account.clone());
    let taken = one.cases.carry_out(&take, &ann).await.unwrap();
    assert_eq!(taken.changed().len(), 2);
    let late = one.cases.carry_out(&take, &ben).await.unwrap();
    assert!(late.changed().is_empty() && !late.is_as_asked());

    // If one of two cases has ended, the command applies to the other.
    world.poll_at("2026-11-20T09:30:00Z", "1 Enabled").await;
    let back = CaseCommand::GiveBack(account);
    let back = one.cases.carry_out(&back, &ann).await.unwrap();
    assert_eq!(back.changed().len(), 1);
    assert_eq!(said(&world.cases().await), ["1 open: eu-west-1"]);
}

#[tokio::test]
async fn accepting_that_an_account_is_gone_closes_its_case() {
    let world = World::at("2026-11-20T09:00:00Z", Tokyo).await;
    world
        .poll_at("2026-11-20T09:00:00Z", "1 Enabled, 2 Enabled, 3 Enabled")
        .await;
    world.cases().await;
    world.poll_at("2026-11-20T09:15:00Z", "1 -").await;
    let watch = world.watch();
    let account = watch.cases.list().await.unwrap().open[0].key.account;
    let accept = CaseCommand::Accept {
        account: Named::Id(account),
        until: date("2026-12-31"),
        why: Reason::parse("closed for good").unwrap(),
    };
    let answer = watch.cases.carry_out(&accept, &person("UANN")).await;
    let answer = answer.unwrap();
    assert!(answer.is_as_asked());
    assert_eq!(answer.changed()[0].claimed, Claimed::Ended);
    let again = watch.cases.carry_out(&accept, &person("UANN")).await;
    assert!(matches!(again.unwrap(), CaseAnswer::None(_)));
    assert!(said(&world.cases().await).is_empty());
}
