//! Dates, statuses and places, and the titles and headlines of reports, in every
//! language.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, TimeDelta};

use super::{Locale, Words, messages, plural, say, weekday};
use crate::domain::diff::ChangeKind;
use crate::domain::hub::UnreadReason;
use crate::domain::member::MemberStatus;

messages! {
    seen(moment: &str): en "seen {moment}", ja "{moment} 検知";
    nameless: en "(unnamed status)", ja "(名称のないステータス)";
    absent: en "not listed", ja "一覧になし";
    list_separator: en ", ", ja "、";
    all_regions_but(regions: &str):
        en "all Regions except {regions}",
        ja "{regions} を除く全リージョン";
    everywhere: en "everywhere", ja "すべての管理者・リージョン";
    everywhere_but(hubs: &str): en "everywhere except {hubs}", ja "{hubs} を除くすべて";
    regions_of(admin: &str, regions: &str): en "{admin} ({regions})", ja "{admin}({regions})";
    digest_first:
        en "👋 First digest: this is the baseline. From the next one on, you read what changed and what is still open.",
        ja "👋 最初のダイジェストです(比較の基準になります)。次回からは前回以降の変更と未解決の項目をお知らせします。";
    now_title: en "Security Hub members · now", ja "Security Hub メンバー · 現在";
    date_title(date: &str):
        en "Security Hub members · {date}",
        ja "Security Hub メンバー · {date}";
    period_title(period: &str):
        en "Security Hub members · {period}",
        ja "Security Hub メンバー · {period}";
    compared(from: &str, to: &str, zone: &str):
        en "Compared: {from} → {to} ({zone})",
        ja "比較期間: {from}〜{to}({zone})";
    times_in(zone: &str): en "Times in {zone}", ja "時刻: {zone}";
    /// The same as an item of a line.
    item_times_in(zone: &str): en "times in {zone}", ja "時刻: {zone}";
    first_data(moment: &str):
        en "First data: {moment}. There is nothing earlier to compare with.",
        ja "最初のデータは{moment} です。比較できる以前のデータはありません。";
    first_data_in(hubs: &str):
        en "First data, nothing earlier to compare with: {hubs}",
        ja "最初のデータのため比較対象なし: {hubs}";
    no_changes: en "✅ No changes", ja "✅ 変更なし";
    no_changes_until(ends: &str):
        en "No changes until {ends}, when data ends",
        ja "{ends}(データの最終日)まで変更なし";
    history_begins(date: &str): en "history starts on {date}", ja "履歴は{date}から";
    data_ends(date: &str): en "data ends on {date}", ja "データは{date}まで";
    so_far(title: &str): en "{title}, so far", ja "{title}(途中経過)";
    no_changes_where_read(read: usize, all: usize):
        en "No changes in {read} of {all} Regions",
        ja "全{all}リージョン中{read}リージョンで変更なし";
    no_changes_in_lists(read: usize, all: usize):
        en "No changes in {read} of {all} member lists",
        ja "{all}個のメンバー一覧のうち{read}個で変更なし";
    nothing_known:
        en "⚠️ No Region could be read, so changes are unknown.",
        ja "⚠️ 取得できたリージョンがないため、変更の有無は不明です。";
    nothing_to_compare:
        en "📷 First data: nothing to compare with yet",
        ja "📷 最初のデータ(比較対象なし)";
}

#[expect(
    missing_docs,
    reason = "the names say what is meant; the English words are the documentation"
)]
impl Words {
    pub fn date(self, date: NaiveDate) -> String {
        match self.0 {
            Locale::En => date.format("%a %-d %b %Y").to_string(),
            Locale::Ja => format!("{}({})", date.format("%Y年%-m月%-d日"), weekday(date)),
        }
    }

    pub fn moment(self, moment: NaiveDateTime) -> String {
        match self.0 {
            Locale::En => moment.format("%a %-d %b %H:%M").to_string(),
            Locale::Ja => {
                let day = weekday(moment.date());
                format!(
                    "{}({day}) {}",
                    moment.format("%-m月%-d日"),
                    moment.format("%H:%M")
                )
            }
        }
    }

