//! Slow and idle connections don't block others.

use std::time::Duration;

use securityhub_members::demo::slack::{CHANNEL, SAM};
use securityhub_members::listener::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::support::{PATIENCE, Running, Setup, World};

const HALF_A_HEAD: &[u8] = b"POST /slack/commands HTTP/1.1\r\nHost: bot\r\nX-Slack-Sig";
const HALF_A_BODY: &[u8] =
    b"POST /slack/commands HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n\r\ntext=";
const WELL: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n";

async fn limited(limits: Limits) -> (World, Running) {
    let world = World::with(Setup {
        limits,
        ..Setup::default()
    })
    .await;
    let running = world.serve().await;
    (world, running)
}

impl Running {
    async fn connect(&self) -> TcpStream {
        let address = self.url.trim_start_matches("http://");
        TcpStream::connect(address).await.unwrap()
    }
}

/// Everything until the server closes the connection, which must happen in time.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    // A reset counts as closed.
    let _ = tokio::time::timeout(PATIENCE, reading).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// One response on a connection that stays open.
async fn one_answer(stream: &mut TcpStream) -> String {
    let mut answer = vec![0; 4096];
    let reading = tokio::time::timeout(PATIENCE, stream.read(&mut answer));
    let length = reading.await.unwrap().unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn six_hundred_slow_or_idle_connections_block_no_one() {
    let few = Limits {
        connections: 64,
        // Long enough that none of them times out.
        head: Duration::from_secs(600),
        idle: Duration::from_secs(600),
    };
    let (world, running) = limited(few).await;
    let (done, senders) = (CancellationToken::new(), TaskTracker::new());
    for number in 0..600 {
        let mut stream = running.connect().await;
        let done = done.clone();
        senders.spawn(async move {
            match number % 4 {
                0 => {}
                1 => stream.write_all(HALF_A_HEAD).await.unwrap_or_default(),
                2 => stream.write_all(HALF_A_BODY).await.unwrap_or_default(),
                _ => {
                    // One byte a second until the server closes the connection.
                    for byte in HALF_A_HEAD.iter().cycle() {
                        let second = tokio::time::sleep(Duration::from_secs(1));
                        if stream.write_all(&[*byte]).await.is_err()
                            || done.run_until_cancelled(second).await.is_none()
                        {
                            break;
                        }
                    }
                }
            }
            done.cancelled().await;
        });
        if number % 50 == 49 {
            assert_eq!(running.get("/healthz").await, (200, "ok\n".to_owned()));
        }
    }
    let help = world.slack.command(SAM, CHANNEL, "help").await;
    assert!(help.acknowledged(), "{help:?}");
    done.cancel();
    senders.close();
    senders.wait().await;
    running.stop().await;
}

/// A request with a body of 2 MB, chunked or with a content length.
fn with_two_megabytes(line: &str, in_frames: bool) -> (Vec<u8>, Vec<Vec<u8>>) {
    let length = match in_frames {
        true => "Transfer-Encoding: chunked".to_owned(),
        false => format!("Content-Length: {}", 2 << 20),
    };
    let head = format!("{line} HTTP/1.1\r\nHost: bot\r\n{length}\r\n\r\n");
    let piece = vec![b'x'; 64 << 10];
    let mut pieces = match in_frames {
        true => vec![[b"10000\r\n".as_slice(), &piece, b"\r\n"].concat(); 32],
        false => vec![piece; 32],
    };
    if in_frames {
        pieces.push(b"0\r\n\r\n".to_vec());
    }
    (head.into_bytes(), pieces)
}

#[tokio::test]
async fn a_client_that_keeps_sending_after_a_rejection_can_read_it_and_continue() {
    let (_world, running) = limited(Limits::default()).await;
    for (line, status) in [
        ("POST /slack/commands", 413),
        ("POST /slack/events", 413),
        ("PUT /slack/commands", 405),
        ("POST /nowhere", 404),
        ("POST /healthz", 405),
    ] {
        for in_frames in [false, true] {
            let mut stream = running.connect().await;
            let (head, pieces) = with_two_megabytes(line, in_frames);
            stream.write_all(&head).await.unwrap();
            for piece in pieces {
                // Slowly, so that a rejected request is closed long before its end.
                tokio::time::sleep(Duration::from_millis(5)).await;
                stream.write_all(&piece).await.unwrap();
            }
            let answer = one_answer(&mut stream).await;
            let expected = format!("HTTP/1.1 {status} ");
            assert!(
                answer.starts_with(&expected),
                "{line} {in_frames}: {answer}"
            );
            stream.write_all(WELL).await.unwrap();
            let answer = one_answer(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{line}: {answer}");
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn a_rejected_endless_body_gets_a_response_and_is_closed() {
    let (_world, running) = limited(Limits::default()).await;
    let head = b"POST /slack/commands HTTP/1.1\r\nHost: bot\r\nContent-Length: 99999999999\r\n\r\n";
    for piece in [&[b'x'; 1][..], &[b'x'; 256 << 10]] {
        let mut stream = running.connect().await;
        stream.write_all(head).await.unwrap();
        assert!(one_answer(&mut stream).await.starts_with("HTTP/1.1 413 "));
        let sending = async {
            while stream.write_all(piece).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, sending).await.unwrap();
    }
    running.stop().await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_called_too_large() {
    let (world, running) = limited(Limits::default()).await;
    let in_frames =
        b"POST /slack/commands HTTP/1.1\r\nHost: bot\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntext=";
    for sent in [HALF_A_BODY, in_frames] {
        let mut stream = running.connect().await;
        stream.write_all(sent).await.unwrap();
        stream.shutdown().await.unwrap();
        let answer = until_closed(&mut stream).await;
        let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 400 ");
        assert!(refused, "{answer}");
    }
    let metrics = world.metrics.text();
    assert!(!metrics.contains(r#"status="413""#), "{metrics}");
    running.stop().await;
}

#[test]
fn connections_leave_files_to_the_rest_of_the_program() {
    let most = |files| Limits::default().within(files).connections;
    for (files, connections) in [
        (65_536, 512),
        (1_024, 512),
        (512, 368),
        (256, 112),
        (64, 16),
    ] {
        assert_eq!(most(files), connections, "{files}");
    }
    for files in 0..2_000 {
        assert!((1..=512).contains(&most(files)), "{files}");
    }
}

#[tokio::test]
async fn half_a_head_and_no_head_at_all_are_closed_in_time() {
    let (_world, running) = limited(Limits {
        head: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    for sent in [b"".as_slice(), b"G", HALF_A_HEAD] {
        let mut stream = running.connect().await;
        stream.write_all(sent).await.unwrap();
        assert_eq!(until_closed(&mut stream).await, "");
    }
    // Single bytes don't extend the deadline.
    let mut stream = running.connect().await;
    let (mut answer, mut request) = stream.split();
    let dripping = async {
        for byte in HALF_A_HEAD.iter().cycle() {
            if request.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let mut rest = Vec::new();
    let closed = async { drop(answer.read_to_end(&mut rest).await) };
    let closed = async {
        tokio::select! { () = closed => {}, () = dripping => {} }
    };
    tokio::time::timeout(PATIENCE, closed).await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn a_connection_is_reused_and_closed_when_idle() {
    let (_world, running) = limited(Limits {
        // The idle timeout applies between requests.
        head: Duration::from_secs(600),
        idle: Duration::from_millis(300),
        ..Limits::default()
    })
    .await;
    let mut stream = running.connect().await;
    for _ in 0..3 {
        stream.write_all(WELL).await.unwrap();
        let answer = one_answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.ends_with("ok\n"), "{answer}");
    }
    assert_eq!(until_closed(&mut stream).await, "");
    running.stop().await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let (_world, running) = limited(Limits::default()).await;
    let large = format!(
        "GET /healthz HTTP/1.1\r\nX: {}\r\n\r\n",
        "x".repeat(100_000)
    );
    let many = format!("GET /healthz HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(1_000));
    for head in [large, many] {
        let mut stream = running.connect().await;
        // The server may close it before everything is sent.
        let _ = stream.write_all(head.as_bytes()).await;
        let answer = until_closed(&mut stream).await;
        // Data after the response resets the connection, and the response can be lost.
        let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 431 ");
        assert!(refused, "{answer}");
    }
    assert_eq!(running.get("/healthz").await.0, 200);
    running.stop().await;
}

#[tokio::test]
async fn neither_idle_nor_silent_connections_hold_up_the_stop() {
    let (_world, running) = limited(Limits {
        head: Duration::from_secs(600),
        idle: Duration::from_secs(600),
        ..Limits::default()
    })
    .await;
    let mut silent = running.connect().await;
    let mut idle = running.connect().await;
    idle.write_all(WELL).await.unwrap();
    assert!(one_answer(&mut idle).await.starts_with("HTTP/1.1 200 "));
    let stopped = tokio::time::timeout(Duration::from_secs(15), running.stop());
    stopped.await.unwrap();
    assert_eq!(until_closed(&mut idle).await, "");
    assert_eq!(until_closed(&mut silent).await, "");
}
