//! English.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, TimeDelta};

use super::{Label, Words};
use crate::domain::account::Deed;
use crate::domain::diff::Kind;
use crate::domain::directory::AccountState;
use crate::domain::hub::{UncheckedReason, UnreadReason};
use crate::domain::member::MemberStatus;

pub(super) struct English;

fn plural(count: impl Into<u64>, one: &str, many: &str) -> String {
    match count.into() {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    }
}

impl Words for English {
    fn date(&self, date: NaiveDate) -> String {
        date.format("%a %-d %b %Y").to_string()
    }

    fn moment(&self, moment: NaiveDateTime) -> String {
        moment.format("%a %-d %b %H:%M").to_string()
    }

    fn period(&self, first: NaiveDate, last: NaiveDate) -> String {
        let form = match (first.year() == last.year(), first.month() == last.month()) {
            (true, true) => "%a %-d",
            (true, false) => "%a %-d %b",
            (false, _) => "%a %-d %b %Y",
        };
        format!("{} – {}", first.format(form), self.date(last))
    }

    fn days(&self, days: u32) -> String {
        match days {
            0 => "since today".to_owned(),
            days => plural(days, "day", "days"),
        }
    }

    fn ago(&self, span: TimeDelta) -> String {
        let span = span.max(TimeDelta::zero());
        match (span.num_days(), span.num_hours(), span.num_minutes()) {
            (0, 0, ..=0) => "just now".to_owned(),
            (0, 0, minutes) => format!("{minutes} min ago"),
            (0, hours, _) => format!("{hours} h ago"),
            (days, ..) => format!("{} ago", plural(days.unsigned_abs(), "day", "days")),
        }
    }

    fn seen(&self, moment: &str) -> String {
        format!("seen {moment}")
    }

    fn status(&self, status: &MemberStatus) -> String {
        match status {
            MemberStatus::AccountSuspended => "Account suspended".to_owned(),
            MemberStatus::RegionDisabled => "Region disabled".to_owned(),
            MemberStatus::EmailVerificationFailed => "Email verification failed".to_owned(),
            MemberStatus::EmailVerificationInProgress => {
                "Email verification in progress".to_owned()
            }
            other => other.as_str().to_owned(),
        }
    }