    /// Both days are included.
    pub fn period(self, first: NaiveDate, last: NaiveDate) -> String {
        match self.0 {
            Locale::En => {
                let form = match (first.year() == last.year(), first.month() == last.month()) {
                    (true, true) => "%a %-d",
                    (true, false) => "%a %-d %b",
                    (false, _) => "%a %-d %b %Y",
                };
                format!("{} – {}", first.format(form), self.date(last))
            }
            Locale::Ja => {
                let form = match (first.year() == last.year(), first.month() == last.month()) {
                    (true, true) => "%-d日",
                    (true, false) => "%-m月%-d日",
                    (false, _) => "%Y年%-m月%-d日",
                };
                let day = weekday(last);
                format!("{}〜{}({day})", self.date(first), last.format(form))
            }
        }
    }

    pub fn days(self, days: u32) -> String {
        match self.0 {
            Locale::En => match days {
                0 => "<1 day".to_owned(),
                days => plural(days, "day", "days"),
            },
            Locale::Ja => match days {
                0 => "1日未満".to_owned(),
                days => format!("{days}日間"),
            },
        }
    }

    /// "31 min", "3 h", "2 days".
    fn span(self, span: TimeDelta) -> String {
        let span = span.max(TimeDelta::zero());
        match (span.num_days(), span.num_hours(), span.num_minutes()) {
            (0, 0, minutes) => say!(self, "{minutes} min", "{minutes}分"),
            (0, hours, _) => say!(self, "{hours} h", "{hours}時間"),
            (days, ..) => match self.0 {
                Locale::En => plural(days.unsigned_abs(), "day", "days"),
                Locale::Ja => format!("{days}日"),
            },
        }
    }

    /// "31 min", "1 h 59 min", "96 h": rounded up, because it says that nothing was longer.
    pub fn exact_span(self, span: TimeDelta) -> String {
        let minutes = (span.num_seconds().max(0) + 59) / 60;
        let (hours, rest) = (minutes / 60, minutes % 60);
        match (hours, rest) {
            (0, _) => say!(self, "{rest} min", "{rest}分"),
            (_, 0) => say!(self, "{hours} h", "{hours}時間"),
            _ => say!(self, "{hours} h {rest} min", "{hours}時間{rest}分"),
        }
    }

    pub fn ago(self, span: TimeDelta) -> String {
        if span < TimeDelta::minutes(1) {
            return self.pick("just now", "たった今").to_owned();
        }
        let span = self.span(span);
        say!(self, "{span} ago", "{span}前")
    }

    pub fn status(self, status: &MemberStatus) -> String {
        let name = match status {
            MemberStatus::Resigned => self.pick("Resigned", "離脱・辞退"),
            MemberStatus::Removed => self.pick("Removed", "関連付け解除"),
            MemberStatus::AccountSuspended => self.pick("Account suspended", "アカウント停止"),
            MemberStatus::Deleted => self.pick("Deleted", "削除済み"),
            MemberStatus::RegionDisabled => self.pick("Region disabled", "リージョン無効"),
            MemberStatus::EmailVerificationFailed => {
                self.pick("Email verification failed", "メール検証失敗")
            }
            MemberStatus::Other(text) => text,
            MemberStatus::Invited => self.pick("Invited", "招待中"),
            MemberStatus::Created => self.pick("Created", "追加済み(未招待)"),
            MemberStatus::EmailVerificationInProgress => {
                self.pick("Email verification in progress", "メール検証中")
            }
            MemberStatus::Enabled => self.pick("Enabled", "有効"),
        };
        name.to_owned()
    }

    pub fn kind(self, kind: ChangeKind, count: usize) -> String {
        let kind = self.kind_name(kind);
        say!(self, "{kind} ({count})", "{kind}: {count}件")
    }

