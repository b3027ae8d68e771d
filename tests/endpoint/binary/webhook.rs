//! A webhook among the channels of the real binary: what it gets, and what stays hidden.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use securityhub_members::demo::LoopbackServer;
use securityhub_members::demo::slack::CHANNEL;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::hmac::hmac;
use crate::program::Outside;
use crate::support::{PATIENCE, id};

const SECRET: &str = "correct horse battery staple";
const NEXT: &str = "another secret of the same kind";

/// A request to the receiver.
struct Received {
    headers: HeaderMap,
    body: String,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    fn is_signed_by(&self, secret: &str) -> bool {
        let timestamp = self.header("x-securityhub-members-timestamp");
        let signed = format!("v1:{timestamp}:{}", self.body);
        let signature = hex::encode(hmac(secret.as_bytes(), signed.as_bytes()));
        self.header("x-securityhub-members-signature") == format!("v1={signature}")
    }
}

/// The program with a Slack channel and a webhook, whose receiver is in the test.
struct Setting {
    outside: Outside,
    folder: tempfile::TempDir,
    received: Arc<Mutex<Vec<Received>>>,
    status: Arc<Mutex<StatusCode>>,
    _server: LoopbackServer,
}

impl Setting {
    async fn new() -> Self {
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let status = Arc::<Mutex<StatusCode>>::default();
        let (seen, answer) = (Arc::clone(&received), Arc::clone(&status));
        let receive = async move |request: Request| {
            assert_eq!(request.uri(), "/services/hush-path?token=hush-query");
            let (head, body) = request.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            let headers = head.headers;
            seen.lock().unwrap().push(Received { headers, body });
            let status: StatusCode = *answer.lock().unwrap();
            (status, "hush-answer")
        };
        let server = LoopbackServer::start(Router::new().fallback(receive), 0).await;
        let server = server.unwrap();
        let url = format!("{}/services/hush-path?token=hush-query", server.url());
        let (outside, folder) = with_webhook(&url).await;
        Self {
            outside,
            folder,
            received,
            status,
            _server: server,
        }
    }

    fn answer(&self, status: StatusCode) {
        *self.status.lock().unwrap() = status;
    }

    fn received(&self) -> Vec<Received> {
        std::mem::take(&mut self.received.lock().unwrap())
    }
}

/// The program with a Slack channel and a webhook at this URL.
async fn with_webhook(url: &str) -> (Outside, tempfile::TempDir) {
    let mut outside = Outside::with_table().await;
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
    let config = folder.path().join("config.toml");
    let text = format!(
        "[[channel]]\nid = '{CHANNEL}'\n[[channel]]\nurl = '{url}'\nname = 'Incident desk'\nsecret_file = '{}'\n",
        secret.display()
    );
    std::fs::write(&config, text).unwrap();
    outside
        .environment
        .retain(|(name, _)| *name != "SLACK_CHANNEL");
    outside.set("CONFIG", config.to_str().unwrap());
    (outside, folder)
}

fn assert_hidden(text: &str) {
    for hidden in ["hush", SECRET, NEXT] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
}

/// A rejected message was certainly not taken: the next attempt is a new one of the same day.
fn assert_prepared_again(refused: &str, taken: &str) {
    let [refused, taken] = [refused, taken].map(|body| {
        let body: Value = serde_json::from_str(body).unwrap();
        body
    });
    assert_ne!(refused["id"], taken["id"]);
    for field in ["version", "type", "channel", "date"] {
        assert_eq!(refused[field], taken[field], "{field}");
    }
    assert_eq!(
        refused["digest"]["cases"], taken["digest"]["cases"],
        "nothing is lost"
    );
}

#[tokio::test]
async fn commands_know_a_webhook_by_its_name_and_never_show_its_url() {
    let setting = Setting::new().await;
    let outside = &setting.outside;
    let run = outside.run(&["config"]).await;
    assert!(run.out.contains("# url: 127.0.0.1:"), "{run:?}");
    assert_hidden(&format!("{run:?}"));
    let run = outside.run(&["check"]).await;
    assert!(run.out.contains("webhook:incident-desk"), "{run:?}");
    assert!(run.out.contains("takes connections"), "{run:?}");
    assert_hidden(&format!("{run:?}"));
    let run = outside
        .run(&["digest", "--dry-run", "--channel", "incident DESK"])
        .await;
    assert!(run.code == 0 && run.out.contains(&id(2)), "{run:?}");
    let run = outside.run(&["digest", "--dry-run", "--json"]).await;
    let preview: Value = serde_json::from_str(&run.out).unwrap();
    let preview = &preview["webhook:incident-desk"];
    assert!(setting.received().is_empty(), "nothing is posted");

    setting.answer(StatusCode::NOT_FOUND);
    let digest = ["digest", "--channel", "Incident desk"];
    let run = outside.run(&digest).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.err.contains("http_404"), "{run:?}");
    assert!(
        run.err.contains("correct url in the [[channel]]"),
        "{run:?}"
    );
    assert_hidden(&format!("{run:?}"));
    setting.answer(StatusCode::ACCEPTED);
    let run = outside.run(&digest).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.out
            .contains("digest in webhook:incident-desk (Incident desk) (1 message)"),
        "{run:?}"
    );
    let run = outside.run(&digest).await;
    assert!(run.out.contains("already has"), "{run:?}");

    let received = setting.received();
    let [refused, taken] = &received[..] else {
        panic!("{} requests", received.len())
    };
    assert_prepared_again(&refused.body, &taken.body);
    for request in [refused, taken] {
        assert!(request.is_signed_by(SECRET));
        assert_eq!(request.header("content-type"), "application/json");
    }
    let body: Value = serde_json::from_str(&taken.body).unwrap();
    assert_eq!(body["id"], taken.header("idempotency-key"));
    assert_eq!(body["channel"], "Incident desk");
    // The same digest as in the preview, except for the times.
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&body["digest"]), keys(preview));
    assert_eq!(
        body["digest"]["report"]["standing"],
        preview["report"]["standing"]
    );
    assert!(!taken.body.contains("@example.com"), "{}", taken.body);
}

