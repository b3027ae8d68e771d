//! Every request is verified before it is parsed, and responses to unsigned requests reveal
//! nothing.

use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::HeaderMap;
use securityhub_members::clock::{Clock, SystemClock};
use securityhub_members::demo::slack::{AIKO, CHANNEL, SIGNING_SECRET, TEAM, signature};
use serde_json::json;
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{NEXT_SECRET, World};

const PATHS: [&str; 3] = ["/slack/commands", "/slack/events", "/slack/interactions"];
const FORM: &str = "application/x-www-form-urlencoded";
const CHALLENGE: &str = r#"{"type":"url_verification","challenge":"c"}"#;

fn now() -> i64 {
    SystemClock.now().timestamp()
}

fn headers(signed: &[(&'static str, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in signed {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

/// The headers of a signed request.
fn signed(secret: &str, timestamp: i64, body: &str) -> Vec<(&'static str, String)> {
    vec![
        ("X-Slack-Request-Timestamp", timestamp.to_string()),
        ("X-Slack-Signature", signature(secret, timestamp, body)),
    ]
}

async fn post(
    url: &str,
    path: &str,
    signed: &[(&'static str, String)],
    body: impl Into<reqwest::Body>,
) -> (u16, String) {
    let request = reqwest::Client::new().post(format!("{url}{path}"));
    let response = request.headers(headers(signed)).body(body);
    let response = response.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn a_request_without_a_valid_signature_gets_401_without_a_body() {
    let world = World::new().await;
    let server = world.listen().await;
    let (body, now) = (CHALLENGE, now());
    let good = signed(SIGNING_SECRET, now, body);
    let [timestamp, sign] = [good[0].clone(), good[1].clone()];
    let with = |value: String| vec![timestamp.clone(), ("X-Slack-Signature", value)];
    let hex = sign.1.trim_start_matches("v0=").to_owned();
    let cases = [
        ("nothing", vec![]),
        ("no signature", vec![timestamp.clone()]),
        ("no timestamp", vec![sign.clone()]),
        (
            "two signatures",
            [good.clone(), vec![sign.clone()]].concat(),
        ),
        (
            "two timestamps",
            [good.clone(), vec![timestamp.clone()]].concat(),
        ),
        ("too old", signed(SIGNING_SECRET, now - 302, body)),
        ("from the future", signed(SIGNING_SECRET, now + 330, body)),
        ("another secret", signed("0123456789abcdef", now, body)),
        ("upper case", with(format!("v0={}", hex.to_uppercase()))),
        ("another version", with(format!("v1={hex}"))),
        ("no version", with(hex.clone())),
        ("cut short", with(format!("v0={}", &hex[..62]))),
        ("empty", with(String::new())),
        ("another body", signed(SIGNING_SECRET, now, "{}")),
        (
            "another time",
            vec![
                ("X-Slack-Request-Timestamp", (now - 1).to_string()),
                sign.clone(),
            ],
        ),
        (
            "no time at all",
            vec![
                ("X-Slack-Request-Timestamp", "yesterday".to_owned()),
                sign.clone(),
            ],
        ),
    ];
    for path in PATHS {
        for (case, headers) in &cases {
            let answer = post(&server.url(), path, headers, body).await;
            assert_eq!(answer, (401, String::new()), "{path}: {case}");
        }
    }
    let (status, _) = post(&server.url(), "/slack/events", &good, body).await;
    assert_eq!(status, 200, "the same signed well");
    // Alerts distinguish a wrong secret from unsigned requests.
    let text = world.metrics.text();
    for (outcome, times) in [("accepted", 1), ("missing", 33), ("stale", 6), ("wrong", 9)] {
        let line = format!("slack_signatures_total{{outcome=\"{outcome}\"}} {times}\n");
        assert!(text.contains(&line), "{line} is not in\n{text}");
    }
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "it says how much was tried")]
async fn a_request_altered_in_any_byte_on_its_way_gets_401_and_does_nothing() {
    let world = World::new().await;
    let server = world.listen().await;
    let url = "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1";
    let body = format!("text=&user_id={AIKO}&team_id={TEAM}&{url}");
    let headers = signed(SIGNING_SECRET, now(), &body);
    let mut tried = 0;
    for path in PATHS {
        for index in 0..body.len() {
            let mut altered = body.clone().into_bytes();
            // The last bit, or the first, which makes the body invalid UTF-8.
            altered[index] ^= if index % 2 == 0 { 0x01 } else { 0x80 };
            let answer = post(&server.url(), path, &headers, altered).await;
            assert_eq!(answer, (401, String::new()), "{path}: byte {index}");
            tried += 1;
        }
    }
    println!("{tried} altered requests were refused");
    world.finish().await;
    assert!(world.slack.calls().is_empty());
}

#[tokio::test]
async fn bytes_that_are_no_text_and_fields_that_are_there_twice_are_malformed() {
    let world = World::new().await;
    let server = world.listen().await;
    let url = "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1";
    let command = format!("text=help&user_id={AIKO}&team_id={TEAM}&channel_id={CHANNEL}&{url}");
    let payload = "payload=%7B%22type%22%3A%22view_closed%22%7D";
    let mut bodies: Vec<(&str, Vec<u8>)> = Vec::new();
    for field in [
        "text=today",
        "user_id=U0EVE",
        "team_id=T0OTHER",
        "channel_id=C0OTHER",
        "enterprise_id=E0A&enterprise_id=E0B",
        "api_app_id=A0A&api_app_id=A0B",
        url,
    ] {
        bodies.push(("/slack/commands", format!("{command}&{field}").into()));
        bodies.push(("/slack/commands", format!("{field}&{command}").into()));
    }
    bodies.push(("/slack/interactions", format!("{payload}&{payload}").into()));
    let broken = |good: &str| [good.as_bytes(), b"&x=\xff\xfe"].concat();
    bodies.push(("/slack/commands", broken(&command)));
    bodies.push(("/slack/interactions", broken(payload)));
    bodies.push(("/slack/events", b"{\"type\":\"\xff\"}".to_vec()));
    for (path, body) in bodies {
        let timestamp = now();
        let headers = vec![
            ("X-Slack-Request-Timestamp", timestamp.to_string()),
            ("X-Slack-Signature", signature_of_bytes(timestamp, &body)),
        ];
        let shown = String::from_utf8_lossy(&body).into_owned();
        let answer = post(&server.url(), path, &headers, body).await;
        assert_eq!(answer, (400, String::new()), "{path} {shown}");
    }
    world.finish().await;
    assert!(world.slack.calls().is_empty());
}

/// Like [`signature`], for bytes that are not text.
fn signature_of_bytes(timestamp: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SIGNING_SECRET.as_bytes()).unwrap();
    mac.update(format!("v0:{timestamp}:").as_bytes());
    mac.update(body);
    format!("v0={}", hex::encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn both_secrets_are_valid_during_a_rotation() {
    let world = World::new().await;
    let server = world.listen().await;
    for secret in [SIGNING_SECRET, NEXT_SECRET] {
        let headers = signed(secret, now(), CHALLENGE);
        let answer = post(&server.url(), "/slack/events", &headers, CHALLENGE).await;
        assert_eq!(answer, (200, r#"{"challenge":"c"}"#.to_owned()));
    }
}

#[tokio::test]
async fn slacks_certificate_check_may_come_unsigned_and_does_nothing() {
    let world = World::new().await;
    let server = world.listen().await;
    let (body, now) = ("ssl_check=1&token=abc", now());
    let answer = post(&server.url(), "/slack/commands", &[], body).await;
    assert_eq!(answer, (200, String::new()));
    // Only the certificate check may be unsigned. A command can't pass as one.
    let command = format!("{body}&text=help&user_id={AIKO}&response_url=x");
    let answer = post(&server.url(), "/slack/commands", &[], command).await;
    assert_eq!(answer, (200, String::new()));
    let headers = signed(SIGNING_SECRET, now, body);
    let answer = post(&server.url(), "/slack/commands", &headers, body).await;
    assert_eq!(answer, (200, String::new()), "signed");
    for path in ["/slack/events", "/slack/interactions"] {
        assert_eq!(post(&server.url(), path, &[], body).await.0, 401, "{path}");
        assert_eq!(
            post(&server.url(), path, &headers, body).await.0,
            400,
            "{path}"
        );
    }
    world.finish().await;
    assert!(world.slack.calls().is_empty());
}

#[tokio::test]
async fn a_signed_request_without_meaning_is_malformed() {
    let world = World::new().await;
    let server = world.listen().await;
    let url = "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1";
    for (path, body) in [
        ("/slack/commands", ""),
        ("/slack/commands", "text=help"),
        ("/slack/commands", "text=help&user_id=U1"),
        ("/slack/commands", "text=help&text=today&user_id=U1"),
        (
            "/slack/commands",
            "text=%FF%FE&user_id=U1&response_url=nowhere",
        ),
        ("/slack/commands", &format!("user_id=%3C!channel%3E&{url}")),
        ("/slack/events", ""),
        ("/slack/events", "{"),
        ("/slack/events", "[]"),
        ("/slack/events", r#"{"type":"event_callback"}"#),
        ("/slack/events", r#"{"type":"url_verification"}"#),
        (
            "/slack/events",
            r#"{"type":"event_callback","event":{"type":"app_home_opened","tab":"home"}}"#,
        ),
        ("/slack/interactions", ""),
        ("/slack/interactions", "payload=nonsense"),
        ("/slack/interactions", "payload=%7B%7D"),
        (
            "/slack/interactions",
            "payload=%7B%22type%22%3A%22block_actions%22%2C%22actions%22%3A%5B%7B%22action_id%22%3A%22a%22%7D%5D%7D",
        ),
    ] {
        let headers = signed(SIGNING_SECRET, now(), body);
        let answer = post(&server.url(), path, &headers, body.to_owned()).await;
        assert_eq!(answer, (400, String::new()), "{path} {body}");
    }
    world.finish().await;
    assert!(world.slack.calls().is_empty());
}

#[tokio::test]
async fn unknown_events_and_actions_are_acknowledged() {
    let world = World::new().await;
    let _server = world.listen().await;
    let event = json!({ "type": "brand_new", "user": { "id": 1 }, "more": [] });
    assert!(world.slack.event(event, None).await.acknowledged());
    let messages = json!({ "type": "app_home_opened", "user": AIKO, "tab": "messages" });
    assert!(world.slack.event(messages, None).await.acknowledged());
    for payload in [
        json!({ "type": "brand_new", "team": null }),
        json!({ "type": "view_closed", "user": { "id": AIKO }, "team": null }),
        json!({ "type": "block_actions", "user": { "id": AIKO }, "actions": [] }),
        json!({ "type": "block_actions", "user": { "id": AIKO }, "team": null,
                "actions": [{ "action_id": "brand_new", "type": "brand_new", "value": "1" }] }),
        json!({ "type": "block_actions", "user": { "id": AIKO }, "response_url": "",
                "actions": [{ "action_id": "answer_share", "value": "of an older version" }] }),
    ] {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", &payload.to_string())
            .finish();
        let sent = world.slack.send("/slack/interactions", FORM, body, &[]);
        let sent = sent.await;
        assert_eq!(
            (sent.status, sent.body.as_str()),
            (Some(200), ""),
            "{payload}"
        );
    }
    world.finish().await;
    assert!(world.slack.calls().is_empty());
}

#[tokio::test]
async fn slacks_question_for_the_address_is_answered_with_its_challenge() {
    let world = World::new().await;
    let _server = world.listen().await;
    let sent = world.slack.url_verification("3eZbrw1aBm2rZgRNFdxV").await;
    assert_eq!(sent.body, r#"{"challenge":"3eZbrw1aBm2rZgRNFdxV"}"#);
}

#[tokio::test]
async fn a_body_over_one_mebibyte_is_refused() {
    let world = World::new().await;
    let server = world.listen().await;
    let most = "x".repeat(1 << 20);
    let more = format!("{most}x");
    for path in PATHS {
        let headers = signed(SIGNING_SECRET, now(), &more);
        let answer = post(&server.url(), path, &headers, more.clone()).await;
        assert_eq!(answer, (413, String::new()), "{path}");
        // Omitting the content length doesn't help either.
        let answer = in_chunks(&server.url(), path, more.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{path}: {answer}");
    }
    let headers = signed(SIGNING_SECRET, now(), &most);
    let answer = post(&server.url(), "/slack/commands", &headers, most).await;
    assert_eq!(answer.0, 400, "one mebibyte is read, and makes no sense");
}

/// Sends a chunked body, and returns the first line of the response.
async fn in_chunks(url: &str, path: &str, body: &[u8]) -> String {
    let stream = TcpStream::connect(url.trim_start_matches("http://")).await;
    let (mut answer, mut request) = stream.unwrap().into_split();
    let head = format!("POST {path} HTTP/1.1\r\nHost: bot\r\nTransfer-Encoding: chunked\r\n\r\n");
    let body = [
        format!("{:x}\r\n", body.len()).as_bytes(),
        body,
        b"\r\n0\r\n\r\n",
    ]
    .concat();
    let sending = tokio::spawn(async move {
        // The response can come before everything is sent.
        let _ = request.write_all(head.as_bytes()).await;
        let _ = request.write_all(&body).await;
        request
    });
    let mut first = vec![0; 64];
    let length = answer.read(&mut first).await.unwrap();
    sending.abort();
    String::from_utf8_lossy(&first[..length]).into_owned()
}

/// Takes as long as the deadline: five seconds.
#[tokio::test]
async fn an_unfinished_body_times_out_and_blocks_no_other_request() {
    let world = World::new().await;
    let running = world.serve().await;
    let address = running.url.trim_start_matches("http://").to_owned();
    let slow = tokio::spawn(async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = "POST /slack/commands HTTP/1.1\r\nHost: bot\r\nConnection: close\r\nContent-Length: 100\r\n\r\ntext=";
        stream.write_all(head.as_bytes()).await.unwrap();
        let began = Instant::now();
        let mut answer = String::new();
        let reading = stream.read_to_string(&mut answer);
        let read = tokio::time::timeout(Duration::from_secs(10), reading).await;
        (read.map(|_| answer), began.elapsed())
    });
    while !slow.is_finished() {
        let began = Instant::now();
        assert_eq!(running.get("/healthz").await, (200, "ok\n".to_owned()));
        assert!(began.elapsed().as_secs() < 2);
        let help = world.slack.command(AIKO, CHANNEL, "help").await;
        assert!(help.acknowledged());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let (answer, took) = slow.await.unwrap();
    let answer = answer.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(took.as_secs() < 8, "{took:?}");
    running.stop().await;
}

#[tokio::test]
async fn an_event_that_slack_repeats_does_no_harm() {
    let world = World::new().await;
    let _server = world.listen().await;
    world
        .poll_at("2026-11-18T10:00:00Z", "1 Enabled, 2 Resigned")
        .await;
    let opened = json!({ "type": "app_home_opened", "user": AIKO, "tab": "home" });
    assert!(world.slack.event(opened.clone(), None).await.acknowledged());
    for number in 1..=3 {
        let retry = Some((number, "http_timeout"));
        let sent = world.slack.event(opened.clone(), retry).await;
        assert!(sent.acknowledged());
    }
    world.finish().await;
    let home = world.slack.home(AIKO).unwrap();
    assert!(home.view.to_string().contains("2 members"));
    assert!(world.slack.messages(CHANNEL).is_empty());
    assert!(world.slack.ephemerals(AIKO).is_empty());
    world.assert_slack_took_everything();
}
