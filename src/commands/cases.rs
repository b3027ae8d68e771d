//! `ack`, `unack`, `take` and `untake` in English, and `acks` in the language of `LOCALE`.

use std::process::ExitCode;

use securityhub_members::clock::{Clock as _, SystemClock};
use securityhub_members::domain::cases::{Case, CaseState, PersonId};
use securityhub_members::domain::query::{CaseCommand, CaseLimits, CaseVerb, case_command};
use securityhub_members::settings::Config;
use securityhub_members::terminal;
use securityhub_members::text::Locale;
use securityhub_members::text::voice::Voice;
use securityhub_members::watch::CaseAnswer;
use securityhub_members::watch::ports::StoreError;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::INCOMPLETE;
use super::connect::{advised, connect, voice};
use super::print::{complain, print, say, with_spinner};

/// The words after the name of a command about cases.
#[derive(Debug, clap::Args)]
pub(crate) struct CaseWords {
    /// Account ID or exact name, and for `ack` the end and the reason
    #[arg(required = true, value_name = "ACCOUNT …")]
    words: Vec<String>,
    /// Name that the decision is shown under [default: your user name]
    #[arg(long = "as", value_name = "NAME")]
    person: Option<String>,
}

impl CaseWords {
    /// The words as one text, with the quotes that the shell has removed.
    fn text(&self, verb: CaseVerb) -> String {
        let mut words = self.words.clone();
        if let (CaseVerb::Accept, Some(account)) = (verb, words.first_mut())
            && self.words.len() > 1
            && account.contains(char::is_whitespace)
        {
            *account = format!("\"{account}\"");
        }
        format!("{} {}", verb.as_str(), words.join(" "))
    }

    fn person(&self) -> Option<PersonId> {
        let login = || {
            ["USER", "LOGNAME"]
                .into_iter()
                .find_map(|name| std::env::var(name).ok())
        };
        let name = self.person.clone().or_else(login)?;
        let name = name.trim();
        (!name.is_empty()).then(|| PersonId(name.to_owned()))
    }
}

fn english(config: &Config) -> Voice {
    Voice {
        locale: Locale::En,
        ..voice(config)
    }
}

pub(super) async fn decide(
    config: &Config,
    verb: CaseVerb,
    words: &CaseWords,
) -> anyhow::Result<ExitCode> {
    let voice = english(config);
    let limits = CaseLimits {
        today: SystemClock.now().with_timezone(&config.zone).date_naive(),
        longest: config.ack_max,
    };
    let request = case_command(&words.text(verb), limits);
    let command = match request.map(|request| request.command) {
        Some(Ok(command)) => command,
        Some(Err(fault)) => {
            let document = voice.case_fault(verb, &fault, limits);
            complain(terminal::render(&document).trim_end());
            return Ok(ExitCode::from(INCOMPLETE));
        }
        None => anyhow::bail!("{} is no command about cases", verb.as_str()),
    };
    let Some(person) = words.person() else {
        complain("no user name found: use --as NAME, for example --as ann");
        return Ok(ExitCode::from(INCOMPLETE));
    };
    let connected = connect(config, &CancellationToken::new()).await?;
    let answer = reading(connected.watch.cases.carry_out(&command, &person)).await?;
    print(&voice.case_answer(&answer, &command));
    Ok(if answer.is_as_asked() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(INCOMPLETE)
    })
}

/// The decided cases, for other programs.
#[derive(Serialize)]
struct DecidedCases<'a> {
    accepted: &'a [Case],
    taken: Vec<&'a Case>,
}

pub(super) async fn list(config: &Config, json: bool) -> anyhow::Result<ExitCode> {
    let connected = connect(config, &CancellationToken::new()).await?;
    let list = reading(connected.watch.cases.list()).await?;
    if json {
        let is_taken = |case: &&Case| matches!(case.state, CaseState::Taken(_));
        let decided = DecidedCases {
            accepted: &list.accepted,
            taken: list.open.iter().filter(is_taken).collect(),
        };
        say(terminal::json(&decided)?);
    } else {
        let answer = CaseAnswer::List(Box::new(list));
        print(&voice(config).case_answer(&answer, &CaseCommand::List));
    }
    Ok(ExitCode::SUCCESS)
}

async fn reading<T>(cases: impl Future<Output = Result<T, StoreError>>) -> anyhow::Result<T> {
    let cases = with_spinner("Reading the cases …".to_owned(), cases).await;
    cases.map_err(advised)
}
