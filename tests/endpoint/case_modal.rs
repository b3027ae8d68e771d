//! *Expected…*: the form by which a person accepts cases for a while.

use securityhub_members::app::service::RequestSource;
use securityhub_members::demo::slack::{
    AIKO, APP_TOKEN, CHANNEL, Fault, Input, Message, Modal, Press, SAM,
};
use securityhub_members::domain::cases::{Acceptance, CaseState};
use securityhub_members::slack::admission::Allowed;
use securityhub_members::slack::ids::UserId;
use securityhub_members::slack::socket::Timing;
use securityhub_members::slack::view::cases::TAKE;
use securityhub_members::text::Locale;
use serde_json::{Value, json};

use crate::case_buttons::{choice, digest_of, place};
use crate::support::{PATIENCE, Setup, World, id, read};

const REASON: &str = "sold to <Acme> & Co, *closing* in December";

/// The texts and labels of a view, in order.
pub(crate) fn shown(modal: &Modal) -> String {
    let blocks = modal.view["blocks"].as_array().unwrap();
    let texts = blocks.iter().map(|block| {
        let mut names = ["text", "label"].iter();
        names.find_map(|name| block[name]["text"].as_str())
    });
    texts.flatten().collect::<Vec<_>>().join("\n")
}

impl World {
    /// Chooses *Expected…* in the menu of an account, and waits for the form.
    async fn open_form(&self, user: &str, digest: &Message, number: usize) -> Modal {
        let press = choice(digest, number, "expect");
        let pressed = self.slack.act(user, &place(digest), &press).await.unwrap();
        assert!(pressed.acknowledged(), "{pressed:?}");
        self.modal_with(user, "Accounts").await
    }

    /// A person's modal, once it shows these words.
    pub(crate) async fn modal_with(&self, user: &str, words: &str) -> Modal {
        let found = self.slack.wait_for(PATIENCE, |workspace| {
            let modal = workspace.modals.get(user)?.last()?;
            shown(modal).contains(words).then(|| modal.clone())
        });
        let found = found.await;
        found.unwrap_or_else(|_| panic!("{words:?} is not in {:?}", self.slack.modal(user)))
    }

    pub(crate) fn write(&self, user: &str, reason: &str) {
        let input = Input::Text(reason.to_owned());
        self.slack.fill(user, "why", input).unwrap();
    }

    async fn acceptances(&self) -> Vec<Acceptance> {
        let accepted = self.watch.cases.list().await.unwrap().accepted;
        let states = accepted.into_iter().map(|case| case.state);
        states
            .filter_map(|state| match state {
                CaseState::Accepted(acceptance) => Some(acceptance),
                _ => None,
            })
            .collect()
    }
}

async fn two_left(world: &World) -> Message {
    digest_of(world, "1 Enabled, 2 Enabled", "1 Resigned, 2 Removed").await
}

