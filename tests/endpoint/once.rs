//! Actions that must happen once: replayed requests and repeated clicks, across any number of
//! replicas.

use futures::future::join_all;
use securityhub_members::clock::{Clock as _, SystemClock};
use securityhub_members::demo::slack::{
    APP, CHANNEL, Ephemeral, Fault, Place, Press, SAM, SIGNING_SECRET, TEAM, signature,
};
use securityhub_members::slack::view::answer::SHARE;
use serde_json::json;

use crate::support::{PATIENCE, World, id};

async fn polled() -> World {
    let world = World::new().await;
    world
        .poll_at("2026-11-18T10:00:00Z", "1 Enabled, 2 Resigned")
        .await;
    world
}

/// A captured request.
struct Caught {
    path: &'static str,
    body: String,
    timestamp: i64,
}

impl Caught {
    fn new(path: &'static str, body: String) -> Self {
        let timestamp = SystemClock.now().timestamp();
        Self {
            path,
            body,
            timestamp,
        }
    }

    fn form(path: &'static str, fields: &[(&str, &str)]) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        Self::new(path, form.extend_pairs(fields).finish())
    }

    async fn send(&self, url: &str) -> (u16, String) {
        let sign = signature(SIGNING_SECRET, self.timestamp, &self.body);
        let request = reqwest::Client::new()
            .post(format!("{url}{}", self.path))
            .header("X-Slack-Request-Timestamp", self.timestamp.to_string())
            .header("X-Slack-Signature", sign)
            .body(self.body.clone());
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

/// A click on *Share to channel* below an answer, with its own `response_url`.
fn share(world: &World, answer: &Ephemeral, url: &str) -> Caught {
    let button = answer.blocks.iter().find_map(|block| {
        let elements = block["elements"].as_array()?;
        elements
            .iter()
            .find(|element| element["action_id"] == SHARE)
    });
    let url = format!("{}/commands/{url}", world.slack_url());
    let payload = json!({
        "type": "block_actions", "api_app_id": APP, "team": { "id": TEAM }, "user": { "id": SAM },
        "container": { "type": "message", "message_ts": answer.ts, "channel_id": CHANNEL },
        "channel": { "id": CHANNEL }, "response_url": url, "actions": [button.unwrap()],
    });
    Caught::form("/slack/interactions", &[("payload", &payload.to_string())])
}

#[tokio::test]
async fn a_replayed_request_does_nothing() {
    let world = polled().await;
    let server = world.listen().await;
    let answer = world.ask(SAM, "today").await;
    let urls = world.slack.workspace().response_urls;
    let url = urls.keys().next().unwrap().clone();
    let polls = world.aws.requests(crate::support::IRELAND);

    let response_url = format!("{}/commands/{url}", world.slack_url());
    let command = Caught::form(
        "/slack/commands",
        &[
            ("text", ""),
            ("user_id", SAM),
            ("channel_id", CHANNEL),
            ("team_id", TEAM),
            ("response_url", &response_url),
        ],
    );
    let event = json!({
        "type": "event_callback", "team_id": TEAM, "event_id": "Ev1",
        "event": { "type": "app_home_opened", "user": SAM, "tab": "home" },
    });
    let event = Caught::new("/slack/events", event.to_string());
    let press = share(&world, &answer, &url);
    for (what, caught) in [("command", &command), ("event", &event), ("press", &press)] {
        let first = caught.send(&server.url()).await;
        assert_eq!(first.0, 200, "{what}: {first:?}");
        for _ in 0..5 {
            let again = caught.send(&server.url()).await;
            assert_eq!(again, (200, String::new()), "{what}");
        }
    }
    // The same bytes with another timestamp are another request.
    let later = Caught {
        timestamp: command.timestamp + 1,
        ..command
    };
    assert!(later.send(&server.url()).await.1.contains("Checking"));
    let challenge = r#"{"type":"url_verification","challenge":"c"}"#.to_owned();
    let challenge = Caught::new("/slack/events", challenge);
    for _ in 0..2 {
        let answer = challenge.send(&server.url()).await;
        assert_eq!(answer, (200, r#"{"challenge":"c"}"#.to_owned()));
    }
    world.finish().await;
    assert_eq!(world.aws.requests(crate::support::IRELAND), polls + 2);
    assert_eq!(world.slack.calls_of("views.publish").len(), 1);
    assert_eq!(world.slack.messages(CHANNEL).len(), 1);
}

#[tokio::test]
async fn an_answer_is_shared_once_however_often_and_wherever_it_is_pressed() {
    let world = polled().await;
    let replicas = [
        world.listen().await,
        world.listen().await,
        world.listen().await,
    ];
    let answer = world.ask(SAM, "today").await;
    let place = Place::Ephemeral {
        ts: answer.ts.clone(),
    };
    let button = Press::click(SHARE);
    let press = async |number: usize| {
        world.slack.set_bot_url(&replicas[number % 3].url());
        world.slack.act(SAM, &place, &button).await
    };
    for sent in join_all((0..12).map(press)).await {
        assert!(sent.unwrap().acknowledged());
    }
    // The captured click is sent to all replicas.
    let urls = world.slack.workspace().response_urls;
    let caught = share(&world, &answer, urls.keys().next().unwrap());
    for replica in &replicas {
        assert_eq!(caught.send(&replica.url()).await.0, 200);
    }
    world.finish().await;
    assert_eq!(world.slack.messages(CHANNEL).len(), 1);
    let said = world.slack.ephemerals(SAM);
    let before = said
        .iter()
        .filter(|said| said.text.contains("Already shared"));
    assert!(before.count() >= 11);
    assert!(said[0].text.contains("Shared"), "{}", said[0].text);

    // Another answer to the same query counts separately.
    world.slack.set_bot_url(&replicas[0].url());
    let other = world.slack.command(SAM, CHANNEL, "today").await;
    assert!(other.acknowledged());
    let other = world.slack.wait_for(PATIENCE, |workspace| {
        let newest = workspace.ephemerals(SAM).pop()?;
        newest
            .text
            .contains("Security Hub members")
            .then_some(newest)
    });
    let other = other.await.unwrap();
    world.press(SAM, &other, SHARE).await;
    world.messages(2).await;
}

#[tokio::test]
async fn an_answer_that_slack_rejected_can_be_shared_later() {
    for fault in [
        Fault::Refuse("channel_not_found".to_owned()),
        Fault::RateLimited(Some(3_600)),
    ] {
        let world = polled().await;
        let _server = world.listen().await;
        let answer = world.ask(SAM, "today").await;
        world.slack.fail_next("response_url", fault);
        world.press(SAM, &answer, SHARE).await;
        let failed = world.slack.wait_for(PATIENCE, |workspace| {
            let newest = workspace.ephemerals(SAM).pop()?;
            newest.text.contains("Sharing failed").then_some(())
        });
        failed.await.unwrap();
        assert!(world.slack.messages(CHANNEL).is_empty());
        world.press(SAM, &answer, SHARE).await;
        let shared = world.messages(1).await.remove(0);
        assert!(crate::support::read(&shared.blocks).contains(&id(2)));
    }
}

#[tokio::test]
async fn if_sharing_has_an_unknown_outcome_the_person_learns_it_and_nothing_is_retried() {
    for (fault, messages) in [(Fault::DoneThenDropped, 1), (Fault::Status(500), 0)] {
        let world = polled().await;
        let _server = world.listen().await;
        let answer = world.ask(SAM, "today").await;
        world.slack.fail_next("response_url", fault);
        world.press(SAM, &answer, SHARE).await;
        let newest = |words: &'static str| {
            world.slack.wait_for(PATIENCE, move |workspace| {
                let newest = workspace.ephemerals(SAM).pop()?;
                newest.text.contains(words).then_some(())
            })
        };
        newest("unknown whether").await.unwrap();
        world.press(SAM, &answer, SHARE).await;
        newest("Already shared").await.unwrap();
        world.finish().await;
        assert_eq!(world.slack.messages(CHANNEL).len(), messages);
    }
}

#[tokio::test]
async fn without_a_store_nothing_is_shared() {
    let mut world = polled().await;
    let _server = world.listen().await;
    let answer = world.ask(SAM, "today").await;
    world.lose_the_store();
    world.press(SAM, &answer, SHARE).await;
    let failed = world.slack.wait_for(PATIENCE, |workspace| {
        let newest = workspace.ephemerals(SAM).pop()?;
        newest.text.contains("Sharing failed").then_some(())
    });
    failed.await.unwrap();
    assert!(world.slack.messages(CHANNEL).is_empty());
}
