//! Account names, and accounts that only the organization has, with the real SDK.

use securityhub_members::demo::aws::{HubFault, OrganizationFault, SimulatedAccount};
use securityhub_members::demo::slack::SAM;
use securityhub_members::domain::hub::UnreadReason;
use securityhub_members::domain::query::Query;
use securityhub_members::terminal;
use securityhub_members::text::Locale;
use securityhub_members::watch::{OrganizationUse, Refresh, Refreshed};

use crate::support::{IRELAND, PATIENCE, Setup, VIRGINIA, World, id, read};

fn account(number: usize, name: &str, unit: &str) -> SimulatedAccount {
    SimulatedAccount {
        id: id(number),
        name: name.to_owned(),
        state: "ACTIVE".to_owned(),
        status: "ACTIVE".to_owned(),
        unit: unit.to_owned(),
    }
}

fn suspended(number: usize, name: &str) -> SimulatedAccount {
    SimulatedAccount {
        state: "SUSPENDED".to_owned(),
        ..account(number, name, "")
    }
}

/// Two Regions, and a readable organization.
async fn world(asked: OrganizationUse, accounts: Vec<SimulatedAccount>) -> World {
    let world = World::with(Setup {
        regions: vec![IRELAND.to_owned(), VIRGINIA.to_owned()],
        organization: Some(asked),
        ..Setup::default()
    })
    .await;
    world.aws.set_organization(accounts);
    world
}

async fn refresh(world: &World) -> Refreshed {
    world
        .watch
        .directory
        .refresh(Refresh::AtStart)
        .await
        .unwrap()
}

/// The same members in both Regions.
fn list(world: &World, members: &str) {
    for region in [IRELAND, VIRGINIA] {
        let members = members.split(", ").map(|member| {
            let (number, status) = member.split_once(' ').unwrap();
            crate::support::member(number.parse().unwrap(), status)
        });
        world.aws.set_members(region, members.collect());
    }
}

#[tokio::test]
async fn a_digest_has_account_names_missing_members_and_suspended_accounts() {
    let world = world(
        OrganizationUse::Required,
        vec![
            account(1, "payments-prod", "Workloads/Prod"),
            account(2, "ledger", ""),
            account(3, "acquired-shop", "Sandbox"),
            suspended(4, "old-crm"),
            suspended(5, "long-gone"),
        ],
    )
    .await;
    list(&world, "1 Enabled, 2 Enabled, 4 Enabled");
    world.watch.poller.poll_all().await;
    world.deliver().await.unwrap();
    assert_eq!(refresh(&world).await, Refreshed::Read(5));
    world.set("2026-11-19T09:00:00Z");
    list(&world, "1 Resigned, 2 Enabled, 4 Enabled");
    world.aws.delete(VIRGINIA, &id(2));
    world.deliver().await.unwrap();

    let posted = world.channel_text().pop().unwrap();
    for line in [
        "`200000000001` payments-prod (Workloads/Prod)  Enabled → *Resigned*",
        "🔴 *payments-prod* · Workloads/Prod",
        "left in *both Regions*",
        "*Organization accounts that aren't members (2)*",
        "`200000000003` acquired-shop (Sandbox)  *not a member in any Region*",
        "`200000000002` ledger  not a member in us-east-1",
        "*Closed or suspended in AWS, still Enabled (1)*",
        "`200000000004` old-crm  *AWS account suspended* · both Regions",
    ] {
        assert!(posted.contains(line), "{line}\nis not in\n{posted}");
    }
    assert!(!posted.contains("long-gone"), "{posted}");

    let _server = world.listen().await;
    world.slack.open_home(SAM).await;
    let home = world
        .slack
        .wait_for(PATIENCE, |workspace| workspace.homes.get(SAM).cloned());
    let home = read(home.await.unwrap().view["blocks"].as_array().unwrap());
    for words in [
        "acquired-shop (no Region) and ledger (not in us-east-1)",
        "*Closed or suspended in AWS, still Enabled: 1*\nold-crm\n",
        "payments-prod",
    ] {
        assert!(home.contains(words), "{words}\nis not in\n{home}");
    }
    let answer = world.watch.live.answer(&Query::Now).await.unwrap();
    let json = terminal::json(&answer).unwrap();
    assert!(json.contains("\"name\": \"payments-prod\""), "{json}");
    let stored = format!("{:?}", world.watch.directory.get().await);
    assert!(
        !stored.contains("example.com"),
        "an address was kept: {stored}"
    );
}

