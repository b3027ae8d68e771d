//! Dates, statuses and places, and the titles and headlines of reports, in every
//! language.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, TimeDelta};

use super::{Locale, Words, messages, plural, say, weekday};
use crate::domain::diff::ChangeKind;
use crate::domain::hub::UnreadReason;
use crate::domain::member::MemberStatus;

messages! {
    seen(moment: &str): en "seen {moment}", ja "{moment} 検知";
    nameless: en "(a status without a name)", ja "(名称のない状態)";
    absent: en "not in the list", ja "一覧になし";
    list_separator: en ", ", ja "、";
    all_regions_but(regions: &str):
        en "all Regions but {regions}",
        ja "{regions} を除く全リージョン";
    everywhere: en "everywhere", ja "すべての管理者・リージョン";
    everywhere_but(hubs: &str): en "everywhere but {hubs}", ja "{hubs} を除くすべて";
    regions_of(admin: &str, regions: &str): en "{admin} ({regions})", ja "{admin}({regions})";
    digest_title(date: &str):
        en "Security Hub members · {date}",
        ja "Security Hub メンバー · {date}";
    digest_first:
        en "👋 This is the first digest. From now on you get what changed since the one before.",
        ja "👋 これが最初のダイジェストです。次回からは、前回以降の変更をお知らせします。";
    now_title: en "Security Hub members now", ja "現在の Security Hub メンバー";
    date_title(date: &str):
        en "Security Hub members on {date}",
        ja "Security Hub メンバー · {date}";
    period_title(period: &str):
        en "Security Hub members, {period}",
        ja "Security Hub メンバー · {period}";
    compared(from: &str, to: &str): en "From {from} to {to}", ja "{from} から {to} まで";
    first_snapshot(moment: &str):
        en "The first snapshot, from {moment}: there is nothing earlier to compare it with.",
        ja "{moment} の最初のスナップショットです。比較できる以前の記録はありません。";
    first_snapshot_in(hubs: &str):
        en "First snapshot, nothing earlier to compare with: {hubs}",
        ja "最初のスナップショットのため比較対象なし: {hubs}";
    no_changes: en "✅ No changes", ja "✅ 変更はありません";
    no_changes_until(ends: &str):
        en "No changes until {ends}, where data ends",
        ja "{ends}(データの最終日)まで、変更はありません";
    history_begins(date: &str): en "history begins on {date}", ja "履歴は{date}から";
    data_ends(date: &str): en "data ends on {date}", ja "データは{date}まで";
    so_far(title: &str): en "{title}, so far", ja "{title}(途中経過)";
    no_changes_where_read(read: usize, all: usize):
        en "No changes in {read} of {all} Regions",
        ja "全{all}リージョン中{read}リージョンに変更はありません";
    no_changes_in_lists(read: usize, all: usize):
        en "No changes in {read} of {all} member lists",
        ja "メンバー一覧 全{all}件中{read}件に変更はありません";
    nothing_known:
        en "⚠️ Nothing was read: nothing is known about changes.",
        ja "⚠️ 取得できたリージョンがないため、変更の有無は不明です。";
    nothing_to_compare:
        en "📷 The first snapshot: nothing to compare with yet",
        ja "📷 最初のスナップショットです(比較対象はまだありません)";
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
                0 => "since today".to_owned(),
                days => plural(days, "day", "days"),
            },
            Locale::Ja => match days {
                0 => "本日から".to_owned(),
                days => format!("{days}日間"),
            },
        }
    }

    pub fn ago(self, span: TimeDelta) -> String {
        match self.0 {
            Locale::En => {
                let span = span.max(TimeDelta::zero());
                match (span.num_days(), span.num_hours(), span.num_minutes()) {
                    (0, 0, ..=0) => "just now".to_owned(),
                    (0, 0, minutes) => format!("{minutes} min ago"),
                    (0, hours, _) => format!("{hours} h ago"),
                    (days, ..) => format!("{} ago", plural(days.unsigned_abs(), "day", "days")),
                }
            }
            Locale::Ja => {
                let span = span.max(TimeDelta::zero());
                match (span.num_days(), span.num_hours(), span.num_minutes()) {
                    (0, 0, ..=0) => "たった今".to_owned(),
                    (0, 0, minutes) => format!("{minutes}分前"),
                    (0, hours, _) => format!("{hours}時間前"),
                    (days, ..) => format!("{days}日前"),
                }
            }
        }
    }

    pub fn status(self, status: &MemberStatus) -> String {
        let name = match status {
            MemberStatus::Resigned => self.pick("Resigned", "脱退・辞退"),
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

    pub fn kind(self, kind: ChangeKind) -> &'static str {
        match kind {
            ChangeKind::Left => self.pick("🔴 Left", "🔴 離脱"),
            ChangeKind::Removed => self.pick(
                "🔴 Removed by the administrator",
                "🔴 管理者による関連付け解除",
            ),
            ChangeKind::Deleted => self.pick("⚫ Deleted from the list", "⚫ 一覧から削除"),
            ChangeKind::Suspended => self.pick("🟠 Suspended", "🟠 アカウント停止"),
            ChangeKind::Unprotected => self.pick("🟠 No longer protected", "🟠 保護対象外に変化"),
            ChangeKind::Flapped => self.pick(
                "🔁 Changed and changed back",
                "🔁 一時的な変化(元の状態に復帰)",
            ),
            ChangeKind::Declined => self.pick("🟡 Declined the invitation", "🟡 招待の辞退"),
            ChangeKind::Changed => self.pick("🔵 Other changes", "🔵 その他の変更"),
            ChangeKind::New => self.pick("🆕 New", "🆕 新規"),
            ChangeKind::Joined => self.pick("🟢 Joined", "🟢 参加"),
        }
    }

    pub fn kind_count(self, kind: ChangeKind, count: usize) -> String {
        let what = match kind {
            ChangeKind::Left => self.pick("left", "離脱"),
            ChangeKind::Removed => self.pick("removed", "関連付け解除"),
            ChangeKind::Deleted => self.pick("deleted", "削除"),
            ChangeKind::Suspended => self.pick("suspended", "停止"),
            ChangeKind::Unprotected => self.pick("no longer protected", "保護対象外"),
            ChangeKind::Flapped => self.pick("changed and changed back", "一時的な変化"),
            ChangeKind::Declined => self.pick("declined", "辞退"),
            ChangeKind::Changed => self.pick("changed otherwise", "その他の変更"),
            ChangeKind::New => self.pick("new", "新規"),
            ChangeKind::Joined => self.pick("joined", "参加"),
        };
        say!(self, "{count} {what}", "{what} {count}件")
    }

    pub fn unread_reason(self, reason: UnreadReason) -> &'static str {
        match reason {
            UnreadReason::NotEnabled => self.pick(
                "Security Hub is not enabled there",
                "Security Hub が有効化されていません",
            ),
            UnreadReason::AccessDenied => self.pick(
                "access denied: the role needs securityhub:ListMembers",
                "アクセスが拒否されました。ロールに securityhub:ListMembers が必要です",
            ),
            UnreadReason::Credentials => self.pick(
                "AWS refused the credentials",
                "AWS が認証情報を拒否しました",
            ),
            UnreadReason::RoleNotAssumed => self.pick(
                "the role could not be assumed: check that it trusts the bot, and its external id",
                "ロールを引き受けられませんでした。信頼ポリシーと外部 ID を確認してください",
            ),
            UnreadReason::Throttled => self.pick(
                "AWS throttled every attempt",
                "AWS のスロットリングにより取得できませんでした",
            ),
            UnreadReason::TimedOut => self.pick(
                "AWS did not answer in time",
                "AWS が時間内に応答しませんでした",
            ),
            UnreadReason::Unreachable => {
                self.pick("AWS could not be reached", "AWS に接続できませんでした")
            }
            UnreadReason::BadAnswer => self.pick(
                "AWS gave no complete answer",
                "AWS から完全な応答が得られませんでした",
            ),
            UnreadReason::ServiceError => {
                self.pick("AWS answered with an error", "AWS がエラーを返しました")
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

    pub fn digest_since(self, moment: &str, days: u32) -> String {
        match days {
            0 | 1 => say!(self, "Since {moment}", "{moment} 以降"),
            days => say!(
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
                "No changes since {begins}, where history begins",
                "{begins}(履歴の開始日)以降、変更はありません"
            ),
            Some(ends) => say!(
                self,
                "No changes from {begins}, where history begins, to {ends}, where data ends",
                "{begins}(履歴の開始日)から{ends}(データの最終日)まで、変更はありません"
            ),
        }
    }
}
