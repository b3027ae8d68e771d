//! A wave of signed commands at fixed times, so that a slow response doesn't delay or hide the
//! next measurement.

use std::fmt;
use std::time::{Duration, Instant};

use securityhub_members::clock::{Clock, SystemClock};
use securityhub_members::demo::slack::{CHANNEL, COMMAND, SAM, SIGNING_SECRET, signature};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// Connections with keep-alive, like Slack's.
const CONNECTIONS: usize = 50;
/// Slack's timeout.
const SLACKS_PATIENCE: Duration = Duration::from_secs(3);
/// The limit for 99 of 100 acknowledgements.
const MOSTLY: Duration = Duration::from_secs(1);
/// If other processes use more of the CPU than this, in percent, latencies are not judged.
const SHARE: u64 = 25;

/// The acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ack {
    /// The work has started.
    Checking,
    /// The command was rejected because of overload.
    Busy,
    /// No response.
    None,
}

pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) ack: Ack,
    planned: Instant,
    /// When it was acknowledged, or the connection was lost.
    pub(crate) over: Instant,
}

struct Planned {
    id: String,
    request: Vec<u8>,
    /// From the start of the wave.
    at: Duration,
}

pub(crate) struct Wave {
    port: u16,
    /// By connection.
    planned: Vec<Vec<Planned>>,
}

impl Wave {
    /// `rate` commands a second, with answers to `address`.
    pub(crate) fn new(name: &str, port: u16, address: &str, rate: u32, seconds: u32) -> Self {
        let mut planned: Vec<_> = (0..CONNECTIONS).map(|_| Vec::new()).collect();
        for number in 0..rate * seconds {
            let id = format!("{name}{number}");
            planned[number as usize % CONNECTIONS].push(Planned {
                request: request(&id, address),
                at: Duration::from_secs(1) * number / rate,
                id,
            });
        }
        Self { port, planned }
    }

    pub(crate) async fn send(self) -> Vec<Sent> {
        let began = Instant::now() + Duration::from_millis(100);
        let port = self.port;
        let connections = self.planned.into_iter();
        let connections =
            connections.map(|planned| tokio::spawn(send_one_by_one(port, planned, began)));
        let mut all = Vec::new();
        for connection in connections.collect::<Vec<_>>() {
            all.extend(connection.await.unwrap());
        }
        all
    }
}

async fn send_one_by_one(port: u16, planned: Vec<Planned>, began: Instant) -> Vec<Sent> {
    let connected = TcpStream::connect(("127.0.0.1", port)).await;
    let mut stream = BufReader::new(connected.unwrap());
    stream.get_ref().set_nodelay(true).unwrap();
    let mut all = Vec::new();
    for one in planned {
        let planned = began + one.at;
        tokio::time::sleep_until(planned.into()).await;
        let ack = exchange(&mut stream, &one.request).await;
        all.push(Sent {
            id: one.id,
            ack: ack.unwrap_or(Ack::None),
            planned,
            over: Instant::now(),
        });
    }
    all
}

async fn exchange(stream: &mut BufReader<TcpStream>, request: &[u8]) -> std::io::Result<Ack> {
    stream.get_mut().write_all(request).await?;
    let mut line = String::new();
    let mut length = 0;
    let mut good = false;
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(Ack::None);
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        good |= line.starts_with("http/1.1 200");
        if let Some(number) = line.strip_prefix("content-length: ") {
            length = number.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let body = String::from_utf8(body).unwrap();
    assert!(good, "{body}");
    Ok(match body {
        body if body.contains('🔎') => Ack::Checking,
        body if body.contains('⏳') => Ack::Busy,
        body => panic!("{body}"),
    })
}

/// A command without text, which requests a live check.
fn request(id: &str, address: &str) -> Vec<u8> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs([
        ("token", "gIkuvaNzQIHg97ATvDxqgjtO"),
        ("team_id", "T0EXAMPLE"),
        ("team_domain", "example"),
        ("channel_id", CHANNEL),
        ("channel_name", "security"),
        ("user_id", SAM),
        ("user_name", "sam"),
        ("command", COMMAND),
        ("text", ""),
        ("api_app_id", "A0MEMBERS"),
        ("is_enterprise_install", "false"),
        ("response_url", &format!("{address}/commands/{id}")),
        ("trigger_id", &format!("398738663015.47445629121.{id}")),
    ]);
    let body = form.finish();
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

/// The latencies of acknowledgements.
pub(crate) struct Latency {
    median: Duration,
    of_99_percent: Duration,
    longest: Duration,
}

pub(crate) fn latency(sent: &[Sent]) -> Latency {
    let mut all: Vec<_> = sent.iter().map(|one| one.over - one.planned).collect();
    all.sort();
    Latency {
        median: all[all.len() / 2],
        of_99_percent: all[all.len() * 99 / 100],
        longest: all[all.len() - 1],
    }
}

impl Latency {
    /// Asserts that acknowledgements are in time for Slack, and mostly long before. `others` is
    /// the CPU share of other programs, in percent. If it is high, commands wait for a CPU, and
    /// nothing is asserted.
    pub(crate) fn check(&self, others: u64) {
        if others > SHARE {
            println!("others used {others} % of the machine: how long it took says nothing");
            return;
        }
        assert!(self.longest < SLACKS_PATIENCE, "{self}");
        assert!(self.of_99_percent < MOSTLY, "{self}");
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            median,
            of_99_percent,
            longest,
        } = self;
        write!(
            f,
            "p50 {median:.1?}, p99 {of_99_percent:.1?}, max {longest:.1?}"
        )
    }
}
