//! Slack's messages over a Socket Mode connection, and the acknowledgements.
//!
//! Unknown types and fields are no errors, as in `inbound.rs`, which parses the payload.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::slack::bot::Reply;
use crate::slack::inbound::{
    self, Interaction, Malformed, ResponseOrigin, SlackEvent, SlashCommand,
};

/// Slack's IDs are shorter.
const LONGEST_ID: usize = 256;

/// One message of Slack's.
#[derive(Debug)]
pub(super) enum Frame {
    /// Requests follow.
    Hello,
    /// The connection will be closed, for this reason.
    Disconnect(String),
    /// A request, which must be acknowledged.
    Request(Box<SocketRequest>),
    /// A message that the bot doesn't use.
    Other(String),
}

#[derive(Debug)]
pub(super) struct SocketRequest {
    pub(super) address: Address,
    /// The kind of the request, a label of metrics.
    pub(super) kind: &'static str,
    /// The IDs that a redelivery in another envelope repeats.
    pub(super) marks: Vec<String>,
    pub(super) content: Result<RequestContent, Malformed>,
}

/// The envelope that an acknowledgement refers to.
#[derive(Debug)]
pub(super) struct Address {
    envelope: String,
    takes_payload: bool,
}

/// The payload.
#[derive(Debug)]
pub(super) enum RequestContent {
    Command(SlashCommand),
    Event(SlackEvent),
    Interaction(Interaction),
    /// A type of request that the app doesn't subscribe to.
    Unknown(String),
}

/// Parses a message; `None` if it is not in Slack's format.
pub(super) fn read(text: &str, allowed: &ResponseOrigin) -> Option<Frame> {
    let mut frame: Value = match serde_json::from_str(text) {
        Ok(frame) => frame,
        Err(error) => return unreadable(text, &error),
    };
    let payload = frame.get_mut("payload").map(Value::take);
    let word = |name: &str| frame.get(name).and_then(Value::as_str);
    let kind = word("type");
    let id = word("envelope_id").filter(|id| (1..=LONGEST_ID).contains(&id.len()));
    let Some(id) = id else {
        return match kind? {
            _ if frame.get("envelope_id").is_some() => None,
            "hello" => Some(Frame::Hello),
            "disconnect" => {
                let reason = word("reason").unwrap_or_default();
                Some(Frame::Disconnect(reason.to_owned()))
            }
            kind => Some(Frame::Other(kind.to_owned())),
        };
    };
    let kind = kind.unwrap_or_default();
    let payload = payload.unwrap_or_default();
    let mut marks = vec![format!("envelope:{id}")];
    // Redeliveries keep the `event_id` of an event, and the `trigger_id` of a person's action.
    for name in ["event_id", "trigger_id"] {
        let mark = payload.get(name).and_then(Value::as_str);
        let mark = mark.filter(|mark| !mark.is_empty() && mark.len() <= LONGEST_ID);
        marks.extend(mark.map(|mark| format!("{name}:{mark}")));
    }
    let (kind, content) = match kind {
        "slash_commands" => (
            "commands",
            inbound::command_of(&payload, allowed).map(RequestContent::Command),
        ),
        "events_api" => (
            "events",
            inbound::event_of(payload).map(RequestContent::Event),
        ),
        "interactive" => (
            "interactions",
            inbound::interaction_of(payload, allowed).map(RequestContent::Interaction),
        ),
        kind => ("others", Ok(RequestContent::Unknown(kind.to_owned()))),
    };
    Some(Frame::Request(Box::new(SocketRequest {
        address: Address {
            envelope: id.to_owned(),
            takes_payload: frame.get("accepts_response_payload") == Some(&Value::Bool(true)),
        },
        kind,
        marks,
        content,
    })))
}

/// Handles a message that can't be parsed, for example because it is nested too deeply. If it has
/// an envelope ID, it is still acknowledged.
fn unreadable(text: &str, error: &serde_json::Error) -> Option<Frame> {
    #[derive(Deserialize)]
    struct Bare {
        envelope_id: String,
    }
    let Bare { envelope_id } = serde_json::from_str(text).ok()?;
    if !(1..=LONGEST_ID).contains(&envelope_id.len()) {
        return None;
    }
    Some(Frame::Request(Box::new(SocketRequest {
        marks: vec![format!("envelope:{envelope_id}")],
        address: Address {
            envelope: envelope_id,
            takes_payload: false,
        },
        kind: "others",
        content: Err(inbound::malformed_json(error)),
    })))
}

