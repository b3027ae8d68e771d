//! The requests that use the proxy, and those that never do.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::{get, put};
use securityhub_members::demo::LoopbackServer;

use crate::program::Outside;

/// Hosts and paths, in order.
type Seen = Arc<Mutex<Vec<String>>>;

/// A server that records its requests.
async fn recording(router: Router) -> (LoopbackServer, Seen) {
    let seen = Seen::default();
    let asked = Arc::clone(&seen);
    let remember = from_fn(move |request: Request, next: Next| {
        let host = request
            .headers()
            .get("host")
            .map(|host| host.to_str().unwrap());
        let line = format!("{}{}", host.unwrap_or_default(), request.uri().path());
        asked.lock().unwrap().push(line);
        next.run(request)
    });
    let server = LoopbackServer::start(router.layer(remember), 0)
        .await
        .unwrap();
    (server, seen)
}

const CREDENTIALS: &str = r#"{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"AKIDEXAMPLE",
    "SecretAccessKey":"wJalrXUtnFEMI","Token":"session","AccountId":"111122223333",
    "Expiration":"2099-01-01T00:00:00Z","LastUpdated":"2026-01-01T00:00:00Z"}"#;

/// The credential services of container and machine.
async fn credentials() -> (LoopbackServer, Seen) {
    let json = || async { ([("content-type", "application/json")], CREDENTIALS) };
    let token = || async { ([("x-aws-ec2-metadata-token-ttl-seconds", "21600")], "token") };
    let router = Router::new()
        .route("/task", get(json))
        .route("/latest/api/token", put(token))
        .route(
            "/latest/meta-data/placement/region",
            get(|| async { "eu-west-1" }),
        )
        .route(
            "/latest/meta-data/iam/security-credentials/",
            get(|| async { "role" }),
        )
        .route(
            "/latest/meta-data/iam/security-credentials-extended/",
            get(|| async { "role" }),
        )
        .route("/latest/meta-data/iam/security-credentials/role", get(json))
        .route(
            "/latest/meta-data/iam/security-credentials-extended/role",
            get(json),
        );
    recording(router).await
}

#[tokio::test]
async fn credentials_of_the_machine_and_the_container_are_never_asked_through_the_proxy() {
    for proxied in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        for container in [true, false] {
            let mut outside = Outside::with_table().await;
            let (proxy, through) = recording(outside.aws.router()).await;
            let (machine, asked) = credentials().await;
            outside.set(proxied, proxy.url());
            // Only the proxy can resolve this host.
            for service in ["SECURITYHUB", "STS", "ORGANIZATIONS"] {
                let name = format!("AWS_ENDPOINT_URL_{service}").leak();
                outside.set(name, format!("http://{}.example", service.to_lowercase()));
            }
            let unset = [
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_EC2_METADATA_DISABLED",
            ];
            outside
                .environment
                .retain(|(name, _)| !unset.contains(name));
            if container {
                let url = format!("{}/task", machine.url());
                outside.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
                outside.set("AWS_EC2_METADATA_DISABLED", "true");
            } else {
                outside.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine.url());
                // The Region comes from the machine's metadata, too.
                outside
                    .environment
                    .retain(|(name, _)| *name != "AWS_REGION");
            }
            let run = outside.run(&["poll"]).await;
            assert_eq!(run.code, 0, "{proxied} {container}: {run:?}");
            let through = through.lock().unwrap().clone();
            for service in ["securityhub.example/members", "sts.example/"] {
                assert!(through.iter().any(|line| line == service), "{through:?}");
            }
            let direct = through.iter().find(|line| line.starts_with("127.0.0.1"));
            assert_eq!(direct, None, "{proxied} {container}");
            let asked = asked.lock().unwrap().clone();
            assert!(!asked.is_empty(), "{proxied} {container}");
        }
    }
}
