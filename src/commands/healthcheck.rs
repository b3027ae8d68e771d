//! `healthcheck`: asks the running service whether it is alive, in images without curl.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use securityhub_members::settings::Config;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(super) async fn healthcheck(config: &Config) -> anyhow::Result<ExitCode> {
    const DEADLINE: Duration = Duration::from_secs(3);
    let ask = async {
        let ip = config.listen.ip();
        let own = if ip.is_ipv4() {
            IpAddr::from(Ipv4Addr::LOCALHOST)
        } else {
            Ipv6Addr::LOCALHOST.into()
        };
        let ip = if ip.is_unspecified() { own } else { ip };
        let mut stream = TcpStream::connect((ip, config.listen.port())).await?;
        stream
            .write_all(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            .await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        anyhow::Ok(answer)
    };
    let silent = || {
        format!(
            "no answer from LISTEN={}: run `securityhub-members serve` with the same LISTEN",
            config.listen
        )
    };
    let answer = tokio::time::timeout(DEADLINE, ask)
        .await
        .with_context(silent)?
        .with_context(silent)?;
    if answer.split_whitespace().nth(1) != Some("200") {
        bail!(
            "the service at LISTEN={} is unhealthy, or another program: check its log",
            config.listen
        );
    }
    Ok(ExitCode::SUCCESS)
}
