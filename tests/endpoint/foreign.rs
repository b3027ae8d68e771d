//! Responses that are not from AWS, through the real SDKs: a missing list is never read as an
//! empty one.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_securityhub::config::{BehaviorVersion, Credentials, SharedCredentialsProvider};
use chrono::TimeDelta;
use securityhub_members::aws::administrators::Administrators;
use securityhub_members::aws::calls::CountCalls;
use securityhub_members::aws::organizations::Organizations;
use securityhub_members::aws::pace::Pace;
use securityhub_members::aws::securityhub::SecurityHub;
use securityhub_members::demo::aws::{Foreign, HubFault, OrganizationFault, SimulatedAccount};
use securityhub_members::demo::slack::SAM;
use securityhub_members::demo::{LoopbackServer, SimulatedAws};
use securityhub_members::domain::administrator::RegionChoice;
use securityhub_members::domain::hub::{HubId, UnreadReason};
use securityhub_members::watch::ports::{
    HubFinder as _, MemberSource as _, OrganizationSource as _, Regions,
};

use crate::support::{ADMIN, IRELAND, World, id, members, read};

/// The number of attempts per request. Table-driven tests use one, because all clients of a
/// process share the SDK's retry quota.
async fn aws(attempts: u32) -> (SimulatedAws, SdkConfig, LoopbackServer) {
    let aws = SimulatedAws::new(ADMIN);
    let server = LoopbackServer::start(aws.router(), 0).await.unwrap();
    let retries = RetryConfig::standard()
        .with_initial_backoff(Duration::from_millis(1))
        .with_max_attempts(attempts);
    let credentials = Credentials::new("id", "secret", None, None, "test");
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(aws_config::Region::new(IRELAND))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(retries)
        .endpoint_url(server.url())
        .build();
    (aws, sdk, server)
}

fn hub() -> HubId {
    format!("{ADMIN}/{IRELAND}").parse().unwrap()
}

fn security_hub(sdk: &SdkConfig) -> SecurityHub {
    let admin = [(ADMIN.parse().unwrap(), sdk.clone())];
    SecurityHub::new(admin, CountCalls::default(), Pace::UNLIMITED)
}

#[tokio::test]
async fn a_member_list_that_is_absent_from_any_page_is_no_list() {
    let (aws, sdk, _server) = aws(1).await;
    aws.set_members(IRELAND, members(120, |_| "Enabled"));
    let source = security_hub(&sdk);
    for page in [1, 2, 3] {
        for foreign in Foreign::ALL {
            aws.fail(IRELAND, HubFault::Foreign(page, foreign));
            let error = source.list(&hub()).await.unwrap_err();
            assert_eq!(
                error.reason,
                UnreadReason::BadAnswer,
                "{page} {foreign:?}: {error}"
            );
            aws.heal(IRELAND);
        }
    }
    aws.set_members(IRELAND, Vec::new());
    assert_eq!(source.list(&hub()).await.unwrap(), []);
}

#[tokio::test]
async fn a_foreign_answer_that_passes_is_not_noticed() {
    let (aws, sdk, _server) = aws(2).await;
    aws.set_members(IRELAND, members(120, |_| "Enabled"));
    let source = security_hub(&sdk);
    for foreign in Foreign::ALL {
        aws.fail_once(IRELAND, HubFault::Foreign(2, foreign));
        let list = source.list(&hub()).await.unwrap();
        assert_eq!(list.len(), 120, "{foreign:?}");
    }
}

#[tokio::test]
async fn a_member_without_an_id_or_a_status_makes_the_list_incomplete() {
    let (aws, sdk, _server) = aws(1).await;
    aws.set_members(IRELAND, members(3, |_| "Enabled"));
    let source = security_hub(&sdk);
    for body in [
        r#"{"Members":[{"AccountId":"200000000000"}]}"#,
        r#"{"Members":[{"AccountId":"200000000000","MemberStatus":null}]}"#,
        r#"{"Members":[{"AccountId":"200000000000","MemberStatus":""}]}"#,
        r#"{"Members":[{"AccountId":"200000000000","MemberStatus":" "}]}"#,
        r#"{"Members":[{"MemberStatus":"Enabled"}]}"#,
        r#"{"Members":[{"AccountId":"","MemberStatus":"Enabled"}]}"#,
        r#"{"Members":[{}]}"#,
        r#"{"Members":[null]}"#,
    ] {
        aws.fail(IRELAND, HubFault::Foreign(1, Foreign::ok(body)));
        let error = source.list(&hub()).await.unwrap_err();
        assert_eq!(error.reason, UnreadReason::BadAnswer, "{body}: {error}");
        aws.heal(IRELAND);
    }
}

