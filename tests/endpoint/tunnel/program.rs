//! The program behind a proxy: `serve`, `check`, and the values that stop every command.

use std::net::SocketAddr;

use securityhub_members::demo::slack::{APP_TOKEN, CHANNEL, Fault, MockWorkspace, SAM};

use super::assert_hides;
use super::proxy::{CREDENTIALS, ConnectProxy, Manner, tls};
use crate::program::{Outside, Run, id};
use crate::support::{PATIENCE, read};

/// The program behind a proxy that leads each of Slack's hosts to the mock.
struct Behind {
    outside: Outside,
    proxy: ConnectProxy,
}

/// The program with a mock Slack that has TLS at this address, which only a proxy leads to.
async fn with_tls() -> (Outside, SocketAddr) {
    let mut outside = Outside::with_table().await;
    let url = outside.variable("SLACK_API_URL");
    let host = url.strip_prefix("http://").unwrap();
    let slack = host.strip_suffix("/api").unwrap().parse().unwrap();
    let authority = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/endpoint/tunnel/authority.pem"
    );
    outside.set("SSL_CERT_FILE", authority);
    outside.set("RUST_LOG", "trace");
    (outside, tls(slack).await)
}

async fn behind(domain: &str) -> Behind {
    let (mut outside, slack) = with_tls().await;
    let proxy = ConnectProxy::start(Manner::Tunnel(slack)).await;
    outside.slack.set_domain(domain);
    outside.set("SLACK_API_URL", format!("https://{domain}/api"));
    outside.set("HTTPS_PROXY", proxy.url());
    Behind { outside, proxy }
}

fn assert_run_hides(run: &Run) {
    assert_hides(&run.out);
    assert_hides(&run.err);
}

/// Serves until the digest is posted and a command answered. Returns the log.
async fn serve(outside: &Outside, sockets: usize) -> String {
    let answers = |workspace: &MockWorkspace| {
        let calls = workspace.calls.iter();
        let accepted =
            calls.filter(|call| call.method == "response_url" && call.status == Some(200));
        accepted.count()
    };
    let before = answers(&outside.slack.workspace());
    let serving = outside.serve().await;
    let ready = |workspace: &MockWorkspace| {
        (workspace.sockets == sockets).then(|| workspace.messages(CHANNEL).pop())?
    };
    let digest = outside.slack.wait_for(PATIENCE, ready).await.unwrap();
    assert!(read(&digest.blocks).contains(&id(2)));
    let sent = outside.slack.command(SAM, CHANNEL, "today").await;
    assert!(sent.acknowledged(), "{sent:?}");
    let answer = outside.slack.wait_for(PATIENCE, |workspace| {
        let newest = workspace.ephemerals(SAM).pop()?;
        let is_new = answers(workspace) > before;
        (is_new && read(&newest.blocks).contains(&id(2))).then_some(())
    });
    answer.await.unwrap();
    let (code, log) = serving.terminate().await;
    assert_eq!(code, 0, "{log}");
    log
}

/// The log has one line about the proxy, which leads to these hosts.
fn assert_log_names(log: &str, proxy: &ConnectProxy, hosts: &str) {
    let lines = log.lines().filter(|line| line.contains("proxy_used"));
    let lines: Vec<_> = lines.collect();
    let [line] = lines[..] else { panic!("{log}") };
    let expected = format!(r#"proxy={} through="{hosts}" direct="""#, proxy.address());
    assert!(line.contains(&expected), "{line}");
}

#[tokio::test]
async fn the_bot_works_behind_a_proxy_that_is_the_only_way_to_slack() {
    for domain in ["slack.com", "slack-gov.com"] {
        let Behind { mut outside, proxy } = behind(domain).await;
        let log = serve(&outside, 0).await;
        assert_hides(&log);
        assert_log_names(&log, &proxy, &format!("{domain},hooks.{domain}"));
        let (api, hooks) = (format!("{domain}:443"), format!("hooks.{domain}:443"));
        let mut expected = vec![hooks, api];
        expected.sort();
        assert_eq!(proxy.hosts(), expected);

        let is_secret = |name: &str| name == "SLACK_SIGNING_SECRET";
        outside.environment.retain(|(name, _)| !is_secret(name));
        outside.set("SLACK_APP_TOKEN", APP_TOKEN);
        outside.slack.set_socket_mode(true);
        let log = serve(&outside, 2).await;
        assert_hides(&log);
        let hosts = format!("{domain},hooks.{domain},wss-primary.{domain}");
        assert_log_names(&log, &proxy, &hosts);
        expected.push(format!("wss-primary.{domain}:443"));
        assert_eq!(proxy.hosts(), expected);
    }
}

#[tokio::test]
async fn an_answer_in_html_through_the_tunnel_is_not_slacks() {
    let Behind { outside, .. } = behind("slack.com").await;
    outside.slack.fail_always("auth.test", Fault::Status(200));
    let run = outside.run(&["check"]).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.out.contains("the answer could not be read"), "{run:?}");
    assert_run_hides(&run);
}

