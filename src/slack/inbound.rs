//! Parses verified bytes into commands, events and interactions. Socket Mode has the same fields
//! as JSON.
//!
//! Unknown fields, event types and actions are no errors, because Slack can add more. A repeated
//! or missing form field is an error.

mod interactions;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::{Origin, Url};

pub use interactions::{
    Action, Interaction, PostedMessage, Submission, interaction, interaction_of,
};

use super::domain;
use super::ids::{ChannelId, Sender, UserId};

/// The request is signed, but can't be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed request: {0}")]
pub struct Malformed(String);

fn malformed(problem: impl Into<String>) -> Malformed {
    Malformed(problem.into())
}

/// The position only, because the parser's message quotes the body.
pub(super) fn malformed_json(error: &serde_json::Error) -> Malformed {
    let (line, column) = (error.line(), error.column());
    malformed(format!(
        "not the JSON that it should be at line {line}, column {column}"
    ))
}

fn user(text: Option<&str>) -> Result<UserId, Malformed> {
    let text = text.ok_or_else(|| malformed("user is missing"))?;
    UserId::parse(text).ok_or_else(|| malformed("user is no id"))
}

/// The origin that `response_url`s must have.
#[derive(Debug, Clone)]
pub struct ResponseOrigin(Origin);

impl ResponseOrigin {
    /// `https://hooks.slack.com`, GovSlack's, or the origin of a mock.
    pub fn of_api(api: &Url) -> Self {
        let Some(domain) = domain::of_api(api) else {
            return Self(api.origin());
        };
        let host = url::Host::Domain(format!("hooks.{domain}"));
        Self(Origin::Tuple("https".to_owned(), host, 443))
    }
}

/// A URL for replies to one request. It is a secret: its owner can reply too.
#[derive(Debug, Clone)]
pub struct ResponseUrl(SecretString);

impl ResponseUrl {
    /// Parses the URL of a request.
    ///
    /// # Errors
    ///
    /// [`Malformed`], if it is no URL of Slack's.
    pub fn parse(text: &str, allowed: &ResponseOrigin) -> Result<Self, Malformed> {
        let url = Url::parse(text).map_err(|_| malformed("response_url is no address"))?;
        // `blob:https://hooks.slack.com/` has Slack's origin, but can't be called.
        let same_scheme = matches!(&allowed.0, Origin::Tuple(scheme, ..) if scheme == url.scheme());
        let bare = url.username().is_empty() && url.password().is_none();
        if url.origin() != allowed.0 || !same_scheme || !bare {
            return Err(malformed("response_url does not lead to Slack"));
        }
        Ok(Self(text.into()))
    }

    /// The URL, which only calls may use.
    pub fn url(&self) -> Option<Url> {
        Url::parse(self.0.expose_secret()).ok()
    }
}

/// A slash command.
#[derive(Debug, Clone)]
pub struct SlashCommand {
    /// The text after the command.
    pub text: String,
    /// The person who typed it.
    pub user: UserId,
    /// The channel in which it was typed.
    pub channel: Option<ChannelId>,
    /// The workspace and app that it was sent for.
    pub sender: Sender,
    /// The URL for replies.
    pub response_url: ResponseUrl,
}

/// A request to `/slack/events`.
#[derive(Debug, Clone)]
pub enum SlackEvent {
    /// Slack's check of the events URL. The answer must contain this challenge.
    UrlVerification(String),
    /// A person opened the Home tab.
    HomeOpened {
        /// The person.
        user: UserId,
        /// The workspace and app that it was sent for.
        sender: Sender,
        /// Their current view, if there is one.
        view: Option<View>,
    },
    /// An event that the bot doesn't use.
    Other(String),
}

/// The fields of a view that the bot uses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct View {
    /// Slack's ID.
    #[serde(default)]
    pub id: Option<String>,
    /// `home` or `modal`.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// The `private_metadata`, written by the bot.
    #[serde(default)]
    pub private_metadata: Option<String>,
    /// The view's hash. Slack rejects an update with an outdated one.
    #[serde(default)]
    pub hash: Option<String>,
}

impl View {
    /// Reports whether it is a modal.
    pub fn is_modal(&self) -> bool {
        self.kind.as_deref() == Some("modal")
    }

    /// A view of another form has none of our data, and is no error.
    fn of(value: Value) -> Self {
        serde_json::from_value(value).unwrap_or_default()
    }
}

/// Reports whether this is Slack's TLS certificate check, which can be unsigned.
pub fn is_ssl_check(body: &[u8]) -> bool {
    form_urlencoded::parse(body).any(|(name, value)| name == "ssl_check" && value == "1")
}

/// The form fields that are read from a slash command.
const COMMAND: [&str; 7] = [
    "text",
    "user_id",
    "channel_id",
    "team_id",
    "enterprise_id",
    "api_app_id",
    "response_url",
];

