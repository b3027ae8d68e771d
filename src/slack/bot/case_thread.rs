//! Reports a decision on a case in the channel: a message in the thread of a digest, and the digest
//! itself with the current owners. A failure is only logged: the decision is stored, and the next
//! digest shows it.

use serde_json::json;

use super::Bot;
use crate::domain::cases::{Case, CaseList, PersonId};
use crate::domain::scope::Scope;
use crate::slack::audit;
use crate::slack::client::{MessageMetadata, Post, Update};
use crate::slack::ids::UserId;
use crate::slack::inbound::{Action, PostedMessage};
use crate::slack::view;
use crate::slack::view::redraw::Redrawing;
use crate::text::document::Line;
use crate::text::voice::Voice;
use crate::watch::Decision;
use crate::watch::ports::Channel as _;

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

impl<'a> DigestPlace<'a> {
    /// The digest in whose message or thread a person pressed something; `None` if it was
    /// elsewhere.
    pub(super) fn pressed(action: &'a Action) -> Option<Self> {
        let (channel, posted) = action.channel.as_ref().zip(action.posted.as_ref())?;
        let thread = posted.thread();
        Some(Self {
            channel: channel.as_str(),
            thread,
            posted: Some(posted).filter(|posted| posted.ts == thread),
        })
    }
}

impl Bot {
    /// Logs a decision on cases, and reports it in the thread of `place`, where it was made, and of
    /// the last digest of every other channel that takes the cases.
    pub(super) async fn report_decision(
        &self,
        place: Option<DigestPlace<'_>>,
        cases: &[&Case],
        decision: &Decision,
        user: &UserId,
    ) {
        audit::note_decision(user, cases, decision);
        let by = PersonId(user.to_string());
        self.report(place, |scope, voice| {
            let taken = cases.iter().copied();
            let taken: Vec<_> = taken
                .filter(|case| scope.is_none_or(|scope| scope.takes_case(case)))
                .collect();
            (!taken.is_empty()).then(|| voice.case_news(&taken, decision, &by))
        })
        .await;
    }

    /// Posts a line in the thread of `place` and of the last digest of every other channel, and
    /// draws those digests again. `line` is that for a channel with these conditions, or for one
    /// without digests, in its language; `None` if the channel doesn't take it.
    pub(super) async fn report(
        &self,
        place: Option<DigestPlace<'_>>,
        line: impl Fn(Option<&Scope>, Voice) -> Option<Line>,
    ) {
        if let Some(place) = &place {
            let digests = self.digests_in(place.channel);
            let scope = digests.map(|digests| &digests.audience().scope);
            if let Some(line) = line(scope, self.voice_in(place.channel)) {
                self.show(&line, place).await;
            }
        }
        let here = place.map(|place| place.channel);
        for (digests, _) in &self.channels {
            let channel = digests.id();
            let scope = &digests.audience().scope;
            let Some(line) = line(Some(scope), digests.voice()).filter(|_| here != Some(channel))
            else {
                continue;
            };
            match self.watch.deliveries.last_message(channel).await {
                Ok(Some(thread)) => {
                    let place = DigestPlace {
                        channel,
                        thread: &thread.0,
                        posted: None,
                    };
                    self.show(&line, &place).await;
                }
                Ok(None) => tracing::debug!(channel, "no digest yet to report a case in"),
                Err(error) => {
                    tracing::warn!(event = "case_not_reported", channel, %error, "failed to find the digest to report a case in");
                }
            }
        }
    }

    /// The cases that a channel of digests takes, with the days of its time zone; all of them for
    /// another one.
    pub(super) async fn cases_of(&self, channel: Option<&str>, list: CaseList) -> CaseList {
        let Some(digests) = channel.and_then(|id| self.digests_in(id)) else {
            return list;
        };
        let directory = self.watch.directory.get().await;
        let audience = digests.audience();
        let list = list.within(&audience.scope, &directory);
        list.counted_in(audience.zone, self.watch.calendar.now())
    }

    /// Posts a line in the thread of a digest, and draws the digest again.
    async fn show(&self, line: &Line, place: &DigestPlace<'_>) {
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
            let directory = self.watch.directory.get().await;
            let voice = self.voice_in(channel);
            let all = list;
            let list = self.cases_of(Some(channel), all.clone()).await;
            let mut watched = self.watch.hubs.list().to_vec();
            if let Some(digests) = self.digests_in(channel) {
                watched.retain(|hub| digests.audience().scope.takes_hub(hub));
            }
            let drawing = Redrawing {
                list: &list,
                all: &all,
                watched: &watched,
                directory: &directory,
                voice,
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
