//! Interactions: what was pressed or chosen, and forms that were filled in.

use serde::Deserialize;
use serde_json::Value;

use super::{
    Malformed, ResponseOrigin, ResponseUrl, View, fields, malformed, malformed_json, text, user,
};
use crate::slack::ids::{ChannelId, Sender, UserId};

/// A request to `/slack/interactions`.
#[derive(Debug, Clone)]
pub enum Interaction {
    /// A person pressed or chose something.
    Action(Box<Action>),
    /// A person submitted a form.
    Submission(Box<Submission>),
    /// Nothing for us.
    Other(String),
}

/// Something that was pressed or chosen.
#[derive(Debug, Clone)]
pub struct Action {
    /// The ID of the action.
    pub id: String,
    /// The button's value, the chosen option's value, or the chosen date.
    pub value: Option<String>,
    /// The person who did it.
    pub user: UserId,
    /// In which channel, for a message.
    pub channel: Option<ChannelId>,
    /// From where it comes.
    pub sender: Sender,
    /// Opens a view, for three seconds.
    pub trigger: Option<String>,
    /// The view it stands in, for a Home tab.
    pub view: Option<View>,
    /// The message it stands in: Slack's `ts`.
    pub message: Option<String>,
    /// The message itself, if everybody sees it.
    pub posted: Option<PostedMessage>,
    /// The URL for answers, if it was in a message.
    pub response_url: Option<ResponseUrl>,
}

/// A message in a channel, as Slack sends it along.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PostedMessage {
    /// Its name.
    pub ts: String,
    /// The first message of its thread; it may be this one.
    #[serde(default)]
    pub thread_ts: Option<String>,
    /// The text of the notification.
    #[serde(default)]
    pub text: String,
    /// Its blocks.
    #[serde(default)]
    pub blocks: Vec<Value>,
}

impl PostedMessage {
    /// The first message of its thread.
    pub fn thread(&self) -> &str {
        self.thread_ts.as_deref().unwrap_or(&self.ts)
    }
}

/// A form that was filled in.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The ID of the form.
    pub form: String,
    /// The view: Slack's id.
    pub view: String,
    /// Its state. The same form submitted once more has another one.
    pub hash: String,
    /// Our own data in it.
    pub private_metadata: String,
    /// The person who submitted it.
    pub user: UserId,
    /// From where it comes.
    pub sender: Sender,
    /// The values of its fields: block, then action, then the value.
    values: Value,
}

impl Submission {
    /// The value of a field, the only one in its block.
    pub fn field(&self, block: &str) -> Option<&Value> {
        self.values.get(block)?.as_object()?.values().next()
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
///
/// # Errors
///
/// [`Malformed`], if Slack can't have sent it.
pub fn interaction(body: &[u8], allowed: &ResponseOrigin) -> Result<Interaction, Malformed> {
    let [payload] = fields(body, ["payload"])?;
    let payload = payload.ok_or_else(|| malformed("payload is missing"))?;
    let payload = serde_json::from_str(&payload).map_err(|e| malformed_json(&e))?;
    read_interaction(payload, allowed)
}

/// The same, once it is parsed.
///
/// # Errors
///
/// [`Malformed`], if Slack can't have sent it.
pub fn interaction_of(payload: Value, allowed: &ResponseOrigin) -> Result<Interaction, Malformed> {
    let payload = serde_json::from_value(payload).map_err(|e| malformed_json(&e))?;
    read_interaction(payload, allowed)
}

fn read_interaction(
    mut payload: InteractionBody,
    allowed: &ResponseOrigin,
) -> Result<Interaction, Malformed> {
    if payload.kind == "view_submission" {
        return read_submission(&payload);
    }
    let (Some(pressed), "block_actions") = (payload.actions.first(), payload.kind.as_str()) else {
        return Ok(Interaction::Other(payload.kind));
    };
    // The value of a foreign action is not read.
    let value = ["/value", "/selected_date", "/selected_option/value"];
    let value = value
        .into_iter()
        .find_map(|path| text(pressed.pointer(path)));
    // Tolerant: a message that can't be read is not shown again.
    let posted = payload.rest.get_mut("message").map(Value::take);
    let posted = posted.and_then(|message| serde_json::from_value(message).ok());
    let at = |path: &str| text(payload.rest.pointer(path));
    let channel = at("/channel/id").or_else(|| at("/container/channel_id"));
    let id = text(pressed.get("action_id")).ok_or_else(|| malformed("action_id is missing"))?;
    Ok(Interaction::Action(Box::new(Action {
        id: id.to_owned(),
        value: value.map(str::to_owned),
        user: user(at("/user/id"))?,
        channel: channel.and_then(ChannelId::parse),
        sender: Sender::new(at("/team/id"), at("/enterprise/id"), at("/api_app_id"))
            .with_person(at("/user/team_id")),
        trigger: at("/trigger_id").map(str::to_owned),
        message: at("/container/message_ts").map(str::to_owned),
        posted,
        response_url: at("/response_url")
            .map(|url| ResponseUrl::parse(url, allowed))
            .transpose()?,
        view: payload.view.map(View::of),
    })))
}

fn read_submission(payload: &InteractionBody) -> Result<Interaction, Malformed> {
    let view = payload.view.as_ref();
    let of_view = |path: &str| text(view.and_then(|view| view.pointer(path)));
    let at = |path: &str| text(payload.rest.pointer(path));
    let values = view.and_then(|view| view.pointer("/state/values"));
    Ok(Interaction::Submission(Box::new(Submission {
        form: of_view("/callback_id").unwrap_or_default().to_owned(),
        view: of_view("/id")
            .ok_or_else(|| malformed("the view's id is missing"))?
            .to_owned(),
        hash: of_view("/hash").unwrap_or_default().to_owned(),
        private_metadata: of_view("/private_metadata").unwrap_or_default().to_owned(),
        user: user(at("/user/id"))?,
        sender: Sender::new(at("/team/id"), at("/enterprise/id"), at("/api_app_id"))
            .with_person(at("/user/team_id")),
        values: values.cloned().unwrap_or_default(),
    })))
}
