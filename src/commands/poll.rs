//! `poll`: one poll of every hub, stored.

use std::process::ExitCode;

use securityhub_members::config::Config;
use securityhub_members::domain::diff::Change;
use securityhub_members::terminal;
use securityhub_members::text::Locale;
use securityhub_members::watch::PollError;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::INCOMPLETE;
use super::connect::connect;
use super::print::with_spinner;

pub(super) async fn poll(config: &Config, json: bool) -> anyhow::Result<ExitCode> {
    let connected = connect(config, &CancellationToken::new()).await?;
    let hubs = connected.watch.hubs().len();
    let polled = with_spinner(format!("Polling {hubs} hubs …"), connected.watch.poll_all()).await;
    let mut failed = false;
    let mut lines = Vec::new();
    for (hub, result) in &polled {
        let line = match result.as_ref() {
            Ok(polled) => {
                let members = polled.head.day.as_ref().map_or(0, |day| day.counts.total());
                let changes = polled.changes.len();
                if !json {
                    let note = if polled.first { ", the first poll" } else { "" };
                    anstream::println!("{hub}: members {members}, changes {changes}{note}");
                }
                json!({ "hub": hub, "members": members, "changes": changed(&polled.changes, config), "version": polled.head.version })
            }
            Err(error) => {
                failed = true;
                if !json {
                    anstream::println!("{hub}: {}", terminal::lines(&unread(error)));
                }
                json!({ "hub": hub, "error": error.to_string() })
            }
        };
        lines.push(line);
    }
    if json {
        anstream::println!("{}", terminal::json(&lines)?);
    }
    Ok(if failed {
        anstream::eprintln!(
            "What could not be read keeps its last state. `securityhub-members check` says what to mend."
        );
        ExitCode::from(INCOMPLETE)
    } else {
        ExitCode::SUCCESS
    })
}

/// Why a hub was not polled, in words and as AWS says it.
fn unread(error: &PollError) -> String {
    match error {
        PollError::List(error) => {
            let reason = Locale::En.words().unread_reason(error.reason);
            format!("not read: {reason} ({})", error.detail)
        }
        error => format!("not polled: {error}"),
    }
}

/// The changes, with addresses where they may be shown.
fn changed(changes: &[Change], config: &Config) -> Vec<Change> {
    let shown = config.emails.at_home();
    let change = |change: &Change| Change {
        email: change.email.clone().filter(|_| shown),
        ..change.clone()
    };
    changes.iter().map(change).collect()
}
