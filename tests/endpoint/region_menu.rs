//! The menu and buttons of failing Regions in a digest: how they become readable again.

use securityhub_members::demo::aws::HubFault;
use securityhub_members::demo::slack::{CHANNEL, Input, Message, Press, SAM};
use securityhub_members::slack::view::regions::{FIX, MENU};
use securityhub_members::text::Locale;
use serde_json::Value;

use crate::support::{IRELAND, Setup, VIRGINIA, World, member, read};

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
    assert_eq!(labels(&digest), ["How to fix it", "Leave this Region out…"]);
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
    If the role has it, look for an SCP that denies the Region, also on the OUs above. In the management account:
    ```
    aws organizations list-policies-for-target --filter SERVICE_CONTROL_POLICY --target-id 111122223333
    ```
    Then this must work with the role's credentials:
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
    assert!(text.contains("[対処方法]"), "{text}");
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
