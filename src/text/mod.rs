//! Everything that a person reads: words in English and Japanese, and the
//! documents that are made of them.
//!
//! Pure, and independent of where it is shown: Slack and the terminal decorate
//! the same [`document::Document`]s. A word that is missing in one of the
//! languages does not compile.

mod account;
mod bulk;
mod checks;
pub mod document;
mod en;
mod gaps;
pub mod guidance;
pub mod hubs;
mod ja;
mod notice;
mod report;
mod status;
pub mod voice;

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

use crate::domain::account::Deed;
use crate::domain::diff::Kind;
use crate::domain::directory::AccountState;
use crate::domain::hub::{UncheckedReason, UnreadReason};
use crate::domain::member::MemberStatus;

/// A language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Locale {
    /// The words of this language.
    pub fn words(self) -> &'static dyn Words {
        match self {
            Self::En => &en::English,
            Self::Ja => &ja::Japanese,
        }
    }

    /// The language to answer somebody in who wrote `text`: Japanese to
    /// Japanese letters, else this one.
    #[must_use]
    pub fn answering(self, text: &str) -> Self {
        let is_japanese =
            |letter: char| matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}');
        if text.chars().any(is_japanese) {
            Self::Ja
        } else {
            self
        }
    }
}

/// Not a language that we have words in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a supported language: en or ja")]
pub struct UnknownLocale(pub String);

impl FromStr for Locale {
    type Err = UnknownLocale;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "en" => Ok(Self::En),
            "ja" => Ok(Self::Ja),
            _ => Err(UnknownLocale(text.to_owned())),
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::En => "en",
            Self::Ja => "ja",
        })
    }
}

/// Which button or field of the Home tab, or of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Posts an answer for everybody.
    Share,
    /// The page before.
    Previous,
    /// The page after.
    Next,
    /// Polls now.
    CheckNow,
    /// Chooses a date.
    PickDate,
    /// Takes a chosen date back.
    ClearDate,
    /// All administrators, in a choice of administrators.
    AllAdmins,
    /// All Regions, in a choice of Regions.
    AllRegions,
    /// All statuses, in a choice of statuses.
    AllStatuses,
}

/// The words of one language.
///
/// Times are given in the configured time zone.
#[expect(
    missing_docs,
    reason = "the names say what is meant; the English words are the documentation"
)]
pub trait Words: Sync {
    fn date(&self, date: NaiveDate) -> String;
    fn moment(&self, moment: NaiveDateTime) -> String;
    /// Both days are included.
    fn period(&self, first: NaiveDate, last: NaiveDate) -> String;
    fn days(&self, days: u32) -> String;
    fn ago(&self, span: TimeDelta) -> String;
    fn seen(&self, moment: &str) -> String;

    fn status(&self, status: &MemberStatus) -> String;
    fn nameless(&self) -> &'static str;
    fn absent(&self) -> &'static str;
    fn kind(&self, kind: Kind) -> &'static str;
    fn kind_count(&self, kind: Kind, count: usize) -> String;
    fn unread_reason(&self, reason: UnreadReason) -> &'static str;

    fn list_separator(&self) -> &'static str;
    fn all_regions(&self, count: usize) -> String;
    fn all_regions_but(&self, regions: &str) -> String;
    fn everywhere(&self) -> &'static str;
    fn everywhere_but(&self, hubs: &str) -> String;
    fn regions_of(&self, admin: &str, regions: &str) -> String;

