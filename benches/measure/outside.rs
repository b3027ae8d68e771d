//! The environment of the measured program: mocks of AWS and Slack that answer at once, a minimal
//! handler for comparison, and a sender of commands.

use std::io::BufRead as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit as _, Mac as _};
use securityhub_members::aws::embedded::Engine;
use securityhub_members::clock::{Clock as _, SystemClock};
use securityhub_members::demo::aws::{HubFault, SimulatedMember};
use securityhub_members::demo::slack::{
    BOT_TOKEN, CHANNEL, COMMAND, SAM, SIGNING_SECRET, TEAM, signature,
};
use securityhub_members::demo::{LoopbackServer, MockSlack, SimulatedAws};
use securityhub_members::domain::emails::EmailView;
use securityhub_members::domain::member::Listed;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::members::{self, ADMIN, REGIONS};

/// Serves until standard input is closed. The first line of standard output has the environment
/// for the program. On standard input, the line `AWS hangs` stops AWS's responses, and the line
/// `members change` changes the status of one member in ten in every Region.
pub(crate) async fn mocks(hubs: usize, number: usize) {
    let aws = SimulatedAws::new(ADMIN);
    let member = |listed: Listed| SimulatedMember {
        account_id: listed.account.to_string(),
        email: listed
            .email
            .and_then(|email| email.seen(EmailView::Shown).map(str::to_owned))
            .unwrap_or_default(),
        status: listed.status.to_string(),
        invited_at: listed.invited_at,
        updated_at: listed.updated_at.unwrap(),
    };
    let mut listed = members::listed(number);
    let list_everywhere = |listed: &[Listed]| {
        for region in REGIONS.iter().take(hubs) {
            let list = listed.iter().cloned().map(member).collect();
            aws.set_members(region, list);
        }
    };
    list_everywhere(&listed);
    let aws_server = LoopbackServer::start(aws.router(), 0).await.unwrap();
    let slack = MockSlack::new(Arc::new(SystemClock));
    let slack = slack.serve(None, 0).await.unwrap();
    let dynamodb = Engine::in_memory().await.unwrap();
    let environment = json!({
        "AWS_ENDPOINT_URL_SECURITYHUB": aws_server.url(),
        "AWS_ENDPOINT_URL_STS": aws_server.url(),
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url(),
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
        "AWS_EC2_METADATA_DISABLED": "true",
        "REGIONS": REGIONS[..hubs].join(","),
        "SLACK_API_URL": format!("{}/api", slack.url()),
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_CHANNEL": CHANNEL,
    });
    say(&environment);
    while let Some(line) = line_or_end().await {
        match line.trim() {
            "members change" => {
                let tenth = listed.len() / 10;
                let changed = members::all_changed(listed[..tenth].to_vec());
                listed[..tenth].clone_from_slice(&changed);
                list_everywhere(&listed);
            }
            _ => aws.in_every_region(|region| aws.fail(region, HubFault::Hang)),
        }
        say(&json!("done"));
    }
}

/// The minimal handler: reads the body, checks the HMAC. Serves until standard input is closed;
/// prints its port.
pub(crate) async fn bare_handler() {
    async fn check(
        State(secret): State<&'static str>,
        headers: HeaderMap,
        body: Bytes,
    ) -> StatusCode {
        let header = |name| headers.get(name).map_or(&[][..], |value| value.as_bytes());
        let given = header("x-slack-signature").strip_prefix(b"v0=");
        let given = given
            .and_then(|given| hex::decode(given).ok())
            .unwrap_or_default();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(b"v0:");
        mac.update(header("x-slack-request-timestamp"));
        mac.update(b":");
        mac.update(&body);
        match mac.verify_slice(&given) {
            Ok(()) => StatusCode::OK,
            Err(_) => StatusCode::UNAUTHORIZED,
        }
    }
    let app = Router::new()
        .route("/slack/commands", post(check))
        .with_state(SIGNING_SECRET);
    let server = LoopbackServer::start(app, 0).await.unwrap();
    let port = server
        .url()
        .rsplit(':')
        .next()
        .unwrap()
        .parse::<u16>()
        .unwrap();
    say(&json!({ "port": port }));
    line_or_end().await;
}

fn say(value: &Value) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}").and_then(|()| out.flush()).unwrap();
}

/// Reads a line from standard input; `None` at its end.
async fn line_or_end() -> Option<String> {
    let read = || {
        let mut line = String::new();
        let length = std::io::stdin().lock().read_line(&mut line).unwrap();
        (length > 0).then_some(line)
    };
    tokio::task::spawn_blocking(read).await.unwrap()
}

