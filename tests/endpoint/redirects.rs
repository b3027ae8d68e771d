//! Redirects and forged URLs never lead tokens or reports to another host.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use chrono::DateTime;
use futures::future::join_all;
use securityhub_members::clock::{Clock as _, SystemClock};
use securityhub_members::demo::LoopbackServer;
use securityhub_members::demo::slack::{AIKO, APP_TOKEN, CHANNEL, SIGNING_SECRET, signature};
use securityhub_members::slack::client::{CallError, Response};
use securityhub_members::slack::inbound::{ResponseOrigin, ResponseUrl};
use serde_json::json;
use tokio::net::TcpListener;
use url::Url;

use crate::calls::{Elsewhere, client, content, post};
use crate::support::World;

const REDIRECTS: [StatusCode; 5] = [
    StatusCode::MOVED_PERMANENTLY,
    StatusCode::FOUND,
    StatusCode::SEE_OTHER,
    StatusCode::TEMPORARY_REDIRECT,
    StatusCode::PERMANENT_REDIRECT,
];

/// A Slack whose responses all refer to another host.
struct Pointing {
    url: String,
    asked: Arc<AtomicUsize>,
    _server: LoopbackServer,
}

async fn pointing(status: StatusCode, elsewhere: &Elsewhere) -> Pointing {
    let asked = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&asked);
    let location = elsewhere.url.clone();
    let answer = async move || {
        count.fetch_add(1, Ordering::SeqCst);
        (status, [(header::LOCATION, location)])
    };
    let server = LoopbackServer::start(Router::new().fallback(answer), 0).await;
    let server = server.unwrap();
    Pointing {
        url: server.url(),
        asked,
        _server: server,
    }
}

/// Slack returns a cursor with every page, without end.
#[tokio::test]
async fn pages_that_never_end_are_read_to_a_bound() {
    let asked = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&asked);
    let page = async move || {
        let number = count.fetch_add(1, Ordering::SeqCst);
        axum::Json(json!({ "ok": true, "messages": [], "has_more": true,
            "response_metadata": { "next_cursor": format!("page-{number}") } }))
    };
    let server = LoopbackServer::start(Router::new().fallback(page), 0).await;
    let server = server.unwrap();
    let api = client(&format!("{}/api", server.url()), &[]);
    for (thread, method) in [
        (None, "conversations.history"),
        (Some("1.0"), "conversations.replies"),
    ] {
        asked.store(0, Ordering::SeqCst);
        let read = api.messages(CHANNEL, thread, DateTime::UNIX_EPOCH).await;
        let error = read.unwrap_err().to_string();
        assert!(
            error.contains("did not end") && error.contains(method),
            "{error}"
        );
        assert_eq!(asked.load(Ordering::SeqCst), 50);
    }
}

fn assert_no_answer<T: std::fmt::Debug>(result: Result<T, CallError>, status: StatusCode) {
    match result {
        Err(CallError::Unknown { problem, .. }) => {
            assert_eq!(problem, format!("HTTP {}", status.as_u16()));
        }
        other => panic!("{status}: {other:?}"),
    }
}

async fn assert_followed_nowhere(status: StatusCode) {
    let elsewhere = Elsewhere::listen().await;
    let slack = pointing(status, &elsewhere).await;
    let api_url: Url = format!("{}/api", slack.url).parse().unwrap();
    let api = client(api_url.as_str(), &[]);
    assert_no_answer(post(&api).await, status);
    assert_eq!(slack.asked.load(Ordering::SeqCst), 1, "posted once");
    let url = format!("{}/commands/1", slack.url);
    let url = ResponseUrl::parse(&url, &ResponseOrigin::of_api(&api_url)).unwrap();
    let reply = Response::for_everybody(content());
    assert_no_answer(api.respond(&url, &reply).await, status);
    // These are retried, because a redirect can be temporary.
    let reply = Response::replace(content());
    let app_token = APP_TOKEN.into();
    let (answered, identity, messages, socket) = tokio::join!(
        api.respond(&url, &reply),
        api.auth_test(),
        api.messages(CHANNEL, None, DateTime::UNIX_EPOCH),
        api.open_socket(&app_token),
    );
    assert_no_answer(socket, status);
    assert_no_answer(answered, status);
    assert_no_answer(identity, status);
    assert_no_answer(messages, status);
    assert_eq!(elsewhere.connections().await, 0);
}

/// Takes as long as the pauses between the attempts: some seconds.
#[tokio::test]
async fn no_redirect_is_followed_with_a_token_or_a_report() {
    join_all(REDIRECTS.map(assert_followed_nowhere)).await;
}

#[tokio::test]
async fn no_connection_of_socket_mode_is_opened_anywhere_but_to_slack() {
    let elsewhere = Elsewhere::listen().await;
    let place = elsewhere.url.trim_start_matches("http://").to_owned();
    for (address, said) in [
        (format!("ws://{place}/link/"), "does not lead to Slack"),
        (
            format!("ws://SLACK@{place}/link/"),
            "does not lead to Slack",
        ),
        ("wss://SLACK/link/".to_owned(), "does not lead to Slack"),
        // The host is right, but the response redirects.
        ("ws://SLACK/link/".to_owned(), "HTTP 302"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let slack = listener.local_addr().unwrap().to_string();
        let opened = json!({ "ok": true, "url": address.replace("SLACK", &slack) });
        let pointing = (
            StatusCode::FOUND,
            [(header::LOCATION, elsewhere.url.clone())],
        );
        let router = Router::new()
            .route("/link/", get(async move || pointing))
            .fallback(async move || axum::Json(opened));
        let _server = LoopbackServer::on(listener, router).unwrap();
        let api_url: Url = format!("http://{slack}/api").parse().unwrap();
        let api = client(api_url.as_str(), &[]);
        match api.open_socket(&APP_TOKEN.into()).await {
            Err(CallError::Unknown { problem, .. }) => assert!(problem.contains(said), "{problem}"),
            other => panic!("{address}: {:?}", other.err()),
        }
    }
    assert_eq!(elsewhere.connections().await, 0);
}

#[tokio::test]
async fn a_signed_request_that_names_another_place_for_the_answer_is_refused() {
    let world = World::new().await;
    let server = world.listen().await;
    let elsewhere = Elsewhere::listen().await;
    let slack = world.slack_url();
    let place = elsewhere.url.trim_start_matches("http://");
    for url in [
        elsewhere.url.clone(),
        format!("{slack}@{place}/"),
        format!("http://{place}\\@{}/", slack.trim_start_matches("http://")),
        "https://hooks.slack.com/commands/1".to_owned(),
    ] {
        let payload = json!({
            "type": "block_actions", "user": { "id": AIKO }, "response_url": url,
            "actions": [{ "action_id": "answer_share", "value": "today" }],
        });
        let command = [("text", "today"), ("user_id", AIKO), ("response_url", &url)];
        for (path, fields) in [
            ("commands", command.to_vec()),
            ("interactions", vec![("payload", &payload.to_string())]),
        ] {
            let body = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(fields)
                .finish();
            let now = SystemClock.now().timestamp();
            let answer = reqwest::Client::new()
                .post(format!("{}/slack/{path}", server.url()))
                .header("X-Slack-Request-Timestamp", now)
                .header("X-Slack-Signature", signature(SIGNING_SECRET, now, &body))
                .body(body)
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 400, "{path} {url}");
        }
    }
    world.finish().await;
    assert_eq!(elsewhere.connections().await, 0);
    assert!(world.slack.calls().is_empty());
}
