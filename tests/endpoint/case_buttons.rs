//! The buttons and menus of cases in a digest: who works on what, for everybody to see,
//! and how an account comes back.

use futures::future::join_all;
use securityhub_members::app::service::RequestSource;
use securityhub_members::demo::slack::{
    AIKO, APP_TOKEN, CHANNEL, Fault, Input, Message, Place, Press, SAM,
};
use securityhub_members::slack::socket::Timing;
use securityhub_members::slack::view::cases::{GIVE_BACK, MENU, RETURN, TAKE};
use securityhub_members::slack::view::list_kind;
use serde_json::Value;

use crate::support::{PATIENCE, World, id, read};

/// A digest after which these accounts of Ireland have changed, and the next one.
pub(crate) async fn digest_of(world: &World, before: &str, after: &str) -> Message {
    world.poll_at("2026-11-18T09:00:00Z", before).await;
    world.deliver().await.unwrap();
    world.poll_at("2026-11-19T07:00:00Z", after).await;
    world.set("2026-11-19T09:00:00Z");
    world.deliver().await.unwrap();
    world.slack.messages(CHANNEL).pop().unwrap()
}

pub(crate) fn place(message: &Message) -> Place {
    Place::Message {
        channel: CHANNEL.to_owned(),
        ts: message.ts.clone(),
    }
}

/// An account without a name, as an answer names it.
fn named(number: usize) -> String {
    format!("*{0}* · `{0}`", id(number))
}

/// The text for a person whose case Sam has.
fn of_sam(number: usize) -> String {
    format!(
        "👀 <@{SAM}> has been on *{0}* since Thu 19 Nov 09:00, so nothing changed · `{0}`",
        id(number)
    )
}

/// The choice of a case's menu that begins with this verb, in the case's own block.
pub(crate) fn choice(message: &Message, number: usize, verb: &str) -> Press {
    let menus = message.blocks.iter().filter(|block| {
        let menu = block.pointer("/accessory/action_id");
        menu.and_then(Value::as_str) == Some(MENU)
    });
    let of_account = |block: &&Value| block.to_string().contains(&id(number));
    let block = menus.clone().find(of_account).unwrap();
    let options = block["accessory"]["options"].as_array().unwrap();
    let value = options
        .iter()
        .filter_map(|option| option["value"].as_str())
        .find(|value| value.starts_with(&format!("{verb} ")));
    let value = value.unwrap_or_else(|| panic!("no {verb} in {options:?}"));
    let press = Press::with(MENU, Input::Option(value.to_owned()));
    press.in_block(block["block_id"].as_str().unwrap())
}

impl World {
    /// Presses something of a digest, and returns what only this person reads then.
    pub(crate) async fn press_case(&self, user: &str, digest: &Message, press: &Press) -> String {
        let count = self.slack.ephemerals(user).len();
        let pressed = self.slack.act(user, &place(digest), press).await.unwrap();
        assert!(pressed.acknowledged(), "{pressed:?}");
        assert_eq!(pressed.body, "");
        let answer = self.slack.wait_for(PATIENCE, |workspace| {
            let answers = workspace.ephemerals(user);
            (answers.len() > count).then(|| answers.last().map(|answer| read(&answer.blocks)))
        });
        answer.await.unwrap().unwrap()
    }

    /// The digest as it is now, once it has these words.
    pub(crate) async fn digest_with(&self, digest: &Message, words: &str) -> Message {
        let found = self.slack.wait_for(PATIENCE, |workspace| {
            let messages = workspace.messages(CHANNEL);
            let now = messages.into_iter().find(|one| one.ts == digest.ts)?;
            read(&now.blocks).contains(words).then_some(now)
        });
        let found = found.await;
        found.unwrap_or_else(|_| panic!("{words:?} is not in {:?}", self.channel_text()))
    }

    /// The messages in the thread of a digest after its own pages.
    pub(crate) fn news(&self, digest: &Message) -> Vec<String> {
        let replies = self.slack.thread(CHANNEL, &digest.ts);
        let replies = replies.iter().map(|reply| read(&reply.blocks));
        replies.filter(|reply| !reply.starts_with("~ ")).collect()
    }
}

