//! Several administrators and all Regions: the real SDKs assume roles, list Regions and read the
//! member lists of a simulated AWS.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_securityhub::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_async::time::{SystemTimeSource, TimeSource};
use futures::future::join_all;
use securityhub_members::aws::administrators::Administrators;
use securityhub_members::aws::calls::CountCalls;
use securityhub_members::aws::pace::Pace;
use securityhub_members::aws::securityhub::SecurityHub;
use securityhub_members::demo::aws::OptStatus;
use securityhub_members::demo::{LoopbackServer, SimulatedAws};
use securityhub_members::domain::administrator::{RegionChoice, parse};
use securityhub_members::domain::hub::{HubId, Region, UnreadReason};
use securityhub_members::watch::ports::{HubFinder as _, MemberSource as _, Regions};
use serde_json::Value;
use tokio::time::Instant;

use crate::program::Outside;
use crate::support::{ADMIN, IRELAND, PATIENCE, VIRGINIA, member, members};

const OTHER: &str = "444455556666";

/// A simulated AWS behind HTTP.
async fn aws() -> (SimulatedAws, SdkConfig, LoopbackServer) {
    aws_at(LateClock::default()).await
}

/// A clock for the SDK, which can be slow.
#[derive(Debug, Clone, Default)]
struct LateClock(Arc<AtomicU64>);

