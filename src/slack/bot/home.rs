//! The Home tab: opening, filters, live checks.

use chrono::{DateTime, Utc};

use super::waiting::WaitingView;
use super::{Bot, JobError};
use crate::domain::query::Query;
use crate::slack::client::CallError;
use crate::slack::ids::UserId;
use crate::slack::inbound::{Action, View};
use crate::slack::view::home::{self, HomeFilter, HomeTab};
use crate::slack::view::lists::ListPage;
use crate::text::document::{Line, Span};
use crate::watch::ports::Channel as _;

/// The occasion to show the Home tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HomeOccasion<'a> {
    /// A person opened it.
    Opened,
    /// A person chose a filter.
    Chosen,
    /// A modal didn't open. The text tells the person.
    NotOpened(&'a str),
    /// A live check begins.
    Checking,
    /// The live check ended.
    Checked,
}

impl HomeOccasion<'_> {
    /// Reports whether the person has just pressed something in the tab.
    fn is_wish(self) -> bool {
        matches!(self, Self::Chosen | Self::NotOpened(_))
    }
}

/// The actions of the tab.
pub(super) const ACTIONS: [&str; 8] = [
    home::CHECK,
    home::FIND,
    home::FILTER,
    home::CLEAR_FILTER,
    home::DATE,
    home::CLEAR,
    home::PREVIOUS,
    home::NEXT,
];

impl Bot {
    /// Shows the tab to a person who opened it and had `view` there before.
    pub(super) async fn open_home(
        &self,
        user: &UserId,
        view: Option<View>,
    ) -> Result<(), JobError> {
        let chosen = chosen(view.as_ref());
        let hash = view.and_then(|view| view.hash);
        self.show_choice(user, chosen, hash, HomeOccasion::Opened)
            .await
    }

    /// Shows that the tab is not for this person.
    pub(super) async fn show_closed_home(&self, user: &UserId) -> Result<(), JobError> {
        let why = Line::text(format!("{} ", self.voice.words().user_not_allowed()));
        let why = why.with(Span::Code(user.to_string()));
        let view = home::closed(&why, &self.voice);
        self.api.publish_home(user, &view, None).await?;
        Ok(())
    }

    /// Shows the tab again once cases have changed.
    pub(super) async fn show_changed_home(
        &self,
        user: &UserId,
        chosen: HomeFilter,
        hash: Option<String>,
    ) -> Result<(), JobError> {
        self.show_choice(user, chosen, hash, HomeOccasion::Chosen)
            .await
    }

    pub(super) async fn act_on_home(&self, action: Action) -> Result<(), JobError> {
        let mut chosen = chosen(action.view.as_ref());
        let value = action.value.as_deref();
        match action.id.as_str() {
            home::FIND => return self.open_search(&action).await,
            home::FILTER => return self.open_filters(&action, &chosen).await,
            home::CLEAR_FILTER => {
                chosen = HomeFilter {
                    date: chosen.date,
                    ..HomeFilter::default()
                };
            }
            home::DATE => chosen.date = value.and_then(|value| value.parse().ok()),
            home::CLEAR => chosen.date = None,
            home::PREVIOUS | home::NEXT => {
                chosen.page = value
                    .and_then(|value| value.parse().ok())
                    .unwrap_or_default();
            }
            _ => {}
        }
        let hash = action.view.and_then(|view| view.hash);
        if action.id == home::CHECK {
            return self.check_at_home(&action.user, chosen, hash).await;
        }
        self.show_choice(&action.user, chosen, hash, HomeOccasion::Chosen)
            .await
    }

    /// Shows the tab with a person's filters, also while they wait for a live check.
    pub(super) async fn show_choice(
        &self,
        user: &UserId,
        chosen: HomeFilter,
        hash: Option<String>,
        occasion: HomeOccasion<'_>,
    ) -> Result<(), JobError> {
        let waits = self.waiting.has(user);
        let hash = self.show_home(user, &chosen, hash, occasion, waits).await?;
        let seen = WaitingView { chosen, hash };
        if waits && !self.waiting.note(user, seen.clone()) {
            // The check ended while this was on its way.
            self.show_home(user, &seen.chosen, seen.hash, occasion, false)
                .await?;
        }
        Ok(())
    }

