//! What the channel sees of a decision on a case: a message in the thread of a digest, and the
//! digest itself with the current owners. A failure is only logged: the decision is stored, and the
//! next digest shows it.

use serde_json::json;

use super::Bot;
use crate::domain::cases::{Case, PersonId};
use crate::slack::audit;
use crate::slack::client::{MessageMetadata, Post, Update};
use crate::slack::ids::UserId;
use crate::slack::inbound::PostedMessage;
use crate::slack::view;
use crate::slack::view::redraw::Redrawing;
use crate::text::document::Line;
use crate::watch::Decision;

/// The metadata type of these messages. It differs from those by which digests are found.
const CASE: &str = "securityhub_members_case";

/// The most updates of a digest after a decision: other people may decide at the same time.
const DRAWINGS: usize = 4;

/// A digest in a channel.
pub(super) struct DigestPlace<'a> {
    pub(super) channel: &'a str,
    /// Slack's `ts` of its first message.
    pub(super) thread: &'a str,
    /// The first message, if it came with the press.
    pub(super) posted: Option<&'a PostedMessage>,
}

impl Bot {
    /// Logs a decision on cases, and reports it in the thread of every channel's last digest.
    pub(super) async fn report_decision(
        &self,
        cases: &[&Case],
        decision: &Decision,
        user: &UserId,
    ) {
        audit::note_decision(user, cases, decision);
        let line = self.news(cases, decision, user);
        self.show_everywhere(&line).await;
    }

    /// Posts a line in the thread of the last digest of every channel, and draws those digests
    /// again.
    pub(super) async fn show_everywhere(&self, line: &Line) {
        for channel in &self.watch.cases.settings().channels {
            match self.watch.deliveries.last_message(channel).await {
                Ok(Some(thread)) => {
                    let place = DigestPlace {
                        channel,
                        thread: &thread.0,
                        posted: None,
                    };
                    self.show(line, &place).await;
                }
                Ok(None) => tracing::debug!(channel, "no digest yet to report a case in"),
                Err(error) => {
                    tracing::warn!(event = "case_not_reported", channel, %error, "failed to find the digest to report a case in");
                }
            }
        }
    }

    /// Logs a decision on cases, and reports it in the thread of this digest.
    pub(super) async fn report_in(
        &self,
        place: &DigestPlace<'_>,
        cases: &[&Case],
        decision: &Decision,
        user: &UserId,
    ) {
        audit::note_decision(user, cases, decision);
        let line = self.news(cases, decision, user);
        self.show(&line, place).await;
    }

    fn news(&self, cases: &[&Case], decision: &Decision, user: &UserId) -> Line {
        let by = PersonId(user.to_string());
        self.voice.case_news(cases, decision, &by)
    }

    /// Posts a line in the thread of a digest, and draws the digest again.
    pub(super) async fn show(&self, line: &Line, place: &DigestPlace<'_>) {
        let channel = place.channel;
        // Can't fail for strings.
        let content = serde_json::to_value(view::one_line(line)).unwrap_or_default();
        let post = Post {
            channel,
            content: &content,
            thread_ts: Some(place.thread),
            metadata: MessageMetadata {
                event_type: CASE.to_owned(),
                event_payload: json!({}),
            },
            unfurl_links: false,
        };
        if let Err(error) = self.api.post_message(&post).await {
            tracing::warn!(event = "case_not_reported", channel, %error, "failed to report a case to the channel");
        }
        if let Some(posted) = place.posted {
            return self.draw_again(channel, posted).await;
        }
        match self.api.message(channel, place.thread).await {
            Ok(Some(posted)) => self.draw_again(channel, &posted).await,
            Ok(None) => {}
            Err(error) => {
                tracing::info!(channel, %error, "could not read a digest to show the owners of its cases");
            }
        }
    }

    /// Shows the current owners of a digest's cases.
    async fn draw_again(&self, channel: &str, posted: &PostedMessage) {
        let mut shown = posted.blocks.clone();
        for _ in 0..DRAWINGS {
            let list = match self.watch.cases.list().await {
                Ok(list) => list,
                Err(error) => {
                    return tracing::warn!(%error, "failed to read the cases of a digest");
                }
            };
            let drawing = Redrawing {
                list: &list,
                watched: &self.watch.hubs.list(),
                directory: &*self.watch.directory.get().await,
                voice: self.voice,
            };
            let blocks = drawing.blocks(&shown);
            if blocks == shown {
                return;
            }
            let update = Update {
                channel,
                ts: &posted.ts,
                text: &posted.text,
                blocks: &blocks,
            };
            if let Err(error) = self.api.update_message(&update).await {
                return tracing::warn!(channel, %error, "failed to show the new owner of a case");
            }
            shown = blocks;
        }
    }
}
