//! What verified bytes say: commands, events and interactions. Over Socket Mode
//! the same fields come as JSON.
//!
//! Tolerant where Slack may add something: unknown fields, event types and
//! actions are no error. Strict where it matters: a repeated form field or a
//! missing one is malformed.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::{Origin, Url};

use super::ids::{ChannelId, Sender, UserId};

/// The request is signed and still makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed request: {0}")]
pub struct Malformed(String);

fn malformed(problem: impl Into<String>) -> Malformed {
    Malformed(problem.into())
}

/// Where, but not what: the parser's own words quote the body.
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

/// Where `response_url`s may lead.
#[derive(Debug, Clone)]
pub struct ResponseOrigin(Origin);

impl ResponseOrigin {
    /// `https://hooks.slack.com`, or the origin of a stand-in's API address.
    pub fn of_api(api: &Url) -> Self {
        if api.host_str() == Some("slack.com") {
            return Self(Origin::Tuple(
                "https".to_owned(),
                url::Host::Domain("hooks.slack.com".to_owned()),
                443,
            ));
        }
        Self(api.origin())
    }
}

/// An address that answers one request; whoever has it can answer too.
#[derive(Debug, Clone)]
pub struct ResponseUrl(SecretString);

impl ResponseUrl {
    /// Refuses an address that is not Slack's.
    pub fn parse(text: &str, allowed: &ResponseOrigin) -> Result<Self, Malformed> {
        let url = Url::parse(text).map_err(|_| malformed("response_url is no address"))?;
        // `blob:https://hooks.slack.com/` has Slack's origin, and is no address to call.
        let same_scheme = matches!(&allowed.0, Origin::Tuple(scheme, ..) if scheme == url.scheme());
        let bare = url.username().is_empty() && url.password().is_none();
        if url.origin() != allowed.0 || !same_scheme || !bare {
            return Err(malformed("response_url does not lead to Slack"));
        }
        Ok(Self(text.into()))
    }

    /// The address: a secret, for calls alone.
    pub fn url(&self) -> Option<Url> {
        Url::parse(self.0.expose_secret()).ok()
    }
}

/// A slash command.
#[derive(Debug, Clone)]
pub struct Command {
    /// What stands after the command.
    pub text: String,
    /// Who typed it.
    pub user: UserId,
    /// Where it was typed.
    pub channel: Option<ChannelId>,
    /// From where it comes.
    pub sender: Sender,
    /// Where the answer goes.
    pub response_url: ResponseUrl,
}

/// What comes to `/slack/events`.
#[derive(Debug, Clone)]
pub enum Event {
    /// Slack checks the address: echo this.
    UrlVerification(String),
    /// Somebody opened the Home tab.
    HomeOpened {
        /// Who.
        user: UserId,
        /// From where it comes.
        sender: Sender,
        /// What they see now, if they have seen it before.
        view: Option<View>,
    },
    /// Nothing for us.
    Other(String),
}

/// A published view, as far as it matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct View {
    /// What we stored in it.
    #[serde(default)]
    pub private_metadata: Option<String>,
    /// Its state: a change to another state is refused.
    #[serde(default)]
    pub hash: Option<String>,
}

impl View {
    /// Tolerant: a view that is none of ours has nothing for us.
    fn of(value: Value) -> Self {
        serde_json::from_value(value).unwrap_or_default()
    }
}

/// What comes to `/slack/interactions`.
#[derive(Debug, Clone)]
pub enum Interaction {
    /// Somebody pressed or chose something.
    Action(Box<Action>),
    /// Nothing for us.
    Other(String),
}

/// Something that was pressed or chosen.
#[derive(Debug, Clone)]
pub struct Action {
    /// Which.
    pub id: String,
    /// The button's value, the chosen option's value, or the chosen date.
    pub value: Option<String>,
    /// Who did it.
    pub user: UserId,
    /// In which channel, for a message.
    pub channel: Option<ChannelId>,
    /// From where it comes.
    pub sender: Sender,
    /// The view it stands in, for a Home tab.
    pub view: Option<View>,
    /// The message it stands in: Slack's `ts`.
    pub message: Option<String>,
    /// Where an answer goes, for a message.
    pub response_url: Option<ResponseUrl>,
}

/// Whether this is Slack's certificate check, which may come unsigned.
pub fn is_ssl_check(body: &[u8]) -> bool {
    form_urlencoded::parse(body).any(|(name, value)| name == "ssl_check" && value == "1")
}

/// What is read of a slash command.
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
pub fn command(body: &[u8], allowed: &ResponseOrigin) -> Result<Command, Malformed> {
    read_command(fields(body, COMMAND)?, allowed)
}

/// Reads the JSON of a slash command.
pub fn command_of(payload: &Value, allowed: &ResponseOrigin) -> Result<Command, Malformed> {
    let field = |name| text(payload.get(name)).map(str::to_owned);
    read_command(COMMAND.map(field), allowed)
}

