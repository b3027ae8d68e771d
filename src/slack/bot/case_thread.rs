//! What the channel reads when somebody decides on a case: one message in the thread of the
//! last digest, so that the team sees it without looking.

use serde_json::json;

use super::Bot;
use crate::domain::cases::{Case, PersonId};
use crate::slack::client::{MessageMetadata, Post};
use crate::slack::view;
use crate::text::document::Line;
use crate::watch::Decision;

/// Marks these messages. It is none of the marks by which digests are found.
const CASE: &str = "securityhub_members_case";

impl Bot {
    /// Tells every channel of digests about a decision on the cases of one account. What
    /// fails is a line of the log: the decision stands, and the next digest has it.
    pub(super) async fn post_case_news(&self, cases: &[&Case], decision: &Decision, by: &PersonId) {
        let line = self.voice.case_news(cases, decision, by);
        for channel in &self.watch.cases.settings().channels {
            self.post_in_thread(channel, &line).await;
        }
    }

    async fn post_in_thread(&self, channel: &str, line: &Line) {
        let thread = match self.watch.deliveries.last_message(channel).await {
            Ok(Some(thread)) => thread,
            Ok(None) => return tracing::debug!(channel, "no digest yet to report a case in"),
            Err(error) => {
                return tracing::warn!(event = "case_not_reported", channel, %error, "failed to find the digest to report a case in");
            }
        };
        // A struct of strings: this cannot fail.
        let content = serde_json::to_value(view::one_line(line)).unwrap_or_default();
        let post = Post {
            channel,
            content: &content,
            thread_ts: Some(&thread.0),
            metadata: MessageMetadata {
                event_type: CASE.to_owned(),
                event_payload: json!({}),
            },
            unfurl_links: false,
        };
        if let Err(error) = self.api.post_message(&post).await {
            tracing::warn!(event = "case_not_reported", channel, %error, "failed to report a case to the channel");
        }
    }
}
