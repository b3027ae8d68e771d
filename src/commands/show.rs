//! `show`: prints the answer to a query.

use std::process::ExitCode;

use chrono::NaiveDate;
use securityhub_members::clock::{Clock as _, SystemClock};
use securityhub_members::domain::emails;
use securityhub_members::domain::query::{self, Query, QueryError, Understood};
use securityhub_members::settings::{Config, ReadOrganization};
use securityhub_members::terminal::{self, counted};
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
    if let Some((verb, _)) = query::case_verb(text) {
        let verb = verb.as_str();
        complain(format_args!(
            "{verb} is a command of its own: securityhub-members {verb} …"
        ));
        return Ok(ExitCode::from(INCOMPLETE));
    }
    let asked = query::understand(text, today, config.zone);
    let has_names = config.names_file.is_some() || config.organization != ReadOrganization::Off;
    match &asked {
        Ok(question) if question.query == Query::Help => {
            print(&voice.answer(&Answer::Help));
            return Ok(ExitCode::SUCCESS);
        }
        // It may be the name of an account.
        Err(QueryError::Unknown { .. }) if has_names => {}
        Err(error) => return Ok(refused(voice, error, today)),
        Ok(_) => {}
    }
    let connected = match (connect(config, &CancellationToken::new()).await, &asked) {
        (Ok(connected), _) => connected,
        (Err(_), Err(error)) => return Ok(refused(voice, error, today)),
        (Err(error), Ok(_)) => return Err(error),
    };
    let asked = match asked {
        Ok(question) => Ok(question),
        Err(error) => connected
            .watch
            .answers
            .account_or(error)
            .await
            .map(Understood::from),
    };
    let Understood { query, notes } = match asked {
        Ok(question) => question,
        Err(error) => return Ok(refused(voice, &error, today)),
    };
    let hubs = connected.watch.hubs.list().len();
    let answer = connected.watch.live.answer(&query);
    let doing = || match connected.watch.poller.under_way() {
        0 => format!("Searching {} …", counted(hubs, "member list")),
        reading => format!(
            "Reading {}, {reading} to go …",
            counted(hubs, "member list")
        ),
    };
    let answer = with_progress(doing, answer).await;
    let answer = answer.map_err(advised)?;
    if json {
        let emails = config.emails.at_home();
        say(emails::serialized(emails, || terminal::json(&answer))?);
        for line in voice.remarks(&notes) {
            complain(line.plain());
        }
    } else {
        print(&voice.noted(voice.answer(&answer), &notes));
    }
    Ok(if answer.is_checked() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(INCOMPLETE)
    })
}

fn refused(voice: Voice, error: &QueryError, today: NaiveDate) -> ExitCode {
    complain(terminal::render(&voice.refusal(error, today)).trim_end());
    ExitCode::from(INCOMPLETE)
}