#[tokio::test]
async fn check_names_the_proxy_and_its_failure_without_the_password() {
    let Behind { mut outside, proxy } = behind("slack.com").await;
    let run = outside.run(&["check"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    let named = format!("through the proxy {}", proxy.address());
    assert!(run.out.contains(&named), "{run:?}");
    assert_run_hides(&run);

    outside.set("NO_PROXY", "hooks.slack.com");
    let run = outside.run(&["check"]).await;
    let excepted = format!("{named}, except for hooks.slack.com");
    assert!(run.out.contains(&excepted), "{run:?}");

    let url = format!("http://bot:hush-hush-no@{}", proxy.address());
    outside.set("HTTPS_PROXY", url);
    let run = outside.run(&["check"]).await;
    assert_eq!(run.code, 1, "{run:?}");
    for said in ["authorization required", "allows CONNECT to Slack"] {
        assert!(run.out.contains(said), "{said}: {run:?}");
    }
    assert_run_hides(&run);
}

#[tokio::test]
async fn without_the_authority_of_the_certificate_nothing_is_sent() {
    let Behind { mut outside, .. } = behind("slack.com").await;
    outside
        .environment
        .retain(|(name, _)| *name != "SSL_CERT_FILE");
    let run = outside.run(&["check"]).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.out.contains("failed to reach Slack"), "{run:?}");
    assert!(outside.slack.calls().is_empty());
}

#[tokio::test]
async fn a_proxy_that_cannot_be_used_stops_every_command_that_calls() {
    let mut outside = Outside::with_table().await;
    for (name, value, said) in [
        (
            "HTTPS_PROXY",
            "https://bot:hush-hush@proxy.example.com",
            "Use the proxy's http:// port",
        ),
        (
            "ALL_PROXY",
            "socks5h://bot:hush-hush@proxy.example.com",
            "SOCKS is not supported",
        ),
        (
            "https_proxy",
            "http://bot:hush-hush@:port",
            "must be the http:// URL of a proxy",
        ),
    ] {
        outside.set(name, value);
        let command_lines = [
            &["serve"][..],
            &["digest"],
            &["poll"],
            &["show"],
            &["config"],
        ];
        for command in command_lines {
            let run = outside.run(command).await;
            assert_eq!(run.code, 1, "{command:?} {run:?}");
            assert!(run.err.contains(name) && run.err.contains(said), "{run:?}");
            assert!(
                run.err.contains("=http://proxy.example.com:3128"),
                "{run:?}"
            );
            assert_run_hides(&run);
        }
        // No finding comes from a call that went past the proxy.
        let run = outside.run(&["check"]).await;
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.out.contains(said), "{run:?}");
        assert!(
            run.out.contains("not checked: fix the proxy first"),
            "{run:?}"
        );
        assert_run_hides(&run);
        let run = outside.run(&["manifest", "--socket-mode"]).await;
        assert_eq!(run.code, 0, "{run:?}");
        outside.environment.retain(|(other, _)| *other != name);
    }
    assert!(outside.slack.calls().is_empty());
}

#[tokio::test]
async fn a_mock_on_this_machine_is_called_directly() {
    let mut outside = Outside::with_table().await;
    let proxy = ConnectProxy::start(Manner::Close("")).await;
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"] {
        outside.set(name, proxy.url());
    }
    let run = outside.run(&["check"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!run.out.contains("through the proxy"), "{run:?}");
    assert!(proxy.requests().is_empty());
}

/// `.ci/run proxy` sets `TEST_PROXY` to the address of Squid, for which slack.com is this machine.
#[tokio::test]
async fn a_proxy_of_another_author_leads_to_slack_with_the_right_password_only() {
    let Ok(address) = std::env::var("TEST_PROXY") else {
        println!("skipped: TEST_PROXY is not set");
        return;
    };
    let (mut outside, slack) = with_tls().await;
    outside.set(
        "SLACK_API_URL",
        format!("https://slack.com:{}/api", slack.port()),
    );
    outside.set("HTTPS_PROXY", format!("http://bot:hush-hush-no@{address}"));
    let run = outside.run(&["check"]).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.out.contains("authorization required"), "{run:?}");
    assert_run_hides(&run);
    assert!(outside.slack.calls().is_empty());

    outside.set("HTTPS_PROXY", format!("http://{CREDENTIALS}@{address}"));
    let run = outside.run(&["check"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.out.contains(&format!("through the proxy {address}")),
        "{run:?}"
    );
    assert_run_hides(&run);
    let run = outside.run(&["digest"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(outside.slack.messages(CHANNEL).len(), 1);
    assert_run_hides(&run);
}
