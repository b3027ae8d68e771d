//! The program behind a proxy: `serve`, `check`, and the values that stop every command.

use securityhub_members::demo::slack::{APP_TOKEN, Fault};

use super::proxy::{ConnectProxy, Manner, tls};
use super::{assert_run_hides, serve};
use crate::program::Outside;

/// The program behind a proxy that leads each of Slack's hosts to the mock.
struct Behind {
    outside: Outside,
    proxy: ConnectProxy,
}

async fn behind(domain: &str) -> Behind {
    let mut outside = Outside::with_table().await;
    let slack = tls(&outside, "SLACK_API_URL", "127.0.0.1:0").await;
    let authority = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/endpoint/tunnel/authority.pem"
    );
    outside.set("SSL_CERT_FILE", authority);
    outside.set("RUST_LOG", "trace");
    let proxy = ConnectProxy::start(Manner::Tunnel(slack)).await;
    outside.slack.set_domain(domain);
    outside.set("SLACK_API_URL", format!("https://{domain}/api"));
    outside.set("HTTPS_PROXY", proxy.url());
    Behind { outside, proxy }
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
    for said in [
        "failed to reach Slack for auth.test: invalid peer certificate: UnknownIssuer",
        "that SSL_CERT_FILE names",
    ] {
        assert!(run.out.contains(said), "{said}: {run:?}");
    }
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
