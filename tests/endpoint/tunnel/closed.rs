//! The program in a network of its own. `.ci/proxy` makes the network, and says whether the program
//! has to work in it.

use std::env;

use securityhub_members::demo::slack::APP_TOKEN;

use super::proxy::tls;
use super::{assert_run_hides, serve};
use crate::program::Outside;

/// AWS's hosts are below slack.com, because slack.pem has no other names.
const AWS: [&str; 5] = [
    "AWS_ENDPOINT_URL_SECURITYHUB",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_ACCOUNT",
    "AWS_ENDPOINT_URL_ORGANIZATIONS",
    "AWS_ENDPOINT_URL_DYNAMODB",
];

/// The mocks with TLS at `TEST_SERVERS`, where every name of Slack leads, and the program's own
/// address `TEST_BOT`.
async fn in_its_network() -> Outside {
    let variable = |name| env::var(name).unwrap();
    let servers = variable("TEST_SERVERS");
    let mut outside = Outside::with_table().await;
    outside.slack.set_domain("slack.com");
    tls(&outside, "SLACK_API_URL", &format!("{servers}:443")).await;
    outside.set("SLACK_API_URL", "https://slack.com/api");
    for name in AWS {
        let address = tls(&outside, name, &format!("{servers}:0")).await;
        outside.set(name, format!("https://aws.slack.com:{}", address.port()));
    }
    outside.set("LISTEN", format!("{}:0", variable("TEST_BOT")));
    outside.set("RUST_LOG", "trace");
    outside.set("SSL_CERT_FILE", variable("SSL_CERT_FILE"));
    if let Ok(proxy) = env::var("HTTPS_PROXY") {
        outside.set("HTTPS_PROXY", proxy);
    }
    let launcher = variable("TEST_LAUNCHER");
    outside.launcher = launcher.split(' ').map(str::to_owned).collect();
    outside
}

#[tokio::test]
#[ignore = ".ci/proxy makes the network for it"]
async fn the_bot_works_in_its_network() {
    let mut outside = in_its_network().await;
    let run = outside.run(&["check"]).await;
    assert_run_hides(&run);
    assert_eq!(run.code, 0, "{}", run.out);
    let through = outside.variable("HTTPS_PROXY").rsplit_once('@');
    if let Some((_, address)) = through {
        let named = format!("through the proxy {address}");
        assert!(run.out.contains(&named), "{}", run.out);
    }
    serve(&outside, 0).await;

    outside
        .environment
        .retain(|(name, _)| *name != "SLACK_SIGNING_SECRET");
    outside.set("SLACK_APP_TOKEN", APP_TOKEN);
    outside.slack.set_socket_mode(true);
    serve(&outside, 2).await;
}