impl TimeSource for LateClock {
    fn now(&self) -> SystemTime {
        SystemTimeSource::new().now() + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// The same for an SDK with this clock.
async fn aws_at(clock: LateClock) -> (SimulatedAws, SdkConfig, LoopbackServer) {
    let aws = SimulatedAws::new(ADMIN);
    let server = LoopbackServer::start(aws.router(), 0).await.unwrap();
    let credentials = Credentials::new("id", "secret", None, None, "test");
    let sdk = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(aws_config::Region::new(IRELAND))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .endpoint_url(server.url())
        .time_source(clock)
        .load()
        .await;
    (aws, sdk, server)
}

async fn sign_in(sdk: &SdkConfig, admins: &str) -> (Administrators, SecurityHub) {
    let calls = CountCalls::default();
    let admins = parse(admins, &RegionChoice::Sdk).unwrap();
    let admins = Administrators::new(sdk, &calls, &admins).await.unwrap();
    let hubs = SecurityHub::new(admins.credentials(), calls, Pace::UNLIMITED);
    (admins, hubs)
}

fn hub(admin: &str, region: &str) -> HubId {
    format!("{admin}/{region}").parse().unwrap()
}

/// The Regions of the only administrator.
async fn found(admins: &Administrators) -> Result<Vec<String>, UnreadReason> {
    let [admin] = &admins.administrators().await[..] else {
        panic!("one administrator expected")
    };
    match &admin.regions {
        Regions::Named(named) => Ok(named.iter().map(Region::to_string).collect()),
        Regions::Found { enabled, .. } => {
            let enabled = enabled.as_ref().map_err(|error| error.reason)?;
            Ok(enabled.iter().map(Region::to_string).collect())
        }
    }
}

/// Takes about 20 seconds: three lists have the maximum length, and the others together exceed
/// AWS's burst.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_members_in_seventeen_regions_are_read_and_aws_refuses_no_request() {
    let (aws, sdk, _server) = aws().await;
    aws.set_rate_limit(true);
    let regions: Vec<_> = (1..=17).map(|number| format!("eu-west-{number}")).collect();
    let sizes = |index: usize| if index < 3 { 10_000 } else { 1_500 };
    for (index, region) in regions.iter().enumerate() {
        aws.set_members(region, members(sizes(index), |_| "Enabled"));
    }
    let admin = ADMIN.parse().unwrap();
    let calls = CountCalls::default();
    let source = Arc::new(SecurityHub::new([(admin, sdk)], calls, Pace::SECURITY_HUB));
    let began = Instant::now();
    let reads = regions.iter().map(|region| {
        let (source, hub) = (Arc::clone(&source), hub(ADMIN, region));
        tokio::spawn(async move { source.list(&hub).await.unwrap().len() })
    });
    let read = join_all(reads).await;
    for (index, read) in read.into_iter().enumerate() {
        assert_eq!(read.unwrap(), sizes(index));
    }
    println!("17 Regions were read in {:?}", began.elapsed());
    let throttled: usize = regions.iter().map(|region| aws.throttled(region)).sum();
    assert_eq!(throttled, 0);
    assert!(
        began.elapsed() > Duration::from_secs(17),
        "the pace is AWS's"
    );
}

#[tokio::test]
async fn an_administrator_that_cannot_be_signed_in_to_keeps_no_other_from_being_read() {
    let (aws, sdk, _server) = aws().await;
    let other = aws.account(OTHER);
    aws.set_members(IRELAND, vec![member(1, "Enabled")]);
    other.set_members(IRELAND, vec![member(2, "Enabled"), member(3, "Resigned")]);
    let arn = other.set_role("members", Some("right"), true);
    let entry = |id: &str| format!("self; {arn} external-id={id}");

    let (_, hubs) = sign_in(&sdk, &entry("right")).await;
    assert_eq!(hubs.list(&hub(ADMIN, IRELAND)).await.unwrap().len(), 1);
    assert_eq!(hubs.list(&hub(OTHER, IRELAND)).await.unwrap().len(), 2);

    // A wrong external ID, or a role that no longer trusts the caller.
    let (_, wrong) = sign_in(&sdk, &entry("wrong")).await;
    other.set_role("members", Some("right"), false);
    let (_, refused) = sign_in(&sdk, &entry("right")).await;
    for hubs in [wrong, refused] {
        let error = hubs.list(&hub(OTHER, IRELAND)).await.unwrap_err();
        assert_eq!(error.reason, UnreadReason::RoleNotAssumed, "{error}");
        assert!(error.detail.contains("sts:AssumeRole"), "{error}");
        assert!(!error.detail.contains("sam@example.com"), "{error}");
        assert_eq!(hubs.list(&hub(ADMIN, IRELAND)).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn credentials_of_a_role_are_renewed_before_they_expire() {
    let clock = LateClock::default();
    let (aws, sdk, _server) = aws_at(clock.clone()).await;
    let other = aws.account(OTHER);
    other.set_members(IRELAND, vec![member(1, "Enabled")]);
    let arn = other.set_role("members", None, true);
    let (_, hubs) = sign_in(&sdk, &arn).await;
    let read = async || hubs.list(&hub(OTHER, IRELAND)).await;
    for _ in 0..3 {
        read().await.unwrap();
    }
    assert_eq!(aws.assumed(&arn), 1, "an hour's credentials are kept");
    aws.let_time_pass(Duration::from_secs(3_601));
    let error = read().await.unwrap_err();
    assert_eq!(error.reason, UnreadReason::Credentials, "they are too old");
    clock.0.fetch_add(3_601, Ordering::SeqCst);
    read().await.unwrap();
    assert_eq!(aws.assumed(&arn), 2);
}

#[tokio::test]
async fn every_region_that_is_enabled_for_an_account_is_found() {
    let (aws, sdk, _server) = aws().await;
    let other = aws.account(OTHER);
    let arn = other.set_role("members", None, true);
    for number in 1..=60 {
        other.set_region(&format!("eu-west-{number}"), OptStatus::ByDefault);
    }
    other.set_region("il-central-1", OptStatus::Disabled);
    aws.set_region("us-east-1", OptStatus::ByDefault);
    let (admins, hubs) = sign_in(&sdk, &format!("{arn} regions=all")).await;
    let regions = found(&admins).await.unwrap();
    assert_eq!(
        regions.len(),
        60,
        "of every page, and of this account: {regions:?}"
    );

    other.set_members("il-central-1", Vec::new());
    let error = hubs.list(&hub(OTHER, "il-central-1")).await.unwrap_err();
    assert_eq!(error.reason, UnreadReason::Credentials, "nobody opted in");
    other.set_region("il-central-1", OptStatus::Enabled);
    assert_eq!(found(&admins).await.unwrap().len(), 61);
    assert_eq!(hubs.list(&hub(OTHER, "il-central-1")).await.unwrap(), []);

    other.set_regions_denied(true);
    assert_eq!(found(&admins).await, Err(UnreadReason::AccessDenied));
    let (own, _) = sign_in(&sdk, "self regions=all,-us-east-1").await;
    assert_eq!(
        found(&own).await.unwrap(),
        ["us-east-1"],
        "it is left out elsewhere"
    );
}

#[tokio::test]
async fn two_ways_into_one_account_are_a_mistake() {
    let (aws, sdk, _server) = aws().await;
    let arn = aws.set_role("members", None, true);
    let admins = parse(&format!("self; {arn}"), &RegionChoice::Sdk).unwrap();
    let error = Administrators::new(&sdk, &CountCalls::default(), &admins).await;
    let error = error.err().unwrap().to_string();
    assert!(error.contains("lists 111122223333 twice"), "{error}");
}

/// The program, configured to monitor all Regions of two accounts.
async fn everywhere() -> (Outside, String) {
    let mut outside = Outside::with_table().await;
    let other = outside.aws.account(OTHER);
    other.set_members(IRELAND, vec![member(5, "Enabled")]);
    let arn = other.set_role("members", Some("right"), true);
    outside.aws.set_region("eu-north-1", OptStatus::ByDefault);
    outside.set("REGIONS", "all");
    outside.set("ADMINISTRATORS", format!("self; {arn} external-id=right"));
    (outside, arn)
}

#[tokio::test]
async fn the_program_watches_every_region_of_every_administrator() {
    let (outside, _) = everywhere().await;
    let run = outside.run(&["poll"]).await;
    assert_eq!(
        run.code, 0,
        "a Region without Security Hub is no failure: {run:?}"
    );
    for said in [
        "111122223333/eu-west-1: 2 members",
        "444455556666/eu-west-1: 1 member,",
        "Security Hub is not enabled in: 111122223333/eu-north-1",
    ] {
        assert!(run.out.contains(said), "{said} is not in {run:?}");
    }
    let run = outside.run(&["show"]).await;
    let said = "Security Hub isn't enabled in: 111122223333/eu-north-1";
    assert!(run.out.contains(said), "{run:?}");
    assert!(
        run.out.contains("of 2 administrators in 1 Region"),
        "{run:?}"
    );
    let run = outside.run(&["check", "--json"]).await;
    let found: Value = serde_json::from_str(&run.out).unwrap();
    let topics = found["findings"].as_array().unwrap().iter();
    let topics: Vec<_> = topics.map(|one| one["topic"].as_str().unwrap()).collect();
    for topic in [
        "Security Hub 111122223333/eu-north-1",
        "Security Hub 111122223333/eu-west-1",
        "Security Hub 444455556666/eu-west-1",
    ] {
        assert!(topics.contains(&topic), "{topic} is not in {topics:?}");
    }
    assert_eq!(run.code, 0, "{run:?}");
}

#[tokio::test]
async fn an_administrator_that_fails_does_not_stop_the_start_and_is_not_forgotten() {
    let (mut outside, arn) = everywhere().await;
    // Before the account's Regions are known.
    outside.set("ADMINISTRATORS", format!("self; {arn} external-id=wrong"));
    let run = outside.run(&["poll"]).await;
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.out
            .contains("failed to list the Regions of 444455556666")
    );
    assert!(
        run.out.contains("111122223333/eu-west-1: 2 members"),
        "{run:?}"
    );
    assert!(!format!("{run:?}").contains("sam@example.com"), "{run:?}");

    let serving = outside.serve().await;
    let ready = until(serving.port, "/readyz", |text| {
        text.starts_with("ready")
            && text.contains("not enabled in: 111122223333/eu-north-1")
            && text.contains("the Regions of 444455556666")
    });
    tokio::time::timeout(PATIENCE, ready).await.unwrap();
    let measured = until(serving.port, "/metrics", |text| {
        text.contains("hub_not_enabled{hub=\"111122223333/eu-north-1\"} 1")
    });
    tokio::time::timeout(PATIENCE, measured).await.unwrap();
    let (code, log) = serving.terminate().await;
    assert_eq!(code, 0);
    assert!(!log.contains("sam@example.com"), "{log}");

    // A Region that was read before is reported with its last data.
    outside.set("ADMINISTRATORS", format!("self; {arn} external-id=right"));
    assert_eq!(outside.run(&["poll"]).await.code, 0);
    outside
        .aws
        .account(OTHER)
        .set_role("members", Some("right"), false);
    let run = outside.run(&["show"]).await;
    let said = "444455556666/eu-west-1: polling has failed";
    assert!(run.out.contains(said), "{run:?}");
    assert!(outside.aws.requests(VIRGINIA) == 0);
}

/// Waits for this response.
async fn until(port: u16, path: &str, is_that: impl Fn(&str) -> bool) -> String {
    let url = format!("http://127.0.0.1:{port}{path}");
    loop {
        let text = reqwest::get(&url).await.unwrap().text().await.unwrap();
        if is_that(&text) {
            return text;
        }
        tokio::task::yield_now().await;
    }
}
