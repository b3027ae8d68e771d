//! A proxy that fails: nothing is sent, nothing goes past it, and the error names it.

use futures::future::join_all;
use securityhub_members::demo::slack::BOT_TOKEN;
use securityhub_members::slack::client::CallError;
use tokio::net::TcpListener;

use super::proxy::{AUTHORIZATION, ConnectProxy, Manner};
use super::{assert_hides, reachable};
use crate::calls::{Elsewhere, TEXT, client, post};

async fn assert_fails(manner: Manner, said: Option<&str>) {
    let (direct, proxy) = (Elsewhere::listen().await, ConnectProxy::start(manner).await);
    let api = client(&reachable(&direct), &[("HTTPS_PROXY", &proxy.url())]);
    let error = post(&api).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(matches!(error, CallError::NotSent { .. }), "{text}");
    assert_hides(&text);
    match said {
        Some(said) => {
            let named = format!("the proxy {} failed: ", proxy.address());
            assert!(text.contains(&named) && text.contains(said), "{text}");
        }
        // A tunnel that leads elsewhere is no failure that the proxy admits.
        None => assert!(!text.contains("the proxy"), "{text}"),
    }
    assert_eq!(direct.connections().await, 0, "{text}");
    let [request] = &proxy.requests()[..] else {
        panic!("one attempt: {text}")
    };
    assert!(request.contains(AUTHORIZATION), "{request}");
    for secret in [BOT_TOKEN, TEXT, "chat.postMessage"] {
        assert!(!request.contains(secret), "{request}");
    }
}

/// Takes as long as the deadline of a tunnel.
#[tokio::test]
async fn if_the_proxy_fails_the_message_is_not_sent_and_nothing_goes_past_the_proxy() {
    let long = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "a".repeat(8 << 10));
    let html = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Sign in</html>";
    let tunnel_then_html = "HTTP/1.1 200 OK\r\n\r\n";
    let cases = [
        (
            Manner::Close("HTTP/1.1 407 Who are you\r\n\r\n"),
            Some("authorization required"),
        ),
        (
            Manner::Answer("HTTP/1.1 407 Who are you\r\n\r\n".to_owned()),
            Some("authorization required"),
        ),
        (
            Manner::Close("HTTP/1.1 403 Forbidden\r\n\r\n<html>No</html>"),
            Some("unsuccessful"),
        ),
        (
            Manner::Close("HTTP/1.1 204 No Content\r\n\r\n"),
            Some("unsuccessful"),
        ),
        (
            Manner::Close("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n"),
            Some("unsuccessful"),
        ),
        (Manner::Close("<html>Sign in</html>"), Some("unsuccessful")),
        (Manner::Close(""), Some("unexpected end")),
        (Manner::Close("HTTP/1.1 200 O"), Some("unexpected end")),
        (Manner::Answer(long), Some("too long")),
        (Manner::Answer(String::new()), Some("no tunnel after 6 s")),
        (
            Manner::Answer("HTTP/1.1 200 OK\r\nX-Half: ".to_owned()),
            Some("no tunnel after 6 s"),
        ),
        // The library drops what comes with the head, as no TLS server speaks first.
        (Manner::Close(html), None),
        (Manner::Close(tunnel_then_html), None),
    ];
    join_all(cases.map(|(manner, said)| assert_fails(manner, said))).await;
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let direct = Elsewhere::listen().await;
    let proxy = format!("http://bot:hush-hush@{address}");
    let error = post(&client(&reachable(&direct), &[("ALL_PROXY", &proxy)]))
        .await
        .unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(
        text.contains(&address.to_string()) && text.contains("refused"),
        "{text}"
    );
    assert_hides(&text);
    assert_eq!(direct.connections().await, 0);
}
