//! The channel that digests and notices go to, as a port of the use cases.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::client::{CallError, Metadata, Post, SlackApi};
use super::view;
use crate::domain::digest::Digest;
use crate::domain::notice::Notice;
use crate::text::document::Document;
use crate::text::voice::Voice;
use crate::watch::ports::{Channel, Found, MessageId, OutboxId, PostError, Subject};

/// Mark our messages among others'.
const DIGEST: &str = "securityhub_members_digest";
const NOTICE: &str = "securityhub_members_notice";

/// Slack takes about one message a second in a channel.
const PACE: Duration = Duration::from_millis(1_100);

/// Slack's clock and ours may differ.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(10);

/// A channel of a workspace.
pub struct DigestChannel {
    api: SlackApi,
    id: String,
    voice: Voice,
    with_emails: bool,
    pace: Duration,
}

impl DigestChannel {
    /// The channel with this id; digests speak with this voice.
    pub fn new(api: SlackApi, id: String, voice: Voice, with_emails: bool) -> Self {
        Self {
            api,
            id,
            voice,
            with_emails,
            pace: PACE,
        }
    }

    /// The time between two messages.
    #[must_use]
    pub fn with_pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    fn messages(&self, document: &Document) -> Vec<String> {
        let messages = view::digest::render(document, self.voice.words());
        let messages = messages.iter();
        // Structs of strings and numbers: this cannot fail.
        let json = |message| serde_json::to_string(message).unwrap_or_default();
        messages.map(json).collect()
    }
}

fn metadata(outbox: &OutboxId, index: usize) -> Metadata {
    let event_type = match outbox.subject {
        Subject::Digest(_) => DIGEST,
        Subject::Notice(_) => NOTICE,
    };
    Metadata {
        event_type: event_type.to_owned(),
        event_payload: json!({
            "date": outbox.subject.date().to_string(),
            "digest": outbox.nonce,
            "message": index.to_string(),
        }),
    }
}

/// Whether the same message without blocks may be taken.
fn is_about_blocks(code: &str) -> bool {
    code.starts_with("invalid_blocks") || matches!(code, "msg_too_long" | "msg_blocks_too_long")
}

/// The texts of a message's blocks, without blocks: nothing is told less, it
/// only looks worse.
fn plain(content: &Value) -> Value {
    let blocks = content.get("blocks").and_then(Value::as_array);
    let text = |block: &Value| {
        let places = ["/text/text", "/elements/0/text"];
        let text = places
            .into_iter()
            .find_map(|place| block.pointer(place)?.as_str());
        text.map(str::to_owned)
    };
    let texts: Vec<_> = blocks.into_iter().flatten().filter_map(text).collect();
    // Slack would make links of addresses in text of its own accord.
    json!({ "text": texts.join("\n"), "parse": "none" })
}

impl From<CallError> for PostError {
    fn from(error: CallError) -> Self {
        let detail = error.to_string();
        match error {
            CallError::Refused { code, .. } if code == "thread_not_found" => Self::ParentGone,
            CallError::Refused { code, .. } => Self::Refused { code },
            CallError::RateLimited { wait, .. } => Self::Later { detail, wait },
            CallError::NotSent { .. } => Self::Later { detail, wait: None },
            CallError::Unknown { .. } | CallError::Endless { .. } => Self::Unknown { detail },
        }
    }
}

#[async_trait]
impl Channel for DigestChannel {
    fn id(&self) -> &str {
        &self.id
    }

    fn render(&self, digest: &Digest) -> Vec<String> {
        let mut digest = digest.clone();
        if !self.with_emails {
            digest.report = digest.report.without_emails();
        }
        self.messages(&self.voice.digest(&digest))
    }

    fn render_notice(&self, notice: &Notice) -> Vec<String> {
        self.messages(&self.voice.notice(notice))
    }

