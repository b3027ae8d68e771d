//! A slow hub delays neither other hubs nor digests nor health checks.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use chrono_tz::UTC;
use securityhub_members::app::health::{Health, router};
use securityhub_members::app::rounds::Rounds;
use securityhub_members::domain::hub::HubId;
use securityhub_members::log::LogThrottle;
use securityhub_members::metrics::Metrics;
use securityhub_members::policies::rounds::POLL_WITHIN;
use securityhub_members::problems::Problems;
use securityhub_members::watch::{Outcome, Watch};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::support::channel::TestChannel;
use crate::support::{World, deliver_today, hub};

const INTERVAL: Duration = Duration::from_secs(900);
const PATIENCE: Duration = Duration::from_secs(20);

/// Three hubs, and the one that will be slow.
async fn world() -> (World, Arc<Watch>, HubId) {
    let mut world = World::at("2026-11-19T09:00:00Z", UTC).await;
    let slow = hub("us-east-1");
    world.watched = vec![hub("eu-west-1"), slow.clone(), hub("ap-northeast-1")];
    for hub in &world.watched {
        world.hubs.set(hub, 1, "Enabled");
    }
    let watch = world.watch();
    (world, watch, slow)
}

async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap();
}

/// Advances the paused time while only timers are pending.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

async fn readyz(health: &Arc<Health>) -> (StatusCode, String) {
    let request = Request::get("/readyz").body(Body::empty()).unwrap();
    let answer = router(Arc::clone(health)).oneshot(request).await.unwrap();
    let (status, body) = (answer.status(), answer.into_body());
    let body = axum::body::to_bytes(body, 10_000).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_hub_whose_answers_take_ten_minutes_holds_up_no_other_and_is_named() {
    let (world, watch, slow) = world().await;
    world.hubs.be_slow_in(&slow, true);
    let reads = |region: &str| world.hubs.reads(&hub(region));
    let (stop, problems) = (CancellationToken::new(), Problems::default());
    let rounds = Rounds {
        watch: Arc::clone(&watch),
        clock: Arc::new(world.clock.clone()),
        metrics: Metrics::default(),
        problems: problems.clone(),
    };
    let running = tokio::spawn(rounds.poll_until(stop.clone(), INTERVAL, watch::Sender::new(())));
    let health = Arc::new(Health {
        watch: Arc::clone(&watch),
        store: Arc::new(world.store()),
        stale_after: Duration::from_secs(7200),
        metrics: Metrics::default(),
        problems: problems.clone(),
        not_ready: LogThrottle::default(),
    });

    // The others are polled at every interval.
    for round in 1..4 {
        until(|| {
            let on_time = reads("eu-west-1") >= round && reads("ap-northeast-1") >= round;
            on_time && watch.poller.under_way() == 1
        })
        .await;
        assert_eq!(readyz(&health).await.0, StatusCode::OK);
        world.clock.advance(TimeDelta::from_std(INTERVAL).unwrap());
    }
    until(|| reads("eu-west-1") >= 4 && watch.poller.under_way() == 1).await;
    // Polls of one hub never overlap.
    assert_eq!(reads("us-east-1"), 1);

    assert_eq!(problems.lines(), Vec::<String>::new());
    pass(POLL_WITHIN).await;
    until(|| !problems.lines().is_empty()).await;
    let (status, said) = readyz(&health).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        said,
        "ready\n111122223333/us-east-1: not read: no complete list in 120 s\n"
    );

    // It ends after all, and is polled again at once, because that is overdue.
    world.hubs.be_slow_in(&slow, false);
    until(|| reads("us-east-1") == 2 && watch.poller.under_way() == 0).await;
    assert_eq!(readyz(&health).await.1, "ready\n");
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_digest_goes_out_by_its_deadline_and_names_the_hub_that_was_late() {
    let (world, watch, slow) = world().await;
    world.poll().await;
    world.clock.advance(TimeDelta::hours(1));
    world.hubs.set(&hub("eu-west-1"), 1, "Resigned");
    world.hubs.set(&slow, 1, "Resigned");
    world.hubs.be_slow_in(&slow, true);
    let channel = TestChannel::new();
    let (deliverer, to) = (Arc::clone(&watch), channel.clone());
    let today = world.today();
    let delivering = tokio::spawn(async move { deliverer.deliveries.deliver(&to, today).await });
    until(|| world.hubs.reads(&slow) == 2 && watch.poller.under_way() == 1).await;
    pass(POLL_WITHIN).await;
    let delivered = tokio::time::timeout(PATIENCE, delivering).await.unwrap();
    let delivered = delivered.unwrap().unwrap();
    assert!(matches!(delivered, Outcome::Posted { .. }), "{delivered:?}");
    let posted = channel.digests().remove(0);
    assert_eq!(posted.unchecked, std::slice::from_ref(&slow));
    assert_eq!(posted.changes(), ["1: Enabled → Resigned"]);

    // The next digest has the missing changes.
    world.hubs.be_slow_in(&slow, false);
    world.clock.advance(TimeDelta::days(1));
    deliver_today(&watch, &channel).await.unwrap();
    let posted = channel.digests().remove(1);
    assert_eq!(posted.unchecked, Vec::<HubId>::new());
    assert_eq!(posted.paths.len(), 1);
    assert_eq!(posted.paths[0].hub, slow);
}
