//! The mocks tested with the real SDKs and with a minimal bot.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_securityhub as securityhub;
use aws_sdk_sts as sts;
use axum::body::Bytes;
use axum::response::IntoResponse as _;
use axum::routing::post;
use axum::{Json, Router};
use chrono::{DateTime, TimeDelta, Utc};
use securityhub::config::{BehaviorVersion, Credentials, Region};
use securityhub::error::ProvideErrorMetadata;
use serde_json::{Value, json};

use super::aws::{HubFault, SimulatedMember};
use super::slack::{AIKO, BOT_TOKEN, CHANNEL, Fault, Input, OTHER_CHANNEL, Place, Press};
use super::{DemoClock, LoopbackServer, MockSlack, SimulatedAws};

const WAIT: Duration = Duration::from_secs(10);

fn noon() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn credentials() -> Credentials {
    Credentials::for_tests()
}

fn hub(url: &str, region: &str) -> securityhub::Client {
    let config = securityhub::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(credentials())
        .region(Region::new(region.to_owned()))
        .retry_config(securityhub::config::retry::RetryConfig::disabled())
        .endpoint_url(url)
        .build();
    securityhub::Client::from_conf(config)
}

fn members(count: usize) -> Vec<SimulatedMember> {
    (0..count)
        .map(|index| SimulatedMember {
            account_id: format!("{:012}", 100_000_000_000 + index),
            email: format!("aws+{index}@example.com"),
            status: if index % 2 == 0 {
                "Enabled"
            } else {
                "Resigned"
            }
            .to_owned(),
            invited_at: Some(noon()),
            updated_at: noon(),
        })
        .collect()
}

#[tokio::test]
async fn the_sdk_reads_the_caller_and_every_page_of_members() {
    let aws = SimulatedAws::new("111122223333");
    aws.set_members("eu-west-1", members(120));
    let server = LoopbackServer::start(aws.router(), 0).await.unwrap();
    let identity = sts::Client::from_conf(
        sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(credentials())
            .region(Region::new("us-east-1"))
            .endpoint_url(server.url())
            .build(),
    );
    let identity = identity.get_caller_identity().send().await.unwrap();
    assert_eq!(identity.account(), Some("111122223333"));

    let hub = hub(&server.url(), "eu-west-1");
    let pages = hub
        .list_members()
        .only_associated(false)
        .into_paginator()
        .items()
        .send();
    let all = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
    assert_eq!(all.len(), 120);
    assert_eq!(all[1].member_status(), Some("Resigned"));
    assert_eq!(all[1].updated_at().unwrap().secs(), noon().timestamp());
    assert_eq!(aws.requests("eu-west-1"), 3);
    let enabled = hub.list_members().send().await.unwrap();
    assert!(
        enabled
            .members()
            .iter()
            .all(|member| member.member_status() == Some("Enabled"))
    );
}

#[tokio::test]
async fn the_sdk_understands_every_error() {
    let aws = SimulatedAws::new("111122223333");
    aws.set_members("eu-west-1", members(60));
    let server = LoopbackServer::start(aws.router(), 0).await.unwrap();
    let client = hub(&server.url(), "eu-west-1");
    let faults = [
        (HubFault::AccessDenied, "AccessDeniedException"),
        (HubFault::NotEnabled, "InvalidAccessException"),
        (HubFault::ErrorOnPage(1), "InternalException"),
        (HubFault::LimitExceeded, "LimitExceededException"),
        (HubFault::Throttled, "TooManyRequestsException"),
    ];
    for (fault, code) in faults {
        aws.fail_once("eu-west-1", fault);
        let error = client.list_members().send().await.unwrap_err();
        assert_eq!(error.code(), Some(code));
    }
    let error = client
        .list_members()
        .max_results(51)
        .send()
        .await
        .unwrap_err();
    assert!(
        error
            .as_service_error()
            .unwrap()
            .is_invalid_input_exception()
    );
    let error = client
        .list_members()
        .next_token("zz")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("InvalidInputException"));
    let error = hub(&server.url(), "sa-east-1")
        .list_members()
        .send()
        .await
        .unwrap_err();
    assert!(
        error
            .as_service_error()
            .unwrap()
            .is_invalid_access_exception()
    );
    let unsigned = reqwest::get(format!("{}/members", server.url()))
        .await
        .unwrap();
    assert_eq!(unsigned.status(), 403);
    assert!(client.list_members().send().await.is_ok());
}

