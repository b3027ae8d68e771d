//! Open cases in the Home tab: taken, accepted and read about there, and shown to the channel.

use securityhub_members::demo::slack::{AIKO, Fault, Input, Place, Press, SAM};
use securityhub_members::slack::admission::Allowed;
use securityhub_members::slack::ids::UserId;
use securityhub_members::slack::view::cases::MENU;
use serde_json::Value;

use crate::case_buttons::digest_of;
use crate::case_modal::shown;
use crate::home::text;
use crate::support::{World, id};

impl World {
    /// The choice of an account's menu in a person's tab that begins with this verb.
    fn home_choice(&self, user: &str, number: usize, verb: &str) -> Press {
        let home = self.slack.home(user).unwrap();
        let blocks = home.view["blocks"].as_array().unwrap();
        let of_account = |block: &&Value| {
            let menu = block.pointer("/accessory/action_id");
            menu.and_then(Value::as_str) == Some(MENU) && block.to_string().contains(&id(number))
        };
        let block = blocks.iter().find(of_account).unwrap();
        let options = block["accessory"]["options"].as_array().unwrap();
        let values = options.iter().filter_map(|option| option["value"].as_str());
        let mut value = values.filter(|value| value.starts_with(&format!("{verb} ")));
        let value = value
            .next_back()
            .unwrap_or_else(|| panic!("no {verb} in {options:?}"));
        let press = Press::with(MENU, Input::Option(value.to_owned()));
        press.in_block(block["block_id"].as_str().unwrap())
    }

    /// Presses it.
    async fn press_at_home(&self, user: &str, press: &Press) {
        let pressed = self.slack.act(user, &Place::Home, press).await.unwrap();
        assert!(pressed.acknowledged(), "{pressed:?}");
    }

    /// Presses it, and returns the tab that follows.
    async fn change_at_home(&self, user: &str, press: &Press) -> String {
        let before = self.slack.home(user).unwrap().published;
        self.press_at_home(user, press).await;
        text(&self.published(user, before + 1).await)
    }
}

#[tokio::test]
async fn a_case_is_taken_in_the_tab_and_the_channel_sees_it_once() {
    let world = World::new().await;
    let _server = world.listen().await;
    let digest = digest_of(&world, "1 Enabled, 2 Enabled", "1 Resigned, 2 Removed").await;
    let home = world.open(SAM).await;
    assert!(
        home.starts_with("# 🟠 2 accounts need attention\n"),
        "{home}"
    );
    world.open(AIKO).await;

    let take = world.home_choice(SAM, 1, "take");
    let taken = world.change_at_home(SAM, &take).await;
    assert!(taken.contains("👀 <@U0SAM> since Thu 09:00"), "{taken}");
    world
        .digest_with(&digest, "👀 <@U0SAM> since Thu 09:00")
        .await;
    // Aiko's tab is older than that.
    let late = world.home_choice(AIKO, 1, "take");
    let late = world.change_at_home(AIKO, &late).await;
    assert!(
        late.contains("👀 <@U0SAM>") && !late.contains(AIKO),
        "{late}"
    );
    world.finish().await;
    let news = format!("👀 <@U0SAM> is on *{}*", id(1));
    assert_eq!(world.news(&digest), [news]);

    let back = world.home_choice(SAM, 1, "give_back");
    let free = world.change_at_home(SAM, &back).await;
    assert_eq!(free.matches("no owner").count(), 2, "{free}");
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn the_text_about_a_case_opens_in_a_modal() {
    let world = World::new().await;
    let _server = world.listen().await;
    digest_of(&world, "1 Enabled", "1 Resigned").await;
    world.open(SAM).await;
    for (verb, title, said) in [
        (
            "return",
            "How to bring it back",
            "accept-administrator-invitation",
        ),
        ("history", "History", "*History (1)*"),
    ] {
        let press = world.home_choice(SAM, 1, verb);
        world.press_at_home(SAM, &press).await;
        let modal = world.modal_with(SAM, said).await;
        assert_eq!(modal.view["title"]["text"], title);
        let buttons = modal.view["blocks"].to_string();
        assert!(!buttons.contains("\"actions\""), "{buttons}");
    }
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_case_is_accepted_from_the_tab_which_then_shows_the_others() {
    let world = World::new().await;
    let _server = world.listen().await;
    let digest = digest_of(&world, "1 Enabled, 2 Enabled", "1 Resigned, 2 Removed").await;
    world.open(SAM).await;
    let press = world.home_choice(SAM, 2, "expect");
    world.press_at_home(SAM, &press).await;
    world.modal_with(SAM, "Accounts").await;
    world.write(SAM, "sold");
    let before = world.slack.home(SAM).unwrap().published;
    world.slack.submit(SAM).await.unwrap();
    world.modal_with(SAM, "is expected until").await;
    let home = text(&world.published(SAM, before + 1).await);
    assert!(
        home.starts_with("# 🟠 1 account needs attention\n"),
        "{home}"
    );
    world.finish().await;
    let [news] = &world.news(&digest)[..] else {
        panic!("{:?}", world.news(&digest));
    };
    assert!(news.contains(&format!("accepted *{}*", id(2))), "{news}");
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_person_who_may_not_change_cases_learns_why_and_changes_nothing() {
    let mut world = World::new().await;
    world.allow(Allowed {
        case_users: [UserId::parse(AIKO).unwrap()].into(),
        ..Allowed::default()
    });
    let _server = world.listen().await;
    digest_of(&world, "1 Enabled", "1 Resigned").await;
    world.open(SAM).await;
    for verb in ["take", "expect"] {
        let press = world.home_choice(SAM, 1, verb);
        world.press_at_home(SAM, &press).await;
        let modal = world
            .modal_with(SAM, "You can't take or accept cases")
            .await;
        assert!(shown(&modal).contains(SAM), "{modal:?}");
    }
    let press = world.home_choice(SAM, 1, "history");
    world.press_at_home(SAM, &press).await;
    world.modal_with(SAM, "*History (1)*").await;
    world.finish().await;
    let open = world.watch.cases.list().await.unwrap().open;
    assert!(format!("{:?}", open[0].state).contains("Open"), "{open:?}");
}

#[tokio::test]
async fn a_tab_that_cannot_be_drawn_again_loses_no_decision() {
    let world = World::new().await;
    let _server = world.listen().await;
    let digest = digest_of(&world, "1 Enabled", "1 Resigned").await;
    world.open(SAM).await;
    let take = world.home_choice(SAM, 1, "take");
    let refuse = Fault::Refuse("internal_error".to_owned());
    world.slack.fail_always("views.publish", refuse);
    world.press_at_home(SAM, &take).await;
    world.digest_with(&digest, "<@U0SAM>").await;
    world.finish().await;
    let open = world.watch.cases.list().await.unwrap().open;
    assert!(format!("{:?}", open[0].state).contains(SAM), "{open:?}");
    assert_eq!(world.news(&digest).len(), 1);
}
