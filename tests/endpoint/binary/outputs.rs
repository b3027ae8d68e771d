//! Outputs that are full, closed, or have a stalled reader. The program keeps working, and stops
//! on SIGTERM.

use std::fs::{File, OpenOptions};
use std::io::{PipeReader, PipeWriter, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use securityhub_members::demo::slack::{CHANNEL, SAM};
use tokio::process::{Child, Command};

use crate::program::Outside;
use crate::support::PATIENCE;

/// The time limit for a stop after SIGTERM without work in progress.
const SOON: Duration = Duration::from_secs(10);

/// The fault of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Output {
    /// Every write fails with "no space left on device".
    Full,
    /// The reader is closed.
    Broken,
    /// The reader doesn't read, and the pipe is full.
    Stalled,
    /// The same, but writes fail at once instead of blocking.
    StalledWithoutBlocking,
}

impl Output {
    const ALL: [Self; 4] = [
        Self::Full,
        Self::Broken,
        Self::Stalled,
        Self::StalledWithoutBlocking,
    ];

    /// The output, and its reader unless closed.
    fn open(self) -> (Stdio, Option<PipeReader>) {
        if self == Self::Full {
            let full = OpenOptions::new().write(true).open("/dev/full");
            return (full.unwrap().into(), None);
        }
        let (reader, mut writer) = std::io::pipe().unwrap();
        if self == Self::Broken {
            return (writer.into(), None);
        }
        fill(&mut writer);
        let blocks = self == Self::Stalled;
        rustix::io::ioctl_fionbio(&writer, !blocks).unwrap();
        (writer.into(), Some(reader))
    }
}

/// Fills a pipe.
fn fill(writer: &mut PipeWriter) {
    rustix::io::ioctl_fionbio(&*writer, true).unwrap();
    for chunk in [4096, 1] {
        while writer.write(&vec![b'x'; chunk]).is_ok() {}
    }
}

async fn ended(child: &mut Child, within: Duration) -> ExitStatus {
    let ended = tokio::time::timeout(within, child.wait()).await;
    ended.unwrap_or_else(|_| panic!("still there")).unwrap()
}

fn terminate(child: &Child) {
    let process = i32::try_from(child.id().unwrap()).unwrap();
    let process = rustix::process::Pid::from_raw(process).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
}

/// Every command that ends by itself, with its exit code.
const COMMANDS: [(&[&str], i32); 13] = [
    (&["poll"], 0),
    (&["poll", "--json"], 0),
    (&["show"], 0),
    (&["show", "yesturday"], 2),
    (&["acks"], 0),
    (&["take", "--as", "ann", "999999999999"], 2),
    (&["check"], 0),
    (&["digest", "--dry-run"], 0),
    (&["digest"], 0),
    (&["create-table"], 0),
    (&["import", "/dev/null"], 0),
    (&["manifest", "--socket-mode"], 0),
    (&["healthcheck"], 1),
];

#[tokio::test]
async fn no_command_depends_on_its_log_and_error_output() {
    let mut outside = Outside::with_table().await;
    outside.set("RUST_LOG", "debug");
    outside.set("LISTEN", "127.0.0.1:1");
    for output in Output::ALL {
        for (arguments, code) in COMMANDS {
            let (errors, _reader) = output.open();
            let mut command = outside.command(arguments);
            let mut child = command
                .stdout(Stdio::null())
                .stderr(errors)
                .spawn()
                .unwrap();
            let status = ended(&mut child, PATIENCE).await;
            assert_eq!(status.code(), Some(code), "{arguments:?} {output:?}");
        }
    }
}

#[tokio::test]
async fn a_failed_write_to_standard_output_is_a_failure_unless_the_reader_has_gone() {
    let outside = Outside::with_table().await;
    for (arguments, code) in COMMANDS {
        if code != 0 {
            continue;
        }
        for output in [Output::Full, Output::Broken] {
            let (out, _reader) = output.open();
            let mut command = outside.command(arguments);
            let child = command.stdout(out).stderr(Stdio::piped()).spawn().unwrap();
            let waiting = tokio::time::timeout(PATIENCE, child.wait_with_output());
            let ended = waiting.await.unwrap().unwrap();
            let errors = String::from_utf8(ended.stderr).unwrap();
            assert!(!errors.contains("panicked"), "{arguments:?}: {errors}");
            let (expected, said) = match output {
                Output::Full => (1, "failed to write to standard output"),
                _ => (code, ""),
            };
            assert_eq!(
                ended.status.code(),
                Some(expected),
                "{arguments:?} {output:?}"
            );
            assert!(errors.contains(said), "{arguments:?} {output:?}: {errors}");
        }
    }
}

