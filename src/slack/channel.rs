//! The channel of digests and alerts, as a port of the use cases.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;
use tokio::sync::OnceCell;

use super::client::{CallError, ChannelMessage, MessageMetadata, Post, SlackApi};
use super::view::forms::Forms;
use super::view::{self, Content, digest, plain};
use crate::domain::alert::{Alert, Comeback};
use crate::domain::digest::Digest;
use crate::domain::due::Due;
use crate::domain::emails::EmailView;
use crate::domain::notice::Notice;
use crate::domain::scope::Audience;
use crate::policies::slack::PACE;
use crate::remedies;
use crate::text::digest::mentioning;
use crate::text::voice::Voice;
use crate::watch::ports::{
    Channel, Mark, MessageId, MessageLookup, OutboxId, OwnMessage, PostError, Subject,
};

/// The metadata types of our messages.
const DIGEST: &str = "securityhub_members_digest";
const NOTICE: &str = "securityhub_members_notice";
const ALERT: &str = "securityhub_members_alert";

/// The tolerated difference between Slack's clock and ours.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(10);

/// A channel of the workspace.
pub struct DigestChannel {
    api: SlackApi,
    id: String,
    audience: Audience,
    voice: Voice,
    pace: Duration,
    /// The bot's ID, which is requested at first use.
    bot_id: OnceCell<Option<String>>,
}

impl DigestChannel {
    /// The channel `id`. Digests use the language and time zone of `voice`.
    pub fn new(api: SlackApi, id: String, voice: Voice, emails: EmailView) -> Self {
        Self {
            api,
            id,
            audience: Audience::of_everything(voice.zone),
            voice: voice.showing(emails),
            pace: PACE,
            bot_id: OnceCell::new(),
        }
    }

    /// Sets what the channel gets. Its time zone is that of `voice`.
    #[must_use]
    pub fn for_audience(self, audience: Audience) -> Self {
        Self { audience, ..self }
    }

    /// The language and time zone of its digests.
    pub(super) fn voice(&self) -> Voice {
        self.voice
    }

    /// Sets the time between two messages.
    #[must_use]
    pub fn with_pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// The messages of the channel or of a thread; `None` if the bot may not read them.
    async fn messages(
        &self,
        parent: Option<&MessageId>,
        not_before: DateTime<Utc>,
    ) -> Result<Option<Vec<ChannelMessage>>, PostError> {
        let thread = parent.map(|parent| parent.0.as_str());
        let since = not_before - CLOCK_SKEW;
        match self.api.messages(&self.id, thread, since).await {
            // With `chat:write.public`, a bot can post to channels that it may not read.
            Err(CallError::Refused { code, .. })
                if matches!(code.as_str(), "missing_scope" | "not_in_channel") =>
            {
                Ok(None)
            }
            // A retry would fail in the same way, and the digest would never be finished.
            Err(error @ CallError::Endless { .. }) => {
                tracing::warn!(%error, "failed to read the channel's history completely");
                Ok(None)
            }
            messages => Ok(Some(messages?)),
        }
    }

    /// If Slack rejected a table, the next attempt has sections. It is an attempt of its own,
    /// because the delivery must confirm its lease before each form.
    fn without_tables_if_rejected(
        &self,
        posted: Result<String, CallError>,
    ) -> Result<String, PostError> {
        match posted {
            Err(CallError::Refused { code, .. }) if plain::is_about_table(&code) => {
                tracing::warn!(
                    code,
                    "posting sections instead of tables from now on: Slack rejected one"
                );
                self.api.give_up_tables();
                Err(PostError::Later {
                    detail: format!("{code}, for its table"),
                    wait: Some(Duration::ZERO),
                })
            }
            posted => Ok(posted?),
        }
    }
}

fn json(messages: &[impl Serialize]) -> Vec<String> {
    // Structs of strings and numbers: this cannot fail.
    let json = |message| serde_json::to_string(message).unwrap_or_default();
    messages.iter().map(json).collect()
}

fn metadata(mark: &Mark) -> MessageMetadata {
    let event_type = match mark.subject {
        Subject::Digest(_) => DIGEST,
        Subject::Notice(_) => NOTICE,
        Subject::Alert(_) => ALERT,
    };
    MessageMetadata {
        event_type: event_type.to_owned(),
        event_payload: json!({
            "date": mark.subject.due().to_string(),
            "digest": mark.nonce,
            "message": mark.index.to_string(),
        }),
    }
}