fn read_command(
    fields: [Option<String>; COMMAND.len()],
    allowed: &ResponseOrigin,
) -> Result<Command, Malformed> {
    let [text, user_id, channel, team, enterprise, app, response_url] = fields;
    let response_url = response_url.ok_or_else(|| malformed("response_url is missing"))?;
    Ok(Command {
        text: text.unwrap_or_default(),
        user: user(user_id.as_deref())?,
        channel: channel.as_deref().and_then(ChannelId::parse),
        sender: Sender::new(team.as_deref(), enterprise.as_deref(), app.as_deref()),
        response_url: ResponseUrl::parse(&response_url, allowed)?,
    })
}

/// These fields of a form. One that is there twice is malformed: two readers
/// could take two different ones.
fn fields<const N: usize>(body: &[u8], names: [&str; N]) -> Result<[Option<String>; N], Malformed> {
    std::str::from_utf8(body).map_err(|_| malformed("the form is not UTF-8"))?;
    let mut found = [const { None }; N];
    // A name without an escape stands for itself: what nobody wants is not decoded.
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
pub fn event(body: &[u8]) -> Result<Event, Malformed> {
    read_event(serde_json::from_slice(body).map_err(|e| malformed_json(&e))?)
}

/// The same, once it is parsed.
pub fn event_of(payload: Value) -> Result<Event, Malformed> {
    read_event(serde_json::from_value(payload).map_err(|e| malformed_json(&e))?)
}

fn read_event(envelope: EventBody) -> Result<Event, Malformed> {
    match (envelope.kind.as_str(), envelope.challenge, envelope.event) {
        ("url_verification", Some(challenge), _) => Ok(Event::UrlVerification(challenge)),
        ("event_callback", _, Some(inner)) => {
            let tab = inner.tab.as_ref().and_then(Value::as_str);
            if inner.kind != "app_home_opened" || tab != Some("home") {
                return Ok(Event::Other(inner.kind));
            }
            let rest = &envelope.rest;
            // The installation that the event is for stands beside it once more.
            let either = |name: &str| {
                let beside = rest.pointer(&format!("/authorizations/0/{name}"));
                text(rest.get(name)).or_else(|| text(beside))
            };
            Ok(Event::HomeOpened {
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
        _ => Ok(Event::Other(envelope.kind)),
    }
}

#[derive(Deserialize)]
struct InteractionBody {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    actions: Vec<Value>,
    view: Option<Value>,
    #[serde(flatten)]
    rest: Value,
}

/// Reads the form of an interaction: JSON in one field, `payload`.
pub fn interaction(body: &[u8], allowed: &ResponseOrigin) -> Result<Interaction, Malformed> {
    let [payload] = fields(body, ["payload"])?;
    let payload = payload.ok_or_else(|| malformed("payload is missing"))?;
    let payload = serde_json::from_str(&payload).map_err(|e| malformed_json(&e))?;
    read_interaction(payload, allowed)
}

/// The same, once it is parsed.
pub fn interaction_of(payload: Value, allowed: &ResponseOrigin) -> Result<Interaction, Malformed> {
    let payload = serde_json::from_value(payload).map_err(|e| malformed_json(&e))?;
    read_interaction(payload, allowed)
}

fn read_interaction(
    payload: InteractionBody,
    allowed: &ResponseOrigin,
) -> Result<Interaction, Malformed> {
    let (Some(pressed), "block_actions") = (payload.actions.first(), payload.kind.as_str()) else {
        return Ok(Interaction::Other(payload.kind));
    };
    // What an action that is not ours carries is none of our business.
    let value = ["/value", "/selected_date", "/selected_option/value"];
    let value = value
        .into_iter()
        .find_map(|path| text(pressed.pointer(path)));
    let at = |path: &str| text(payload.rest.pointer(path));
    let channel = at("/channel/id").or_else(|| at("/container/channel_id"));
    let id = text(pressed.get("action_id")).ok_or_else(|| malformed("action_id is missing"))?;
    Ok(Interaction::Action(Box::new(Action {
        id: id.to_owned(),
        value: value.map(str::to_owned),
        user: user(at("/user/id"))?,
        channel: channel.and_then(ChannelId::parse),
        sender: Sender::new(at("/team/id"), at("/enterprise/id"), at("/api_app_id")),
        message: at("/container/message_ts").map(str::to_owned),
        response_url: at("/response_url")
            .map(|url| ResponseUrl::parse(url, allowed))
            .transpose()?,
        view: payload.view.map(View::of),
    })))
}

/// A text that is there and not empty.
fn text(value: Option<&Value>) -> Option<&str> {
    value
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slack() -> ResponseOrigin {
        ResponseOrigin::of_api(&"https://slack.com/api".parse().unwrap())
    }

    #[test]
    fn a_response_url_leads_to_slack_and_nowhere_else() {
        let parse = |url| ResponseUrl::parse(url, &slack()).is_ok();
        assert!(parse("https://hooks.slack.com/commands/T1/2/x"));
        for url in [
            "http://hooks.slack.com/commands/T1/2/x",
            "https://hooks.slack.com.evil.example/commands",
            "https://evil.example/?https://hooks.slack.com/",
            "https://hooks.slack.com@evil.example/",
            "https://user@hooks.slack.com/",
            "https://hooks.slack.com:8443/",
            "https://slack.com/",
            "file:///etc/passwd",
            "blob:https://hooks.slack.com/commands/T1/2/x",
            "",
        ] {
            assert!(!parse(url), "{url}");
        }
    }

    #[test]
    fn what_holds_a_response_url_does_not_print_it() {
        let address = "https://hooks.slack.com/actions/T1/2/hush";
        let url = ResponseUrl::parse(address, &slack()).unwrap();
        let form = |fields: &[(&str, &str)]| {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(fields).finish()
        };
        let typed = form(&[("user_id", "U1"), ("response_url", address)]);
        let typed = command(typed.as_bytes(), &slack()).unwrap();
        let pressed = format!(
            r#"{{"type":"block_actions","user":{{"id":"U1"}},"response_url":"{address}",
                "actions":[{{"action_id":"answer_share"}}]}}"#
        );
        let pressed = form(&[("payload", &pressed)]);
        let pressed = interaction(pressed.as_bytes(), &slack()).unwrap();
        let printed = format!("{url:?} {typed:?} {pressed:?}");
        assert!(!printed.contains("hush"), "{printed}");
    }

    #[test]
    fn a_stand_ins_response_url_leads_to_the_stand_in() {
        let stand_in = ResponseOrigin::of_api(&"http://127.0.0.1:4000/api".parse().unwrap());
        assert!(ResponseUrl::parse("http://127.0.0.1:4000/commands/1", &stand_in).is_ok());
        assert!(ResponseUrl::parse("http://127.0.0.1:4001/commands/1", &stand_in).is_err());
        assert!(ResponseUrl::parse("https://hooks.slack.com/commands/1", &stand_in).is_err());
    }

    #[test]
    fn a_command_is_read_and_a_repeated_or_missing_field_refused() {
        let read = |body: &str| command(body.as_bytes(), &slack());
        let url = "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1";
        let good = read(&format!(
            "text=%E6%98%A8%E6%97%A5&user_id=U1&{url}&new_field=1"
        ))
        .unwrap();
        assert_eq!((good.text.as_str(), good.user.as_str()), ("昨日", "U1"));
        for bad in [
            format!("text=a&text=b&user_id=U1&{url}"),
            format!("text=a&te%78t=b&user_id=U1&{url}"),
            format!("text=a&{url}"),
            format!("user_id=U1%3E&{url}"),
            "text=a&user_id=U1".to_owned(),
        ] {
            assert!(read(&bad).is_err(), "{bad}");
        }
        assert!(command(b"text=\xff&user_id=U1", &slack()).is_err());
    }

    #[test]
    fn unknown_events_and_interactions_are_no_error() {
        let other =
            event(br#"{"type":"event_callback","event":{"type":"brand_new","user":{"id":1}}}"#);
        assert!(matches!(other, Ok(Event::Other(kind)) if kind == "brand_new"));
        let messages = br#"{"type":"event_callback","event":{"type":"app_home_opened","user":"U1","tab":"messages"}}"#;
        assert!(matches!(event(messages), Ok(Event::Other(_))));
        assert!(matches!(
            event(br#"{"type":"app_rate_limited"}"#),
            Ok(Event::Other(_))
        ));
        let payload = form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", r#"{"type":"view_closed","team":null}"#)
            .finish();
        assert!(matches!(
            interaction(payload.as_bytes(), &slack()),
            Ok(Interaction::Other(_))
        ));
    }

    #[test]
    fn what_an_unknown_event_or_action_carries_may_have_any_form() {
        let event_body =
            br#"{"type":"event_callback","event":{"type":"brand_new","view":"x","tab":1}}"#;
        assert!(matches!(event(event_body), Ok(Event::Other(_))));
        let payload = r#"{"type":"block_actions","user":{"id":"U1"},"view":7,
            "actions":[{"action_id":"theirs","value":5,"selected_option":"x"}]}"#;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", payload)
            .finish();
        let Ok(Interaction::Action(action)) = interaction(form.as_bytes(), &slack()) else {
            panic!("an action");
        };
        assert_eq!((action.id.as_str(), action.value), ("theirs", None));
        assert_eq!(action.view, Some(View::default()));
    }

    #[test]
    fn what_is_not_an_event_is_malformed() {
        for body in [
            "",
            "{",
            "[]",
            r#"{"type":"event_callback"}"#,
            r#"{"type":"url_verification"}"#,
        ] {
            assert!(event(body.as_bytes()).is_err(), "{body}");
        }
        for body in [
            r#"{"type":"event_callback","event":"swordfish"}"#,
            r#"["swordfish"]"#,
        ] {
            let payload = form_urlencoded::Serializer::new(String::new())
                .append_pair("payload", body)
                .finish();
            let errors = [
                event(body.as_bytes()).err(),
                interaction(payload.as_bytes(), &slack()).err(),
            ];
            assert!(errors.iter().any(Option::is_some), "{body}");
            for error in errors.into_iter().flatten() {
                assert!(!error.to_string().contains("swordfish"), "{error}");
            }
        }
        assert!(interaction(b"payload=nonsense", &slack()).is_err());
        assert!(interaction(b"other=1", &slack()).is_err());
    }
}
