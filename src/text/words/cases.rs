//! Cases and digests in every language: what happened to whom, since when, who has it.

use chrono::{NaiveDate, NaiveDateTime};

use super::{Locale, Words, messages, plural, say};
use crate::domain::cases::Concern;
use crate::domain::diff::ChangeKind;
use crate::domain::listing::NotEnabledListing;
use crate::domain::member::MemberStatus;

messages! {
    and_more(names: &str, more: usize): en "{names} and {more} more", ja "{names} ほか{more}件";
    no_owner: en "no owner", ja "担当者なし";
    case_day(day: u32): en "day {day}", ja "{day}日目";
    new_outside(count: usize):
        en "No changes · {count} new organization accounts aren't members",
        ja "変更なし・新しい未登録の組織アカウント{count}件";
    nothing_new(open: usize): en "🟠 Nothing new, {open} still open", ja "🟠 新しい変更なし・未解決{open}件";
    still_open(open: usize): en "{open} still open", ja "未解決{open}件";
    nothing_open: en "nothing is open", ja "未解決なし";
    and_more_open(more: usize):
        en "… and {more} more open, in the thread",
        ja "… ほか未解決{more}件(スレッドに記載)";
    known_before(count: usize): en "Known from before: {count} not Enabled", ja "以前から有効でない: {count}件";
    /// If all of them have the same status.
    known_before_in(status: &str): en "Known from before: {status}", ja "以前から有効でない: {status}件";
    not_enabled_now(count: usize): en "Not Enabled: {count}", ja "有効でない: {count}件";
    resigned_count(count: usize):
        en "Resigned (left or declined): {count}",
        ja "離脱・辞退: {count}アカウント";
    /// If the known accounts have no line of their own.
    resigned_and_known(count: usize, known: usize):
        en "Resigned (left or declined): {count}, {known} of them known from before",
        ja "離脱・辞退: {count}アカウント(うち以前から{known})";
    resigned_names(names: &str): en "Resigned (left or declined): {names}", ja "離脱・辞退: {names}";
    with_remark(text: &str, remark: &str): en "{text} ({remark})", ja "{text}({remark})";
    unchanged: en "no change", ja "増減なし";
    accepted_count(count: usize, until: &str):
        en "Expected: {count} (next ends {until})",
        ja "想定内: {count}件(次の期限 {until})";
    not_members_count(count: usize):
        en "Organization accounts that aren't members: {count}",
        ja "メンバーではない組織アカウント: {count}件";
    lapsed_date(why: &str):
        en "no longer expected, the date has come: “{why}”",
        ja "想定内の期限が到来:「{why}」";
    lapsed_changed(why: &str):
        en "no longer expected, it has changed: “{why}”",
        ja "想定内としたあとに変更あり:「{why}」";
    first_known(count: usize, by_status: &str):
        en "Known from the start: {count} not Enabled ({by_status}). They aren't counted as open.",
        ja "開始時点で有効でない: {count}件({by_status})。未解決には数えません。";
    every_open_case(count: usize): en "Open ({count})", ja "未解決: {count}件";
    every_accepted(count: usize): en "Expected ({count})", ja "想定内: {count}件";
    taken_by_since(since: &str): en " since {since}", ja " が{since} から対応中";
    expected_until(until: &str, why: &str): en "expected until {until}: “{why}”", ja "{until}まで想定内:「{why}」";
    now_it_is(status: &str): en " ({status})", ja "({status})";
    by_moment(moment: &str): en "by {moment}", ja "{moment} までに検知";
    between_moments(date: &str, from: &str, to: &str): en "{date}, {from}–{to}", ja "{date} {from}〜{to}";
    from_to_moments(from: &str, to: &str): en "{from} – {to}", ja "{from}〜{to}";
    status_renamed(old: &str, new: &str):
        en "ℹ️ AWS seems to have renamed “{old}” to “{new}”",
        ja "ℹ️ AWS が「{old}」を「{new}」に改名したようです";
    does_it_mean_enabled: en "Does it mean Enabled?", ja "有効を意味するステータスですか?";
    count_as_enabled: en "Yes, count it as Enabled", ja "はい、有効として数える";
    do_not_count: en "No", ja "いいえ";
    the_ids(accounts: usize): en "The {accounts} IDs", ja "{accounts}件の ID";
    members_with_status: en "Members by status", ja "ステータス別のメンバー";
    undo: en "Undo", ja "取り消す";
    counts_as_enabled(status: &str):
        en "ℹ️ “{status}” counts as Enabled",
        ja "ℹ️ 「{status}」は有効扱い";
    does_not_count(status: &str):
        en "ℹ️ “{status}” doesn't count as Enabled",
        ja "ℹ️ 「{status}」は有効扱いの対象外";
    in_question_again(status: &str):
        en "↩️ “{status}” is in question again",
        ja "↩️ 「{status}」の扱いは再び未定";
    some_regions(some: usize, all: usize): en "{some} of {all} Regions", ja "全{all}リージョン中{some}リージョン";
}

