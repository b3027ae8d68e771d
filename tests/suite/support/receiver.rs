//! A receiver of webhooks on this machine, which can be rude. It verifies signatures by its own
//! HMAC, and recognizes requests by their idempotency key.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use securityhub_members::clock::Clock;
use securityhub_members::domain::emails::EmailView;
use securityhub_members::domain::scope::Audience;
use securityhub_members::proxy::ProxySettings;
use securityhub_members::secrets::Secret;
use securityhub_members::webhook::client::WebhookClient;
use securityhub_members::webhook::{WebhookChannel, WebhookTarget};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::{TcpListener, TcpStream};

use super::hmac::hmac;

/// The secret that signs requests.
pub(crate) const SECRET: &str = "correct horse battery staple";
/// The path and query of the URL.
pub(crate) const PATH: &str = "/services/hush-path?token=hush-query";
/// The deadline of a request.
pub(crate) const DEADLINE: Duration = Duration::from_millis(250);

/// The receiver's treatment of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Takes it.
    Accepted,
    /// Takes it, and answers with a page.
    Html,
    /// Takes it, and never ends its answer.
    Endless,
    /// Has an internal error.
    Failed,
    /// Takes it, and then has an internal error.
    FailedLate,
    /// Asks for a pause.
    Busy,
    /// Answers with another address.
    Redirect,
    /// Knows no such URL.
    Gone,
    /// Closes the connection before it reads.
    ClosedFirst,
    /// Takes it, and closes the connection within the answer's first line.
    ClosedHalfway,
    /// Takes it, and answers after the deadline.
    Late,
}

impl Answer {
    pub(crate) const ALL: [Self; 11] = [
        Self::Accepted,
        Self::Html,
        Self::Endless,
        Self::Failed,
        Self::FailedLate,
        Self::Busy,
        Self::Redirect,
        Self::Gone,
        Self::ClosedFirst,
        Self::ClosedHalfway,
        Self::Late,
    ];

    /// Reports whether the receiver has the request, whatever the sender learns.
    fn takes(self) -> bool {
        use Answer::{Accepted, ClosedHalfway, Endless, FailedLate, Html, Late};
        matches!(
            self,
            Accepted | Html | Endless | FailedLate | ClosedHalfway | Late
        )
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

#[derive(Default)]
struct State {
    requests: Vec<Request>,
    /// The bodies of different messages, in order of arrival.
    taken: Vec<(String, String)>,
    answers: VecDeque<Answer>,
}

/// Clones share the receiver.
#[derive(Clone)]
pub(crate) struct Receiver {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
        };
        let serving = receiver.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let receiver = serving.clone();
                // The sender may have left.
                tokio::spawn(async move { receiver.serve(stream).await.ok() });
            }
        });
        receiver
    }

    /// An address, at which no one need be.
    pub(crate) fn at(port: u16) -> Self {
        Self {
            port,
            state: Arc::default(),
        }
    }

    /// Sets the next answers. Later requests are accepted.
    pub(crate) fn then(&self, answers: impl IntoIterator<Item = Answer>) {
        let mut state = self.state.lock().unwrap();
        state.answers = answers.into_iter().collect();
    }

    /// Every request that could be read.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// The different messages that were taken, in order.
    pub(crate) fn messages(&self) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        let bodies = state.taken.iter();
        let bodies = bodies.map(|(_, body)| serde_json::from_str(body).unwrap());
        bodies.collect()
    }

    /// A channel of a process that posts here.
    pub(crate) fn channel(&self, clock: impl Clock + 'static) -> WebhookChannel {
        let audience = Audience {
            name: Some("Incident desk".to_owned()),
            ..super::everything()
        };
        self.signed(clock, &SECRET.into(), audience)
    }

    pub(crate) fn signed(
        &self,
        clock: impl Clock + 'static,
        secret: &Secret,
        audience: Audience,
    ) -> WebhookChannel {
        let url = format!("http://127.0.0.1:{}{PATH}", self.port);
        let target = WebhookTarget {
            id: "webhook:incident-desk".to_owned(),
            name: "Incident desk".to_owned(),
            url: url.parse().unwrap(),
            secret: secret.clone(),
        };
        let client = WebhookClient::new(&ProxySettings::default()).unwrap();
        let client = client.with_deadline(DEADLINE);
        WebhookChannel::new(target, audience, EmailView::Hidden, client, Arc::new(clock))
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let answer = self.state.lock().unwrap().answers.pop_front();
        let answer = answer.unwrap_or(Answer::Accepted);
        if answer == Answer::ClosedFirst {
            return Ok(());
        }
        let mut stream = BufStream::new(stream);
        let request = read(&mut stream).await?;
        self.take(request, answer);
        let (head, body) = match answer {
            Answer::Accepted | Answer::ClosedFirst => ("204 No Content", ""),
            Answer::Html => ("200 OK\r\ncontent-type: text/html", "<h1>hush-answer</h1>"),
            Answer::Failed | Answer::FailedLate => ("500 Internal Server Error", "hush-answer"),
            Answer::Busy => ("429 Too Many Requests\r\nretry-after: 0", "hush-answer"),
            Answer::Redirect => ("302 Found\r\nlocation: /elsewhere", ""),
            Answer::Gone => ("404 Not Found", "hush-answer"),
            Answer::ClosedHalfway => {
                stream.write_all(b"HTTP/1.1 2").await?;
                return stream.flush().await;
            }
            Answer::Late => {
                tokio::time::sleep(DEADLINE * 2).await;
                ("200 OK", "")
            }
            Answer::Endless => {
                let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nbegun";
                stream.write_all(begun).await?;
                stream.flush().await?;
                // Until the sender closes the connection.
                return stream.read_u8().await.map(drop);
            }
        };
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        stream.write_all(answer.as_bytes()).await?;
        stream.flush().await
    }

    fn take(&self, request: Request, answer: Answer) {
        let mut state = self.state.lock().unwrap();
        let key = request.headers["idempotency-key"].clone();
        let known = state.requests.iter();
        let mut known = known.filter(|known| known.headers["idempotency-key"] == key);
        // A repeated request is the same.
        assert!(known.all(|known| known.body == request.body));
        if answer.takes() && !state.taken.iter().any(|(known, _)| *known == key) {
            state.taken.push((key, request.body.clone()));
        }
        state.requests.push(request);
    }
}

async fn read(stream: &mut BufStream<TcpStream>) -> std::io::Result<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let headers: BTreeMap<_, _> = lines
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_lowercase(), value.to_owned())
        })
        .collect();
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    stream.read_exact(&mut body).await?;
    let body = String::from_utf8(body).unwrap();
    Ok(Request {
        line,
        headers,
        body,
    })
}

impl Request {
    /// Reports whether this secret signed the request.
    pub(crate) fn is_signed_by(&self, secret: &str) -> bool {
        let timestamp = &self.headers["x-securityhub-members-timestamp"];
        let signed = format!("v1:{timestamp}:{}", self.body);
        let signature = hmac(secret.as_bytes(), signed.as_bytes());
        self.headers["x-securityhub-members-signature"] == format!("v1={}", hex::encode(signature))
    }
}