#[tokio::test]
async fn the_exact_name_of_an_account_alone_asks_for_that_account() {
    let world = world(
        OrganizationUse::Required,
        vec![
            account(1, "payments-prod", ""),
            account(2, "R&D <old>", ""),
            account(3, "May", ""),
        ],
    )
    .await;
    list(&world, "1 Enabled, 2 Enabled, 3 Enabled");
    world.watch.poller.poll_all().await;
    refresh(&world).await;
    let _server = world.listen().await;
    for (text, said) in [
        ("payments-prod", "# Account 200000000001"),
        (" `Payments-PROD`? ", "# Account 200000000001"),
        ("r&amp;d &lt;old&gt;", "# Account 200000000002"),
        ("account R&amp;D &lt;old&gt;", "# Account 200000000002"),
        // Dates take precedence over names.
        ("may", "1 – Sun 31 May 2026"),
        ("payments", "Did you mean this?\n[account payments]"),
        ("open the pod bay doors", "don't recognize"),
    ] {
        let answer = world.ask(SAM, text).await;
        let blocks = read(&answer.blocks);
        assert!(blocks.contains(said), "{text}: {blocks}");
    }
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn without_the_permission_a_message_says_once_what_it_does_not_know() {
    for (asked, locale, said) in [
        (
            OrganizationUse::Required,
            Locale::En,
            "The organization can't be read: access denied: grant organizations:ListAccounts. Account names and the accounts that aren't members are unknown.",
        ),
        (
            OrganizationUse::Required,
            Locale::Ja,
            "組織を取得できません(アクセス拒否: ロールに organizations:ListAccounts が必要)。",
        ),
        (OrganizationUse::Optional, Locale::En, ""),
    ] {
        let world = World::with(Setup {
            organization: Some(asked),
            locale,
            ..Setup::default()
        })
        .await;
        world
            .aws
            .set_organization(vec![account(1, "payments-prod", "")]);
        let denied = Some(OrganizationFault::AccessDenied);
        world.aws.set_organization_fault(denied);
        world.poll_at("2026-11-18T10:00:00Z", "1 Resigned").await;
        let Refreshed::Failed(error) = refresh(&world).await else {
            panic!("access is denied");
        };
        assert_eq!(error.reason, UnreadReason::AccessDenied);
        assert!(!error.detail.contains("sam@example.com"), "{error}");
        world.deliver().await.unwrap();
        let posted = world.channel_text().pop().unwrap();
        assert!(posted.contains("`200000000001`"), "{posted}");
        match said {
            "" => assert!(!posted.contains("rganization"), "{posted}"),
            said => assert_eq!(posted.matches(said).count(), 1, "{posted}"),
        }
    }
}

#[tokio::test]
async fn no_account_is_called_missing_in_a_region_that_was_not_read() {
    let world = world(
        OrganizationUse::Required,
        vec![account(1, "shop", ""), account(2, "ledger", "")],
    )
    .await;
    list(&world, "1 Enabled");
    world.aws.delete(VIRGINIA, &id(1));
    world.watch.poller.poll_all().await;
    refresh(&world).await;
    world.aws.fail(VIRGINIA, HubFault::NotEnabled);
    world.watch.poller.poll_all().await;
    world.deliver().await.unwrap();
    let posted = world.channel_text().pop().unwrap();
    assert!(!posted.contains("shop"), "{posted}");
    let line = "`200000000002` ledger  *not a member in any readable Region*";
    assert!(posted.contains(line), "{posted}");
}

#[tokio::test]
async fn an_organization_of_many_pages_is_read_to_the_end_or_not_at_all() {
    let accounts = |count: usize| {
        let account = |number| account(number, &format!("team-{number}"), "Workloads/Prod");
        (1..=count).map(account).collect::<Vec<_>>()
    };
    let world = world(OrganizationUse::Required, accounts(47)).await;
    assert_eq!(refresh(&world).await, Refreshed::Read(47));
    let directory = world.watch.directory.get().await;
    let last = directory.who(id(47).parse().unwrap());
    assert_eq!(last.name.as_deref(), Some("team-47"));
    assert_eq!(last.unit.as_deref(), Some("Workloads/Prod"));

    world.aws.set_organization(accounts(90));
    for fault in [
        OrganizationFault::ErrorOnLaterPages,
        OrganizationFault::RepeatToken,
        OrganizationFault::Throttled,
    ] {
        world.aws.set_organization_fault(Some(fault));
        world.clock.advance(chrono::TimeDelta::hours(25));
        assert!(
            matches!(refresh(&world).await, Refreshed::Failed(_)),
            "{fault:?}"
        );
        assert_eq!(
            world.watch.directory.get().await.accounts.len(),
            47,
            "{fault:?}"
        );
    }
    // OUs are read separately. If that fails, the previous ones are kept.
    world
        .aws
        .set_organization_fault(Some(OrganizationFault::UnitsDenied));
    world.clock.advance(chrono::TimeDelta::hours(25));
    assert_eq!(refresh(&world).await, Refreshed::Read(90));
    let directory = world.watch.directory.get().await;
    let unit = |number| directory.who(id(number).parse().unwrap()).unit;
    assert_eq!(unit(47).as_deref(), Some("Workloads/Prod"));
    assert_eq!(unit(90), None);
}

#[tokio::test]
async fn a_state_is_read_from_the_older_field_where_there_is_no_newer_one() {
    let mut old = suspended(4, "old-crm");
    old.status = std::mem::take(&mut old.state);
    let mut closed = account(5, "closed", "");
    closed.state = "CLOSED".to_owned();
    let world = world(OrganizationUse::Required, vec![old, closed]).await;
    list(&world, "4 Enabled, 5 Enabled");
    world.watch.poller.poll_all().await;
    refresh(&world).await;
    world.deliver().await.unwrap();
    let posted = world.channel_text().pop().unwrap();
    for line in ["old-crm  *AWS account suspended*", "closed  *closed*"] {
        assert!(posted.contains(line), "{posted}");
    }
}

#[tokio::test]
async fn thousands_of_missing_members_are_a_count_and_the_first_ones() {
    let accounts = (1..=3_000).map(|number| account(number, &format!("team-{number:05}"), ""));
    let world = world(OrganizationUse::Required, accounts.collect()).await;
    list(&world, "1 Enabled");
    world.watch.poller.poll_all().await;
    assert_eq!(refresh(&world).await, Refreshed::Read(3_000));
    world.deliver().await.unwrap();
    let messages = world
        .slack
        .messages(securityhub_members::demo::slack::CHANNEL);
    assert_eq!(messages.len(), 1);
    let parent = read(&messages[0].blocks);
    assert!(parent.contains("that aren't members: 2999"), "{parent}");
    assert!(!parent.contains("team-"), "{parent}");
    let thread = world.channel_text().pop().unwrap();
    assert!(thread.contains("team-03000"), "the last is in the thread");
}
