//! From the text of a setting to its value, or to what is wrong with the text.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use chrono::Days;
use chrono_tz::Tz;
use url::Url;

use crate::log::LogFormat;
use crate::slack::ids::ChannelId;

pub(super) fn zone(text: &str) -> Result<Tz, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is not an IANA time zone"))
}

/// One of Slack's ids, as it stands in a setting: not a name.
pub(super) fn id<T>(
    text: &str,
    letters: &[char],
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, String> {
    let capitals = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit();
    let plausible = text.starts_with(letters) && text.len() >= 5 && text.chars().all(capitals);
    let parsed = parse(text).filter(|_| plausible);
    parsed.ok_or_else(|| {
        let letters: Vec<_> = letters.iter().map(char::to_string).collect();
        let letters = letters.join(" or ");
        format!("{text:?} is not such an id, which begins with {letters} and is not a name")
    })
}

/// Some of Slack's ids. A list that holds none would let in everybody.
pub(super) fn ids<T: Ord>(
    text: &str,
    letters: &[char],
    parse: impl Fn(&str) -> Option<T>,
) -> Result<BTreeSet<T>, String> {
    let one = |text: &str| id(text.trim(), letters, &parse);
    text.split(',').map(one).collect()
}

pub(super) fn table_name(text: &str) -> Result<String, &'static str> {
    let letters = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if letters && (3..=255).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err("not a DynamoDB table name: 3 to 255 letters, digits, dots, hyphens, underscores")
    }
}

pub(super) fn channel(text: &str) -> Result<String, String> {
    let capitals = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if text.starts_with(ChannelId::LETTERS) && text.len() >= 6 && text.bytes().all(capitals) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "{text:?} is not a channel's id, which is not its name"
    ))
}

pub(super) fn listen(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "not an address and a port")
}

/// A day of 24 hours.
const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) fn poll_interval(text: &str) -> Result<Duration, String> {
    duration(text, Duration::from_secs(10)..=DAY)
}

pub(super) fn stale_after(text: &str) -> Result<Duration, String> {
    duration(text, Duration::from_secs(60)..=30 * DAY)
}

fn duration(text: &str, possible: RangeInclusive<Duration>) -> Result<Duration, String> {
    let duration =
        humantime::parse_duration(text).map_err(|_| format!("{text:?} is not a duration"))?;
    if possible.contains(&duration) {
        return Ok(duration);
    }
    let [least, most] =
        [possible.start(), possible.end()].map(|end| humantime::format_duration(*end));
    Err(format!("{text:?} must be from {least} to {most}"))
}

pub(super) fn retention(text: &str) -> Result<Days, String> {
    match text.parse() {
        Ok(days @ 40..=36_500) => Ok(Days::new(days)),
        _ => Err(format!(
            "{text:?} must be a number of days from 40 to 36500: what no digest told before it is deleted is lost"
        )),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, &'static str> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("neither text nor json"),
    }
}

/// A stand-in may be reached without TLS; a token never travels to a foreign
/// host without it.
pub(super) fn api_url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "not an address")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "holds a user name or a password: the bot token is the only secret that is sent",
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("holds more than an address and a path");
    }
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) | ("http", Some("127.0.0.1" | "localhost" | "[::1]")) => Ok(url),
        ("http", Some(_)) => Err("not https: the bot token would travel in the open"),
        _ => Err("not an http address"),
    }
}
