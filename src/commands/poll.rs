//! `poll`: one poll of every hub, stored.

use std::collections::BTreeMap;
use std::process::ExitCode;

use securityhub_members::app::rounds::refresh_once;
use securityhub_members::domain::diff::Change;
use securityhub_members::domain::directory::{Directory, Who};
use securityhub_members::domain::member::{AccountId, MemberStatus};
use securityhub_members::settings::Config;
use securityhub_members::terminal::{self, counted};
use securityhub_members::text::Locale;
use securityhub_members::watch::{PollError, Refresh};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::INCOMPLETE;
use super::connect::connect;
use super::print::{complain, say, with_spinner};

pub(super) async fn poll(config: &Config, json: bool) -> anyhow::Result<ExitCode> {
    let connected = connect(config, &CancellationToken::new()).await?;
    let hubs = connected.watch.hubs.list().len();
    let work = async {
        let polled = connected.watch.poller.poll_all().await;
        refresh_once(&connected.watch, Refresh::WhenDue).await;
        polled
    };
    let polled = with_spinner(format!("Reading {} …", counted(hubs, "member list")), work).await;
    let directory = connected.watch.directory.get().await;
    let mut failed = !connected.unlisted.is_empty();
    let mut lines = Vec::new();
    // By AWS's message, which is the same in most Regions.
    let mut not_enabled = BTreeMap::<String, Vec<String>>::new();
    for (hub, result) in &polled {
        let line = match result.as_ref() {
            Ok(polled) => {
                let members = polled.head.day.as_ref().map_or(0, |day| day.counts.total());
                let changes = polled.changes.len();
                if !json {
                    let note = if polled.first { " (first poll)" } else { "" };
                    let members = counted(members, "member");
                    let changes = counted(changes, "change");
                    say(format_args!("{hub}: {members}, {changes}{note}"));
                }
                json!({ "hub": hub, "members": members, "changes": changed(&polled.changes, &directory, config), "version": polled.head.version })
            }
            Err(PollError::NotEnabled(error)) => {
                let alike = not_enabled.entry(error.detail.clone()).or_default();
                alike.push(hub.to_string());
                json!({ "hub": hub, "enabled": false, "reason": error.detail })
            }
            Err(error) => {
                failed = true;
                if !json {
                    say(format_args!("{hub}: {}", terminal::lines(&unread(error))));
                }
                json!({ "hub": hub, "error": error.to_string() })
            }
        };
        lines.push(line);
    }
    for error in &connected.unlisted {
        let error = error.to_string();
        lines.push(json!({ "error": error }));
        if !json {
            say(terminal::lines(&error));
        }
    }
    if json {
        say(terminal::json(&lines)?);
    } else {
        for (said, hubs) in not_enabled {
            let hubs = hubs.join(", ");
            say(format_args!("Security Hub is not enabled in: {hubs}"));
            say(format_args!("  AWS says: {}", terminal::lines(&said)));
        }
    }
    Ok(if failed {
        complain(format_args!(
            "Failed Regions keep their last known data. Run `securityhub-members check` to see why."
        ));
        ExitCode::from(INCOMPLETE)
    } else {
        ExitCode::SUCCESS
    })
}

/// The reason of a failed poll: the bot's words, then AWS's message.
fn unread(error: &PollError) -> String {
    match error {
        PollError::List(error) => {
            let reason = Locale::En.words().unread_reason(error.reason);
            format!("not read: {reason} ({})", error.detail)
        }
        PollError::Doubted { .. } => error.to_string(),
        error => format!("not polled: {error}"),
    }
}

/// The changes with account names, and with email addresses if the setting allows it.
fn changed<'a>(
    changes: &'a [Change],
    directory: &Directory,
    config: &Config,
) -> Vec<PrintedChange<'a>> {
    let shown = config.emails.at_home();
    let change = |change: &'a Change| PrintedChange {
        account: change.account,
        who: directory.who(change.account),
        email: change.email.as_ref().and_then(|email| email.seen(shown)),
        from: change.from.as_ref(),
        to: change.to.as_ref(),
    };
    changes.iter().map(change).collect()
}

/// A change as it is printed.
#[derive(serde::Serialize)]
struct PrintedChange<'a> {
    account: AccountId,
    #[serde(flatten)]
    who: Who,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    from: Option<&'a MemberStatus>,
    to: Option<&'a MemberStatus>,
}
