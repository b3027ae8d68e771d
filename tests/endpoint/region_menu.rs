//! The menu and buttons of failing Regions in a digest: how they become readable again, and who
//! works on them.

use securityhub_members::app::service::RequestSource;
use securityhub_members::demo::aws::HubFault;
use securityhub_members::demo::slack::{AIKO, APP_TOKEN, CHANNEL, Input, Message, Press, SAM};
use securityhub_members::slack::admission::Allowed;
use securityhub_members::slack::ids::UserId;
use securityhub_members::slack::socket::Timing;
use securityhub_members::slack::view::regions::{FIX, GIVE_BACK, MENU, TAKE};
use securityhub_members::text::Locale;
use serde_json::Value;

use crate::support::{IRELAND, PATIENCE, Setup, VIRGINIA, World, member, read};

async fn two_regions(locale: Locale) -> World {
    World::with(Setup {
        regions: vec![IRELAND.to_owned(), VIRGINIA.to_owned()],
        locale,
        ..Setup::default()
    })
    .await
}

/// The digest after these Regions began to fail.
async fn failing(world: &World, regions: &[&str]) -> Message {
    world.list("1 Enabled");
    world.aws.set_members(VIRGINIA, vec![member(1, "Enabled")]);
    world.deliver().await.unwrap();
    for region in regions {
        world.aws.fail(region, HubFault::AccessDenied);
    }
    world.set("2026-11-19T09:00:00Z");
    world.deliver().await.unwrap();
    world.slack.messages(CHANNEL).pop().unwrap()
}

/// The labels of the menu of the failing Regions, each with its value.
fn options(digest: &Message) -> Vec<(String, String)> {
    let is_menu = |block: &&Value| block["accessory"]["action_id"] == MENU;
    let menu = digest.blocks.iter().find(is_menu);
    let options = menu.and_then(|block| block["accessory"]["options"].as_array());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let option = |option: &Value| (text(&option["text"]["text"]), text(&option["value"]));
    options.into_iter().flatten().map(option).collect()
}

fn labels(digest: &Message) -> Vec<String> {
    options(digest)
        .into_iter()
        .map(|(label, _)| label)
        .collect()
}

/// The choice with this label.
fn choose(digest: &Message, label: &str) -> Press {
    let options = options(digest);
    let option = options.iter().find(|(text, _)| text == label);
    let (_, value) = option.unwrap_or_else(|| panic!("no {label} in {options:?}"));
    Press::with(MENU, Input::Option(value.clone()))
}