    /// Runs a live check, and shows the result with the filters that the person has
    /// chosen by then.
    async fn check_at_home(
        &self,
        user: &UserId,
        chosen: HomeFilter,
        hash: Option<String>,
    ) -> Result<(), JobError> {
        let mut wait = self.waiting.begin(user, &chosen);
        // The check runs even if this view can't be shown.
        let shown = self.show_home(user, &chosen, hash, HomeOccasion::Checking, true);
        match shown.await {
            Ok(hash) => wait.is_shown(hash),
            Err(error) => tracing::debug!(%error, "failed to show that a check is running"),
        }
        self.watch.checks.check_hubs().await;
        loop {
            let seen = wait.seen();
            let WaitingView { chosen, hash } = seen.clone();
            let shown = self
                .show_home(user, &chosen, hash, HomeOccasion::Checked, false)
                .await;
            let (now, shown) = match shown {
                Ok(hash) => (WaitingView { chosen, hash }, Ok(())),
                Err(error) => (seen.clone(), Err(error)),
            };
            if wait.end(&seen, now) {
                return shown;
            }
            // They have chosen another filter: it is shown with the result.
        }
    }

    /// When the last digest was made, if no channel got its last one, because there was no news.
    fn no_news(&self) -> Option<DateTime<Utc>> {
        let channels = self.channels.iter().map(|(channel, _)| channel.id());
        let last = channels.map(|channel| self.watch.deliveries.last.of(channel));
        let last: Option<Vec<_>> = last.collect();
        let mut last = last?
            .into_iter()
            .map(|one| one.is_silent().then_some(one.at));
        last.try_fold(None, |latest, at| Some(latest.max(Some(at?))))?
    }

    /// Publishes the Home tab from stored data, with or without a line that a live check
    /// is running; returns its hash.
    async fn show_home(
        &self,
        user: &UserId,
        chosen: &HomeFilter,
        hash: Option<String>,
        occasion: HomeOccasion<'_>,
        checking: bool,
    ) -> Result<Option<String>, JobError> {
        let hubs = self.watch.hubs.list();
        let filter = chosen.filter(&hubs);
        let status = chosen.status.as_ref();
        let overview = self.watch.overviews.overview(&filter, status).await?;
        let voice = self.voice.showing(self.emails.at_home());
        let on_date = match chosen.date {
            None => None,
            Some(date) => {
                let answer = self
                    .watch
                    .answers
                    .answer_in(&Query::On(date), &filter)
                    .await?;
                Some(voice.answer(&answer))
            }
        };
        let shown = HomeTab {
            overview: &overview,
            on_date: on_date.as_ref(),
            hubs: &hubs,
            chosen,
            checking,
            remark: match occasion {
                HomeOccasion::NotOpened(remark) => Some(remark),
                _ => None,
            },
            next_digest: self
                .channels
                .iter()
                .filter_map(|(_, schedule)| schedule.next_after(overview.at))
                .min(),
            no_news: self.no_news(),
        };
        let view = home::render(&shown, &voice);
        match self.api.publish_home(user, &view, hash.as_deref()).await {
            // Of two clicks, the later one is the person's wish.
            Err(CallError::Refused { code, .. })
                if code == "hash_conflict" && occasion.is_wish() =>
            {
                Ok(self.api.publish_home(user, &view, None).await?)
            }
            published => Ok(published?),
        }
    }
}

/// The filters in a view, or of the tab below a modal; none if the view is another app's or of an
/// older version.
pub(super) fn chosen(view: Option<&View>) -> HomeFilter {
    let state = |view: &View| {
        let state = view.private_metadata.as_deref()?;
        match view.is_modal() {
            true => ListPage::parse(state)?.home,
            false => serde_json::from_str(state).ok(),
        }
    };
    view.and_then(state).unwrap_or_default()
}
