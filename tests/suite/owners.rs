//! Owners of failing hubs, over the real table: the first person, until the hub recovers,
//! across processes, crashes and damage.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono_tz::UTC;
use securityhub_members::clock::Clock as _;
use securityhub_members::domain::cases::{FailingHubs, PersonId};
use securityhub_members::domain::hub::{HubId, UnreadReason};
use securityhub_members::watch::{HubDecision, Watch};

use crate::support::crash::{Fault, Fuse};
use crate::support::table::{Engine, text};
use crate::support::{World, hub};

const DENIED: UnreadReason = UnreadReason::AccessDenied;

/// Ireland and Virginia, which can't be read.
async fn failing_in(engine: &Engine) -> World {
    let mut world = World::in_engine(engine, "2026-11-20T09:00:00Z", UTC).await;
    world.watched.push(hub("us-east-1"));
    world.list("1 Enabled");
    world.poll().await;
    world.set("2026-11-20T09:15:00Z");
    for hub in &world.watched {
        world.hubs.fail(hub, DENIED);
    }
    world.watch().poller.poll_all().await;
    world
}

async fn failing() -> World {
    failing_in(&Engine::start().await).await
}

fn person(name: &str) -> PersonId {
    PersonId(name.to_owned())
}

fn of(world: &World, hub: Option<&HubId>) -> FailingHubs {
    FailingHubs {
        hub: hub.cloned(),
        at: world.clock.now(),
    }
}

/// The failing hubs with their owners.
async fn owners(watch: &Watch) -> Vec<String> {
    let list = watch.cases.list().await.unwrap();
    let failing = list.failing.into_iter().map(|one| {
        let owner = one.owner.map_or("no one".to_owned(), |owner| owner.by.0);
        format!("{}: {owner}", one.hub.region)
    });
    failing.collect()
}

#[tokio::test]
async fn the_first_person_has_a_failing_hub_and_each_press_can_come_twice() {
    let world = failing().await;
    let (one_process, other_process) = (world.watch(), world.watch());
    let all = of(&world, None);
    let (ann, ben) = (person("UANN"), person("UBEN"));
    let (first, second) = tokio::join!(
        one_process
            .cases
            .decide_hubs(&all, |_| true, &ann, HubDecision::Take),
        other_process
            .cases
            .decide_hubs(&all, |_| true, &ben, HubDecision::Take)
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_ne!(first[0].is_new, second[0].is_new);
    assert_eq!(first[0].failing.owner, second[0].failing.owner);
    let (owner, other) = match first[0].is_new {
        true => (ann, ben),
        false => (ben, ann),
    };
    for (by, decision) in [
        (&owner, HubDecision::Take),
        (&other, HubDecision::Take),
        (&other, HubDecision::GiveBack),
    ] {
        let decided = world
            .watch()
            .cases
            .decide_hubs(&all, |_| true, by, decision)
            .await;
        assert!(decided.unwrap().iter().all(|one| !one.is_new));
    }
    let ireland = of(&world, Some(world.hub()));
    for is_new in [true, false] {
        let cases = &world.watch().cases;
        let back = cases.decide_hubs(&ireland, |_| true, &owner, HubDecision::GiveBack);
        assert_eq!(back.await.unwrap()[0].is_new, is_new);
    }
    let expected = [
        "eu-west-1: no one".to_owned(),
        format!("us-east-1: {owner}"),
    ];
    assert_eq!(owners(&world.watch()).await, expected);
}

#[tokio::test]
async fn an_owner_has_a_hub_until_it_recovers_and_not_when_it_fails_again() {
    let world = failing().await;
    let watch = world.watch();
    let all = of(&world, None);
    let ann = person("UANN");
    let take = || {
        watch
            .cases
            .decide_hubs(&all, |_| true, &ann, HubDecision::Take)
    };
    take().await.unwrap();
    // Another reason is the same failure.
    world.set("2026-11-20T09:30:00Z");
    world.hubs.fail(world.hub(), UnreadReason::Throttled);
    watch.poller.poll_all().await;
    let both = ["eu-west-1: UANN", "us-east-1: UANN"];
    assert_eq!(owners(&watch).await, both);
    world.hubs.recover(world.hub());
    watch.poller.poll_all().await;
    assert_eq!(owners(&watch).await, ["us-east-1: UANN"]);
    world.set("2026-11-20T10:00:00Z");
    world.fail(DENIED);
    watch.poller.poll_all().await;
    let again = ["eu-west-1: no one", "us-east-1: UANN"];
    assert_eq!(owners(&watch).await, again);
    // The button of the old message is about the old failures.
    let decided = take().await.unwrap();
    assert_eq!(decided.len(), 1, "{decided:?}");
    assert_eq!(owners(&watch).await, again);
    let ireland = of(&world, Some(world.hub()));
    watch
        .cases
        .decide_hubs(&ireland, |_| true, &ann, HubDecision::Take)
        .await
        .unwrap();
    assert_eq!(owners(&world.watch()).await, both);
}

#[tokio::test]
async fn damaged_claims_are_no_claims_and_cost_no_case() {
    let world = failing().await;
    let (all, ann) = (of(&world, None), person("UANN"));
    let take = async || {
        let cases = &world.watch().cases;
        cases
            .decide_hubs(&all, |_| true, &ann, HubDecision::Take)
            .await
    };
    take().await.unwrap();
    let cases = world.watch().cases.list().await.unwrap().iter().count();
    let items = world.table.items("CASEBOOK").await.into_iter();
    let mut items = items.filter(|item| text(item, "sk") == "REGIONS");
    let mut claims = items.next().unwrap();
    assert!(!claims.contains_key("expires_at"));
    let nothing = AttributeValue::M([].into());
    claims.insert("hubs".to_owned(), nothing);
    world.table.put(claims).await;
    let list = world.watch().cases.list().await.unwrap();
    assert_eq!(list.iter().count(), cases);
    assert!(list.failing.iter().all(|one| one.owner.is_none()));
    assert!(take().await.unwrap().iter().all(|one| one.is_new));
    assert_eq!(
        owners(&world.watch()).await,
        ["eu-west-1: UANN", "us-east-1: UANN"]
    );
}

#[tokio::test]
async fn whatever_fails_while_it_is_taken_a_hub_has_one_owner_or_none() {
    let engine = Engine::start().await;
    let (ann, ben) = (person("UANN"), person("UBEN"));
    for fault in Fault::ALL {
        for step in 1.. {
            let world = failing_in(&engine).await;
            let all = of(&world, None);
            let fuse = Fuse::at(step, fault);
            let watch = world.watch_over(world.fused_store(&fuse));
            let press = watch
                .cases
                .decide_hubs(&all, |_| true, &ann, HubDecision::Take);
            let pressed = fuse.run(press).await.and_then(Result::ok);
            let found = owners(&world.watch()).await;
            let is_free = found[0].ends_with("no one");
            assert!(pressed.is_none() || !is_free, "{fault:?} {step}: {found:?}");
            let cases = &world.watch().cases;
            let second = cases.decide_hubs(&all, |_| true, &ben, HubDecision::Take);
            let second = second.await.unwrap();
            assert!(second.iter().all(|one| one.is_new == is_free), "{second:?}");
            if !fuse.was_reached() {
                assert!(step > 3, "{step} steps");
                break;
            }
        }
    }
}