#[tokio::test]
async fn a_secret_in_a_variable_signs_and_is_never_shown() {
    let mut setting = Setting::new().await;
    let file = setting.folder.path().join("secret");
    let config = setting.folder.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let in_file = format!("secret_file = '{}'", file.display());
    let text = text.replace(&in_file, "secret_env = 'DESK_SECRET'");
    std::fs::write(&config, text).unwrap();
    std::fs::remove_file(file).unwrap();

    let digest = ["digest", "--channel", "Incident desk"];
    let run = setting.outside.run(&digest).await;
    assert_eq!(run.code, 1, "{run:?}");
    let said = "[[channel]] secret_env: the variable DESK_SECRET is not set";
    assert!(run.err.contains(said), "{run:?}");

    setting.outside.set("DESK_SECRET", NEXT);
    let mut runs = Vec::new();
    for command in [&["config"][..], &["check"], &digest] {
        runs.push(setting.outside.run(command).await);
    }
    let [config, _, sent] = &runs[..] else {
        panic!("{runs:?}")
    };
    let line = r#"secret_env = "DESK_SECRET""#;
    assert!(config.out.contains(line), "{config:?}");
    assert_eq!(sent.code, 0, "{sent:?}");
    for run in &runs {
        assert_hidden(&format!("{run:?}"));
    }
    let received = setting.received();
    assert_eq!(received.len(), 1);
    assert!(received[0].is_signed_by(NEXT));
}

#[tokio::test]
async fn the_service_delivers_to_both_and_names_a_webhook_that_refuses() {
    let setting = Setting::new().await;
    setting.answer(StatusCode::FOUND);
    let serving = setting.outside.serve().await;
    let get = async |path: &str| {
        let url = format!("http://127.0.0.1:{}/{path}", serving.port);
        reqwest::get(url).await.unwrap().text().await.unwrap()
    };
    let named = async {
        loop {
            let text = get("readyz").await;
            if text.contains("the digest in webhook:incident-desk: ") {
                break text;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    let ready = tokio::time::timeout(PATIENCE, named).await.unwrap();
    assert!(ready.starts_with("ready"), "{ready}");
    assert!(
        ready.contains("http_302: the receiver redirects, which the bot does not follow"),
        "{ready}"
    );
    let slack = setting.outside.slack.wait_for(PATIENCE, |workspace| {
        let messages = workspace.messages(CHANNEL);
        (!messages.is_empty()).then_some(messages)
    });
    assert_eq!(slack.await.unwrap().len(), 1);
    let metrics = get("metrics").await;
    assert!(
        metrics.contains(r#"digest_owed{channel="webhook:incident-desk"} 1"#),
        "{metrics}"
    );
    let (code, log) = serving.terminate().await;
    assert_eq!(code, 0, "{log}");
    assert!(log.contains("operator action required"), "{log}");

    // The next start sends the digest again, signed by the secret that is in the file then.
    setting.answer(StatusCode::NO_CONTENT);
    std::fs::write(setting.folder.path().join("secret"), NEXT).unwrap();
    let serving = setting.outside.serve().await;
    let taken = async {
        while setting.received.lock().unwrap().len() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, taken).await.unwrap();
    let (_, later) = serving.terminate().await;
    for text in [ready, metrics, log, later] {
        assert_hidden(&text);
    }
    let received = setting.received();
    let [refused, taken] = &received[..] else {
        panic!("{} requests", received.len())
    };
    assert_prepared_again(&refused.body, &taken.body);
    assert!(refused.is_signed_by(SECRET) && taken.is_signed_by(NEXT));
}

#[tokio::test]
async fn a_webhook_is_called_through_the_proxy_or_not_at_all() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!(
        "http://bot:hush-password@{}",
        listener.local_addr().unwrap()
    );
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let seen = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            seen.lock().unwrap().push(String::from_utf8(head).unwrap());
            let denied = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(denied).await.unwrap();
        }
    });
    let (mut outside, _folder) = with_webhook("https://hooks.example.com/hush-path").await;
    outside.set("HTTPS_PROXY", proxy);
    let check = outside.run(&["check"]).await;
    assert!(
        check
            .out
            .contains("failed to connect to hooks.example.com: the proxy"),
        "{check:?}"
    );
    let digest = outside.run(&["digest", "--channel", "Incident desk"]).await;
    assert_eq!(digest.code, 1, "{digest:?}");
    assert!(
        digest
            .err
            .contains("failed to connect to hooks.example.com: the proxy 127.0.0.1"),
        "{digest:?}"
    );
    for run in [&check, &digest] {
        assert_hidden(&format!("{run:?}"));
    }
    let asked = asked.lock().unwrap();
    assert!(asked.len() > 1, "{asked:?}");
    for head in asked.iter() {
        assert!(
            head.starts_with("CONNECT hooks.example.com:443 HTTP/1.1\r\n"),
            "{head}"
        );
        assert!(!head.contains("hush"), "{head}");
    }
}