/// The mark that produces exactly this metadata.
fn mark(found: &MessageMetadata) -> Option<Mark> {
    let field = |name| found.event_payload.get(name)?.as_str();
    let due: Due = field("date")?.parse().ok()?;
    let mark = Mark {
        subject: match found.event_type.as_str() {
            DIGEST => Subject::Digest(due),
            NOTICE => Subject::Notice(due.date),
            ALERT => Subject::Alert(due.date),
            _ => return None,
        },
        nonce: field("digest")?.to_owned(),
        index: field("message")?.parse().ok()?,
    };
    (metadata(&mark) == *found).then_some(mark)
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

    fn remedy(&self, code: &str) -> &'static str {
        remedies::slack(code)
    }

    fn audience(&self) -> &Audience {
        &self.audience
    }

    fn render(&self, digest: &Digest) -> Vec<String> {
        json(&digest::render(
            &self.voice.digest(digest),
            self.voice.words(),
        ))
    }

    fn render_notice(&self, notice: &Notice) -> Vec<String> {
        let mut document = self.voice.notice(notice);
        let text = digest::summary(&document);
        let targets = self.audience.mentions.in_notice(notice);
        if let Some(first) = document.lead.first_mut() {
            *first = mentioning(targets, std::mem::take(first));
        }
        json(&[Content {
            text,
            ..digest::notice(&document)
        }])
    }

    fn render_alert(&self, alert: &Alert) -> Vec<String> {
        json(&digest::render(
            &self.voice.alert(alert),
            self.voice.words(),
        ))
    }

    fn render_comeback(&self, comeback: &Comeback) -> Vec<String> {
        json(&[view::lines(&self.voice.comeback_reply(comeback))])
    }

    fn pace(&self) -> Duration {
        self.pace
    }

    async fn post(
        &self,
        outbox: &OutboxId,
        index: usize,
        message: &str,
        parent: Option<&MessageId>,
    ) -> Result<MessageId, PostError> {
        let stored = serde_json::from_str(message).map_err(|error| PostError::Refused {
            code: format!("the kept message cannot be read: {error}"),
        })?;
        let Forms { table, sections } = Forms::of(stored);
        let post = |content| Post {
            channel: &self.id,
            content,
            thread_ts: parent.map(|parent| parent.0.as_str()),
            metadata: metadata(&outbox.mark(index)),
            unfurl_links: false,
        };
        if let Some(table) = table.filter(|_| self.api.takes_tables()) {
            let posted = self.api.post_message(&post(&table)).await;
            return Ok(MessageId(self.without_tables_if_rejected(posted)?));
        }
        let posted = match self.api.post_message(&post(&sections)).await {
            Err(CallError::Refused { code, .. }) if plain::is_about_blocks(&code) => {
                tracing::error!(code, "posting a digest as text: Slack rejected its blocks");
                self.api
                    .post_message(&post(&plain::message(&sections)))
                    .await
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
    ) -> Result<MessageLookup, PostError> {
        let wanted = Some(metadata(&outbox.mark(index)));
        Ok(match self.messages(parent, not_before).await? {
            None => {
                tracing::warn!(
                    "no permission to read the channel's history; reposting a message if Slack's answer is lost"
                );
                MessageLookup::NotPermitted
            }
            Some(messages) => {
                let found = messages.into_iter().filter(|one| one.metadata == wanted);
                // If there are two copies, every process chooses the same one.
                let first = found.map(|message| message.ts).min();
                first.map_or(MessageLookup::No, |ts| MessageLookup::Yes(MessageId(ts)))
            }
        })
    }

    async fn own_messages(
        &self,
        parent: Option<&MessageId>,
        not_before: DateTime<Utc>,
    ) -> Result<Option<Vec<OwnMessage>>, PostError> {
        let bot_id = self.bot_id.get_or_try_init(|| async {
            let identity = self.api.auth_test().await?;
            Ok::<_, CallError>(identity.bot_id)
        });
        // Without a bot ID, no message is recognized as our own.
        let Some(bot_id) = bot_id.await? else {
            return Ok(None);
        };
        let messages = self.messages(parent, not_before).await?;
        let own = |message: ChannelMessage| {
            let mark = message.metadata.as_ref().and_then(mark)?;
            (message.bot_id.as_ref() == Some(bot_id)).then_some(OwnMessage {
                id: MessageId(message.ts),
                mark,
                replies: message.reply_count,
            })
        };
        Ok(messages.map(|messages| messages.into_iter().filter_map(own).collect()))
    }

    async fn permalink(&self, message: &MessageId) -> Option<String> {
        match self.api.permalink(&self.id, &message.0).await {
            Ok(link) => Some(link),
            Err(error) => {
                tracing::debug!(%error, "no link to a message");
                None
            }
        }
    }

    async fn delete(&self, message: &MessageId) -> Result<(), PostError> {
        match self.api.delete_message(&self.id, &message.0).await {
            Err(CallError::Refused { code, .. }) if code == "message_not_found" => Ok(()),
            deleted => Ok(deleted?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_from_the_very_metadata_that_it_writes() {
        let date = chrono::NaiveDate::from_ymd_opt(2026, 11, 25).unwrap();
        for subject in [
            Subject::Digest(date.into()),
            Subject::Digest("2026-11-25T17:00".parse().unwrap()),
            Subject::Notice(date),
            Subject::Alert(date),
        ] {
            let written = Mark {
                subject,
                nonce: "n".to_owned(),
                index: 12,
            };
            let found = metadata(&written);
            assert_eq!(mark(&found), Some(written));
            let mut other = found.clone();
            other.event_payload["message"] = json!("012");
            assert_eq!(mark(&other), None);
            other = found.clone();
            other.event_payload["more"] = json!("x");
            assert_eq!(mark(&other), None);
            other = found;
            other.event_type.push('s');
            assert_eq!(mark(&other), None);
        }
    }
}