    fn nameless(&self) -> &'static str {
        "(a status without a name)"
    }

    fn absent(&self) -> &'static str {
        "not in the list"
    }

    fn kind(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Left => "🔴 Left",
            Kind::Removed => "🔴 Removed by the administrator",
            Kind::Deleted => "⚫ Deleted from the list",
            Kind::Suspended => "🟠 Suspended",
            Kind::Unprotected => "🟠 No longer protected",
            Kind::Flapped => "🔁 Changed and changed back",
            Kind::Declined => "🟡 Declined the invitation",
            Kind::Changed => "🔵 Other changes",
            Kind::New => "🆕 New",
            Kind::Joined => "🟢 Joined",
        }
    }

    fn kind_count(&self, kind: Kind, count: usize) -> String {
        let what = match kind {
            Kind::Left => "left",
            Kind::Removed => "removed",
            Kind::Deleted => "deleted",
            Kind::Suspended => "suspended",
            Kind::Unprotected => "no longer protected",
            Kind::Flapped => "changed and changed back",
            Kind::Declined => "declined",
            Kind::Changed => "changed otherwise",
            Kind::New => "new",
            Kind::Joined => "joined",
        };
        format!("{count} {what}")
    }

    fn unread_reason(&self, reason: UnreadReason) -> &'static str {
        match reason {
            UnreadReason::NotEnabled => "Security Hub is not enabled there",
            UnreadReason::AccessDenied => "access denied: the role needs securityhub:ListMembers",
            UnreadReason::Credentials => "AWS refused the credentials",
            UnreadReason::RoleNotAssumed => {
                "the role could not be assumed: check that it trusts the bot, and its external id"
            }
            UnreadReason::Throttled => "AWS throttled every attempt",
            UnreadReason::TimedOut => "AWS did not answer in time",
            UnreadReason::Unreachable => "AWS could not be reached",
            UnreadReason::BadAnswer => "AWS gave no complete answer",
            UnreadReason::ServiceError => "AWS answered with an error",
        }
    }

    fn list_separator(&self) -> &'static str {
        ", "
    }

    fn all_regions(&self, count: usize) -> String {
        match count {
            2 => "both Regions".to_owned(),
            count => format!("all {count} Regions"),
        }
    }

    fn all_regions_but(&self, regions: &str) -> String {
        format!("all Regions but {regions}")
    }

    fn everywhere(&self) -> &'static str {
        "everywhere"
    }

    fn everywhere_but(&self, hubs: &str) -> String {
        format!("everywhere but {hubs}")
    }

    fn regions_of(&self, admin: &str, regions: &str) -> String {
        format!("{admin} ({regions})")
    }

    fn digest_title(&self, date: &str) -> String {
        format!("Security Hub members · {date}")
    }

    fn digest_since(&self, moment: &str, days: u32) -> String {
        match days {
            0 | 1 => format!("Since {moment}"),
            days => format!("Since {moment} ({days} days)"),
        }
    }

    fn digest_first(&self) -> &'static str {
        "👋 This is the first digest. From now on you get what changed since the one before."
    }

    fn now_title(&self) -> &'static str {
        "Security Hub members now"
    }

    fn date_title(&self, date: &str) -> String {
        format!("Security Hub members on {date}")
    }

    fn period_title(&self, period: &str) -> String {
        format!("Security Hub members, {period}")
    }

    fn compared(&self, from: &str, to: &str) -> String {
        format!("From {from} to {to}")
    }

    fn first_snapshot(&self, moment: &str) -> String {
        format!("The first snapshot, from {moment}: there is nothing earlier to compare it with.")
    }

    fn first_snapshot_in(&self, hubs: &str) -> String {
        format!("First snapshot, nothing earlier to compare with: {hubs}")
    }

    fn no_changes(&self) -> &'static str {
        "✅ No changes"
    }

    fn no_changes_since(&self, begins: &str, ends: Option<&str>) -> String {
        match ends {
            None => format!("No changes since {begins}, where history begins"),
            Some(ends) => format!(
                "No changes from {begins}, where history begins, to {ends}, where data ends"
            ),
        }
    }

    fn no_changes_until(&self, ends: &str) -> String {
        format!("No changes until {ends}, where data ends")
    }

    fn history_begins(&self, date: &str) -> String {
        format!("history begins on {date}")
    }

    fn data_ends(&self, date: &str) -> String {
        format!("data ends on {date}")
    }

    fn so_far(&self, title: &str) -> String {
        format!("{title}, so far")
    }

    fn no_changes_where_read(&self, read: usize, all: usize) -> String {
        format!("No changes in {read} of {all} Regions")
    }

    fn no_changes_in_lists(&self, read: usize, all: usize) -> String {
        format!("No changes in {read} of {all} member lists")
    }

    fn nothing_known(&self) -> &'static str {
        "⚠️ Nothing was read: nothing is known about changes."
    }

    fn nothing_to_compare(&self) -> &'static str {
        "📷 The first snapshot: nothing to compare with yet"
    }

    fn standing(&self, count: usize) -> String {
        format!("Not protected now: {count}")
    }

    fn standing_on(&self, date: &str, count: usize) -> String {
        format!("Not protected at the end of {date}: {count}")
    }

    fn compared_with_older(&self, asked: &str, taken: &str) -> String {
        format!("No data for {asked}: compared with {taken}.")
    }

    fn begins_within(&self, first: &str) -> String {
        format!("History begins on {first}. Earlier changes are unknown.")
    }

    fn ends_within(&self, asked: &str, last: &str) -> String {
        format!("No data for {asked}: this goes up to {last}.")
    }

    fn until_today(&self, asked: &str) -> String {
        format!("{asked} hasn't come yet: this goes up to today.")
    }

    fn only_until(&self, hub: &str, moment: &str) -> String {
        format!("{hub} is known only until {moment}.")
    }

    fn outside(&self, count: usize) -> String {
        format!("In the organization, but not a member: {count}")
    }

    fn in_no_hub(&self) -> &'static str {
        "in no hub"
    }

    fn in_no_hub_read(&self) -> &'static str {
        "in no hub that could be read"
    }

    fn missing_in(&self, regions: &str) -> String {
        format!("missing in {regions}")
    }

    fn still_enabled(&self, count: usize) -> String {
        format!("Suspended or closed, but still Enabled: {count}")
    }

    fn account_state(&self, state: &AccountState) -> String {
        match state {
            AccountState::PendingActivation => "being created".to_owned(),
            AccountState::Active => "active".to_owned(),
            AccountState::Suspended => "suspended".to_owned(),
            AccountState::PendingClosure => "being closed".to_owned(),
            AccountState::Closed => "closed".to_owned(),
            AccountState::Other(text) => text.clone(),
        }
    }

    fn organization_unread(&self, reason: UnreadReason) -> &'static str {
        match reason {
            UnreadReason::NotEnabled => "this account is in no organization",
            UnreadReason::AccessDenied => "access denied to organizations:ListAccounts",
            other => self.unread_reason(other),
        }
    }

    fn organization_unknown(&self, reason: &str) -> String {
        format!(
            "The organization cannot be read: {reason}. Its names and the accounts outside are unknown."
        )
    }

    fn organization_old(&self, reason: &str, moment: &str) -> String {
        format!(
            "The organization cannot be read: {reason}. Its names and the accounts outside are as they were {moment}."
        )
    }

    fn everybody_protected(&self) -> &'static str {
        "Every member is protected."
    }

    fn members(&self, count: u64) -> String {
        plural(count, "member", "members")
    }

    fn accounts(&self, accounts: u64, members: u64, regions: usize) -> String {
        let accounts = plural(accounts, "account", "accounts");
        format!("{accounts} in {regions} Regions, {members} memberships")
    }

    fn accounts_of(&self, admins: usize, accounts: u64, members: u64, regions: usize) -> String {
        let accounts = plural(accounts, "account", "accounts");
        let (regions, members) = (
            plural(regions as u64, "Region", "Regions"),
            plural(members, "membership", "memberships"),
        );
        format!("{accounts} of {admins} administrators in {regions}, {members}")
    }

    fn checked(&self, ago: &str) -> String {
        format!("Checked {ago}")
    }

    fn checked_ahead(&self, moment: &str) -> String {
        format!("Checked {moment}, which is still to come: a clock is wrong")
    }

    fn unchecked(&self, reason: UncheckedReason, hubs: &str) -> String {
        match reason {
            UncheckedReason::NotStored => {
                format!("Live check failed: could not store the result for {hubs}")
            }
            UncheckedReason::TableUnreadable => {
                format!("Live check failed: could not read the table for {hubs}")
            }
            UncheckedReason::Contended => format!(
                "Live check failed: other processes changed {hubs} at every attempt to store it"
            ),
            UncheckedReason::TimedOut => format!("Live check failed: {hubs} took too long"),
            UncheckedReason::LeftOut => format!("Live check left out {hubs}"),
        }
    }

    fn data_from(&self, moment: &str) -> String {
        format!("showing data from {moment}")
    }

    fn not_compared(&self, lists: &str) -> String {
        format!("not compared: {lists}")
    }

    fn not_read(&self, lists: &str) -> String {
        format!("not read: {lists}")
    }

    fn not_counted(&self, lists: &str) -> String {
        format!("not counted: {lists}")
    }

    fn lists(&self, count: usize) -> String {
        plural(count as u64, "member list", "member lists")
    }

    fn unread_since(&self, hub: &str, moment: &str, days: u32) -> String {
        match days {
            0 => format!("{hub} could not be read since {moment}"),
            days => format!(
                "{hub} could not be read since {moment} ({})",
                self.days(days)
            ),
        }
    }

    fn never_read(&self) -> &'static str {
        "never read yet"
    }

    fn list_doubted(&self, hub: &str, before: usize, now: usize) -> String {
        match now {
            0 => format!("{hub}: the member list is suddenly empty ({before} → 0)"),
            now => {
                format!("{hub}: the member list has suddenly lost half or more ({before} → {now})")
            }
        }
    }

    fn lists_doubted(&self, hubs: &str) -> String {
        format!("Member lists that suddenly lost half or more: {hubs}")
    }

    fn until_confirmed(&self) -> &'static str {
        "not counted as changes until a later poll confirms it"
    }

    fn nothing_believed(&self) -> &'static str {
        "⚠️ A member list looks wrong, so changes are unknown."
    }

    fn notice_doubted(&self) -> &'static str {
        "Security Hub members: a member list looks wrong"
    }

    fn list_is_back(&self, hub: &str, members: u64) -> String {
        format!("{hub}: the member list is back ({members})")
    }

    fn doubt_confirmed(&self, hub: &str, before: usize, now: u64) -> String {
        format!("{hub}: a later poll confirms the shorter list ({before} → {now})")
    }

    fn list_empty(&self, hubs: &str) -> String {
        format!(
            "{hubs}: the member list is empty. If it has members, this is the wrong account or Region."
        )
    }

    fn last_state_from(&self, moment: &str) -> String {
        format!("shown as it was {moment}")
    }

    fn history_damaged(&self, hubs: &str) -> String {
        format!("{hubs}: stored history is damaged")
    }

    fn unknown_until_restored(&self) -> &'static str {
        "changes are unknown until an operator restores the table"
    }

    fn history_restarted(&self, hubs: &str) -> String {
        format!("{hubs}: history starts again")
    }

    fn unknown_before_restart(&self) -> &'static str {
        "changes between the last digest and its start are unknown"
    }

    fn history_unreadable(&self) -> &'static str {
        "⚠️ Its history is unknown: stored data is damaged."
    }

    fn not_enabled_in(&self, hubs: &str) -> String {
        format!("Security Hub is not enabled in: {hubs}")
    }

    fn regions_unlisted(&self, admin: &str, moment: &str) -> String {
        format!("The Regions of {admin} could not be listed since {moment}")
    }

    fn needs_list_regions(&self) -> &'static str {
        "access denied: the role needs account:ListRegions"
    }

    fn known_regions_only(&self) -> &'static str {
        "only Regions known from before are watched"
    }

    fn missing_hub(&self, hub: &str, nearest: &str) -> String {
        if nearest.is_empty() {
            format!("{hub} has no snapshot")
        } else {
            format!("{hub} has no snapshot for that date; the nearest: {nearest}")
        }
    }

    fn notice_unread(&self) -> &'static str {
        "Security Hub members: a Region cannot be read"
    }

    fn notice_back(&self) -> &'static str {
        "Security Hub members: read again"
    }

    fn unseen_meanwhile(&self) -> &'static str {
        "What changes there stays unseen until it can be read again. I will say when."
    }

    fn read_again(&self, hub: &str) -> String {
        format!("{hub} is read again")
    }

    fn was_unread_since(&self, moment: &str) -> String {
        format!("it could not be read from {moment} on")
    }

    fn told_in_next_digest(&self) -> &'static str {
        "What changed meanwhile is in the next digest."
    }

    fn console(&self) -> &'static str {
        "Security Hub console:"
    }

    fn many(&self, count: usize) -> String {
        plural(count as u64, "account", "accounts")
    }

    fn renamed(&self) -> &'static str {
        "AWS has probably renamed the status"
    }

    fn numbers_in_thread(&self) -> &'static str {
        "… and more in the thread: the number of every account"
    }

    fn in_thread(&self, count: usize) -> String {
        format!("… and {count} more in the thread")
    }

    fn more_by_command(&self, count: usize, command: &str) -> String {
        format!("… and {count} more: {command}")
    }

    fn continued(&self, part: usize, parts: usize) -> String {
        format!("Every account, {part} of {parts}")
    }

    fn page(&self, page: usize, pages: usize) -> String {
        format!("Page {page} of {pages}")
    }

    fn no_snapshot(&self, date: &str) -> String {
        format!("There is no snapshot for {date}.")
    }

    fn no_snapshot_in(&self, period: &str) -> String {
        format!("There is no snapshot in {period}.")
    }

    fn in_the_future(&self, date: &str) -> String {
        format!("{date} has not happened yet.")
    }

    fn nearest(&self, dates: &str) -> String {
        format!("The nearest with one: {dates}")
    }

    fn range(&self, first: &str, last: &str) -> String {
        format!("History goes from {first} to {last}.")
    }

    fn no_history(&self) -> &'static str {
        "There is no history yet: the first poll will begin it."
    }

    fn impossible_date(&self, text: &str) -> String {
        format!("There is no such date: {text}")
    }

    fn last_day(&self, date: &str) -> String {
        format!("The last day of that month is {date}:")
    }

    fn ends_before_start(&self, text: &str) -> String {
        format!("“{text}” ends before it starts.")
    }

    fn wrong_weekday(&self, text: &str, date: &str) -> String {
        format!("The weekday in “{text}” doesn't match its date, {date}.")
    }

    fn read_as(&self, text: &str, date: &str) -> String {
        format!("I read {text} as {date}.")
    }

    fn write_instead(&self, date: &str) -> String {
        format!("For {date}, write")
    }

    fn not_understood(&self, text: &str) -> String {
        format!("I do not understand “{text}”.")
    }

    fn did_you_mean(&self, text: &str) -> String {
        format!("Did you mean {text}?")
    }

    fn type_help(&self) -> &'static str {
        "For everything that can be asked, type"
    }

    fn help_title(&self) -> &'static str {
        "What you can ask"
    }

    fn help(&self) -> &'static [(&'static str, &'static str)] {
        &[
            (
                "",
                "checks now: what changed today, who is not protected, how many there are",
            ),
            (
                "yesterday",
                "what changed on a day; also today, monday, 3 days ago, last monday",
            ),
            ("2026-11-20", "a date; also 20 Nov, 11/20, 20.11.2026"),
            (
                "2026-11-01..2026-11-20",
                "a period: what changed from the first day to the last, both included",
            ),
            (
                "last week",
                "also this month, 30 days, Q3, monday to friday last week, 5 days from 1 Nov",
            ),
            (
                "account 123456789012",
                "what one account did, in every Region; its name will do, or the number alone",
            ),
            (
                "status resigned eu-west-1",
                "the members in one status or several, in all Regions or some; status alone counts them",
            ),
            (
                "昨日",
                "the same in Japanese; the answer is in Japanese too",
            ),
            ("help", "this"),
        ]
    }

    fn which_account(&self) -> &'static str {
        "Which account?"
    }

    fn no_such_account(&self, name: &str) -> String {
        format!("There is no account with the name “{name}”.")
    }

    fn several_accounts(&self, name: &str) -> String {
        format!("“{name}” is in the names of several accounts.")
    }

    fn perhaps(&self) -> &'static str {
        "Did you mean one of these?"
    }

    fn no_names(&self) -> &'static str {
        "I do not know the names of accounts. Ask by number."
    }

    fn account_title(&self, account: &str, name: Option<&str>) -> String {
        match name {
            Some(name) => format!("Account {account} · {name}"),
            None => format!("Account {account}"),
        }
    }

    fn account_now(&self) -> &'static str {
        "Now"
    }

    fn account_happened(&self, count: usize) -> String {
        format!("History ({count})")
    }

    fn never_listed(&self, since: &str) -> String {
        format!("It was never in a member list: not since history began on {since}.")
    }

    fn history_since(&self, date: &str) -> String {
        format!("History began on {date}.")
    }

    fn unchanged_since(&self, date: &str) -> String {
        format!("Nothing changed since history began on {date}.")
    }

    fn invited_on(&self, date: &str) -> String {
        format!("invited {date}")
    }

    fn window(&self, after: Option<NaiveDateTime>, at: NaiveDateTime) -> String {
        let moment = |at: NaiveDateTime| at.format("%a %-d %b %Y %H:%M").to_string();
        match after {
            None => format!("by {}", moment(at)),
            Some(after) if after.date() == at.date() => {
                format!("{}–{}", moment(after), at.format("%H:%M"))
            }
            Some(after) => format!("{} – {}", moment(after), moment(at)),
        }
    }

    fn deed(&self, deed: Deed) -> &'static str {
        match deed {
            Deed::Invited => "✉️ invited",
            Deed::CameBack => "🟢 came back",
            Deed::Other(Kind::Left) => "🔴 left",
            Deed::Other(Kind::Removed) => "🔴 removed by the administrator",
            Deed::Other(Kind::Deleted) => "⚫ deleted from the list",
            Deed::Other(Kind::Suspended) => "🟠 suspended",
            Deed::Other(Kind::Unprotected) => "🟠 no longer protected",
            Deed::Other(Kind::Declined) => "🟡 declined",
            Deed::Other(Kind::New) => "🆕 added",
            Deed::Other(Kind::Joined) => "🟢 joined",
            Deed::Other(Kind::Changed | Kind::Flapped) => "🔵 changed",
        }
    }

    fn status_keyword(&self) -> &'static str {
        "status"
    }

    fn status_typed(&self, known: &MemberStatus) -> String {
        known.to_string()
    }

    fn status_title(&self, status: &str) -> String {
        format!("Security Hub members with the status {status}")
    }

    fn statuses_title(&self) -> &'static str {
        "Security Hub members by status"
    }

    fn nobody_has_status(&self, status: &str) -> String {
        format!("No member has the status {status}.")
    }

    fn not_watched(&self, regions: &str) -> String {
        format!("Not watched: {regions}")
    }

    fn nowhere_watched(&self) -> &'static str {
        "Nothing is known of these Regions."
    }

    fn checking(&self) -> &'static str {
        "🔎 Checking Security Hub in every Region …"
    }

    fn checking_since(&self, moment: &str) -> String {
        format!("🔎 As of {moment}, checking now …")
    }

    fn looking(&self) -> &'static str {
        "🔎 Looking it up …"
    }

    fn failed(&self) -> &'static str {
        "⚠️ That did not work, and it is not your fault. The log of securityhub-members says why. Please try again."
    }

    fn busy(&self) -> &'static str {
        "⏳ Too many questions at once. Please ask again in a moment."
    }

    fn not_ready(&self) -> &'static str {
        "⏳ Slack has not confirmed which workspace this bot belongs to. Try again in a moment."
    }

    fn foreign(&self) -> &'static str {
        "🚪 This bot belongs to another workspace."
    }

    fn user_not_allowed(&self) -> &'static str {
        "🔒 You are not on the list of people who may use this. Ask the team that runs securityhub-members to add your id:"
    }

    fn channel_not_allowed(&self) -> &'static str {
        "🔒 This may not be used in this channel. Use it in another one, or ask the team that runs securityhub-members to add this channel's id:"
    }

    fn channel_unknown(&self) -> &'static str {
        "🔒 This may be used in some channels only, and Slack did not say which one this is."
    }

    fn shared(&self) -> &'static str {
        "✅ Shared to this channel."
    }

    fn not_shareable(&self) -> &'static str {
        "ℹ️ This answer is not complete at the moment, so it was not shared. Run the command again."
    }

    fn shared_before(&self) -> &'static str {
        "ℹ️ This answer is shared already, or about to be. If it is not in the channel, please ask again."
    }

    fn not_shared(&self) -> &'static str {
        "⚠️ This was not shared, and it is not your fault. Please try again."
    }

    fn share_unknown(&self) -> &'static str {
        "⚠️ Slack did not answer: I do not know whether this was shared. Please look in the channel. If it is not there, ask again."
    }

    fn shared_by(&self, user: &str) -> String {
        format!("Shared by {user}")
    }

    fn label(&self, label: Label) -> &'static str {
        match label {
            Label::Share => "Share to channel",
            Label::Previous => "‹ Previous",
            Label::Next => "Next ›",
            Label::CheckNow => "Check now",
            Label::PickDate => "Changes on …",
            Label::ClearDate => "Back to now",
            Label::AllAdmins => "All administrators",
            Label::AllRegions => "All Regions",
            Label::AllStatuses => "All statuses",
        }
    }

    fn home_title(&self) -> &'static str {
        "Security Hub members"
    }

    fn home_by_status(&self) -> &'static str {
        "By status"
    }

    fn home_trend(&self, days: usize) -> String {
        format!("The last {days} days")
    }

    fn home_today(&self) -> &'static str {
        "Today"
    }

    fn home_week(&self) -> &'static str {
        "The last seven days"
    }

    fn home_filtered(&self, status: &str, count: usize) -> String {
        format!("{status}: {count}")
    }

    fn home_hint(&self) -> &'static str {
        "In any channel:"
    }
}