/// Reads the form of a slash command.
///
/// # Errors
///
/// [`Malformed`], if Slack can't have sent it.
pub fn command(body: &[u8], allowed: &ResponseOrigin) -> Result<SlashCommand, Malformed> {
    read_command(fields(body, COMMAND)?, allowed)
}

/// Reads the JSON of a slash command.
///
/// # Errors
///
/// [`Malformed`], if Slack can't have sent it.
pub fn command_of(payload: &Value, allowed: &ResponseOrigin) -> Result<SlashCommand, Malformed> {
    let field = |name| text(payload.get(name)).map(str::to_owned);
    read_command(COMMAND.map(field), allowed)
}

fn read_command(
    fields: [Option<String>; COMMAND.len()],
    allowed: &ResponseOrigin,
) -> Result<SlashCommand, Malformed> {
    let [text, user_id, channel, team, enterprise, app, response_url] = fields;
    let response_url = response_url.ok_or_else(|| malformed("response_url is missing"))?;
    Ok(SlashCommand {
        text: text.unwrap_or_default(),
        user: user(user_id.as_deref())?,
        channel: channel.as_deref().and_then(ChannelId::parse),
        sender: Sender::new(team.as_deref(), enterprise.as_deref(), app.as_deref()),
        response_url: ResponseUrl::parse(&response_url, allowed)?,
    })
}

/// The values of these form fields. A repeated field is an error, because different parsers
/// choose different values.
fn fields<const N: usize>(body: &[u8], names: [&str; N]) -> Result<[Option<String>; N], Malformed> {
    std::str::from_utf8(body).map_err(|_| malformed("the form is not UTF-8"))?;
    let mut found = [const { None }; N];
    // Names without an escape are compared undecoded, so unneeded fields are not decoded.
    let may_be_wanted = |pair: &&[u8]| {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
        let wanted = || names.iter().any(|wanted| wanted.as_bytes() == name);
        name.iter().any(|byte| b"%+".contains(byte)) || wanted()
    };
    let pairs = body.split(|byte| *byte == b'&').filter(may_be_wanted);
    for (name, value) in pairs.flat_map(form_urlencoded::parse) {
        let Some(index) = names.iter().position(|wanted| *wanted == name) else {
            continue;
        };
        let Some(field) = found.get_mut(index) else {
            continue;
        };
        if field.replace(value.into_owned()).is_some() {
            return Err(malformed(format!("{name} is there twice")));
        }
    }
    Ok(found)
}

#[derive(Deserialize)]
struct EventBody {
    #[serde(rename = "type")]
    kind: String,
    challenge: Option<String>,
    event: Option<InnerEvent>,
    #[serde(flatten)]
    rest: Value,
}

#[derive(Deserialize)]
struct InnerEvent {
    #[serde(rename = "type")]
    kind: String,
    user: Option<Value>,
    tab: Option<Value>,
    view: Option<Value>,
}

/// Reads the JSON of an event.
///
/// # Errors
///
/// [`Malformed`], if Slack can't have sent it.
pub fn event(body: &[u8]) -> Result<SlackEvent, Malformed> {
    read_event(serde_json::from_slice(body).map_err(|e| malformed_json(&e))?)
}

/// The same for parsed JSON.
///
/// # Errors
///
/// [`Malformed`], if Slack can't have sent it.
pub fn event_of(payload: Value) -> Result<SlackEvent, Malformed> {
    read_event(serde_json::from_value(payload).map_err(|e| malformed_json(&e))?)
}

fn read_event(envelope: EventBody) -> Result<SlackEvent, Malformed> {
    match (envelope.kind.as_str(), envelope.challenge, envelope.event) {
        ("url_verification", Some(challenge), _) => Ok(SlackEvent::UrlVerification(challenge)),
        ("event_callback", _, Some(inner)) => {
            let tab = inner.tab.as_ref().and_then(Value::as_str);
            if inner.kind != "app_home_opened" || tab != Some("home") {
                return Ok(SlackEvent::Other(inner.kind));
            }
            let rest = &envelope.rest;
            // `authorizations` repeats the IDs, and can have those that are missing at the top.
            let either = |name: &str| {
                let beside = rest.pointer(&format!("/authorizations/0/{name}"));
                text(rest.get(name)).or_else(|| text(beside))
            };
            Ok(SlackEvent::HomeOpened {
                user: user(inner.user.as_ref().and_then(Value::as_str))?,
                sender: Sender::new(
                    either("team_id"),
                    either("enterprise_id"),
                    text(rest.get("api_app_id")),
                ),
                view: inner.view.map(View::of),
            })
        }
        ("url_verification" | "event_callback", ..) => Err(malformed("the event is incomplete")),
        _ => Ok(SlackEvent::Other(envelope.kind)),
    }
}

/// A string that is not empty.
fn text(value: Option<&Value>) -> Option<&str> {
    value
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
