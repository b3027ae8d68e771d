//! Parses the text of each setting into its value, or into an error for people.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use chrono::Days;
use chrono_tz::Tz;
use url::Url;

use crate::domain::diff::ChangeKind;
use crate::domain::hub::{InvalidRegion, Region};
use crate::domain::member::MemberStatus;
use crate::domain::naming::{name_key, nearest_name};
use crate::domain::quiet::Quiet;
use crate::domain::schedule::Schedule;
use crate::domain::unit::{InvalidUnitPattern, UnitPattern};
use crate::log::LogFormat;
use crate::slack::ids::ChannelId;

pub(super) fn zone(text: &str) -> Result<Tz, String> {
    text.parse()
        .map_err(|_| format!("{text:?} must be an IANA time zone"))
}

/// Parses the schedule of a heartbeat.
pub(super) fn heartbeat(text: &str, zone: Tz) -> Result<Schedule, String> {
    let heartbeat = Schedule::parse(text, zone).map_err(|problem| problem.to_string())?;
    let quiet = Quiet::new(&heartbeat, Some(heartbeat.clone()));
    quiet.map_err(|problem| problem.to_string())?;
    Ok(heartbeat)
}

/// Parses one of Slack's IDs. People often enter a name instead; `noun` names what the ID
/// identifies.
pub(super) fn id<T>(
    text: &str,
    noun: &str,
    letters: &[char],
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, String> {
    let capitals = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit();
    let plausible = text.starts_with(letters) && text.len() >= 5 && text.chars().all(capitals);
    let parsed = parse(text).filter(|_| plausible);
    parsed.ok_or_else(|| {
        let letters: Vec<_> = letters.iter().map(|letter| format!("{letter}…")).collect();
        let letters = letters.join(" or ");
        format!("{text:?} must be {noun} ID ({letters}), not a name")
    })
}

/// Some of Slack's IDs. An empty list is an error: it would let in everyone.
pub(super) fn ids<T: Ord>(
    text: &str,
    noun: &str,
    letters: &[char],
    parse: impl Fn(&str) -> Option<T>,
) -> Result<BTreeSet<T>, String> {
    let one = |text: &str| id(text.trim(), noun, letters, &parse);
    text.split(',').map(one).collect()
}

pub(super) fn table_name(text: &str) -> Result<String, String> {
    let letters = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if letters && (3..=255).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "{text:?} must be 3 to 255 letters, digits, dots, hyphens or underscores"
        ))
    }
}

pub(super) fn channel(text: &str) -> Result<String, String> {
    let capitals = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if text.starts_with(ChannelId::LETTERS) && text.len() >= 6 && text.bytes().all(capitals) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "{text:?} must be a channel ID (C… or G…), not a name"
    ))
}

/// The name of the accounts of a channel, which its messages begin with.
pub(super) fn audience_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if (1..=30).contains(&name.chars().count()) && !name.contains(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(format!(
            "{name:?} must be 1 to 30 characters on one line: messages begin with it"
        ))
    }
}

pub(super) fn flag(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "must be true or false".to_owned())
}

/// Identifies a webhook in the table, in metrics and in problems. Names that people don't tell apart
/// have the same.
pub(super) fn webhook_id(name: &str) -> String {
    let part = |letter: char| {
        if letter.is_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    let key: String = name_key(name).chars().map(part).collect();
    format!("webhook:{key}")
}

pub(super) fn kinds(text: &str) -> Result<BTreeSet<ChangeKind>, String> {
    text.split(',').map(|text| kind(text.trim())).collect()
}

pub(super) fn kind(text: &str) -> Result<ChangeKind, String> {
    let mut kinds = ChangeKind::ALL.into_iter();
    let names = || ChangeKind::ALL.iter().map(|kind| kind.name());
    kinds.find(|kind| kind.name() == text).ok_or_else(|| {
        let advice = match nearest_name(text, names()) {
            Some(near) => format!("did you mean {near}?"),
            None => names().collect::<Vec<_>>().join(", "),
        };
        format!("{text:?} must be a kind of change: {advice}")
    })
}

/// AWS can add statuses, so one that this program doesn't know is possible, in AWS's form. One
/// that is similar to a known status is taken for a mistake.
pub(super) fn status(text: &str) -> Result<MemberStatus, String> {
    let status = MemberStatus::parse(text);
    if !matches!(status, MemberStatus::Other(_)) {
        return Ok(status);
    }
    let names = || MemberStatus::KNOWN.iter().map(MemberStatus::as_str);
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let has_form = text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.len() <= 64
        && text.chars().all(is_part);
    let advice = match nearest_name(text, names()) {
        Some(near) => format!("did you mean {near}?"),
        None if has_form => return Ok(status),
        None => names().collect::<Vec<_>>().join(", "),
    };
    Err(format!("{text:?} must be a status of AWS: {advice}"))
}

/// A Region of a channel. `known` are Regions of the settings.
pub(super) fn region(text: &str, known: &[Region]) -> Result<Region, String> {
    text.parse().map_err(|error: InvalidRegion| {
        match nearest_name(text, known.iter().map(Region::as_str)) {
            Some(near) => format!("{text:?} must be an AWS Region: did you mean {near}?"),
            None => error.to_string(),
        }
    })
}

pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| format!("{text:?} must be an IP address and a port"))
}

/// A day of 24 hours.
const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) fn poll_interval(text: &str) -> Result<Duration, String> {
    duration(text, Duration::from_secs(10)..=DAY)
}

pub(super) fn stale_after(text: &str) -> Result<Duration, String> {
    duration(text, Duration::from_secs(60)..=30 * DAY)
}

pub(super) fn pending_after(text: &str) -> Result<Duration, String> {
    duration(text, Duration::from_secs(3600)..=366 * DAY)
}

pub(super) fn units(text: &str) -> Result<Vec<UnitPattern>, InvalidUnitPattern> {
    text.split(',').map(str::parse).collect()
}

fn duration(text: &str, possible: RangeInclusive<Duration>) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).ok();
    duration
        .filter(|duration| possible.contains(duration))
        .ok_or_else(|| {
            let [least, most] =
                [possible.start(), possible.end()].map(|end| humantime::format_duration(*end));
            format!("{text:?} must be a duration from {least} to {most}")
        })
}

pub(super) fn retention(text: &str) -> Result<Days, String> {
    match text.parse() {
        Ok(days @ 40..=36_500) => Ok(Days::new(days)),
        _ => Err(format!(
            "{text:?} must be a number of days from 40 to 36500, so that no change expires before a digest reports it"
        )),
    }
}

pub(super) fn ack_max(text: &str) -> Result<Days, String> {
    let possible = DAY..=366 * DAY;
    let duration = humantime::parse_duration(text).ok();
    let whole = |duration: &Duration| {
        possible.contains(duration) && duration.as_nanos().is_multiple_of(DAY.as_nanos())
    };
    match duration.filter(whole) {
        Some(duration) => Ok(Days::new(duration.as_secs() / DAY.as_secs())),
        None => Err(format!(
            "{text:?} must be a number of whole days from 1d to 366d"
        )),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("{text:?} must be text or json")),
    }
}

/// A mock on this machine needs no TLS. To any other host, tokens are only sent over TLS. Errors
/// don't quote the text, because it can contain a password.
pub(super) fn api_url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "must be a URL")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must be a URL without a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must be a URL without a query or fragment");
    }
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) | ("http", Some("127.0.0.1" | "localhost" | "[::1]")) => Ok(url),
        ("http", Some(_)) => {
            Err("must be an https URL: over http, the bot token is sent unencrypted")
        }
        _ => Err("must be an https URL"),
    }
}