    fn digest_title(&self, date: &str) -> String;
    fn digest_since(&self, moment: &str, days: u32) -> String;
    fn digest_first(&self) -> &'static str;
    fn now_title(&self) -> &'static str;
    fn date_title(&self, date: &str) -> String;
    fn period_title(&self, period: &str) -> String;
    fn compared(&self, from: &str, to: &str) -> String;
    fn first_snapshot(&self, moment: &str) -> String;
    fn first_snapshot_in(&self, hubs: &str) -> String;
    fn no_changes(&self) -> &'static str;
    fn no_changes_since(&self, begins: &str, ends: Option<&str>) -> String;
    fn no_changes_until(&self, ends: &str) -> String;
    fn history_begins(&self, date: &str) -> String;
    fn data_ends(&self, date: &str) -> String;
    fn so_far(&self, title: &str) -> String;
    fn no_changes_where_read(&self, read: usize, all: usize) -> String;
    fn no_changes_in_lists(&self, read: usize, all: usize) -> String;
    fn nothing_known(&self) -> &'static str;
    fn nothing_to_compare(&self) -> &'static str;
    fn standing(&self, count: usize) -> String;
    fn standing_on(&self, date: &str, count: usize) -> String;
    fn compared_with_older(&self, asked: &str, taken: &str) -> String;
    fn begins_within(&self, first: &str) -> String;
    fn ends_within(&self, asked: &str, last: &str) -> String;
    fn until_today(&self, asked: &str) -> String;
    fn only_until(&self, hub: &str, moment: &str) -> String;
    fn outside(&self, count: usize) -> String;
    fn in_no_hub(&self) -> &'static str;
    fn in_no_hub_read(&self) -> &'static str;
    fn missing_in(&self, regions: &str) -> String;
    fn still_enabled(&self, count: usize) -> String;
    fn account_state(&self, state: &AccountState) -> String;
    fn organization_unread(&self, reason: UnreadReason) -> &'static str;
    fn organization_unknown(&self, reason: &str) -> String;
    fn organization_old(&self, reason: &str, moment: &str) -> String;
    fn everybody_protected(&self) -> &'static str;
    fn members(&self, count: u64) -> String;
    fn accounts(&self, accounts: u64, members: u64, regions: usize) -> String;
    fn accounts_of(&self, admins: usize, accounts: u64, members: u64, regions: usize) -> String;
    fn checked(&self, ago: &str) -> String;
    fn checked_ahead(&self, moment: &str) -> String;
    fn unchecked(&self, reason: UncheckedReason, hubs: &str) -> String;
    fn data_from(&self, moment: &str) -> String;
    fn not_compared(&self, lists: &str) -> String;
    fn not_read(&self, lists: &str) -> String;
    fn not_counted(&self, lists: &str) -> String;
    fn lists(&self, count: usize) -> String;
    fn unread_since(&self, hub: &str, moment: &str, days: u32) -> String;
    fn never_read(&self) -> &'static str;
    fn list_doubted(&self, hub: &str, before: usize, now: usize) -> String;
    fn lists_doubted(&self, hubs: &str) -> String;
    fn until_confirmed(&self) -> &'static str;
    fn nothing_believed(&self) -> &'static str;
    fn notice_doubted(&self) -> &'static str;
    fn list_is_back(&self, hub: &str, members: u64) -> String;
    fn doubt_confirmed(&self, hub: &str, before: usize, now: u64) -> String;
    fn list_empty(&self, hubs: &str) -> String;
    fn last_state_from(&self, moment: &str) -> String;
    fn history_damaged(&self, hubs: &str) -> String;
    fn unknown_until_restored(&self) -> &'static str;
    fn history_restarted(&self, hubs: &str) -> String;
    fn unknown_before_restart(&self) -> &'static str;
    /// What is said of an account of which no history can be read.
    fn history_unreadable(&self) -> &'static str;
    fn not_enabled_in(&self, hubs: &str) -> String;
    fn regions_unlisted(&self, admin: &str, moment: &str) -> String;
    fn needs_list_regions(&self) -> &'static str;
    /// Why the Regions of an administrator could not be listed: another
    /// permission than that of a member list.
    fn unlisted_reason(&self, reason: UnreadReason) -> &'static str {
        match reason {
            UnreadReason::AccessDenied => self.needs_list_regions(),
            other => self.unread_reason(other),
        }
    }
    fn known_regions_only(&self) -> &'static str;
    fn missing_hub(&self, hub: &str, nearest: &str) -> String;
    fn notice_unread(&self) -> &'static str;
    fn notice_back(&self) -> &'static str;
    fn unseen_meanwhile(&self) -> &'static str;
    fn read_again(&self, hub: &str) -> String;
    fn was_unread_since(&self, moment: &str) -> String;
    fn told_in_next_digest(&self) -> &'static str;
    fn console(&self) -> &'static str;
    fn many(&self, count: usize) -> String;
    fn renamed(&self) -> &'static str;
    fn numbers_in_thread(&self) -> &'static str;
    fn in_thread(&self, count: usize) -> String;
    fn more_by_command(&self, count: usize, command: &str) -> String;
    fn continued(&self, part: usize, parts: usize) -> String;
    fn page(&self, page: usize, pages: usize) -> String;

    fn no_snapshot(&self, date: &str) -> String;
    fn no_snapshot_in(&self, period: &str) -> String;
    fn in_the_future(&self, date: &str) -> String;
    fn nearest(&self, dates: &str) -> String;
    fn range(&self, first: &str, last: &str) -> String;
    fn no_history(&self) -> &'static str;
    fn impossible_date(&self, text: &str) -> String;
    fn last_day(&self, date: &str) -> String;
    fn ends_before_start(&self, text: &str) -> String;
    fn wrong_weekday(&self, text: &str, date: &str) -> String;
    fn read_as(&self, text: &str, date: &str) -> String;
    fn write_instead(&self, date: &str) -> String;
    fn not_understood(&self, text: &str) -> String;
    fn did_you_mean(&self, text: &str) -> String;
    fn type_help(&self) -> &'static str;
    fn help_title(&self) -> &'static str;
    fn help(&self) -> &'static [(&'static str, &'static str)];

    fn which_account(&self) -> &'static str;
    fn no_such_account(&self, name: &str) -> String;
    fn several_accounts(&self, name: &str) -> String;
    fn perhaps(&self) -> &'static str;
    fn no_names(&self) -> &'static str;
    fn account_title(&self, account: &str, name: Option<&str>) -> String;
    fn account_now(&self) -> &'static str;
    fn account_happened(&self, count: usize) -> String;
    fn never_listed(&self, since: &str) -> String;
    fn history_since(&self, date: &str) -> String;
    fn unchanged_since(&self, date: &str) -> String;
    fn invited_on(&self, date: &str) -> String;
    fn window(&self, after: Option<NaiveDateTime>, at: NaiveDateTime) -> String;
    fn deed(&self, deed: Deed) -> &'static str;

    fn status_keyword(&self) -> &'static str;
    fn status_typed(&self, known: &MemberStatus) -> String;
    fn status_title(&self, status: &str) -> String;
    fn statuses_title(&self) -> &'static str;
    fn nobody_has_status(&self, status: &str) -> String;
    fn not_watched(&self, regions: &str) -> String;
    fn nowhere_watched(&self) -> &'static str;

    fn checking(&self) -> &'static str;
    fn checking_since(&self, moment: &str) -> String;
    fn looking(&self) -> &'static str;
    fn failed(&self) -> &'static str;
    fn busy(&self) -> &'static str;
    fn not_ready(&self) -> &'static str;
    fn foreign(&self) -> &'static str;
    fn user_not_allowed(&self) -> &'static str;
    fn channel_not_allowed(&self) -> &'static str;
    fn channel_unknown(&self) -> &'static str;
    fn shared(&self) -> &'static str;
    fn not_shareable(&self) -> &'static str;
    fn shared_before(&self) -> &'static str;
    fn not_shared(&self) -> &'static str;
    fn share_unknown(&self) -> &'static str;
    fn shared_by(&self, user: &str) -> String;

    fn label(&self, label: Label) -> &'static str;
    fn home_title(&self) -> &'static str;
    fn home_by_status(&self) -> &'static str;
    fn home_trend(&self, days: usize) -> String;
    fn home_today(&self) -> &'static str;
    fn home_week(&self) -> &'static str;
    fn home_filtered(&self, status: &str, count: usize) -> String;
    fn home_hint(&self) -> &'static str;
}
