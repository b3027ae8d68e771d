//! What verified bytes say: commands, events and interactions.
//!
//! Tolerant where Slack may add something: unknown fields, event types and
//! actions are no error. Strict where it matters: a repeated form field or a
//! missing one is malformed.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::{Origin, Url};

/// The request is signed and still makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed request: {0}")]
pub struct Malformed(String);

fn malformed(problem: impl std::fmt::Display) -> Malformed {
    Malformed(problem.to_string())
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
        if url.origin() != allowed.0 || !url.username().is_empty() || url.password().is_some() {
            return Err(malformed("response_url does not lead to Slack"));
        }
        Ok(Self(text.into()))
    }

    /// The address.
    pub(super) fn url(&self) -> Option<Url> {
        Url::parse(self.0.expose_secret()).ok()
    }
}

/// A Slack user's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserId(String);

impl UserId {
    fn parse(text: &str) -> Result<Self, Malformed> {
        let plausible = !text.is_empty()
            && text.len() <= 64
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        plausible
            .then(|| Self(text.to_owned()))
            .ok_or_else(|| malformed("user is no id"))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A slash command.
#[derive(Debug, Clone)]
pub struct Command {
    /// What stands after the command.
    pub text: String,
    /// Who typed it.
    pub user: UserId,
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
    /// The view it stands in, for a Home tab.
    pub view: Option<View>,
    /// Where an answer goes, for a message.
    pub response_url: Option<ResponseUrl>,
}

/// Whether this is Slack's certificate check, which may come unsigned.
pub fn is_ssl_check(body: &[u8]) -> bool {
    form_urlencoded::parse(body).any(|(name, value)| name == "ssl_check" && value == "1")
}

/// Reads the form of a slash command.
pub fn command(body: &[u8], allowed: &ResponseOrigin) -> Result<Command, Malformed> {
    let [text, user, response_url] = fields(body, ["text", "user_id", "response_url"])?;
    let missing = |name: &str| malformed(format!("{name} is missing"));
    Ok(Command {
        text: text.unwrap_or_default(),
        user: UserId::parse(&user.ok_or_else(|| missing("user_id"))?)?,
        response_url: ResponseUrl::parse(
            &response_url.ok_or_else(|| missing("response_url"))?,
            allowed,
        )?,
    })
}

/// These fields of a form. One that is there twice is malformed: two readers
/// could take two different ones.
fn fields<const N: usize>(body: &[u8], names: [&str; N]) -> Result<[Option<String>; N], Malformed> {
    std::str::from_utf8(body).map_err(|_| malformed("the form is not UTF-8"))?;
    let mut found = [const { None }; N];
    for (name, value) in form_urlencoded::parse(body) {
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

/// Reads the JSON of an event.
pub fn event(body: &[u8]) -> Result<Event, Malformed> {
    #[derive(Deserialize)]
    struct Envelope {
        #[serde(rename = "type")]
        kind: String,
        challenge: Option<String>,
        event: Option<Inner>,
    }
    #[derive(Deserialize)]
    struct Inner {
        #[serde(rename = "type")]
        kind: String,
        user: Option<Value>,
        tab: Option<Value>,
        view: Option<Value>,
    }
    let envelope: Envelope = serde_json::from_slice(body).map_err(malformed)?;
    match (envelope.kind.as_str(), envelope.challenge, envelope.event) {
        ("url_verification", Some(challenge), _) => Ok(Event::UrlVerification(challenge)),
        ("event_callback", _, Some(inner)) => {
            let tab = inner.tab.as_ref().and_then(Value::as_str);
            if inner.kind != "app_home_opened" || tab != Some("home") {
                return Ok(Event::Other(inner.kind));
            }
            let user = inner.user.as_ref().and_then(Value::as_str);
            Ok(Event::HomeOpened {
                user: UserId::parse(user.unwrap_or_default())?,
                view: inner.view.map(View::of),
            })
        }
        ("url_verification" | "event_callback", ..) => Err(malformed("the event is incomplete")),
        _ => Ok(Event::Other(envelope.kind)),
    }
}

/// Reads the form of an interaction: JSON in one field, `payload`.
pub fn interaction(body: &[u8], allowed: &ResponseOrigin) -> Result<Interaction, Malformed> {
    #[derive(Deserialize)]
    struct Payload {
        #[serde(rename = "type")]
        kind: String,
        #[serde(default)]
        user: Value,
        #[serde(default)]
        actions: Vec<Value>,
        view: Option<Value>,
        #[serde(default)]
        response_url: Value,
    }
    let [payload] = fields(body, ["payload"])?;
    let payload = payload.ok_or_else(|| malformed("payload is missing"))?;
    let payload: Payload = serde_json::from_str(&payload).map_err(malformed)?;
    let (Some(pressed), "block_actions") = (payload.actions.first(), payload.kind.as_str()) else {
        return Ok(Interaction::Other(payload.kind));
    };
    // What an action that is not ours carries is none of our business.
    let text = |value: &Value| {
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let value = ["/value", "/selected_date", "/selected_option/value"];
    let value = value
        .into_iter()
        .filter_map(|path| pressed.pointer(path))
        .find_map(text);
    let user = payload.user.get("id").and_then(Value::as_str);
    let response_url = text(&payload.response_url);
    Ok(Interaction::Action(Box::new(Action {
        id: pressed
            .get("action_id")
            .and_then(text)
            .ok_or_else(|| malformed("action_id is missing"))?,
        value,
        user: UserId::parse(user.ok_or_else(|| malformed("user is missing"))?)?,
        view: payload.view.map(View::of),
        response_url: response_url
            .map(|url| ResponseUrl::parse(&url, allowed))
            .transpose()?,
    })))
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
            "",
        ] {
            assert!(!parse(url), "{url}");
        }
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
        assert!(interaction(b"payload=nonsense", &slack()).is_err());
        assert!(interaction(b"other=1", &slack()).is_err());
    }
}