#[expect(
    missing_docs,
    reason = "the names say what is meant; the English words are the documentation"
)]
impl Words {
    /// "a and b", "a, b and 5 more".
    pub fn names(self, names: &[String], all: usize) -> String {
        let more = all.saturating_sub(names.len());
        match (names, more) {
            ([first, second], 0) => say!(self, "{first} and {second}", "{first} と {second}"),
            (names, 0) => names.join(self.list_separator()),
            (names, more) => self.and_more(&names.join(self.list_separator()), more),
        }
    }

    pub fn accounts_count(self, count: usize) -> String {
        match self.0 {
            Locale::En => plural(count as u64, "account", "accounts"),
            Locale::Ja => format!("{count}アカウント"),
        }
    }

    /// The verdict of a digest: what happened to these accounts.
    pub fn verdict(self, concern: Concern, how: Option<ChangeKind>, names: &str) -> String {
        match (concern, how) {
            (Concern::NotMember, _) => {
                say!(self, "{names}: not in any member list", "{names} が未登録")
            }
            (Concern::StillEnabled, _) => say!(
                self,
                "{names}: closed or suspended in AWS, still Enabled",
                "{names} は停止・閉鎖済みで、まだ有効"
            ),
            (Concern::Pending, _) => say!(
                self,
                "{names}: invitation still open",
                "{names} が招待に未応答"
            ),
            (_, Some(ChangeKind::Left)) => {
                say!(self, "{names} left Security Hub", "{names} が離脱しました")
            }
            (_, Some(ChangeKind::Removed)) => say!(
                self,
                "{names} removed by administrator",
                "{names} の関連付けを管理者が解除"
            ),
            (_, Some(ChangeKind::Deleted)) => {
                say!(self, "{names} no longer listed", "{names} が一覧から消失")
            }
            (_, Some(ChangeKind::Suspended)) => {
                say!(self, "{names} suspended by AWS", "{names} がアカウント停止")
            }
            (_, Some(ChangeKind::Declined)) => say!(
                self,
                "{names} declined the invitation",
                "{names} が招待を辞退"
            ),
            _ => say!(
                self,
                "{names} no longer Enabled",
                "{names} が有効以外に変更"
            ),
        }
    }