#[tokio::test]
async fn a_failing_region_says_how_to_fix_it_and_when_nothing_is_left_to_fix() {
    let world = two_regions(Locale::En).await;
    let _server = world.listen().await;
    let digest = failing(&world, &[VIRGINIA]).await;
    assert_eq!(
        labels(&digest),
        ["How to fix it", "I'm on it", "Leave this Region out…"]
    );
    let press = choose(&digest, "How to fix it");
    let answer = world.press_case(SAM, &digest, &press).await;
    insta::assert_snapshot!(answer, @r#"
    *us-east-1* · access denied: grant securityhub:ListMembers
    AWS denied securityhub:ListMembers. The role lacks the permission, or a service control policy (SCP) denies it.
    If the role lacks it, add this statement to the role's policy:
    ```
    {
      "Sid": "ReadTheMemberList",
      "Effect": "Allow",
      "Action": "securityhub:ListMembers",
      "Resource": "*"
    }
    ```
    If the role has it, look for an SCP that denies the Region. In the management account, run this for the account, then for each OU above it and the root:
    ```
    aws organizations list-policies-for-target --filter SERVICE_CONTROL_POLICY --target-id 111122223333
    ```
    Then check that this works with the role's credentials:
    ```
    aws securityhub list-members --region us-east-1 --no-only-associated --max-items 1
    ```
    ~ Run these commands yourself: securityhub-members only reads.
    Nothing needs a restart: the next poll tries again.
    "#);
    world.aws.heal(VIRGINIA);
    world.poll().await;
    let answer = world.press_case(SAM, &digest, &press).await;
    assert_eq!(
        answer,
        "us-east-1 is readable again: there's nothing to fix."
    );
    assert_eq!(world.news(&digest), Vec::<String>::new(), "for Sam alone");
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_button_says_how_to_fix_several_failing_regions() {
    let world = two_regions(Locale::Ja).await;
    let _server = world.listen().await;
    let digest = failing(&world, &[IRELAND, VIRGINIA]).await;
    assert_eq!(
        labels(&digest),
        ["eu-west-1 を対象から外す…", "us-east-1 を対象から外す…"]
    );
    let text = read(&digest.blocks);
    assert!(text.contains("[👀 対応します] [対処方法]"), "{text}");
    let answer = world.press_case(SAM, &digest, &Press::click(FIX)).await;
    assert!(
        answer.starts_with("*eu-west-1、us-east-1* · アクセス拒否"),
        "{answer}"
    );
    assert!(
        answer.contains("for region in eu-west-1 us-east-1; do"),
        "{answer}"
    );
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn the_first_person_has_a_failing_region_until_it_recovers_and_everybody_sees_it() {
    let world = two_regions(Locale::En).await;
    let _server = world.listen().await;
    let digest = failing(&world, &[VIRGINIA]).await;
    let before = read(&digest.blocks);
    let take = choose(&digest, "I'm on it");
    let answer = world.press_case(SAM, &digest, &take).await;
    assert_eq!(answer, "👀 You're on it: *us-east-1*\n[Not on it any more]");
    let owner = "\n~ 👀 <@U0SAM> since Thu 09:00";
    let now = world.digest_with(&digest, owner).await;
    assert_eq!(read(&now.blocks).replacen(owner, "", 1), before);
    assert_eq!(now.metadata, digest.metadata);
    assert_eq!(world.news(&digest), ["👀 <@U0SAM> is on *us-east-1*"]);
    assert_eq!(labels(&now)[1], "Not on it any more");

    let of_sam = "👀 <@U0SAM> has been on *us-east-1* since Thu 19 Nov 09:00, so nothing changed";
    let give_back = choose(&now, "Not on it any more");
    assert_eq!(world.press_case(AIKO, &now, &give_back).await, of_sam);
    assert_eq!(world.news(&digest).len(), 1, "said once");

    world.set("2026-11-20T09:00:00Z");
    world.deliver().await.unwrap();
    let next = world.slack.messages(CHANNEL).pop().unwrap();
    assert!(read(&next.blocks).contains(owner), "{next:?}");
    assert_eq!(labels(&next)[1], "Not on it any more");
    world.aws.heal(VIRGINIA);
    world.poll().await;
    let give_back = choose(&next, "Not on it any more");
    let answer = world.press_case(AIKO, &next, &give_back).await;
    assert_eq!(
        answer,
        "us-east-1 is readable again: there's nothing to fix."
    );
    world.set("2026-11-21T09:00:00Z");
    world.aws.fail(VIRGINIA, HubFault::AccessDenied);
    world.deliver().await.unwrap();
    let again = world.slack.messages(CHANNEL).pop().unwrap();
    assert!(
        !read(&again.blocks).contains(SAM),
        "another failure: {again:?}"
    );
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_button_takes_all_failing_regions_without_an_owner_and_an_answer_gives_them_back() {
    let world = two_regions(Locale::En).await;
    let _server = world.listen().await;
    let digest = failing(&world, &[IRELAND, VIRGINIA]).await;
    let before = read(&digest.blocks);
    let press = Press::click(TAKE);
    let answer = world.press_case(SAM, &digest, &press).await;
    assert_eq!(
        answer,
        "👀 You're on it: *eu-west-1, us-east-1*\n[Not on it any more]"
    );
    let now = world
        .digest_with(&digest, "~ 👀 <@U0SAM> since Thu 09:00")
        .await;
    // One of them recovers and fails again: nobody has it.
    world.aws.heal(VIRGINIA);
    world.watch.poller.poll_all().await;
    world.aws.fail(VIRGINIA, HubFault::AccessDenied);
    world.set("2026-11-20T09:00:00Z");
    world.deliver().await.unwrap();
    let next = world.slack.messages(CHANNEL).pop().unwrap();
    let text = read(&next.blocks);
    assert!(
        text.contains("~ 👀 <@U0SAM> since Thu 09:00 · eu-west-1"),
        "{text}"
    );
    let answer = world.press_case(AIKO, &next, &press).await;
    assert_eq!(
        answer,
        "👀 <@U0SAM> has been on *eu-west-1* since Thu 19 Nov 09:00, so nothing changed\n\
         👀 You're on it: *us-east-1*\n[Not on it any more]"
    );
    let both = "👀 <@U0SAM> since Thu 09:00 · eu-west-1\n👀 <@U0AIKO> since Fri 09:00 · us-east-1";
    world.digest_with(&next, both).await;
    let ephemeral = world.slack.ephemerals(SAM).pop().unwrap();
    world.press(SAM, &ephemeral, GIVE_BACK).await;
    world
        .digest_with(&next, "~ 👀 <@U0AIKO> since Fri 09:00 · us-east-1")
        .await;
    world.finish().await;
    let said = world.slack.ephemerals(SAM).pop().unwrap();
    assert_eq!(read(&said.blocks), "*eu-west-1* has no owner now");
    // The last digest of the channel has the news, as with cases.
    assert_eq!(
        world.news(&next),
        [
            "👀 <@U0AIKO> is on *us-east-1*",
            "<@U0SAM> is no longer on *eu-west-1*"
        ]
    );
    assert_eq!(
        world.news(&digest),
        ["👀 <@U0SAM> is on *eu-west-1, us-east-1*"]
    );
    assert!(read(&now.blocks).len() > before.len());
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn only_those_who_may_change_cases_take_a_failing_region_and_anyone_reads_how_to_fix_it() {
    let world = World::with(Setup {
        allowed: Allowed {
            case_users: [UserId::parse(AIKO).unwrap()].into(),
            ..Allowed::default()
        },
        regions: vec![IRELAND.to_owned(), VIRGINIA.to_owned()],
        locale: Locale::Ja,
        ..Setup::default()
    })
    .await;
    let _server = world.listen().await;
    let digest = failing(&world, &[VIRGINIA]).await;
    let take = choose(&digest, "対応します");
    let answer = world.press_case(SAM, &digest, &take).await;
    assert!(
        answer.contains("権限がありません") && answer.contains(SAM),
        "{answer}"
    );
    let fix = choose(&digest, "対処方法");
    let answer = world.press_case(SAM, &digest, &fix).await;
    assert!(answer.starts_with("*us-east-1* · アクセス拒否"), "{answer}");
    let answer = world.press_case(AIKO, &digest, &take).await;
    assert_eq!(answer, "👀 *us-east-1* の対応を開始\n[対応の取り消し]");
    world
        .digest_with(&digest, "👀 <@U0AIKO> が木曜 09:00 から対応中")
        .await;
    let home = world.open(AIKO).await;
    assert!(
        home.contains("~ 👀 <@U0AIKO> が木曜 09:00 から対応中"),
        "{home}"
    );
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn over_socket_mode_a_failing_region_is_taken_in_the_same_way() {
    let mut world = two_regions(Locale::En).await;
    world.come_by(RequestSource::Socket(APP_TOKEN.into(), Timing::default()));
    let digest = failing(&world, &[VIRGINIA]).await;
    let running = world.serve().await;
    let connected = world
        .slack
        .wait_for(PATIENCE, |workspace| (workspace.sockets > 0).then_some(()));
    connected.await.unwrap();
    let take = choose(&digest, "I'm on it");
    let answer = world.press_case(SAM, &digest, &take).await;
    assert!(answer.contains("You're on it"), "{answer}");
    world.digest_with(&digest, "<@U0SAM>").await;
    let again = world.slack.redeliver().await.unwrap();
    assert!(again.acknowledged());
    running.stop().await;
    assert_eq!(world.news(&digest).len(), 1);
}