    async fn post(
        &self,
        outbox: &OutboxId,
        index: usize,
        message: &str,
        parent: Option<&MessageId>,
    ) -> Result<MessageId, PostError> {
        if index > 0 {
            tokio::time::sleep(self.pace).await;
        }
        let content = serde_json::from_str(message).map_err(|error| PostError::Refused {
            code: format!("the kept message cannot be read: {error}"),
        })?;
        let post = |content| Post {
            channel: &self.id,
            content,
            thread_ts: parent.map(|parent| parent.0.as_str()),
            metadata: metadata(outbox, index),
            unfurl_links: false,
        };
        let posted = match self.api.post_message(&post(&content)).await {
            Err(CallError::Refused { code, .. }) if is_about_blocks(&code) => {
                tracing::error!(
                    code,
                    "Slack refused the blocks of a digest: posting its text"
                );
                self.api.post_message(&post(&plain(&content))).await
            }
            posted => posted,
        };
        Ok(MessageId(posted?))
    }

    async fn find(
        &self,
        outbox: &OutboxId,
        index: usize,
        parent: Option<&MessageId>,
        not_before: DateTime<Utc>,
    ) -> Result<Found, PostError> {
        let thread = parent.filter(|_| index > 0).map(|parent| parent.0.as_str());
        let since = not_before - CLOCK_SKEW;
        match self.api.messages(&self.id, thread, since).await {
            Ok(messages) => {
                let wanted = Some(metadata(outbox, index));
                let found = messages
                    .into_iter()
                    .find(|message| message.metadata == wanted);
                Ok(found.map_or(Found::No, |message| Found::Yes(MessageId(message.ts))))
            }
            // With `chat:write.public` a bot may post where it is no member and may not read.
            Err(CallError::Refused { code, .. })
                if matches!(code.as_str(), "missing_scope" | "not_in_channel") =>
            {
                tracing::warn!(
                    code,
                    "the bot may not read the channel's history: a message whose answer was lost is posted again"
                );
                Ok(Found::NotPermitted)
            }
            // It would not end at the next attempt either, and the digest would stay open.
            Err(error @ CallError::Endless { .. }) => {
                tracing::warn!(%error, "a message whose answer was lost is posted again");
                Ok(Found::NotPermitted)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What to do about any other code.
const OTHERWISE: &str = "Slack's documentation explains the code: https://docs.slack.dev";

/// What to do about a code with which Slack refuses a call.
pub fn remedy(code: &str) -> &'static str {
    match code {
        "channel_not_found" => {
            "SLACK_CHANNEL must be the channel's id; invite the bot if it is private"
        }
        "not_in_channel" => "invite the bot to the channel: /invite @securityhub-members",
        "is_archived" => "the channel is archived: choose another SLACK_CHANNEL",
        "invalid_auth" | "not_authed" | "token_revoked" | "account_inactive" | "token_expired" => {
            "SLACK_BOT_TOKEN is no longer valid: install the app again and take the new token"
        }
        "missing_scope" => {
            "the app lacks a scope: compare it with manifest.yml and install it again"
        }
        "restricted_action" => {
            "the workspace's settings keep apps from posting in the channel: ask its owners"
        }
        code if code.starts_with("http_") => {
            "something else answered in the place of Slack: look at SLACK_API_URL, proxies, firewalls"
        }
        _ => OTHERWISE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_that_is_known_has_a_remedy_of_its_own() {
        let own = |code: &&str| remedy(code) != OTHERWISE;
        let known = [
            "channel_not_found",
            "not_in_channel",
            "is_archived",
            "restricted_action",
            "missing_scope",
            "invalid_auth",
            "token_revoked",
            "http_403",
        ];
        assert!(known.iter().all(own));
        assert!(!own(&"a_code_of_tomorrow"));
    }

    #[test]
    fn without_blocks_a_message_still_tells_everything() {
        let content = json!({
            "text": "short",
            "blocks": [
                { "type": "header", "text": { "type": "plain_text", "text": "Title" } },
                { "type": "section", "text": { "type": "mrkdwn", "text": "• `1` left" } },
                { "type": "divider" },
                { "type": "context", "elements": [{ "type": "mrkdwn", "text": "43 members" }] },
            ],
        });
        assert_eq!(
            plain(&content),
            json!({ "text": "Title\n• `1` left\n43 members", "parse": "none" })
        );
    }
}
