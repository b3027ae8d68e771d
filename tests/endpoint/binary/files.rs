//! The limit for open files, and which connections are closed if it is low.

use std::process::Stdio;
use std::time::Duration;

use securityhub_members::demo::slack::{CHANNEL, SAM};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::process::Command;

use super::outputs::Mute;
use crate::program::Outside;
use crate::support::{PATIENCE, id, read};

/// Runs the program with a limit, as set by `ulimit`.
fn below(limit: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", &format!(r#"ulimit {limit} && exec "$0" serve"#)])
        .arg(env!("CARGO_BIN_EXE_securityhub-members"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

async fn send(port: u16, sent: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    // The server may have closed it already.
    let _ = stream.write_all(sent).await;
    stream
}

#[tokio::test]
async fn with_few_files_slow_senders_block_no_one() {
    for limit in ["-n 80", "-n 256"] {
        let mut outside = Outside::with_table().await;
        let mut mute = Mute::start_as(&mut outside, below(limit)).await;
        let mut slow = Vec::new();
        for number in 0..400 {
            let sent: &[u8] = match number % 3 {
                0 => b"",
                1 => b"POST /slack/commands HTTP/1.1\r\nHost: b",
                _ => b"POST /slack/commands HTTP/1.1\r\nHost: bot\r\nContent-Length: 9\r\n\r\nte",
            };
            slow.push(send(mute.port, sent).await);
            if number % 50 == 49 {
                assert_eq!(mute.tells("/healthz").await, "ok\n", "{limit} {number}");
            }
        }
        assert!(mute.tells("/readyz").await.starts_with("ready"), "{limit}");
        let sent = outside.slack.command(SAM, CHANNEL, "").await;
        assert!(sent.acknowledged(), "{limit}: {sent:?}");
        let answer = outside.slack.wait_for(PATIENCE, |workspace| {
            let newest = workspace.ephemerals(SAM).pop()?;
            (!newest.text.starts_with('🔎')).then_some(newest)
        });
        let answer = read(&answer.await.unwrap().blocks);
        assert!(answer.contains(&id(2)), "{limit}: {answer}");
        drop(slow);
        assert_eq!(mute.stop(Duration::from_secs(10)).await, Some(0), "{limit}");
    }
}

#[tokio::test]
async fn the_limit_of_files_is_raised_as_far_as_it_may_be() {
    let mut outside = Outside::with_table().await;
    let mut mute = Mute::start_as(&mut outside, below("-Sn 64 && ulimit -Hn 900")).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", mute.process()));
    let limits = limits.unwrap();
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let soft = files.unwrap().split_whitespace().nth(3);
    assert_eq!(soft, Some("900"), "{limits}");
    assert_eq!(mute.stop(Duration::from_secs(10)).await, Some(0));
}