#[tokio::test]
async fn a_closed_output_does_not_change_the_exit_code() {
    let outside = Outside::with_table().await;
    for closed in ["2>&-", ">&-", ">&- 2>&- <&-"] {
        for (arguments, code) in COMMANDS {
            let mut command = Command::new("/bin/sh");
            command
                .args(["-c", &format!(r#"exec "$0" "$@" {closed}"#)])
                .arg(env!("CARGO_BIN_EXE_securityhub-members"))
                .args(arguments)
                .env_clear()
                .envs(outside.environment.iter().cloned())
                .env("LISTEN", "127.0.0.1:1")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true);
            let mut child = command.spawn().unwrap();
            let status = ended(&mut child, PATIENCE).await;
            assert_eq!(status.code(), Some(code), "{arguments:?} {closed}");
        }
    }
}

/// A service without a readable log. It is observed through its responses.
pub(super) struct Mute {
    child: Child,
    pub(super) port: u16,
}

impl Mute {
    async fn start(outside: &mut Outside, errors: Stdio) -> Self {
        // Enough lines to fill any pipe.
        outside.set("RUST_LOG", "trace");
        let mut command = outside.command(&["serve"]);
        command.stdout(Stdio::null()).stderr(errors);
        Self::start_as(outside, command).await
    }

    /// Starts the service with another command line.
    pub(super) async fn start_as(outside: &mut Outside, mut command: Command) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        outside.set("LISTEN", format!("127.0.0.1:{port}"));
        command
            .env_clear()
            .envs(outside.environment.iter().cloned())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let child = command.spawn().unwrap();
        outside
            .slack
            .set_bot_url(&format!("http://127.0.0.1:{port}"));
        let posted = outside
            .slack
            .wait_for(PATIENCE, |workspace| workspace.messages(CHANNEL).pop());
        posted.await.unwrap();
        Self { child, port }
    }

    pub(super) fn process(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Sends SIGTERM, and returns the exit code.
    pub(super) async fn stop(&mut self, within: Duration) -> Option<i32> {
        terminate(&self.child);
        ended(&mut self.child, within).await.code()
    }

    pub(super) async fn tells(&self, path: &str) -> String {
        let asking = async {
            let url = format!("http://127.0.0.1:{}{path}", self.port);
            let answer = reqwest::get(url).await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            answer.text().await.unwrap()
        };
        tokio::time::timeout(PATIENCE, asking).await.unwrap()
    }
}

#[tokio::test]
async fn the_service_answers_and_stops_in_time_whatever_becomes_of_its_log() {
    for output in Output::ALL {
        let mut outside = Outside::with_table().await;
        let (errors, reader) = output.open();
        let mut mute = Mute::start(&mut outside, errors).await;
        for number in 0..200 {
            let sent = outside.slack.command(SAM, CHANNEL, "help").await;
            assert!(sent.acknowledged(), "{output:?} {number}: {sent:?}");
        }
        assert_eq!(mute.tells("/healthz").await, "ok\n");
        let metrics = mute.tells("/metrics").await;
        let lost = metrics
            .lines()
            .find_map(|line| line.strip_prefix("securityhub_members_log_lines_lost_total "));
        let lost: u64 = lost.unwrap().parse().unwrap();
        let reads = reader.is_some();
        assert!(reads || lost > 200, "{output:?}: {lost} lines");
        assert_eq!(mute.stop(SOON).await, Some(0), "{output:?}");
    }
}

#[tokio::test]
async fn a_log_that_is_read_again_goes_on_with_whole_lines() {
    let mut outside = Outside::with_table().await;
    outside.set("LOG_FORMAT", "json");
    let (errors, reader) = Output::Stalled.open();
    let mut mute = Mute::start(&mut outside, errors).await;
    let reading = tokio::task::spawn_blocking(move || {
        let mut log = String::new();
        reader.unwrap().read_to_string(&mut log).unwrap();
        log
    });
    assert_eq!(mute.tells("/healthz").await, "ok\n");
    assert_eq!(mute.stop(SOON).await, Some(0));
    let log = reading.await.unwrap();
    let log = log.trim_start_matches('x');
    for line in log.lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(line["message"].is_string(), "{line}");
    }
    assert!(
        log.contains("\"listening\"") && log.contains("\"stopped\""),
        "{log}"
    );
}

#[tokio::test]
async fn the_demo_answers_and_stops_whatever_becomes_of_its_outputs() {
    for output in Output::ALL {
        let (outside, free) = (
            Outside::new().await,
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(),
        );
        let port = free.local_addr().unwrap().port().to_string();
        drop(free);
        let ((errors, _reads_errors), (out, _reads_out)) = (output.open(), output.open());
        let mut command = outside.command(&["demo", "--port", &port]);
        let mut child = command.stdout(out).stderr(errors).spawn().unwrap();
        let url = format!("http://127.0.0.1:{port}/");
        let answers = async {
            while reqwest::get(&url).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, answers).await.unwrap();
        terminate(&child);
        let code = ended(&mut child, SOON).await.code();
        let expected = if output == Output::Full {
            [0, 1]
        } else {
            [0, 0]
        };
        assert!(
            code.is_some_and(|code| expected.contains(&code)),
            "{output:?}: {code:?}"
        );
    }
}

#[test]
fn the_full_outputs_of_these_tests_are_full() {
    let mut full: File = OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert!(full.write(b"x").is_err());
    let (reader, mut writer) = std::io::pipe().unwrap();
    fill(&mut writer);
    assert_eq!(
        writer.write(b"x").unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock
    );
    drop(reader);
}

#[tokio::test]
async fn rejected_requests_are_logged_once_in_ten_seconds_with_their_number() {
    let outside = Outside::with_table().await;
    let serving = outside.serve().await;
    let url = format!("http://127.0.0.1:{}/slack/commands", serving.port);
    let client = reqwest::Client::new();
    for _ in 0..200 {
        let answer = client.post(&url).body("text=x").send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
    let (code, log) = serving.terminate().await;
    assert_eq!(code, 0, "{log}");
    let lines: Vec<_> = log
        .lines()
        .filter(|line| line.contains("rejected a request"))
        .collect();
    // A slow machine may need more than ten seconds for all of them.
    assert!((1..=9).contains(&lines.len()), "{log}");
    assert!(lines[0].contains("since_last_line=1"), "{log}");
}
