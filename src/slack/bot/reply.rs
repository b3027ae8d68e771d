//! The acknowledgements of requests.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::slack::view::Content;

/// The answer to the request itself.
#[derive(Debug)]
pub enum Reply {
    /// An empty acknowledgement.
    Received,
    /// A message that only the sender sees.
    Message(Box<Content>),
    /// Slack's challenge.
    Challenge(String),
    /// The next state of a form that is submitted.
    Form(Box<FormReply>),
}

/// The next state of a submitted form.
#[derive(Debug)]
pub enum FormReply {
    /// The errors, by the block of the field.
    Errors(BTreeMap<&'static str, String>),
    /// Another view.
    Update(Value),
}

impl FormReply {
    /// As Slack takes it, in the acknowledgement.
    pub fn json(&self) -> Value {
        match self {
            Self::Errors(errors) => json!({ "response_action": "errors", "errors": errors }),
            Self::Update(view) => json!({ "response_action": "update", "view": view }),
        }
    }
}