#[tokio::test]
async fn a_person_takes_a_case_from_its_menu_and_everybody_sees_it() {
    let world = World::new().await;
    let _server = world.listen().await;
    let digest = digest_of(&world, "1 Enabled, 2 Enabled", "1 Resigned, 2 Removed").await;
    let before = read(&digest.blocks);
    assert_eq!(before.matches("no owner").count(), 2, "{before}");
    let take = choice(&digest, 1, "take");
    let answer = world.press_case(SAM, &digest, &take).await;
    assert_eq!(answer, format!("👀 You're on it: {}", named(1)));

    let now = world
        .digest_with(&digest, "👀 <@U0SAM> since Thu 09:00")
        .await;
    let after = read(&now.blocks);
    let one = |text: &str| text.replacen("👀 <@U0SAM> since Thu 09:00", "no owner", 1);
    assert_eq!(one(&after), before, "only the owner changes");
    assert_eq!(now.metadata, digest.metadata);
    assert_eq!(
        world.news(&digest),
        [format!("👀 <@U0SAM> is on *{}*", id(1))]
    );
    let answer = world
        .press_case(AIKO, &now, &choice(&now, 1, "give_back"))
        .await;
    let (who, how) = answer.split_once('\n').unwrap();
    assert_eq!(who, of_sam(1));
    assert!(how.starts_with("Ask the owner to run `untake`"), "{how}");

    let answer = world
        .press_case(SAM, &now, &choice(&now, 1, "give_back"))
        .await;
    assert_eq!(answer, format!("*{0}* has no owner now · `{0}`", id(1)));
    world.finish().await;
    assert_eq!(
        world.news(&digest)[1..],
        [format!("<@U0SAM> is no longer on *{}*", id(1))]
    );
    let last = world.slack.messages(CHANNEL).pop().unwrap();
    assert_eq!(read(&last.blocks), before);
    choice(&last, 1, "take");
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn the_owner_of_a_case_can_give_it_back_from_an_old_message() {
    let world = World::new().await;
    let _server = world.listen().await;
    let digest = digest_of(&world, "1 Enabled", "1 Resigned").await;
    let take = choice(&digest, 1, "take");
    world.press_case(SAM, &digest, &take).await;
    let now = world.digest_with(&digest, "<@U0SAM>").await;
    // The option is gone from the message, but may still be on someone's screen.
    let press = Press::click(TAKE);
    let answer = world.press_case(SAM, &now, &press).await;
    assert_eq!(
        answer,
        format!(
            "👀 You're on it already: *{0}*, since Thu 19 Nov 09:00 · `{0}`\n[Not on it any more]",
            id(1)
        )
    );
    assert_eq!(world.news(&digest).len(), 1, "said once");
    let ephemeral = world.slack.ephemerals(SAM).pop().unwrap();
    world.press(SAM, &ephemeral, GIVE_BACK).await;
    world.digest_with(&digest, "no owner").await;
    assert_eq!(world.news(&digest).len(), 2);
}

#[tokio::test]
async fn one_button_takes_all_open_cases_of_the_digest_that_have_no_owner() {
    let world = World::new().await;
    let _server = world.listen().await;
    let before = "1 Enabled, 2 Enabled, 3 Enabled, 4 Enabled";
    let digest = digest_of(&world, before, "1 Resigned, 2 Resigned, 3 Removed").await;
    let text = read(&digest.blocks);
    assert!(
        text.contains("[👀 I'm on it] [How to bring them back]"),
        "{text}"
    );
    world
        .press_case(AIKO, &digest, &choice(&digest, 2, "take"))
        .await;
    let digest = world.digest_with(&digest, "<@U0AIKO>").await;
    // One case ends, and another one begins that the digest does not name.
    world
        .poll_at("2026-11-19T10:00:00Z", "1 Enabled, 4 Resigned")
        .await;
    let answer = world.press_case(SAM, &digest, &Press::click(TAKE)).await;
    assert_eq!(
        answer.lines().collect::<Vec<_>>(),
        [
            of_sam(2).replace(SAM, AIKO),
            format!("👀 You're on it: {}", named(3)),
            "No longer open: 1 of them.".to_owned(),
        ]
    );
    world.finish().await;
    let open = world.watch.cases.list().await.unwrap().open;
    let free = open.iter().filter(|case| {
        use securityhub_members::domain::cases::CaseState;
        case.state == CaseState::Open
    });
    let free: Vec<_> = free.map(|case| case.key.account.to_string()).collect();
    assert_eq!(free, [id(4)]);
}

#[tokio::test]
async fn the_day_after_a_digest_with_few_lines_shows_its_owners_too() {
    let world = World::new().await;
    let _server = world.listen().await;
    digest_of(&world, "1 Enabled, 2 Enabled", "1 Resigned, 2 Removed").await;
    world.set("2026-11-20T09:00:00Z");
    world.deliver().await.unwrap();
    let digest = world.slack.messages(CHANNEL).pop().unwrap();
    let text = read(&digest.blocks);
    assert!(text.contains("🟠 Nothing new, 2 still open"), "{text}");
    world.press_case(SAM, &digest, &Press::click(TAKE)).await;
    let now = world.digest_with(&digest, "<@U0SAM>").await;
    assert_eq!(
        read(&now.blocks)
            .matches("👀 <@U0SAM> since Fri 09:00")
            .count(),
        2
    );
    world.set("2026-11-20T11:00:00Z");
    world.poll_at("2026-11-20T11:00:00Z", "1 Enabled").await;
    // An account that is back keeps its place in a message of that morning.
    world.press_case(AIKO, &now, &Press::click(RETURN)).await;
    let answer = world.press_case(AIKO, &now, &Press::click(TAKE)).await;
    assert!(answer.contains("No longer open: 1 of them."), "{answer}");
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_case_that_has_ended_says_so_and_its_history_stays() {
    let world = World::new().await;
    let _server = world.listen().await;
    let digest = digest_of(&world, "1 Enabled", "1 Resigned").await;
    world.poll_at("2026-11-19T10:00:00Z", "1 Enabled").await;
    // The same account leaves once more: that is another case.
    world.poll_at("2026-11-19T11:00:00Z", "1 Resigned").await;
    for verb in ["take", "return"] {
        let press = choice(&digest, 1, verb);
        let answer = world.press_case(SAM, &digest, &press).await;
        assert!(
            answer.starts_with("This case is no longer open"),
            "{answer}"
        );
    }
    let press = choice(&digest, 1, "history");
    let answer = world.press_case(SAM, &digest, &press).await;
    assert!(
        answer.contains(&id(1)) && answer.contains("left"),
        "{answer}"
    );
    world.finish().await;
    assert_eq!(world.news(&digest), Vec::<String>::new());
    assert!(world.slack.calls_of("chat.update").is_empty());
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn of_many_who_press_at_once_on_replicas_one_has_the_case_and_one_message_says_so() {
    let world = World::new().await;
    let replicas = [world.listen().await, world.listen().await];
    let digest = digest_of(&world, "1 Enabled", "1 Resigned").await;
    let press = choice(&digest, 1, "take");
    let one = async |number: usize| {
        world.slack.set_bot_url(&replicas[number % 2].url());
        let user = if number.is_multiple_of(3) { AIKO } else { SAM };
        world.slack.act(user, &place(&digest), &press).await
    };
    for pressed in join_all((0..8).map(one)).await {
        assert!(pressed.unwrap().acknowledged());
    }
    world.finish().await;
    let said = world.news(&digest);
    assert_eq!(said.len(), 1, "{said:?}");
    let case = world.watch.cases.list().await.unwrap().open.remove(0);
    let securityhub_members::domain::cases::CaseState::Taken(owner) = case.state else {
        panic!("{case:?}");
    };
    assert!(said[0].contains(&format!("<@{}>", owner.by)), "{said:?}");
    let shown = world.slack.messages(CHANNEL).pop().unwrap();
    assert!(read(&shown.blocks).contains(&format!("<@{}>", owner.by)));
}

#[tokio::test]
async fn a_case_is_taken_even_if_slack_rejects_the_report_of_it() {
    let world = World::new().await;
    let _server = world.listen().await;
    let digest = digest_of(&world, "1 Enabled", "1 Resigned").await;
    let refuse = |code: &str| Fault::Refuse(code.to_owned());
    world
        .slack
        .fail_next("chat.postMessage", refuse("is_archived"));
    world
        .slack
        .fail_next("chat.update", refuse("edit_window_closed"));
    let answer = world
        .press_case(SAM, &digest, &choice(&digest, 1, "take"))
        .await;
    assert!(answer.contains("You're on it"), "{answer}");
    world.finish().await;
    let case = world.watch.cases.list().await.unwrap().open.remove(0);
    assert!(format!("{:?}", case.state).contains(SAM), "{case:?}");
}

#[tokio::test]
async fn a_case_is_taken_from_the_answer_about_its_account() {
    let world = World::new().await;
    let _server = world.listen().await;
    let digest = digest_of(&world, "1 Enabled, 2 Enabled", "1 Resigned").await;
    let calm = world.ask(AIKO, &id(2)).await;
    assert!(!read(&calm.blocks).contains("I'm on it"), "{calm:?}");
    let answer = world.ask(SAM, &format!("account {}", id(1))).await;
    let text = read(&answer.blocks);
    assert!(
        text.ends_with("[👀 I'm on it] [How to bring it back]"),
        "{text}"
    );
    let count = world.slack.ephemerals(SAM).len();
    world.press(SAM, &answer, TAKE).await;
    world.finish().await;
    let said = &world.slack.ephemerals(SAM)[count..];
    assert_eq!(
        read(&said[0].blocks),
        format!("👀 You're on it: {}", named(1))
    );
    let news = format!("👀 <@U0SAM> is on *{}*", id(1));
    assert_eq!(world.news(&digest), [news]);
    world
        .digest_with(&digest, "👀 <@U0SAM> since Thu 09:00")
        .await;
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn buttons_below_an_answer_answer_in_its_language_and_the_channel_reads_the_bots() {
    let world = World::new().await;
    let _server = world.listen().await;
    let digest = digest_of(&world, "1 Enabled", "1 Resigned").await;
    let answer = world.ask(SAM, &format!("アカウント {}", id(1))).await;
    for (button, wanted) in [
        (RETURN, "コマンドはご自身で実行してください。".to_owned()),
        (TAKE, format!("👀 *{}* の対応を開始", id(1))),
        (
            TAKE,
            format!("👀 *{}* は 11月19日(木) 09:00 から対応中", id(1)),
        ),
    ] {
        let count = world.slack.ephemerals(SAM).len();
        world.press(SAM, &answer, button).await;
        let said = world.slack.wait_for(PATIENCE, |workspace| {
            let said = workspace.ephemerals(SAM);
            (said.len() > count).then(|| said.last().map(|said| read(&said.blocks)))
        });
        let said = said.await.unwrap().unwrap();
        assert!(said.contains(&wanted), "{said}");
    }
    world.finish().await;
    assert_eq!(
        world.news(&digest),
        [format!("👀 <@U0SAM> is on *{}*", id(1))]
    );
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn without_a_store_a_press_says_that_it_failed() {
    let mut world = World::new().await;
    let _server = world.listen().await;
    let digest = digest_of(&world, "1 Enabled", "1 Resigned").await;
    let press = choice(&digest, 1, "take");
    world.lose_the_store();
    let answer = world.press_case(SAM, &digest, &press).await;
    assert!(answer.starts_with("⚠️ Something went wrong"), "{answer}");
}

#[tokio::test]
async fn over_socket_mode_a_case_is_taken_in_the_same_way() {
    let mut world = World::new().await;
    world.come_by(RequestSource::Socket(APP_TOKEN.into(), Timing::default()));
    let digest = digest_of(&world, "1 Enabled", "1 Resigned").await;
    let running = world.serve().await;
    let connected = world
        .slack
        .wait_for(PATIENCE, |workspace| (workspace.sockets > 0).then_some(()));
    connected.await.unwrap();
    let press = choice(&digest, 1, "take");
    let answer = world.press_case(SAM, &digest, &press).await;
    assert!(answer.contains("You're on it"), "{answer}");
    world.digest_with(&digest, "<@U0SAM>").await;
    assert_eq!(world.news(&digest).len(), 1);
    let again = world.slack.redeliver().await.unwrap();
    assert!(again.acknowledged());
    running.stop().await;
    assert_eq!(world.news(&digest).len(), 1);
}

#[tokio::test]
async fn over_socket_mode_a_list_opens_once_and_its_cases_are_taken() {
    let mut world = World::new().await;
    world.come_by(RequestSource::Socket(APP_TOKEN.into(), Timing::default()));
    let statuses = |status| (1..=7).map(move |number| format!("{number} {status}"));
    let list = |status| statuses(status).collect::<Vec<_>>().join(", ");
    let digest = digest_of(&world, &list("Enabled"), &list("Resigned")).await;
    let running = world.serve().await;
    let connected = world
        .slack
        .wait_for(PATIENCE, |workspace| (workspace.sockets > 0).then_some(()));
    connected.await.unwrap();
    let show = Press::click(list_kind::OPEN);
    let pressed = world.slack.act(SAM, &place(&digest), &show).await.unwrap();
    assert!(pressed.acknowledged(), "{pressed:?}");
    let page = world.page(SAM, &id(7)).await;
    assert_eq!(page.matches("no owner").count(), 7, "{page}");
    let again = world.slack.redeliver().await.unwrap();
    assert!(again.acknowledged());

    let modal = world.slack.modal(SAM).unwrap();
    let options = modal.view["blocks"][0]["accessory"]["options"].clone();
    let options = options.as_array().unwrap().iter();
    let mut values = options.filter_map(|option| option["value"].as_str());
    let take = values.find(|value| value.starts_with("take ")).unwrap();
    let take = Press::with(MENU, Input::Option(take.to_owned()));
    world.slack.act(SAM, &Place::Modal, &take).await.unwrap();
    world.page(SAM, "👀 <@U0SAM>").await;
    running.stop().await;
    assert_eq!(world.slack.calls_of("views.open").len(), 1);
    assert_eq!(world.news(&digest).len(), 1);
}
