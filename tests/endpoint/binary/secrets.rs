//! Everything that the program prints and its endpoint returns, in normal operation and with many
//! failures: no secrets, no email addresses.

use securityhub_members::demo::aws::HubFault;
use securityhub_members::demo::slack::{BOT_TOKEN, CHANNEL, Fault, SAM, SIGNING_SECRET, signature};

use tokio::net::TcpListener;

use crate::program::{Outside, Run, Serving};
use crate::support::{IRELAND, PATIENCE, VIRGINIA};

const AWS_SECRET: &str = "wJalrXUtnFEMI";
/// A signature that is not from Slack.
const SIGNED: &str = "v0=5badf00d5badf00d5badf00d5badf00d5badf00d5badf00d5badf00d5badf00d";
/// A text that a person typed.
const TYPED: &str = "swordfish";

/// Everything that was printed or returned.
#[derive(Default)]
struct Heard {
    text: String,
    /// In addition to those of every run.
    secrets: Vec<(&'static str, String)>,
}

impl Heard {
    fn run(&mut self, run: &Run) {
        self.text.push_str(&run.out);
        self.text.push_str(&run.err);
    }

    /// Runs the program and collects its output.
    async fn command(&mut self, outside: &Outside, arguments: &[&str], code: i32) {
        let run = outside.run(arguments).await;
        assert_eq!(run.code, code, "{arguments:?}: {run:?}");
        self.run(&run);
    }

    fn assert_says(&self, lines: &[&str]) {
        for line in lines {
            assert!(self.text.contains(line), "it does not say: {line}");
        }
    }

