//! The real binary, configured by URLs and settings only. The mocks of AWS and Slack run in the
//! test's process, so they survive it.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use securityhub_members::aws::embedded::Engine;
use securityhub_members::clock::SystemClock;
use securityhub_members::demo::aws::SimulatedMember;
use securityhub_members::demo::slack::{BOT_TOKEN, CHANNEL, SIGNING_SECRET};
use securityhub_members::demo::{LoopbackServer, MockSlack, SimulatedAws};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

pub(crate) const ADMIN: &str = "111122223333";
pub(crate) const IRELAND: &str = "eu-west-1";
/// The limit for everything in these tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// The ID of the account with this number.
pub(crate) fn id(number: usize) -> String {
    format!("{:012}", 200_000_000_000 + number)
}

pub(crate) fn member(number: usize, status: &str) -> SimulatedMember {
    SimulatedMember {
        account_id: id(number),
        email: format!("aws+{number}@example.com"),
        status: status.to_owned(),
        invited_at: None,
        updated_at: "2026-11-01T00:00:00Z".parse().unwrap(),
    }
}

/// The mocks of AWS and Slack.
pub(crate) struct Outside {
    pub(crate) aws: SimulatedAws,
    pub(crate) slack: MockSlack,
    pub(crate) environment: Vec<(&'static str, String)>,
    /// The command line before the program's, if another program starts it.
    pub(crate) launcher: Vec<String>,
    _servers: [LoopbackServer; 2],
    _dynamodb: Engine,
}

/// The result of a run of the program.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Outside {
    pub(crate) async fn new() -> Self {
        let aws = SimulatedAws::new(ADMIN);
        aws.set_members(IRELAND, vec![member(1, "Enabled"), member(2, "Resigned")]);
        let aws_server = LoopbackServer::start(aws.router(), 0).await.unwrap();
        let slack = MockSlack::new(Arc::new(SystemClock));
        let slack_server = slack.serve(None, 0).await.unwrap();
        let dynamodb = Engine::in_memory().await.unwrap();
        let environment = vec![
            ("AWS_ENDPOINT_URL_SECURITYHUB", aws_server.url()),
            ("AWS_ENDPOINT_URL_STS", aws_server.url()),
            ("AWS_ENDPOINT_URL_ACCOUNT", aws_server.url()),
            ("AWS_ENDPOINT_URL_ORGANIZATIONS", aws_server.url()),
            ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url().to_owned()),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI".to_owned()),
            ("AWS_REGION", IRELAND.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("SLACK_API_URL", format!("{}/api", slack_server.url())),
            ("SLACK_SIGNING_SECRET", SIGNING_SECRET.to_owned()),
            ("SLACK_BOT_TOKEN", BOT_TOKEN.to_owned()),
            ("SLACK_CHANNEL", CHANNEL.to_owned()),
            ("LISTEN", "127.0.0.1:0".to_owned()),
        ];
        Self {
            aws,
            slack,
            environment,
            launcher: Vec::new(),
            _servers: [aws_server, slack_server],
            _dynamodb: dynamodb,
        }
    }

    /// With an existing table.
    pub(crate) async fn with_table() -> Self {
        let outside = Self::new().await;
        assert_eq!(outside.run(&["create-table"]).await.code, 0);
        outside
    }

    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.environment.retain(|(other, _)| *other != name);
        self.environment.push((name, value.into()));
    }

    /// The value of a variable.
    pub(crate) fn variable(&self, name: &str) -> &str {
        let mut variables = self.environment.iter();
        let variable = variables.find(|(other, _)| *other == name);
        variable.map_or("", |(_, value)| value)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_securityhub-members");
        let launcher = self.launcher.iter().map(String::as_str);
        let mut words = launcher.chain([program]).chain(arguments.iter().copied());
        let mut command = Command::new(words.next().unwrap());
        command
            .args(words)
            .env_clear()
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Run {
        let output = self.command(arguments).output();
        let output = tokio::time::timeout(PATIENCE, output).await;
        let output = output.unwrap().unwrap();
        Run {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts `serve`, waits until it listens and knows the workspace, and registers it with the
    /// mock Slack.
    pub(crate) async fn serve(&self) -> Serving {
        let mut command = self.command(&["serve"]);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut log = String::new();
        let listening = async {
            let mut listens = None;
            loop {
                let line = lines.next_line().await.unwrap();
                let Some(line) = line else {
                    panic!("it ended: {log}")
                };
                let address = address(&line);
                log.push_str(&line);
                log.push('\n');
                listens = listens.or(address);
                if let (Some(address), true) = (listens, log.contains("authenticated with Slack")) {
                    return address;
                }
            }
        };
        let address: std::net::SocketAddr =
            tokio::time::timeout(PATIENCE, listening).await.unwrap();
        let rest = tokio::spawn(async move {
            let mut rest = log;
            lines.into_inner().read_to_string(&mut rest).await.unwrap();
            rest
        });
        self.slack.set_bot_url(&format!("http://{address}"));
        Serving {
            child,
            port: address.port(),
            log: rest,
        }
    }
}

pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) port: u16,
    pub(crate) log: tokio::task::JoinHandle<String>,
}

impl Serving {
    /// Sends SIGTERM.
    pub(crate) async fn tell_to_stop(&self) {
        let process = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-TERM", &process]).status();
        assert!(sent.await.unwrap().success());
    }

    /// Waits for the end with a time limit; returns the exit code and the whole log.
    pub(crate) async fn ended(mut self, within: Duration) -> (i32, String) {
        let ended = tokio::time::timeout(within, self.child.wait());
        let code = ended.await.unwrap().unwrap().code().unwrap();
        (code, self.log.await.unwrap())
    }

    /// Stops an idle program, which takes no time.
    pub(crate) async fn terminate(self) -> (i32, String) {
        self.tell_to_stop().await;
        self.ended(Duration::from_secs(5)).await
    }
}

/// The address in a line of the log, which can be JSON.
fn address(line: &str) -> Option<std::net::SocketAddr> {
    let json: Value = serde_json::from_str(line).unwrap_or_default();
    let mut words = line.split_whitespace();
    let address = json["address"].as_str();
    address
        .or_else(|| words.find_map(|word| word.strip_prefix("address=")))?
        .parse()
        .ok()
}