/// Sends signed commands over `connections` connections for a time, each right after the response
/// to the one before.
///
/// `answers` is the origin of the mock Slack, which receives the answers.
pub(crate) async fn send(
    port: u16,
    answers: &'static str,
    text: &'static str,
    (connections, during): (usize, Duration),
) -> Value {
    let end = Instant::now() + during;
    let senders = (0..connections)
        .map(|number| tokio::spawn(send_one_by_one(port, answers, text, number, end)));
    let mut took = Vec::new();
    let began = Instant::now();
    for sender in senders.collect::<Vec<_>>() {
        took.extend(sender.await.unwrap());
    }
    let lasted = began.elapsed().as_secs_f64();
    summary(took, lasted)
}

fn summary(mut took: Vec<Duration>, lasted: f64) -> Value {
    took.sort();
    let at = |share: f64| {
        let index = (took.len() as f64 * share) as usize;
        took[index.min(took.len() - 1)].as_secs_f64() * 1e3
    };
    json!({
        "requests": took.len(),
        "requests_a_second": took.len() as f64 / lasted,
        "p50_ms": at(0.5),
        "p99_ms": at(0.99),
        "longest_ms": at(1.0),
    })
}

/// The number of connections for commands at a fixed rate.
const CONNECTIONS: u32 = 16;

/// Sends signed commands at a fixed rate, independent of responses, so that time in a queue
/// counts.
pub(crate) async fn send_steadily(
    port: u16,
    answers: &'static str,
    text: &'static str,
    (every, during): (Duration, Duration),
) -> Value {
    let began = Instant::now();
    let senders = (0..CONNECTIONS).map(|number| {
        let first = began + every * number;
        tokio::spawn(async move {
            let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut stream = BufReader::new(stream);
            let run = uuid::Uuid::new_v4().simple();
            let (mut took, mut due) = (Vec::new(), first);
            while due < began + during {
                tokio::time::sleep_until(due.into()).await;
                let request = request(answers, text, &format!("{run}.{}", took.len()));
                // The timer's inaccuracy must not count as the program's time.
                let sent = Instant::now().min(due + Duration::from_millis(2));
                stream.get_mut().write_all(&request).await.unwrap();
                read_answer(&mut stream).await;
                took.push(sent.elapsed());
                due += every * CONNECTIONS;
            }
            took
        })
    });
    let mut took = Vec::new();
    for sender in senders.collect::<Vec<_>>() {
        took.extend(sender.await.unwrap());
    }
    summary(took, began.elapsed().as_secs_f64())
}

async fn send_one_by_one(
    port: u16,
    answers: &str,
    text: &str,
    connection: usize,
    end: Instant,
) -> Vec<Duration> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut stream = BufReader::new(stream);
    let mut took = Vec::new();
    let run = uuid::Uuid::new_v4().simple();
    while Instant::now() < end {
        let request = request(answers, text, &format!("{run}.{connection}.{}", took.len()));
        let began = Instant::now();
        stream.get_mut().write_all(&request).await.unwrap();
        read_answer(&mut stream).await;
        took.push(began.elapsed());
    }
    took
}

async fn read_answer(stream: &mut BufReader<TcpStream>) {
    let (mut line, mut length, mut first) = (String::new(), 0, true);
    loop {
        line.clear();
        assert!(stream.read_line(&mut line).await.unwrap() > 0, "closed");
        let line = line.trim_end();
        if first {
            assert!(line.starts_with("HTTP/1.1 200"), "{line}");
            first = false;
        }
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.parse().unwrap();
        }
    }
    stream.read_exact(&mut vec![0; length]).await.unwrap();
}

/// A command as Slack sends it. Each one is unique, because replays are rejected.
fn request(answers: &str, text: &str, id: &str) -> Vec<u8> {
    let body = format!(
        "token=gIkuvaNzQIHg97ATvDxqgjtO&team_id={TEAM}&team_domain=example&channel_id={CHANNEL}\
         &channel_name=security&user_id={SAM}&user_name=sam&command={}&text={text}\
         &api_app_id=A0MEMBERS&is_enterprise_install=false\
         &response_url={answers}/commands/{id}\
         &trigger_id=398738663015.47445629121.{id}",
        COMMAND.replace('/', "%2F")
    );
    let now = SystemClock.now().timestamp();
    let signature = signature(SIGNING_SECRET, now, &body);
    format!(
        "POST /slack/commands HTTP/1.1\r\nHost: localhost\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
         X-Slack-Request-Timestamp: {now}\r\nX-Slack-Signature: {signature}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
