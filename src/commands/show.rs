//! `show`: answers a question in the terminal.

use std::process::ExitCode;

use securityhub_members::clock::{Clock as _, SystemClock};
use securityhub_members::config::Config;
use securityhub_members::domain::query::{self, Query};
use securityhub_members::terminal;
use securityhub_members::text::voice::Voice;
use securityhub_members::watch::Answer;
use tokio_util::sync::CancellationToken;

use super::INCOMPLETE;
use super::connect::{advised, connect, voice};
use super::print::{complain, print, say, with_progress};

pub(super) async fn show(config: &Config, text: &str, json: bool) -> anyhow::Result<ExitCode> {
    let voice = Voice {
        locale: config.locale.answering(text),
        ..voice(config)
    };
    let today = SystemClock.now().with_timezone(&config.zone).date_naive();
    let query = match query::parse(text, today) {
        Ok(Query::Help) => {
            print(&voice.answer(&Answer::Help));
            return Ok(ExitCode::SUCCESS);
        }
        Ok(query) => query,
        Err(error) => {
            complain(terminal::render(&voice.refusal(&error)).trim_end());
            return Ok(ExitCode::from(INCOMPLETE));
        }
    };
    let connected = connect(config, &CancellationToken::new()).await?;
    let hubs = connected.watch.hubs().len();
    let answer = connected.watch.answer(&query);
    let doing = || match connected.watch.under_way() {
        0 => format!("Looking it up in the history of {hubs} hubs …"),
        reading => format!("Reading {hubs} member lists, {reading} to go …"),
    };
    let answer = with_progress(doing, answer).await;
    let mut answer = answer.map_err(advised)?;
    if !config.emails.at_home() {
        answer = answer.without_emails();
    }
    if json {
        say(terminal::json(&answer)?);
    } else {
        print(&voice.answer(&answer));
    }
    Ok(ExitCode::SUCCESS)
}