    pub fn kind_name(self, kind: ChangeKind) -> &'static str {
        match kind {
            ChangeKind::Left => self.pick("🔴 Left", "🔴 離脱"),
            ChangeKind::Removed => {
                self.pick("🔴 Removed by administrator", "🔴 管理者による関連付け解除")
            }
            ChangeKind::Deleted => self.pick("⚫ No longer listed", "⚫ 一覧から消失"),
            ChangeKind::Suspended => self.pick("🟠 Account suspended", "🟠 アカウント停止"),
            ChangeKind::Unprotected => {
                self.pick("🟠 No longer Enabled", "🟠 有効から他のステータスへ")
            }
            ChangeKind::Flapped => {
                self.pick("🔁 Changed and reverted", "🔁 一時的な変更(復帰済み)")
            }
            ChangeKind::Declined => self.pick("🟡 Declined the invitation", "🟡 招待の辞退"),
            ChangeKind::Changed => self.pick("🔵 Other changes", "🔵 その他の変更"),
            ChangeKind::New => self.pick("🆕 Added", "🆕 追加"),
            ChangeKind::Joined => self.pick("🟢 Joined", "🟢 参加"),
        }
    }

    pub fn kind_count(self, kind: ChangeKind, count: usize) -> String {
        let kind = match kind {
            ChangeKind::Left => self.pick("left", "離脱"),
            ChangeKind::Removed => self.pick("removed", "関連付け解除"),
            ChangeKind::Deleted => self.pick("no longer listed", "一覧から消失"),
            ChangeKind::Suspended => self.pick("suspended", "アカウント停止"),
            ChangeKind::Unprotected => self.pick("no longer Enabled", "有効以外へ変更"),
            ChangeKind::Flapped => self.pick("reverted", "一時的な変更"),
            ChangeKind::Declined => self.pick("declined", "招待の辞退"),
            ChangeKind::Changed => self.pick("changed otherwise", "その他の変更"),
            ChangeKind::New => self.pick("added", "追加"),
            ChangeKind::Joined => self.pick("joined", "参加"),
        };
        say!(self, "{count} {kind}", "{kind} {count}件")
    }

    /// The reason that a member list could not be read, as part of a line: no full stop.
    pub fn unread_reason(self, reason: UnreadReason) -> &'static str {
        match reason {
            UnreadReason::NotEnabled => {
                self.pick("Security Hub isn't enabled", "Security Hub が無効")
            }
            UnreadReason::AccessDenied => self.pick(
                "access denied: grant securityhub:ListMembers",
                "アクセス拒否: ロールに securityhub:ListMembers が必要",
            ),
            UnreadReason::Credentials => {
                self.pick("AWS rejected the credentials", "AWS が認証情報を拒否")
            }
            UnreadReason::RoleNotAssumed => self.pick(
                "couldn't assume the role: check its trust policy and external ID",
                "ロールの引き受けに失敗: 信頼ポリシーと外部 ID を要確認",
            ),
            UnreadReason::Throttled => {
                self.pick("AWS throttled every attempt", "AWS によるスロットリング")
            }
            UnreadReason::TimedOut => {
                self.pick("AWS didn't answer in time", "AWS の応答がタイムアウト")
            }
            UnreadReason::Unreachable => self.pick("couldn't reach AWS", "AWS に接続不可"),
            UnreadReason::BadAnswer => {
                self.pick("AWS gave an incomplete answer", "AWS の応答が不完全")
            }
            UnreadReason::ServiceError => {
                self.pick("AWS answered with an error", "AWS がエラーを返却")
            }
        }
    }

    pub fn all_regions(self, count: usize) -> String {
        match self.0 {
            Locale::En => match count {
                2 => "both Regions".to_owned(),
                count => format!("all {count} Regions"),
            },
            Locale::Ja => format!("全{count}リージョン"),
        }
    }

    /// When the previous digest was, with the time zone if given.
    pub fn digest_since(self, moment: &str, zone: Option<&str>, days: u32) -> String {
        match (zone, days) {
            (Some(zone), 0 | 1) => say!(self, "Since {moment} ({zone})", "{moment} 以降({zone})"),
            (Some(zone), days) => say!(
                self,
                "Since {moment} ({zone}, {days} days)",
                "{moment} 以降({zone}、{days}日間)"
            ),
            (None, 0 | 1) => say!(self, "Since {moment}", "{moment} 以降"),
            (None, days) => say!(
                self,
                "Since {moment} ({days} days)",
                "{moment} 以降({days}日間)"
            ),
        }
    }

    pub fn no_changes_since(self, begins: &str, ends: Option<&str>) -> String {
        match ends {
            None => say!(
                self,
                "No changes since {begins}, when history starts",
                "{begins}(履歴の開始日)以降、変更なし"
            ),
            Some(ends) => say!(
                self,
                "No changes from {begins}, when history starts, to {ends}, when data ends",
                "{begins}(履歴の開始日)から{ends}(データの最終日)まで変更なし"
            ),
        }
    }
}
