//! Checks the settings: invalid and deprecated ones, secrets that others can read, and the
//! times of the next digests.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::Finding;
use crate::domain::schedule::Schedule;
use crate::remedies;
use crate::settings::{Config, InvalidSettings, Setting};
use crate::slack::signature::SigningSecrets;

/// The number of digests to announce.
const NEXT: usize = 3;

/// One finding for each bad setting, or one for all good ones.
pub fn settings(invalid: Option<&InvalidSettings>) -> Vec<Finding> {
    let Some(invalid) = invalid else {
        return vec![Finding::well("Settings", "all valid")];
    };
    let wrong = |(name, problem, example): (&str, &str, &str)| {
        let remedy = format!("for example: {example}");
        Finding::wrong("Settings", format!("{name}: {problem}"), remedy)
    };
    invalid.iter().map(wrong).collect()
}

/// The configuration file, if one was read.
pub fn config_file(config: &Config) -> Option<Finding> {
    let file = config.config_file.as_deref()?;
    Some(Finding::well("Configuration file", format!("read {file}")))
}

/// A warning if `SLACK_CHANNEL` replaces the channels of the file.
pub fn replaced_channels(config: &Config) -> Option<Finding> {
    let tables = match config.replaced_channels {
        0 => return None,
        1 => "the table [[channel]] is ignored".to_owned(),
        several => format!("{several} tables [[channel]] are ignored"),
    };
    let detail = format!("{tables}: SLACK_CHANNEL takes precedence over the file");
    let finding = Finding::note("Settings", detail);
    Some(finding.advising("unset SLACK_CHANNEL, or remove the tables"))
}

/// A warning for each setting that is given under a deprecated name.
pub fn deprecated(config: &Config) -> Vec<Finding> {
    let deprecated = |setting: &&'static Setting| {
        let name = setting.deprecated_name.unwrap_or_default();
        let detail = format!("{name} is deprecated");
        Finding::note("Settings", detail).advising(format!("use {} instead", setting.name))
    };
    config.deprecated.iter().map(deprecated).collect()
}

/// Reports whether the signing secrets look like Slack's.
pub fn signing_secret(secrets: &SigningSecrets) -> Finding {
    const TOPIC: &str = "Signing secret";
    if secrets.look_like_slacks() {
        let detail = "has Slack's format; only a request from Slack can confirm it";
        return Finding::well(TOPIC, detail);
    }
    Finding::note(TOPIC, "not in Slack's format, 32 hex digits").advising(remedies::SIGNING_SECRET)
}

/// Reports the secrets that other users can read, and those in files. There is nothing to
/// report about a secret in a variable.
pub fn secrets(config: &Config) -> Vec<Finding> {
    const TOPIC: &str = "Secrets";
    let names = |open: bool| {
        let files = config.secret_files.iter();
        let files = files.filter(move |file| file.is_open == open);
        files.map(|file| file.name.as_ref()).collect::<Vec<_>>()
    };
    let (closed, open) = (names(false), names(true));
    let mut findings = Vec::new();
    if !config.exposed.is_empty() {
        let exposed = config.exposed.join(", ");
        let detail = format!("visible in `ps`, because set on the command line: {exposed}");
        findings.push(Finding::note(TOPIC, detail).advising(remedies::EXPOSED_SECRET));
    }
    if !open.is_empty() {
        let detail = format!("readable or writable by other users: {}", open.join(", "));
        findings.push(Finding::note(TOPIC, detail).advising(remedies::OPEN_SECRET_FILE));
    }
    if !closed.is_empty() {
        let detail = format!("read from files: {}", closed.join(", "));
        findings.push(Finding::well(TOPIC, detail));
    }
    findings
}

/// When the next digests are due, in the time zone of each channel. Channels with the same
/// schedule share a finding.
pub fn schedules(
    config: &Config,
    invalid: Option<&InvalidSettings>,
    now: DateTime<Utc>,
) -> Vec<Finding> {
    const TOPIC: &str = "Digests";
    let mut bad = ["TIMEZONE", "DIGEST_SCHEDULE"].into_iter();
    if let Some(name) = bad.find(|name| invalid.is_some_and(|invalid| invalid.names(name))) {
        return vec![Finding::blocked(TOPIC, name)];
    }
    let mut schedules = Vec::<(&Schedule, Tz, Vec<&str>)>::new();
    for channel in &config.channels {
        let id = channel.id.as_str();
        let mut others = schedules.iter_mut();
        match others.find(|(schedule, ..)| **schedule == channel.schedule) {
            Some((_, _, ids)) => ids.push(id),
            None => schedules.push((&channel.schedule, channel.audience.zone, vec![id])),
        }
    }
    match &schedules[..] {
        [] => vec![Finding::well(
            TOPIC,
            next(&config.schedule, config.zone, now),
        )],
        [(schedule, zone, _)] => vec![Finding::well(TOPIC, next(schedule, *zone, now))],
        several => several
            .iter()
            .map(|(schedule, zone, ids)| {
                let detail = format!("{}: {}", ids.join(", "), next(schedule, *zone, now));
                Finding::well(TOPIC, detail)
            })
            .collect(),
    }
}

fn next(schedule: &Schedule, zone: Tz, now: DateTime<Utc>) -> String {
    let after = |time: &DateTime<Utc>| schedule.next_after(*time);
    let next = std::iter::successors(schedule.next_after(now), after);
    let next = next.take(NEXT).map(|time| {
        let time = time.with_timezone(&zone);
        time.format("%a %Y-%m-%d %H:%M").to_string()
    });
    let next = next.collect::<Vec<_>>().join(", ");
    format!("next at {next} ({zone})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    #[test]
    fn another_form_of_signing_secret_is_worth_a_note_and_is_not_quoted() {
        let secrets = |secrets: &[&str]| {
            SigningSecrets::new(secrets.iter().map(|secret| (*secret).into()).collect()).unwrap()
        };
        let (hex, other) = (
            "8f742231b10e8888abcd99ee0aaa85a5",
            "8f742231b10e8888abcd99yyyzzz85a5",
        );
        assert_eq!(signing_secret(&secrets(&[hex, hex])).verdict, Verdict::Well);
        let found = signing_secret(&secrets(&[hex, other]));
        assert_eq!(found.verdict, Verdict::Note);
        assert!(!format!("{found:?}").contains("8f7422"), "{found:?}");
    }
}