    /// The event of a case, with `{}` for the Regions.
    pub fn case_in(self, concern: Concern, how: Option<ChangeKind>) -> &'static str {
        match (concern, how) {
            (Concern::NotMember, _) => {
                self.pick("not a member in any Region", "全リージョンで未登録")
            }
            (Concern::StillEnabled, _) => self.pick(
                "closed or suspended in AWS, still Enabled in {}",
                "停止・閉鎖済み、{} で有効のまま",
            ),
            (Concern::Pending, _) => self.pick("invited, not accepted in {}", "{} で招待に未応答"),
            (_, Some(ChangeKind::Left)) => self.pick("left in {}", "{} で離脱"),
            (_, Some(ChangeKind::Removed)) => self.pick(
                "removed by administrator in {}",
                "{} で管理者が関連付けを解除",
            ),
            (_, Some(ChangeKind::Deleted)) => {
                self.pick("no longer listed in {}", "{} で一覧から消失")
            }
            (_, Some(ChangeKind::Suspended)) => {
                self.pick("suspended by AWS, {}", "AWS によるアカウント停止 · {}")
            }
            (_, Some(ChangeKind::Declined)) => {
                self.pick("declined the invitation in {}", "{} で招待を辞退")
            }
            _ => self.pick("not Enabled in {}", "{} で有効でない"),
        }
    }

    /// The texts before and after the Regions, if a short text names them.
    pub fn short_in(self, short: &str) -> (String, String) {
        match self.0 {
            Locale::En => (format!("{short} in "), String::new()),
            Locale::Ja => (String::new(), format!(" で{short}")),
        }
    }

    /// The same in a word or two, for a line that names many.
    pub fn case_short(self, concern: Concern, how: Option<ChangeKind>) -> &'static str {
        match (concern, how) {
            (Concern::NotMember, _) => self.pick("not a member", "未登録"),
            (Concern::StillEnabled, _) => self.pick(
                "closed or suspended in AWS, still Enabled",
                "停止・閉鎖済みで有効のまま",
            ),
            (Concern::Pending, _) => self.pick("invited, not accepted", "招待に未応答"),
            (_, Some(ChangeKind::Left)) => self.pick("left", "離脱"),
            (_, Some(ChangeKind::Removed)) => self.pick("removed", "関連付け解除"),
            (_, Some(ChangeKind::Deleted)) => self.pick("no longer listed", "一覧から消失"),
            (_, Some(ChangeKind::Suspended)) => self.pick("suspended", "アカウント停止"),
            (_, Some(ChangeKind::Declined)) => self.pick("declined", "招待の辞退"),
            _ => self.pick("not Enabled", "有効でない"),
        }
    }

    /// The mark at the beginning of a line.
    pub fn case_mark(self, concern: Concern, how: Option<ChangeKind>) -> &'static str {
        match (concern, how) {
            (Concern::NotMember, _) => "⚪",
            (Concern::Pending, _) | (_, Some(ChangeKind::Declined)) => "🟡",
            (Concern::StillEnabled, _) => "🟠",
            (_, Some(ChangeKind::Left | ChangeKind::Removed)) => "🔴",
            (_, Some(ChangeKind::Deleted)) => "⚫",
            _ => "🟠",
        }
    }

    /// A status in a list of several. If an account resigned before the first poll, it is unknown
    /// whether it left or declined.
    pub fn known_status(self, status: &MemberStatus) -> String {
        match status {
            MemberStatus::Resigned => {
                let text = self.pick("Resigned: left or declined", "離脱・辞退");
                text.to_owned()
            }
            status => self.status(status),
        }
    }

    /// Points to the accounts that aren't Enabled, if a digest doesn't list them.
    pub fn listed_elsewhere(self, listing: NotEnabledListing) -> &'static str {
        match listing {
            NotEnabledListing::Daily | NotEnabledListing::Weekly => self.pick(
                "The first digest of a week lists the other accounts that aren't Enabled. Home always does.",
                "そのほかの有効でないアカウントの一覧は、週の最初のダイジェストとホームにあります。",
            ),
            NotEnabledListing::Changes => self.pick(
                "The other accounts that aren't Enabled haven't changed. Home lists them.",
                "そのほかの有効でないアカウントに変更はありません。一覧はホームにあります。",
            ),
        }
    }

    /// "second time since March".
    pub fn times_since(self, times: usize, first: NaiveDate) -> String {
        match self.0 {
            Locale::En => {
                let nth = match times {
                    2 => "second".to_owned(),
                    3 => "third".to_owned(),
                    times => format!("{times}th"),
                };
                format!("{nth} time since {}", first.format("%B"))
            }
            Locale::Ja => format!("{}以来{times}回目", first.format("%-m月")),
        }
    }

    /// "+2" or "no change".
    pub fn difference(self, before: usize, now: usize) -> String {
        match now.cmp(&before) {
            std::cmp::Ordering::Equal => self.unchanged().to_owned(),
            std::cmp::Ordering::Greater => format!("+{}", now - before),
            std::cmp::Ordering::Less => format!("−{}", before - now),
        }
    }

    pub fn unchanged_for(self, days: u32) -> String {
        match self.0 {
            Locale::En => format!("unchanged for {}", plural(days, "day", "days")),
            Locale::Ja => format!("{days}日間増減なし"),
        }
    }

    /// A day and its time without the date, if the reader knows the week.
    pub fn weekday_time(self, moment: NaiveDateTime) -> String {
        match self.0 {
            Locale::En => moment.format("%a %H:%M").to_string(),
            Locale::Ja => {
                let day = super::weekday(moment.date());
                format!("{day}曜 {}", moment.format("%H:%M"))
            }
        }
    }

    pub fn short_date(self, date: NaiveDate) -> String {
        match self.0 {
            Locale::En => date.format("%a %-d %b").to_string(),
            Locale::Ja => format!("{}({})", date.format("%-m月%-d日"), super::weekday(date)),
        }
    }

    /// "all 17 Regions read", "16 of 17 Regions read".
    pub fn regions_read(self, read: usize, all: usize) -> String {
        match (self.0, read == all) {
            (Locale::En, true) if all == 1 => "1 Region read".to_owned(),
            (Locale::En, true) => format!("{} read", self.all_regions(all)),
            (Locale::En, false) => format!("{read} of {all} Regions read"),
            (Locale::Ja, true) => format!("全{all}リージョン取得済み"),
            (Locale::Ja, false) => format!("全{all}リージョン中{read}リージョン取得済み"),
        }
    }
}