#[tokio::test]
async fn a_person_accepts_cases_with_a_reason_and_an_end_and_everybody_reads_it() {
    let world = World::new().await;
    let _server = world.listen().await;
    let digest = two_left(&world).await;
    let form = world.open_form(SAM, &digest, 1).await;
    assert_eq!(shown(&form), "Accounts\nUntil\nWhy");
    let who = &form.view["blocks"][0]["element"];
    let options = who["options"].as_array().unwrap();
    let options: Vec<_> = options
        .iter()
        .map(|option| option["text"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(
        options,
        [
            format!("{} · left · day 1", id(1)),
            format!("{} · removed · day 1", id(2)),
        ]
    );
    assert_eq!(who["initial_options"].as_array().unwrap().len(), 1);
    let until = &form.state["until"]["v"]["selected_date"];
    assert_eq!(until, "2026-12-19", "30 days");

    let values = who["options"].as_array().unwrap().iter();
    let values = values.map(|option| option["value"].as_str().unwrap().to_owned());
    let both = Input::Options(values.collect());
    world.slack.fill(SAM, "who", both).unwrap();
    world.write(SAM, &format!("  {REASON}\n"));
    let submitted = world.slack.submit(SAM).await.unwrap();
    assert_eq!(submitted.error, None);
    let answer: Value = serde_json::from_str(&submitted.body).unwrap();
    assert_eq!(answer["response_action"], "update");
    assert!(submitted.body.contains("Saving"), "{submitted:?}");
    let saved = world.modal_with(SAM, "is expected until").await;
    let said = "“sold to &lt;Acme&gt; &amp; Co, ∗closing∗ in December”";
    for number in [1, 2] {
        let line = format!(
            "☑️ *{}* is expected until Sat 19 Dec 2026: {said}",
            id(number)
        );
        assert!(shown(&saved).contains(&line), "{saved:?}");
    }

    world.finish().await;
    let accepted = world.acceptances().await;
    assert_eq!(accepted.len(), 2);
    assert!(
        accepted
            .iter()
            .all(|one| one.why.as_str() == REASON && one.by.0 == SAM)
    );
    assert_eq!(
        world.news(&digest),
        [format!(
            "☑️ <@U0SAM> accepted *{} and {}* until Sat 19 Dec 2026: {said}",
            id(1),
            id(2)
        )]
    );
    let now = world.slack.messages(CHANNEL).pop().unwrap();
    let text = read(&now.blocks);
    let line = format!("expected until Sat 19 Dec: {said} · <@U0SAM>");
    assert_eq!(text.matches(&line).count(), 2, "{text}");
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn invalid_input_is_marked_at_its_field_and_nothing_is_stored() {
    let world = World::new().await;
    let _server = world.listen().await;
    let digest = two_left(&world).await;
    world.open_form(SAM, &digest, 1).await;
    for (date, reason, wrong) in [
        ("2026-11-19", "sold", "until"),
        ("2027-02-18", "sold", "until"),
        ("2026-11-20", "  x  ", "why"),
    ] {
        world
            .slack
            .fill(SAM, "until", Input::Date(date.to_owned()))
            .unwrap();
        world.write(SAM, reason);
        let submitted = world.slack.submit(SAM).await.unwrap();
        assert_eq!(submitted.error, None, "{submitted:?}");
        let errors = world.slack.modal(SAM).unwrap().errors;
        assert_eq!(errors.keys().collect::<Vec<_>>(), [wrong], "{errors:?}");
    }
    let errors = world.slack.modal(SAM).unwrap().errors;
    assert_eq!(errors["why"], "Write 3 to 500 characters.");
    // Without an account Slack sends no form; a program that does gets an error.
    world
        .slack
        .fill(SAM, "who", Input::Options(Vec::new()))
        .unwrap();
    world.slack.submit(SAM).await.unwrap_err();
    world.finish().await;
    assert!(world.acceptances().await.is_empty());
    assert_eq!(world.news(&digest), Vec::<String>::new());
}

#[tokio::test]
async fn the_button_for_all_cases_leaves_expected_ones_alone_and_says_so() {
    let world = World::new().await;
    let _server = world.listen().await;
    let digest = two_left(&world).await;
    world.open_form(SAM, &digest, 1).await;
    world.write(SAM, "sold");
    world.slack.submit(SAM).await.unwrap();
    world.modal_with(SAM, "is expected until").await;
    let pressed = world.press_case(AIKO, &digest, &Press::click(TAKE)).await;
    assert!(
        pressed.contains("Expected, so left alone: 1 of them."),
        "{pressed}"
    );
    assert_eq!(world.acceptances().await.len(), 1);
}

#[tokio::test]
async fn a_form_that_comes_again_gets_the_same_answer_and_is_stored_once() {
    let world = World::new().await;
    let replicas = [world.listen().await, world.listen().await];
    let digest = two_left(&world).await;
    world.open_form(SAM, &digest, 1).await;
    world.write(SAM, "sold");
    let submitted = world.slack.submit(SAM).await.unwrap();
    for replica in [&replicas[0], &replicas[1], &replicas[1]] {
        world.slack.set_bot_url(&replica.url());
        let again = world.slack.submit_again().await.unwrap();
        assert_eq!(again.body, submitted.body);
    }
    world.modal_with(SAM, "is expected until").await;
    world.finish().await;
    assert_eq!(world.acceptances().await.len(), 1);
    assert_eq!(world.news(&digest).len(), 1);
    assert_eq!(world.slack.calls_of("views.update").len(), 2);
}

#[tokio::test]
async fn over_socket_mode_the_form_is_answered_in_its_envelope() {
    let mut world = World::new().await;
    world.come_by(RequestSource::Socket(APP_TOKEN.into(), Timing::default()));
    let digest = two_left(&world).await;
    let running = world.serve().await;
    let connected = world
        .slack
        .wait_for(PATIENCE, |workspace| (workspace.sockets > 0).then_some(()));
    connected.await.unwrap();
    world.open_form(SAM, &digest, 1).await;
    world.write(SAM, "sold");
    world
        .slack
        .fill(SAM, "until", Input::Date("2026-11-01".to_owned()))
        .unwrap();
    let refused = world.slack.submit(SAM).await.unwrap();
    let answer: Value = serde_json::from_str(&refused.body).unwrap();
    let wrong = "Pick a date from 2026-11-20 to 2027-02-17.";
    assert_eq!(
        answer,
        json!({ "response_action": "errors", "errors": { "until": wrong } })
    );
    world
        .slack
        .fill(SAM, "until", Input::Date("2027-02-17".to_owned()))
        .unwrap();
    let submitted = world.slack.submit(SAM).await.unwrap();
    assert_eq!(submitted.error, None);
    for again in [
        world.slack.redeliver().await,
        world.slack.redeliver_in_a_new_envelope().await,
    ] {
        assert_eq!(again.unwrap().body, submitted.body);
    }
    world.modal_with(SAM, "is expected until Wed 17 Feb").await;
    running.stop().await;
    assert_eq!(world.acceptances().await.len(), 1);
    assert_eq!(world.news(&digest).len(), 1);
}

#[tokio::test]
async fn a_trigger_that_is_too_old_or_used_opens_nothing_twice() {
    let world = World::new().await;
    let _server = world.listen().await;
    let digest = two_left(&world).await;
    let press = choice(&digest, 1, "expect");
    let refuse = |code: &str| Fault::Refuse(code.to_owned());
    world
        .slack
        .fail_next("views.open", refuse("expired_trigger_id"));
    let answer = world.press_case(SAM, &digest, &press).await;
    assert!(
        answer.starts_with("⚠️ Slack didn't open the form"),
        "{answer}"
    );
    world
        .slack
        .fail_next("views.open", refuse("exchanged_trigger_id"));
    let pressed = world.slack.act(SAM, &place(&digest), &press).await.unwrap();
    assert!(pressed.acknowledged());
    world.finish().await;
    assert_eq!(world.slack.ephemerals(SAM).len(), 1);
    assert!(world.slack.calls_of("views.update").is_empty());
    assert_eq!(
        world.slack.calls_of("views.open").len(),
        2,
        "never repeated"
    );
}

#[tokio::test]
async fn a_form_whose_opening_is_not_confirmed_is_filled_in_all_the_same() {
    let world = World::new().await;
    let _server = world.listen().await;
    let digest = two_left(&world).await;
    world.slack.fail_next("views.open", Fault::DoneThenDropped);
    world.open_form(SAM, &digest, 2).await;
    world.write(SAM, "sold");
    world.slack.submit(SAM).await.unwrap();
    world.modal_with(SAM, "is expected until").await;
}

#[tokio::test]
async fn a_case_that_ends_while_the_form_is_open_is_not_accepted() {
    let world = World::new().await;
    let _server = world.listen().await;
    let digest = two_left(&world).await;
    world.open_form(SAM, &digest, 1).await;
    world.poll_at("2026-11-19T10:00:00Z", "1 Enabled").await;
    world.write(SAM, "sold");
    world.slack.submit(SAM).await.unwrap();
    world.modal_with(SAM, "This case is no longer open").await;
    world.finish().await;
    assert!(world.acceptances().await.is_empty());
    assert_eq!(world.news(&digest), Vec::<String>::new());
}

#[tokio::test]
async fn a_form_that_could_not_be_stored_says_so() {
    let mut world = World::new().await;
    let _server = world.listen().await;
    let digest = two_left(&world).await;
    world.open_form(SAM, &digest, 1).await;
    world.write(SAM, "sold");
    world.lose_the_store();
    let submitted = world.slack.submit(SAM).await.unwrap();
    assert_eq!(submitted.error, None);
    world.modal_with(SAM, "⚠️ Something went wrong").await;
}

#[tokio::test]
async fn a_person_who_lost_access_submits_nothing() {
    let mut world = World::new().await;
    let _server = world.listen().await;
    let digest = two_left(&world).await;
    world.open_form(SAM, &digest, 1).await;
    world.write(SAM, "sold");
    world.allow(Allowed {
        users: [UserId::parse(AIKO).unwrap()].into(),
        ..Allowed::default()
    });
    let _other = world.listen().await;
    let submitted = world.slack.submit(SAM).await.unwrap();
    assert_eq!(submitted.error, None);
    world.modal_with(SAM, "You don't have access").await;
    world.finish().await;
    assert!(world.acceptances().await.is_empty());
}

#[tokio::test]
async fn in_japanese_the_form_fits_and_says_the_same() {
    let world = World::with(Setup {
        locale: Locale::Ja,
        ..Setup::default()
    })
    .await;
    let _server = world.listen().await;
    let digest = two_left(&world).await;
    let press = choice(&digest, 2, "expect");
    let pressed = world.slack.act(SAM, &place(&digest), &press).await.unwrap();
    assert!(pressed.acknowledged());
    let form = world.modal_with(SAM, "アカウント").await;
    assert_eq!(form.view["title"]["text"], "しばらく想定内とする");
    world.write(SAM, "12月に売却済み");
    world.slack.submit(SAM).await.unwrap();
    world.modal_with(SAM, "2026年12月19日(土)まで想定内").await;
    world.finish().await;
    assert_eq!(
        world.news(&digest),
        [format!(
            "☑️ <@U0SAM> が *{}* を2026年12月19日(土)まで想定内に登録:「12月に売却済み」",
            id(2)
        )]
    );
    world.assert_slack_took_everything();
}