impl Address {
    /// The acknowledgement, with the reply as payload if the envelope accepts one.
    pub(super) fn acknowledgement(&self, reply: &Reply) -> String {
        let mut acknowledgement = json!({ "envelope_id": self.envelope });
        match reply {
            Reply::Message(content) if self.takes_payload => {
                acknowledgement["payload"] = json!({
                    "response_type": "ephemeral",
                    "text": content.text,
                    "blocks": content.blocks,
                });
            }
            Reply::Form(form) if self.takes_payload => acknowledgement["payload"] = form.json(),
            _ => {}
        }
        acknowledgement.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slack() -> ResponseOrigin {
        ResponseOrigin::of_api(&"https://slack.com/api".parse().unwrap())
    }

    fn envelope(frame: &Value) -> Box<SocketRequest> {
        match read(&frame.to_string(), &slack()) {
            Some(Frame::Request(envelope)) => envelope,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn messages_that_are_not_envelopes_are_recognized() {
        let read = |text: &str| read(text, &slack());
        assert!(matches!(
            read(r#"{"type":"hello","num_connections":1}"#),
            Some(Frame::Hello)
        ));
        let bye = r#"{"type":"disconnect","reason":"refresh_requested","debug_info":{}}"#;
        assert!(
            matches!(read(bye), Some(Frame::Disconnect(reason)) if reason == "refresh_requested")
        );
        assert!(matches!(read(r#"{"type":"new"}"#), Some(Frame::Other(_))));
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "[]",
            "{}",
            "{",
            "7",
            r#"{"type":7}"#,
            r#"{"type":"events_api","envelope_id":""}"#,
            &deep,
        ] {
            assert!(read(text).is_none(), "{text:.40}");
        }
    }

    #[test]
    fn every_frame_with_an_envelope_can_be_acknowledged() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        for text in [
            r#"{"envelope_id":"e-1"}"#.to_owned(),
            r#"{"envelope_id":"e-1","type":7,"payload":"swordfish"}"#.to_owned(),
            r#"{"envelope_id":"e-1","type":"events_api","payload":null}"#.to_owned(),
            format!(r#"{{"type":"events_api","payload":{deep},"envelope_id":"e-1"}}"#),
        ] {
            let Some(Frame::Request(envelope)) = read(&text, &slack()) else {
                panic!("{text:.80}");
            };
            let acknowledged = envelope.address.acknowledgement(&Reply::Received);
            assert_eq!(acknowledged, r#"{"envelope_id":"e-1"}"#);
        }
    }

    #[test]
    fn a_request_is_known_again_by_its_envelope_and_by_what_is_inside() {
        let event = envelope(&json!({
            "type": "events_api", "envelope_id": "e-1", "accepts_response_payload": false,
            "retry_attempt": 1, "retry_reason": "timeout",
            "payload": { "type": "event_callback", "event_id": "Ev1", "event": { "type": "x" } },
        }));
        assert_eq!(event.marks, ["envelope:e-1", "event_id:Ev1"]);
        let command = envelope(&json!({
            "type": "slash_commands", "envelope_id": "e-2", "accepts_response_payload": true,
            "payload": {
                "trigger_id": "1.2.3", "user_id": "U1", "team_id": "T1", "text": "昨日",
                "response_url": "https://hooks.slack.com/commands/1",
            },
        }));
        assert_eq!(command.marks, ["envelope:e-2", "trigger_id:1.2.3"]);
        let Ok(RequestContent::Command(inner)) = &command.content else {
            panic!("{command:?}");
        };
        assert_eq!((inner.text.as_str(), inner.user.as_str()), ("昨日", "U1"));
        assert!(inner.sender.team.is_some());
    }

    #[test]
    fn a_frame_of_an_unknown_type_is_no_error_and_a_broken_one_is() {
        let kind = |kind: &str, payload: Value| {
            envelope(&json!({ "type": kind, "envelope_id": "e", "payload": payload })).content
        };
        assert!(
            matches!(kind("brand_new", json!(7)), Ok(RequestContent::Unknown(new)) if new == "brand_new")
        );
        let view = json!({ "type": "view_closed", "team": null });
        assert!(matches!(
            kind("interactive", view),
            Ok(RequestContent::Interaction(Interaction::Other(_)))
        ));
        for (name, payload) in [
            ("slash_commands", json!({})),
            (
                "slash_commands",
                json!({ "user_id": "U1", "response_url": "https://evil.example/" }),
            ),
            ("events_api", json!({ "type": "event_callback" })),
            ("interactive", json!("swordfish")),
        ] {
            let error = kind(name, payload).unwrap_err();
            assert!(!error.to_string().contains("swordfish"), "{error}");
        }
    }

    #[test]
    fn the_answer_goes_with_the_acknowledgement_where_slack_takes_it() {
        let line = crate::text::document::Line::text("hi");
        let reply = Reply::Message(Box::new(crate::slack::view::one_line(&line)));
        let acknowledged = |takes: bool, reply: &Reply| {
            let envelope = envelope(&json!({
                "type": "interactive", "envelope_id": "e\"1", "accepts_response_payload": takes,
                "payload": { "type": "other" },
            }));
            serde_json::from_str::<Value>(&envelope.address.acknowledgement(reply)).unwrap()
        };
        let bare = json!({ "envelope_id": "e\"1" });
        assert_eq!(acknowledged(true, &Reply::Received), bare);
        assert_eq!(acknowledged(false, &reply), bare);
        let full = acknowledged(true, &reply);
        assert_eq!(full["envelope_id"], "e\"1");
        assert_eq!(full["payload"]["response_type"], "ephemeral");
        assert_eq!(full["payload"]["text"], "hi");
    }
}
