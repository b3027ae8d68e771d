//! The hosts that are called through the proxy, and those that are called directly.

use securityhub_members::slack::client::Response;
use securityhub_members::slack::inbound::{ResponseOrigin, ResponseUrl};

use super::proxy::{ConnectProxy, Manner};
use super::reachable;
use crate::calls::{Elsewhere, client, content, post};

/// The opposite of the failures: the same address is reached if it is an exception.
#[tokio::test]
async fn an_exception_is_called_directly() {
    let proxy = ConnectProxy::start(Manner::Close("")).await;
    let direct = Elsewhere::listen().await;
    for exception in ["0.0.0.0", "0.0.0.0/8"] {
        let before = direct.connections().await;
        let variables = [("HTTPS_PROXY", &*proxy.url()), ("NO_PROXY", exception)];
        assert!(
            post(&client(&reachable(&direct), &variables))
                .await
                .is_err()
        );
        assert_eq!(direct.connections().await, before + 1, "{exception}");
    }
    assert!(proxy.requests().is_empty());
}

#[tokio::test]
async fn every_host_of_slack_is_asked_for_by_name_at_the_proxy() {
    let proxy = ConnectProxy::start(Manner::Close("HTTP/1.1 407 No\r\n\r\n")).await;
    let url = "https://slack.com/api";
    let api = client(url, &[("https_proxy", &proxy.url())]);
    assert!(post(&api).await.is_err());
    let origin = ResponseOrigin::of_api(&url.parse().unwrap());
    let answer = ResponseUrl::parse("https://hooks.slack.com/commands/1", &origin).unwrap();
    let response = Response::for_everybody(content());
    assert!(api.respond_once(&answer, &response).await.is_err());
    assert_eq!(proxy.hosts(), ["hooks.slack.com:443", "slack.com:443"]);
    for request in proxy.requests() {
        assert!(request.contains("\r\nHost: "), "{request}");
    }
}