const OPERATIONS: [&str; 4] = [
    "ListAccounts",
    "ListRoots",
    "ListAccountsForParent",
    "ListOrganizationalUnitsForParent",
];

/// The first 25 accounts share an OU; each of the others has its own.
fn account(number: usize) -> SimulatedAccount {
    SimulatedAccount {
        id: id(number),
        name: format!("account-{number}"),
        state: "ACTIVE".to_owned(),
        status: "ACTIVE".to_owned(),
        unit: format!("unit-{}", number.saturating_sub(24)),
    }
}

#[tokio::test]
async fn an_organization_of_which_any_part_is_absent_is_not_read() {
    let (aws, sdk, _server) = aws(1).await;
    aws.set_organization((0..49).map(account).collect());
    let organization = Organizations::new(&sdk, &CountCalls::default(), None).await;
    let whole = organization.read().await.unwrap();
    assert_eq!(whole.accounts.len(), 49);
    assert_eq!(whole.units.unwrap().len(), 49);
    for operation in OPERATIONS {
        for foreign in Foreign::ALL {
            for fault in [
                OrganizationFault::Foreign(operation, foreign),
                OrganizationFault::ForeignOnLaterPages(operation, foreign),
            ] {
                // There is only one root.
                if fault == OrganizationFault::ForeignOnLaterPages("ListRoots", foreign) {
                    continue;
                }
                aws.set_organization_fault(Some(fault));
                let error = match organization.read().await {
                    Err(error) if operation == "ListAccounts" => error,
                    Ok(read) => read.units.unwrap_err(),
                    Err(error) => panic!("{fault:?}: {error}"),
                };
                assert_eq!(error.reason, UnreadReason::BadAnswer, "{fault:?}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn an_organization_without_accounts_or_a_root_and_an_account_without_a_state_do_not_exist() {
    let (aws, sdk, _server) = aws(1).await;
    aws.set_organization(vec![account(1)]);
    let organization = Organizations::new(&sdk, &CountCalls::default(), None).await;
    for body in [
        r#"{"Accounts":[]}"#,
        r#"{"Accounts":[{}]}"#,
        r#"{"Accounts":[{"Id":"200000000000","Name":"one"}]}"#,
        r#"{"Accounts":[{"Id":"200000000000","Name":"one","State":""}]}"#,
        r#"{"Accounts":[{"Id":"200000000000","State":"ACTIVE"}]}"#,
        r#"{"Accounts":[{"Name":"one","State":"ACTIVE"}]}"#,
    ] {
        let fault = OrganizationFault::Foreign("ListAccounts", Foreign::ok(body));
        aws.set_organization_fault(Some(fault));
        let error = organization.read().await.unwrap_err();
        assert_eq!(error.reason, UnreadReason::BadAnswer, "{body}: {error}");
    }
    for (operation, body) in [
        ("ListRoots", r#"{"Roots":[]}"#),
        ("ListRoots", r#"{"Roots":[{"Name":"Root"}]}"#),
        ("ListAccountsForParent", r#"{"Accounts":[{"Name":"one"}]}"#),
        (
            "ListOrganizationalUnitsForParent",
            r#"{"OrganizationalUnits":[{"Id":"ou-demo-00000000"}]}"#,
        ),
    ] {
        let fault = OrganizationFault::Foreign(operation, Foreign::ok(body));
        aws.set_organization_fault(Some(fault));
        let error = organization.read().await.unwrap().units.unwrap_err();
        assert_eq!(error.reason, UnreadReason::BadAnswer, "{body}: {error}");
    }
}

#[tokio::test]
async fn regions_that_are_absent_are_not_listed() {
    let (aws, sdk, _server) = aws(1).await;
    aws.set_enabled(IRELAND, true);
    let all = RegionChoice::All {
        but: std::collections::BTreeSet::new(),
    };
    let admin = ADMIN.parse().unwrap();
    let finder = Administrators::own(admin, sdk, CountCalls::default(), all);
    let more = [
        r#"{"Regions":[]}"#,
        r#"{"Regions":[{}]}"#,
        r#"{"Regions":[{"RegionName":""}]}"#,
    ];
    for foreign in Foreign::ALL.into_iter().chain(more.map(Foreign::ok)) {
        aws.set_regions_foreign(Some(foreign));
        let [found] = &finder.administrators().await[..] else {
            panic!("one administrator expected")
        };
        let Regions::Found { enabled, .. } = &found.regions else {
            panic!("they are looked for")
        };
        let error = enabled.as_ref().unwrap_err();
        assert_eq!(
            error.reason,
            UnreadReason::BadAnswer,
            "{foreign:?}: {error}"
        );
    }
}

#[tokio::test]
async fn no_answer_that_lacks_its_list_becomes_a_departure() {
    let world = World::new().await;
    world.aws.set_members(IRELAND, members(120, |_| "Enabled"));
    world.deliver().await.unwrap();
    for (number, page) in [1, 2, 3].into_iter().enumerate() {
        let foreign = Foreign::ALL[number];
        world.aws.fail(IRELAND, HubFault::Foreign(page, foreign));
        world.clock.advance(TimeDelta::days(1));
        world.deliver().await.unwrap();
        let posted = world.channel_text().pop().unwrap();
        assert!(posted.contains("AWS gave an incomplete answer"), "{posted}");
        assert!(!posted.contains("No changes"), "{posted}");
        assert!(!posted.contains("deleted"), "{posted}");
        world.aws.heal(IRELAND);
        world.clock.advance(TimeDelta::days(1));
        world.deliver().await.unwrap();
        let posted = world.channel_text().pop().unwrap();
        assert!(posted.contains("✅ No changes"), "{posted}");
    }
}

#[tokio::test]
async fn an_empty_list_is_doubted_everywhere_until_a_later_poll_confirms_it() {
    let world = World::new().await;
    world.aws.set_members(IRELAND, members(30, |_| "Enabled"));
    world.deliver().await.unwrap();
    let running = world.serve().await;
    let polled = format!("polls_total{{hub=\"{ADMIN}/{IRELAND}\",outcome=\"read\"}} 2");
    running
        .get_until("/metrics", |_, text| text.contains(&polled))
        .await;
    world.aws.set_members(IRELAND, Vec::new());
    world.clock.advance(TimeDelta::minutes(15));
    world.messages(2).await;
    let posted = world.channel_text().pop().unwrap();
    assert!(
        posted.contains("eu-west-1: the member list is suddenly empty (30 → 0)"),
        "{posted}"
    );
    assert!(
        posted.contains("not counted as changes until a later poll confirms it"),
        "{posted}"
    );
    let (status, ready) = running.get("/readyz").await;
    assert_eq!(status, 200);
    assert!(ready.contains("list doubted: 30 → 0 members"), "{ready}");
    let (_, metrics) = running.get("/metrics").await;
    let hub = format!("{{hub=\"{ADMIN}/{IRELAND}\"}} 1");
    for gauge in ["hub_doubted", "hub_unread"] {
        assert!(metrics.contains(&format!("{gauge}{hub}")), "{metrics}");
    }
    // A live check right after that doesn't confirm the list.
    let answer = world.ask(SAM, "").await;
    let text = read(&answer.blocks);
    assert!(text.contains("suddenly empty (30 → 0)"), "{text}");
    assert!(!text.contains("No changes"), "{text}");
    world.clock.advance(TimeDelta::minutes(15));
    world.messages(3).await;
    let posted = world.channel_text().pop().unwrap();
    assert!(
        posted.contains("eu-west-1: a later poll confirms the shorter list (30 → 0)"),
        "{posted}"
    );
    running.stop().await;
    world.set("2026-11-19T10:00:00Z");
    world.deliver().await.unwrap();
    let posted = world.channel_text().pop().unwrap();
    let rows = posted.matches("⚫ No longer listed: Enabled → not listed");
    assert_eq!(rows.count(), 30, "{posted}");
}

#[tokio::test]
async fn a_first_list_that_is_empty_may_be_the_wrong_one() {
    let world = World::new().await;
    world.deliver().await.unwrap();
    let posted = world.channel_text().pop().unwrap();
    assert!(
        posted.contains("the account or Region is wrong"),
        "{posted}"
    );
    assert!(!posted.contains("✅"), "{posted}");
    world.aws.set_members(IRELAND, members(3, |_| "Enabled"));
    world.clock.advance(TimeDelta::days(1));
    world.deliver().await.unwrap();
    let posted = world.channel_text().pop().unwrap();
    assert!(
        !posted.contains("the account or Region is wrong"),
        "{posted}"
    );
}