#[tokio::test]
async fn the_rate_limit_admits_thirty_at_once() {
    let aws = SimulatedAws::new("111122223333");
    aws.set_members("eu-west-1", members(1));
    aws.set_rate_limit(true);
    let server = LoopbackServer::start(aws.router(), 0).await.unwrap();
    let client = hub(&server.url(), "eu-west-1");
    let all = (0..60).map(|_| client.list_members().send());
    let refused = futures::future::join_all(all)
        .await
        .iter()
        .filter(|r| r.is_err())
        .count();
    assert!(refused > 0 && refused <= 30, "{refused}");
    assert_eq!(aws.throttled("eu-west-1"), refused);
}

struct Desk {
    slack: MockSlack,
    clock: DemoClock,
    server: LoopbackServer,
}

impl Desk {
    async fn open() -> Self {
        let clock = DemoClock::frozen_at(noon());
        let slack = MockSlack::new(Arc::new(clock.clone()));
        let server = slack.serve(None, 0).await.unwrap();
        Self {
            slack,
            clock,
            server,
        }
    }

    async fn api(&self, method: &str, body: Value) -> Value {
        let request = reqwest::Client::new()
            .post(format!("{}/api/{method}", self.server.url()))
            .bearer_auth(BOT_TOKEN);
        let is_form = ["conversations", "users", "chat.get"];
        let request = if is_form.iter().any(|start| method.starts_with(start)) {
            request.form(&body)
        } else {
            request.json(&body)
        };
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn error(&self, method: &str, body: Value) -> String {
        self.api(method, body).await["error"]
            .as_str()
            .unwrap_or("none")
            .to_owned()
    }
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

#[tokio::test]
async fn a_message_is_refused_for_the_reason_slack_gives() {
    let desk = Desk::open().await;
    let to = |channel: &str| json!({ "channel": channel, "text": "x" });
    let here = |name: &str, value: Value| {
        let mut body = to(CHANNEL);
        body[name] = value;
        body
    };
    let post = "chat.postMessage";
    let unknown = reqwest::get(format!("{}/api/auth.test", desk.server.url()))
        .await
        .unwrap();
    assert_eq!(
        unknown.json::<Value>().await.unwrap()["error"],
        "not_authed"
    );
    assert_eq!(desk.error(post, to("C0NOWHERE")).await, "channel_not_found");
    assert_eq!(desk.error(post, to(OTHER_CHANNEL)).await, "not_in_channel");
    assert_eq!(
        desk.error(post, json!({ "channel": CHANNEL })).await,
        "no_text"
    );
    assert_eq!(
        desk.error(post, here("text", "x".repeat(40_001).into()))
            .await,
        "msg_too_long"
    );
    assert_eq!(
        desk.error(post, here("blocks", json!([section("")]))).await,
        "invalid_blocks"
    );
    assert_eq!(
        desk.error(post, here("blocks", json!("[{"))).await,
        "invalid_blocks_format"
    );
    let long = json!(vec![section(&"x".repeat(2_900)); 5]);
    assert_eq!(
        desk.error(post, here("blocks", long)).await,
        "msg_blocks_too_long"
    );
    assert_eq!(
        desk.error(post, here("thread_ts", json!("1.000000"))).await,
        "thread_not_found"
    );
    assert_eq!(
        desk.error(post, here("metadata", json!({ "event_type": "x" })))
            .await,
        "invalid_metadata_format"
    );
    let large = json!({ "event_type": "x", "event_payload": { "x": "x".repeat(9_000) } });
    assert_eq!(
        desk.error(post, here("metadata", large)).await,
        "metadata_too_large"
    );
    assert_eq!(desk.error("chat.sing", to(CHANNEL)).await, "unknown_method");
    desk.slack.set_archived(CHANNEL, true);
    assert_eq!(desk.error(post, to(CHANNEL)).await, "is_archived");
    desk.slack.set_scopes(&["commands"]);
    let missing = desk.api(post, to(CHANNEL)).await;
    assert_eq!(missing["error"], "missing_scope");
    assert_eq!(
        (&missing["needed"], &missing["provided"]),
        (&json!("chat:write"), &json!("commands"))
    );
    desk.slack.set_token_revoked(true);
    assert_eq!(desk.error("auth.test", json!({})).await, "token_revoked");
    assert_eq!(desk.slack.messages(CHANNEL).len(), 0);
}

#[tokio::test]
async fn metadata_comes_back_from_history_when_asked_for() {
    let desk = Desk::open().await;
    let metadata = json!({ "event_type": "digest", "event_payload": { "date": "2026-11-20" } });
    let body = json!({ "channel": CHANNEL, "text": "digest", "metadata": metadata });
    let posted = desk.api("chat.postMessage", body).await;
    let reply = json!({ "channel": CHANNEL, "text": "detail", "thread_ts": posted["ts"] });
    assert_eq!(desk.api("chat.postMessage", reply).await["ok"], true);
    for _ in 0..3 {
        desk.slack.say(AIKO, CHANNEL, "talk");
    }
    let ask = json!({ "channel": CHANNEL, "include_all_metadata": "true", "limit": "3" });
    let first = desk.api("conversations.history", ask).await;
    assert_eq!(first["has_more"], true);
    let cursor = &first["response_metadata"]["next_cursor"];
    let ask = json!({ "channel": CHANNEL, "include_all_metadata": "true", "cursor": cursor });
    let second = desk.api("conversations.history", ask).await;
    assert_eq!(second["messages"][0]["metadata"], metadata);
    assert_eq!(second["messages"][0]["reply_count"], 1);
    let plain = desk
        .api(
            "conversations.history",
            json!({ "channel": CHANNEL, "limit": "9" }),
        )
        .await;
    assert_eq!(plain["messages"][3]["metadata"], Value::Null);
    desk.slack.set_scopes(&["chat:write"]);
    let refused = desk
        .api("conversations.history", json!({ "channel": CHANNEL }))
        .await;
    assert_eq!(refused["needed"], "channels:history");
}

#[tokio::test]
async fn a_message_and_a_reply_have_an_address() {
    let desk = Desk::open().await;
    let body = json!({ "channel": CHANNEL, "text": "alert" });
    let ts = desk.api("chat.postMessage", body).await["ts"].clone();
    let reply = json!({ "channel": CHANNEL, "text": "detail", "thread_ts": ts });
    let reply = desk.api("chat.postMessage", reply).await["ts"].clone();
    desk.slack.set_scopes(&[]);
    let ask = |ts: &Value| json!({ "channel": CHANNEL, "message_ts": ts });
    let number = |ts: &Value| ts.as_str().unwrap().replace('.', "");
    let found = desk.api("chat.getPermalink", ask(&ts)).await;
    let link = format!(
        "https://example.slack.com/archives/{CHANNEL}/p{}",
        number(&ts)
    );
    assert_eq!(
        (&found["ok"], &found["permalink"]),
        (&json!(true), &json!(link))
    );
    let found = desk.api("chat.getPermalink", ask(&reply)).await;
    let thread = format!("?thread_ts={}&cid={CHANNEL}", ts.as_str().unwrap());
    let link = found["permalink"].as_str().unwrap();
    assert!(
        link.contains(&number(&reply)) && link.ends_with(&thread),
        "{link}"
    );
    for (body, code) in [
        (json!({ "channel": CHANNEL }), "invalid_arguments"),
        (ask(&json!("1.000100")), "message_not_found"),
        (
            json!({ "channel": "C0NOWHERE", "message_ts": "1.0" }),
            "channel_not_found",
        ),
    ] {
        assert_eq!(desk.error("chat.getPermalink", body).await, code);
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_the_message_and_a_refusal_does_not() {
    let desk = Desk::open().await;
    let body = json!({ "channel": CHANNEL, "text": "x" });
    desk.slack
        .fail_next("chat.postMessage", Fault::Refuse("fatal_error".to_owned()));
    assert_eq!(
        desk.error("chat.postMessage", body.clone()).await,
        "fatal_error"
    );
    assert_eq!(desk.slack.messages(CHANNEL).len(), 0);
    desk.slack
        .fail_next("chat.postMessage", Fault::DoneThenDropped);
    let lost = reqwest::Client::new()
        .post(format!("{}/api/chat.postMessage", desk.server.url()))
        .bearer_auth(BOT_TOKEN)
        .json(&body)
        .send()
        .await;
    let broken = match lost {
        Err(_) => true,
        Ok(response) => response.bytes().await.is_err(),
    };
    assert!(broken);
    assert_eq!(desk.slack.messages(CHANNEL).len(), 1);
    desk.slack.set_rate_limit(true);
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(desk.error("chat.postMessage", body.clone()).await);
    }
    assert!(codes.contains(&"ratelimited".to_owned()), "{codes:?}");
}

/// A bot that gives the same answer to every request, and records one field of each form.
struct Notebook {
    server: LoopbackServer,
    written: Arc<Mutex<Vec<String>>>,
}

impl Notebook {
    /// If `answer` is `null`, the body is empty.
    async fn bot(path: &str, field: &'static str, answer: Value) -> Self {
        let written = Arc::<Mutex<Vec<String>>>::default();
        let page = Arc::clone(&written);
        let take = async move |body: Bytes| {
            let found = form_urlencoded::parse(&body).find(|(name, _)| name == field);
            page.lock().unwrap().push(found.unwrap().1.into_owned());
            if answer.is_null() {
                ().into_response()
            } else {
                Json(answer).into_response()
            }
        };
        let routes = Router::new().route(path, post(take));
        Self {
            server: LoopbackServer::start(routes, 0).await.unwrap(),
            written,
        }
    }

    /// The last recorded value, which is removed.
    fn last(&self) -> String {
        self.written.lock().unwrap().pop().unwrap()
    }
}

#[tokio::test]
async fn a_home_view_keeps_what_was_chosen_and_refuses_an_old_hash() {
    let desk = Desk::open().await;
    let bot = Notebook::bot("/slack/interactions", "payload", Value::Null).await;
    desk.slack.set_bot_url(&bot.server.url());
    let date = json!({ "type": "datepicker", "action_id": "date", "initial_date": "2026-11-19" });
    let actions = json!({ "type": "actions", "block_id": "controls", "elements": [date] });
    let view = json!({ "user_id": AIKO, "view": { "type": "home", "blocks": [actions], "private_metadata": "page 1" } });
    let published = desk.api("views.publish", view.clone()).await;
    let old_hash = published["view"]["hash"].clone();

    let press = Press::with("date", Input::Date("2026-11-10".to_owned()));
    let delivery = desk.slack.act(AIKO, &Place::Home, &press).await.unwrap();
    assert!(delivery.acknowledged());
    let payload: Value = serde_json::from_str(&bot.last()).unwrap();
    assert_eq!(payload["actions"][0]["selected_date"], "2026-11-10");
    assert_eq!(
        payload["view"]["state"]["values"]["controls"]["date"]["selected_date"],
        "2026-11-10"
    );
    assert_eq!(payload["view"]["private_metadata"], "page 1");
    assert_eq!(payload["view"]["hash"], old_hash);

    let again = desk.api("views.publish", view.clone()).await;
    assert_eq!(
        again["view"]["state"]["values"]["controls"]["date"]["selected_date"],
        "2026-11-10"
    );
    let mut late = view;
    late["hash"] = old_hash;
    assert_eq!(desk.error("views.publish", late).await, "hash_conflict");
    let unknown = desk
        .slack
        .act(AIKO, &Place::Home, &Press::click("no such"))
        .await;
    assert!(unknown.is_err());
}

#[tokio::test]
async fn a_reply_replaces_the_first_answer_and_the_url_wears_out() {
    let desk = Desk::open().await;
    let answer = json!({ "text": "checking …" });
    let bot = Notebook::bot("/slack/commands", "response_url", answer).await;
    desk.slack.set_bot_url(&bot.server.url());
    assert!(
        desk.slack
            .command(AIKO, CHANNEL, "昨日")
            .await
            .acknowledged()
    );
    assert_eq!(desk.slack.ephemerals(AIKO)[0].text, "checking …");
    let url = bot.last();
    assert!(url.starts_with(&desk.server.url()));
    let reply = async |body: Value| {
        let response = reqwest::Client::new()
            .post(&url)
            .json(&body)
            .send()
            .await
            .unwrap();
        (
            response.status().as_u16(),
            response.json::<Value>().await.unwrap()["error"].clone(),
        )
    };
    let replaced = json!({ "replace_original": true, "text": "three changes" });
    assert_eq!(reply(replaced.clone()).await, (200, Value::Null));
    let shown = desk.slack.wait_for(WAIT, |w| {
        let all = w.ephemerals(AIKO);
        (all[0].text == "three changes").then_some(all.len())
    });
    assert_eq!(shown.await.unwrap(), 1);
    assert_eq!(
        reply(json!({ "text": "x", "blocks": [section("")] })).await,
        (400, json!("invalid_blocks"))
    );
    let shared = json!({ "response_type": "in_channel", "text": "for all" });
    for _ in 0..4 {
        assert_eq!(reply(shared.clone()).await.0, 200);
    }
    assert_eq!(desk.slack.messages(CHANNEL).len(), 4);
    assert_eq!(reply(shared).await, (404, json!("used_url")));

    desk.slack.command(AIKO, CHANNEL, "").await;
    let url = bot.last();
    desk.clock.advance(TimeDelta::minutes(31));
    let late = reqwest::Client::new()
        .post(&url)
        .json(&replaced)
        .send()
        .await
        .unwrap();
    assert_eq!(late.status(), 404);
}

#[tokio::test]
async fn a_bot_that_is_not_there_fails_the_command_as_slack_says_it() {
    let desk = Desk::open().await;
    let gone = LoopbackServer::start(Router::new(), 0).await.unwrap();
    desk.slack.set_bot_url(&gone.url());
    let delivery = desk.slack.command(AIKO, CHANNEL, "").await;
    assert_eq!(delivery.error.as_deref(), Some("dispatch_failed"));
    let shown = desk.slack.ephemerals(AIKO);
    assert!(shown[0].from_slack && shown[0].text.contains("dispatch_failed"));
}