    fn assert_discreet(&self) {
        let known = [
            ("signing secret", SIGNING_SECRET),
            ("bot token", BOT_TOKEN),
            ("email", "@example.com"),
            ("AWS secret", AWS_SECRET),
            ("signature", &SIGNED[3..19]),
            ("body", TYPED),
        ];
        let more = self.secrets.iter();
        let more = more.map(|(what, secret)| (*what, secret.as_str()));
        for (what, secret) in known.into_iter().chain(more) {
            if let Some(at) = self.text.find(secret) {
                let from = self.text[..at].rfind('\n').map_or(0, |line| line + 1);
                let line: String = self.text[from..].chars().take(300).collect();
                panic!("the {what} is printed: {line}");
            }
        }
    }
}

/// Both formats of the log, at the most detailed level and at the default.
const LOGS: [(Option<&str>, &str); 3] = [
    (Some("trace"), "text"),
    (Some("trace"), "json"),
    (None, "json"),
];

#[tokio::test]
async fn no_secret_and_no_email_address_is_in_the_output_of_commands() {
    let mut outside = Outside::new().await;
    outside.set("RUST_LOG", "trace");
    let mut heard = Heard::default();
    heard.command(&outside, &["poll"], 1).await;
    heard.assert_says(&["create-table"]);
    heard.command(&outside, &["create-table"], 0).await;
    for arguments in [
        &["--help"][..],
        &["help", "serve"],
        &["poll"],
        &["poll", "--json"],
        &["show"],
        &["show", "--json"],
        &["digest", "--dry-run"],
        &["digest"],
        &["check"],
        &["check", "--json"],
    ] {
        heard.command(&outside, arguments, 0).await;
    }
    outside.set("LOG_FORMAT", "json");
    heard.command(&outside, &["poll"], 0).await;
    heard.assert_discreet();
}

#[tokio::test]
async fn no_secret_and_no_email_address_is_in_the_errors_of_commands() {
    let mut outside = Outside::with_table().await;
    outside.set("RUST_LOG", "trace");
    let mut heard = Heard::default();
    for fault in [
        HubFault::Garbage,
        // AWS's message contains the person's session name.
        HubFault::AccessDenied,
        HubFault::NotEnabled,
        HubFault::RepeatToken,
    ] {
        outside.aws.fail(IRELAND, fault);
        heard.command(&outside, &["poll"], 2).await;
        heard.command(&outside, &["poll", "--json"], 2).await;
        heard.run(&outside.run(&["check"]).await);
        outside.aws.heal(IRELAND);
    }
    heard.assert_says(&["assumed-role", "not read"]);
    // A list with an email address instead of an account ID.
    let mut members = outside.aws.members(IRELAND);
    members[0].account_id = "aws+2@example.com".to_owned();
    outside.aws.set_members(IRELAND, members);
    heard.command(&outside, &["poll"], 2).await;

    let post = "chat.postMessage";
    let refused = Fault::Refuse("restricted_action".to_owned());
    outside.slack.fail_next(post, refused);
    heard.command(&outside, &["digest"], 1).await;
    outside.slack.set_token_revoked(true);
    heard.command(&outside, &["digest"], 1).await;
    outside.slack.set_token_revoked(false);
    outside.slack.fail_next(post, Fault::Status(500));
    heard.command(&outside, &["digest"], 0).await;
    heard.assert_says(&["restricted_action", "token_revoked", "HTTP 500"]);
    outside.aws.set_identity_fails(true);
    heard.command(&outside, &["poll"], 1).await;
    outside.aws.set_identity_fails(false);
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", unused.local_addr().unwrap());
    drop(unused);
    outside.set("AWS_MAX_ATTEMPTS", "1");
    outside.set("AWS_ENDPOINT_URL_DYNAMODB", nobody);
    heard.command(&outside, &["poll"], 1).await;
    heard.assert_discreet();
}

#[tokio::test]
async fn a_setting_that_is_wrong_is_named_and_never_quoted_if_it_is_a_secret() {
    let mut heard = Heard::default();
    for (name, wrong, said) in [
        ("SLACK_BOT_TOKEN", "xoxp-hush", "must be a bot token"),
        ("SLACK_BOT_TOKEN", "xoxb-hush hush", "must be a bot token"),
        (
            "SLACK_SIGNING_SECRET",
            "hush,hush,hush",
            "two during a rotation",
        ),
        ("SLACK_APP_TOKEN", "xoxb-hush", "must be an app-level token"),
        ("SLACK_CHANNEL", "xoxb-hush", "the setting it belongs to"),
        (
            "SLACK_API_URL",
            "https://bot:hush@slack.com/api",
            "without a user name or password",
        ),
        (
            "SLACK_API_URL",
            "http://bot:hush@127.0.0.1/api",
            "without a user name or password",
        ),
        ("TIMEZONE", "xoxb-hush", "the setting it belongs to"),
    ] {
        let mut outside = Outside::new().await;
        outside.set("RUST_LOG", "trace");
        outside.set(name, wrong);
        for arguments in [&["serve"][..], &["digest"]] {
            let run = outside.run(arguments).await;
            if run.code == 0 || !run.err.contains(name) {
                // A digest needs no signing secret, so it is posted without one.
                assert_eq!((name, arguments[0]), ("SLACK_SIGNING_SECRET", "digest"));
            } else {
                assert!(run.err.contains(said), "{run:?}");
            }
            heard.run(&run);
        }
        heard.command(&outside, &["--help"], 0).await;
    }
    heard.secrets.push(("wrong setting", "hush".to_owned()));
    heard.assert_discreet();
}

#[tokio::test]
async fn no_secret_and_no_email_address_is_in_the_output_of_the_service() {
    for (level, format) in LOGS {
        let mut outside = Outside::with_table().await;
        if let Some(level) = level {
            outside.set("RUST_LOG", level);
        }
        outside.set("LOG_FORMAT", format);
        outside.set("REGIONS", format!("{IRELAND},{VIRGINIA}"));
        // One readable Region, and one failing Region.
        outside.aws.fail(VIRGINIA, HubFault::AccessDenied);
        let mut heard = Heard::default();
        let serving = outside.serve().await;
        everything_happens(&outside, &serving).await;
        heard.text = tell(&serving, "/metrics").await;
        assert!(heard.text.contains("requests"), "{}", heard.text);
        heard.text += &tell(&serving, "/readyz").await;
        heard.text += &tell(&serving, "/healthz").await;
        heard.text += &tell(&serving, "/slack/commands").await;
        let (_, log) = serving.terminate().await;
        heard.text += &log;
        heard.assert_says(&[
            "polled a member list",
            "failed to read a member list",
            "allowed a command",
            "not understood",
            "allowed an opening of the Home tab",
            "rejected a request",
            "job failed",
            "delivered the digest",
        ]);
        let urls = outside.slack.workspace().response_urls;
        assert!(!urls.is_empty());
        heard.secrets = urls.into_keys().map(|url| ("response_url", url)).collect();
        heard.assert_discreet();
    }
}

/// Commands, actions, forged requests and failures of Slack.
async fn everything_happens(outside: &Outside, serving: &Serving) {
    outside.slack.fail_next("response_url", Fault::Status(500));
    let used = Fault::Refuse("used_url".to_owned());
    outside.slack.fail_next("response_url", used);
    let sent = outside.slack.command(SAM, CHANNEL, "").await;
    assert!(sent.acknowledged());
    assert!(
        outside
            .slack
            .command(SAM, CHANNEL, TYPED)
            .await
            .acknowledged()
    );
    outside.slack.open_home(SAM).await;
    let form = format!("text={TYPED}");
    assert_eq!(post(serving, "commands", SIGNED, &form).await, 401);
    // Signed, but not an event. Its content must not be printed.
    let event = format!(r#"{{"type":"event_callback","event":"{TYPED} sam@example.com"}}"#);
    let signed = signature(SIGNING_SECRET, now(), &event);
    assert_eq!(post(serving, "events", &signed, &event).await, 400);
    let replied = outside.slack.wait_for(PATIENCE, |workspace| {
        let replies = workspace.calls.iter();
        let replies = replies.filter(|call| call.method == "response_url");
        (replies.count() >= 2).then_some(())
    });
    replied.await.unwrap();
    let opened = outside
        .slack
        .wait_for(PATIENCE, |workspace| workspace.homes.get(SAM).cloned());
    opened.await.unwrap();
    let posted = outside
        .slack
        .wait_for(PATIENCE, |workspace| workspace.messages(CHANNEL).pop());
    posted.await.unwrap();
}

pub(super) fn now() -> i64 {
    use securityhub_members::clock::{Clock as _, SystemClock};
    SystemClock.now().timestamp()
}

pub(super) async fn post(serving: &Serving, path: &str, signature: &str, body: &str) -> u16 {
    let request = reqwest::Client::new()
        .post(format!("http://127.0.0.1:{}/slack/{path}", serving.port))
        .header("X-Slack-Request-Timestamp", now())
        .header("X-Slack-Signature", signature)
        .body(body.to_owned());
    request.send().await.unwrap().status().as_u16()
}

async fn tell(serving: &Serving, path: &str) -> String {
    let url = format!("http://127.0.0.1:{}{path}", serving.port);
    let answer = reqwest::get(url).await.unwrap();
    format!(
        "{:?}\n{}",
        answer.headers().clone(),
        answer.text().await.unwrap()
    )
}
