//! 日本語。

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, TimeDelta};

use super::{Label, Words};
use crate::domain::account::Deed;
use crate::domain::diff::Kind;
use crate::domain::directory::AccountState;
use crate::domain::hub::{UncheckedReason, UnreadReason};
use crate::domain::member::MemberStatus;

pub(super) struct Japanese;

fn weekday(date: NaiveDate) -> &'static str {
    ["月", "火", "水", "木", "金", "土", "日"][date.weekday().num_days_from_monday() as usize]
}

impl Words for Japanese {
    fn date(&self, date: NaiveDate) -> String {
        format!("{}({})", date.format("%Y年%-m月%-d日"), weekday(date))
    }

    fn moment(&self, moment: NaiveDateTime) -> String {
        let day = weekday(moment.date());
        format!(
            "{}({day}) {}",
            moment.format("%-m月%-d日"),
            moment.format("%H:%M")
        )
    }

    fn period(&self, first: NaiveDate, last: NaiveDate) -> String {
        let form = match (first.year() == last.year(), first.month() == last.month()) {
            (true, true) => "%-d日",
            (true, false) => "%-m月%-d日",
            (false, _) => "%Y年%-m月%-d日",
        };
        let day = weekday(last);
        format!("{}〜{}({day})", self.date(first), last.format(form))
    }

    fn days(&self, days: u32) -> String {
        match days {
            0 => "本日から".to_owned(),
            days => format!("{days}日間"),
        }
    }

    fn ago(&self, span: TimeDelta) -> String {
        let span = span.max(TimeDelta::zero());
        match (span.num_days(), span.num_hours(), span.num_minutes()) {
            (0, 0, ..=0) => "たった今".to_owned(),
            (0, 0, minutes) => format!("{minutes}分前"),
            (0, hours, _) => format!("{hours}時間前"),
            (days, ..) => format!("{days}日前"),
        }
    }

    fn seen(&self, moment: &str) -> String {
        format!("{moment} 検知")
    }

    fn status(&self, status: &MemberStatus) -> String {
        let name = match status {
            MemberStatus::Resigned => "脱退・辞退",
            MemberStatus::Removed => "関連付け解除",
            MemberStatus::AccountSuspended => "アカウント停止",
            MemberStatus::Deleted => "削除済み",
            MemberStatus::RegionDisabled => "リージョン無効",
            MemberStatus::EmailVerificationFailed => "メール検証失敗",
            MemberStatus::Other(text) => text,
            MemberStatus::Invited => "招待中",
            MemberStatus::Created => "追加済み(未招待)",
            MemberStatus::EmailVerificationInProgress => "メール検証中",
            MemberStatus::Enabled => "有効",
        };
        name.to_owned()
    }

    fn nameless(&self) -> &'static str {
        "(名称のない状態)"
    }

    fn absent(&self) -> &'static str {
        "一覧になし"
    }

    fn kind(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Left => "🔴 離脱",
            Kind::Removed => "🔴 管理者による関連付け解除",
            Kind::Deleted => "⚫ 一覧から削除",
            Kind::Suspended => "🟠 アカウント停止",
            Kind::Unprotected => "🟠 保護対象外に変化",
            Kind::Flapped => "🔁 一時的な変化(元の状態に復帰)",
            Kind::Declined => "🟡 招待の辞退",
            Kind::Changed => "🔵 その他の変更",
            Kind::New => "🆕 新規",
            Kind::Joined => "🟢 参加",
        }
    }

    fn kind_count(&self, kind: Kind, count: usize) -> String {
        let what = match kind {
            Kind::Left => "離脱",
            Kind::Removed => "関連付け解除",
            Kind::Deleted => "削除",
            Kind::Suspended => "停止",
            Kind::Unprotected => "保護対象外",
            Kind::Flapped => "一時的な変化",
            Kind::Declined => "辞退",
            Kind::Changed => "その他の変更",
            Kind::New => "新規",
            Kind::Joined => "参加",
        };
        format!("{what} {count}件")
    }

    fn unread_reason(&self, reason: UnreadReason) -> &'static str {
        match reason {
            UnreadReason::NotEnabled => "Security Hub が有効化されていません",
            UnreadReason::AccessDenied => {
                "アクセスが拒否されました。ロールに securityhub:ListMembers が必要です"
            }
            UnreadReason::Credentials => "AWS が認証情報を拒否しました",
            UnreadReason::RoleNotAssumed => {
                "ロールを引き受けられませんでした。信頼ポリシーと外部 ID を確認してください"
            }
            UnreadReason::Throttled => "AWS のスロットリングにより取得できませんでした",
            UnreadReason::TimedOut => "AWS が時間内に応答しませんでした",
            UnreadReason::Unreachable => "AWS に接続できませんでした",
            UnreadReason::BadAnswer => "AWS から完全な応答が得られませんでした",
            UnreadReason::ServiceError => "AWS がエラーを返しました",
        }
    }

    fn list_separator(&self) -> &'static str {
        "、"
    }

    fn all_regions(&self, count: usize) -> String {
        format!("全{count}リージョン")
    }

    fn all_regions_but(&self, regions: &str) -> String {
        format!("{regions} を除く全リージョン")
    }

    fn everywhere(&self) -> &'static str {
        "すべての管理者・リージョン"
    }

    fn everywhere_but(&self, hubs: &str) -> String {
        format!("{hubs} を除くすべて")
    }

    fn regions_of(&self, admin: &str, regions: &str) -> String {
        format!("{admin}({regions})")
    }

    fn digest_title(&self, date: &str) -> String {
        format!("Security Hub メンバー · {date}")
    }

    fn digest_since(&self, moment: &str, days: u32) -> String {
        match days {
            0 | 1 => format!("{moment} 以降"),
            days => format!("{moment} 以降({days}日間)"),
        }
    }

    fn digest_first(&self) -> &'static str {
        "👋 これが最初のダイジェストです。次回からは、前回以降の変更をお知らせします。"
    }

    fn now_title(&self) -> &'static str {
        "現在の Security Hub メンバー"
    }

    fn date_title(&self, date: &str) -> String {
        format!("Security Hub メンバー · {date}")
    }

    fn period_title(&self, period: &str) -> String {
        format!("Security Hub メンバー · {period}")
    }

    fn compared(&self, from: &str, to: &str) -> String {
        format!("{from} から {to} まで")
    }

    fn first_snapshot(&self, moment: &str) -> String {
        format!("{moment} の最初のスナップショットです。比較できる以前の記録はありません。")
    }

    fn first_snapshot_in(&self, hubs: &str) -> String {
        format!("最初のスナップショットのため比較対象なし: {hubs}")
    }

    fn no_changes(&self) -> &'static str {
        "✅ 変更はありません"
    }

    fn no_changes_since(&self, begins: &str, ends: Option<&str>) -> String {
        match ends {
            None => format!("{begins}(履歴の開始日)以降、変更はありません"),
            Some(ends) => {
                format!("{begins}(履歴の開始日)から{ends}(データの最終日)まで、変更はありません")
            }
        }
    }

    fn no_changes_until(&self, ends: &str) -> String {
        format!("{ends}(データの最終日)まで、変更はありません")
    }

    fn history_begins(&self, date: &str) -> String {
        format!("履歴は{date}から")
    }

    fn data_ends(&self, date: &str) -> String {
        format!("データは{date}まで")
    }

    fn so_far(&self, title: &str) -> String {
        format!("{title}(途中経過)")
    }

    fn no_changes_where_read(&self, read: usize, all: usize) -> String {
        format!("全{all}リージョン中{read}リージョンに変更はありません")
    }

    fn no_changes_in_lists(&self, read: usize, all: usize) -> String {
        format!("メンバー一覧 全{all}件中{read}件に変更はありません")
    }

    fn nothing_known(&self) -> &'static str {
        "⚠️ 取得できたリージョンがないため、変更の有無は不明です。"
    }

    fn nothing_to_compare(&self) -> &'static str {
        "📷 最初のスナップショットです(比較対象はまだありません)"
    }

    fn standing(&self, count: usize) -> String {
        format!("現在保護されていないメンバー: {count}件")
    }

    fn standing_on(&self, date: &str, count: usize) -> String {
        format!("{date}終了時点で保護されていないメンバー: {count}件")
    }

    fn compared_with_older(&self, asked: &str, taken: &str) -> String {
        format!("{asked} のデータはないため、{taken} と比較しました。")
    }

    fn begins_within(&self, first: &str) -> String {
        format!("記録は {first} からです。それより前の変更は分かりません。")
    }

    fn ends_within(&self, asked: &str, last: &str) -> String {
        format!("{asked} のデータはないため、{last} までの変更です。")
    }

    fn until_today(&self, asked: &str) -> String {
        format!("{asked} は未来の日付のため、今日までの変更です。")
    }

    fn only_until(&self, hub: &str, moment: &str) -> String {
        format!("{hub} の状態は {moment} までしか分かりません。")
    }

    fn outside(&self, count: usize) -> String {
        format!("組織にあるがメンバーではないアカウント：{count}件")
    }

    fn in_no_hub(&self) -> &'static str {
        "どのリージョンにも未登録"
    }

    fn in_no_hub_read(&self) -> &'static str {
        "取得できたどのリージョンにも未登録"
    }

    fn missing_in(&self, regions: &str) -> String {
        format!("未登録：{regions}")
    }

    fn still_enabled(&self, count: usize) -> String {
        format!("停止または閉鎖されたのに有効のままのアカウント：{count}件")
    }

    fn account_state(&self, state: &AccountState) -> String {
        match state {
            AccountState::PendingActivation => "作成中".to_owned(),
            AccountState::Active => "使用中".to_owned(),
            AccountState::Suspended => "停止".to_owned(),
            AccountState::PendingClosure => "閉鎖手続き中".to_owned(),
            AccountState::Closed => "閉鎖済み".to_owned(),
            AccountState::Other(text) => text.clone(),
        }
    }

    fn organization_unread(&self, reason: UnreadReason) -> &'static str {
        match reason {
            UnreadReason::NotEnabled => "このアカウントは組織に属していません",
            UnreadReason::AccessDenied => "organizations:ListAccounts の権限がありません",
            other => self.unread_reason(other),
        }
    }

    fn organization_unknown(&self, reason: &str) -> String {
        format!(
            "組織を取得できません（{reason}）。組織のアカウント名と、未登録のアカウントは不明です。"
        )
    }

    fn organization_old(&self, reason: &str, moment: &str) -> String {
        format!(
            "組織を取得できません（{reason}）。組織のアカウント名と未登録のアカウントは {moment} 時点のものです。"
        )
    }

    fn everybody_protected(&self) -> &'static str {
        "すべてのメンバーが保護されています。"
    }

    fn members(&self, count: u64) -> String {
        format!("メンバー {count}件")
    }

    fn accounts(&self, accounts: u64, members: u64, regions: usize) -> String {
        format!("{accounts}アカウント({regions}リージョン、延べ{members}件)")
    }

    fn accounts_of(&self, admins: usize, accounts: u64, members: u64, regions: usize) -> String {
        format!("{accounts}アカウント({admins}管理者、{regions}リージョン、延べ{members}件)")
    }

    fn checked(&self, ago: &str) -> String {
        format!("{ago}に確認")
    }

    fn checked_ahead(&self, moment: &str) -> String {
        format!("{moment} に確認(未来の時刻です。時計を確認してください)")
    }

    fn unchecked(&self, reason: UncheckedReason, hubs: &str) -> String {
        match reason {
            UncheckedReason::NotStored => {
                format!("最新の取得に失敗: {hubs} の結果を保存できません")
            }
            UncheckedReason::TableUnreadable => {
                format!("最新の取得に失敗: {hubs} のテーブルを読み取れません")
            }
            UncheckedReason::Contended => {
                format!("最新の取得に失敗: {hubs} の保存がほかのプロセスと競合しました")
            }
            UncheckedReason::TimedOut => {
                format!("最新の取得に失敗: {hubs} が時間内に終わりませんでした")
            }
            UncheckedReason::LeftOut => format!("最新の取得の対象外: {hubs}"),
        }
    }

    fn data_from(&self, moment: &str) -> String {
        format!("{moment} 時点のデータを表示")
    }

    fn not_compared(&self, lists: &str) -> String {
        format!("比較できない一覧: {lists}")
    }

    fn not_read(&self, lists: &str) -> String {
        format!("取得できない一覧: {lists}")
    }

    fn not_counted(&self, lists: &str) -> String {
        format!("集計外の一覧: {lists}")
    }

    fn lists(&self, count: usize) -> String {
        format!("{count}件")
    }

    fn unread_since(&self, hub: &str, moment: &str, days: u32) -> String {
        match days {
            0 => format!("{hub} は {moment} 以降取得できていません"),
            days => format!("{hub} は {moment} から{days}日間取得できていません"),
        }
    }

    fn never_read(&self) -> &'static str {
        "まだ一度も取得できていません"
    }

    fn list_doubted(&self, hub: &str, before: usize, now: usize) -> String {
        match now {
            0 => format!("{hub}: メンバー一覧が突然空になりました ({before} → 0)"),
            now => format!("{hub}: メンバー一覧が突然半分以下になりました ({before} → {now})"),
        }
    }

    fn lists_doubted(&self, hubs: &str) -> String {
        format!("メンバー一覧が突然半分以下になりました: {hubs}")
    }

    fn until_confirmed(&self) -> &'static str {
        "次回以降の取得で確認できるまで変更として扱いません"
    }

    fn nothing_believed(&self) -> &'static str {
        "⚠️ メンバー一覧に疑いがあるため、変更の有無は不明です。"
    }

    fn notice_doubted(&self) -> &'static str {
        "Security Hub メンバー: 疑わしいメンバー一覧があります"
    }

    fn list_is_back(&self, hub: &str, members: u64) -> String {
        format!("{hub}: メンバー一覧が元に戻りました ({members}件)")
    }

    fn doubt_confirmed(&self, hub: &str, before: usize, now: u64) -> String {
        format!("{hub}: 再取得でも一覧は短いままでした ({before} → {now})")
    }

    fn list_empty(&self, hubs: &str) -> String {
        format!(
            "{hubs}: メンバー一覧は空です。メンバーがいるはずなら、アカウントまたはリージョンが違います。"
        )
    }

    fn last_state_from(&self, moment: &str) -> String {
        format!("{moment} 時点の状態を表示しています")
    }

    fn history_damaged(&self, hubs: &str) -> String {
        format!("{hubs}: 保存された履歴が破損しています")
    }

    fn unknown_until_restored(&self) -> &'static str {
        "運用担当者がテーブルを復元するまで変更は不明"
    }

    fn history_restarted(&self, hubs: &str) -> String {
        format!("{hubs}: 履歴を新しく開始しました")
    }

    fn unknown_before_restart(&self) -> &'static str {
        "前回のダイジェストから開始までの変更は不明"
    }

    fn history_unreadable(&self) -> &'static str {
        "⚠️ 保存データが破損しているため、履歴は不明です。"
    }

    fn not_enabled_in(&self, hubs: &str) -> String {
        format!("Security Hub が有効化されていないリージョン: {hubs}")
    }

    fn regions_unlisted(&self, admin: &str, moment: &str) -> String {
        format!("{admin} のリージョン一覧を {moment} 以降取得できていません")
    }

    fn needs_list_regions(&self) -> &'static str {
        "アクセスが拒否されました。ロールに account:ListRegions が必要です"
    }

    fn known_regions_only(&self) -> &'static str {
        "これまでに見つかったリージョンだけを監視しています"
    }

    fn missing_hub(&self, hub: &str, nearest: &str) -> String {
        if nearest.is_empty() {
            format!("{hub} のスナップショットはありません")
        } else {
            format!("{hub} にはその日のスナップショットがありません。近い日付: {nearest}")
        }
    }

    fn notice_unread(&self) -> &'static str {
        "Security Hub メンバー：取得できないリージョンがあります"
    }

    fn notice_back(&self) -> &'static str {
        "Security Hub メンバー：再び取得できるようになりました"
    }

    fn unseen_meanwhile(&self) -> &'static str {
        "再び取得できるまで、そこでの変化は分かりません。回復したらお知らせします。"
    }

    fn read_again(&self, hub: &str) -> String {
        format!("{hub} を再び取得できるようになりました")
    }

    fn was_unread_since(&self, moment: &str) -> String {
        format!("{moment} から取得できていませんでした")
    }

    fn told_in_next_digest(&self) -> &'static str {
        "その間の変化は次のダイジェストでお知らせします。"
    }

    fn console(&self) -> &'static str {
        "Security Hub コンソール:"
    }

    fn many(&self, count: usize) -> String {
        format!("{count}アカウント")
    }

    fn renamed(&self) -> &'static str {
        "AWS による状態名の変更と思われます"
    }

    fn numbers_in_thread(&self) -> &'static str {
        "… 全アカウントの番号はスレッドをご覧ください"
    }

    fn in_thread(&self, count: usize) -> String {
        format!("… ほか{count}件はスレッドをご覧ください")
    }

    fn more_by_command(&self, count: usize, command: &str) -> String {
        format!("… ほか{count}件: {command}")
    }

    fn continued(&self, part: usize, parts: usize) -> String {
        format!("全アカウント {part}/{parts}")
    }

    fn page(&self, page: usize, pages: usize) -> String {
        format!("{page}/{pages} ページ")
    }

    fn no_snapshot(&self, date: &str) -> String {
        format!("{date} のスナップショットはありません。")
    }

    fn no_snapshot_in(&self, period: &str) -> String {
        format!("{period} のスナップショットはありません。")
    }

    fn in_the_future(&self, date: &str) -> String {
        format!("{date} は未来の日付です。")
    }

    fn nearest(&self, dates: &str) -> String {
        format!("スナップショットのある近い日付: {dates}")
    }

    fn range(&self, first: &str, last: &str) -> String {
        format!("記録は {first} から {last} まであります。")
    }

    fn no_history(&self) -> &'static str {
        "まだ記録がありません。最初の取得後に記録が始まります。"
    }

    fn impossible_date(&self, text: &str) -> String {
        format!("存在しない日付です: {text}")
    }

    fn last_day(&self, date: &str) -> String {
        format!("その月の最終日は {date} です:")
    }

    fn ends_before_start(&self, text: &str) -> String {
        format!("「{text}」は終わりが始まりより前です。")
    }

    fn wrong_weekday(&self, text: &str, date: &str) -> String {
        format!("「{text}」の曜日は日付({date})と一致しません。")
    }

    fn read_as(&self, text: &str, date: &str) -> String {
        format!("{text} は {date} として解釈しました。")
    }

    fn write_instead(&self, date: &str) -> String {
        format!("{date} の場合:")
    }

    fn not_understood(&self, text: &str) -> String {
        format!("「{text}」は解釈できませんでした。")
    }

    fn did_you_mean(&self, text: &str) -> String {
        format!("もしかして: {text}")
    }

    fn type_help(&self) -> &'static str {
        "使い方の一覧:"
    }

    fn help_title(&self) -> &'static str {
        "使い方"
    }

    fn help(&self) -> &'static [(&'static str, &'static str)] {
        &[
            (
                "",
                "今すぐ確認: 本日の変更、保護されていないアカウント、件数",
            ),
            (
                "昨日",
                "その日の変更。今日、月曜日、3日前、先週の月曜日なども可",
            ),
            ("2026-11-20", "日付。11/20、2026年11月20日、20 Nov なども可"),
            (
                "2026-11-01..2026-11-20",
                "期間。初日から最終日までの変更(両日を含む)",
            ),
            (
                "先週",
                "今月、過去30日間、第3四半期、先週の月曜から金曜、11月1日から5日間なども可",
            ),
            (
                "アカウント 123456789012",
                "1つのアカウントの全リージョンでの履歴。アカウント名、番号だけでも可",
            ),
            (
                "状態 離脱 eu-west-1",
                "その状態のメンバー。状態は複数指定、リージョンは省略・複数指定も可。「状態」だけなら状態別の件数",
            ),
            ("yesterday", "英語でも入力できます"),
            ("ヘルプ", "この説明"),
        ]
    }

    fn which_account(&self) -> &'static str {
        "どのアカウントですか?"
    }

    fn no_such_account(&self, name: &str) -> String {
        format!("「{name}」という名前のアカウントはありません。")
    }

    fn several_accounts(&self, name: &str) -> String {
        format!("「{name}」に一致するアカウントが複数あります。")
    }

    fn perhaps(&self) -> &'static str {
        "もしかして:"
    }

    fn no_names(&self) -> &'static str {
        "アカウント名の情報がありません。番号で質問してください。"
    }

    fn account_title(&self, account: &str, name: Option<&str>) -> String {
        match name {
            Some(name) => format!("アカウント {account} · {name}"),
            None => format!("アカウント {account}"),
        }
    }

    fn account_now(&self) -> &'static str {
        "現在"
    }

    fn account_happened(&self, count: usize) -> String {
        format!("履歴 ({count}件)")
    }

    fn never_listed(&self, since: &str) -> String {
        format!("記録の始まった {since} 以降、メンバー一覧に載ったことはありません。")
    }

    fn history_since(&self, date: &str) -> String {
        format!("記録は {date} からあります。")
    }

    fn unchanged_since(&self, date: &str) -> String {
        format!("記録の始まった {date} 以降、変更はありません。")
    }

    fn invited_on(&self, date: &str) -> String {
        format!("{date} 招待")
    }

    fn window(&self, after: Option<NaiveDateTime>, at: NaiveDateTime) -> String {
        let moment = |at: NaiveDateTime| format!("{} {}", self.date(at.date()), at.format("%H:%M"));
        match after {
            None => format!("{} まで", moment(at)),
            Some(after) if after.date() == at.date() => {
                format!("{}〜{}", moment(after), at.format("%H:%M"))
            }
            Some(after) => format!("{} 〜 {}", moment(after), moment(at)),
        }
    }

    fn deed(&self, deed: Deed) -> &'static str {
        match deed {
            Deed::Invited => "✉️ 招待",
            Deed::CameBack => "🟢 復帰",
            Deed::Other(Kind::Left) => "🔴 離脱",
            Deed::Other(Kind::Removed) => "🔴 管理者による関連付け解除",
            Deed::Other(Kind::Deleted) => "⚫ 一覧から削除",
            Deed::Other(Kind::Suspended) => "🟠 アカウント停止",
            Deed::Other(Kind::Unprotected) => "🟠 保護対象外に変化",
            Deed::Other(Kind::Declined) => "🟡 招待の辞退",
            Deed::Other(Kind::New) => "🆕 追加",
            Deed::Other(Kind::Joined) => "🟢 参加",
            Deed::Other(Kind::Changed | Kind::Flapped) => "🔵 変更",
        }
    }

    fn status_keyword(&self) -> &'static str {
        "状態"
    }

    fn status_typed(&self, known: &MemberStatus) -> String {
        self.status(known)
    }

    fn status_title(&self, status: &str) -> String {
        format!("状態が「{status}」の Security Hub メンバー")
    }

    fn statuses_title(&self) -> &'static str {
        "状態別の Security Hub メンバー"
    }

    fn nobody_has_status(&self, status: &str) -> String {
        format!("状態が「{status}」のメンバーはいません。")
    }

    fn not_watched(&self, regions: &str) -> String {
        format!("監視対象外のリージョン: {regions}")
    }

    fn nowhere_watched(&self) -> &'static str {
        "これらのリージョンの情報はありません。"
    }

    fn checking(&self) -> &'static str {
        "🔎 全リージョンの Security Hub を確認しています …"
    }

    fn checking_since(&self, moment: &str) -> String {
        format!("🔎 {moment} 時点の情報です。現在の状態を確認しています …")
    }

    fn looking(&self) -> &'static str {
        "🔎 記録を調べています …"
    }

    fn failed(&self) -> &'static str {
        "⚠️ 処理に失敗しました。入力の問題ではありません。原因は securityhub-members のログにあります。もう一度お試しください。"
    }

    fn busy(&self) -> &'static str {
        "⏳ リクエストが集中しています。しばらくしてからもう一度お試しください。"
    }

    fn not_ready(&self) -> &'static str {
        "⏳ ボットが属するワークスペースを Slack に確認できていません。少し待ってからもう一度お試しください。"
    }

    fn foreign(&self) -> &'static str {
        "🚪 このボットは別のワークスペースのものです。"
    }

    fn user_not_allowed(&self) -> &'static str {
        "🔒 利用を許可された人のリストに登録されていません。securityhub-members の管理チームに、次の ID の追加を依頼してください:"
    }

    fn channel_not_allowed(&self) -> &'static str {
        "🔒 このチャンネルでは利用できません。別のチャンネルで使うか、securityhub-members の管理チームに次のチャンネル ID の追加を依頼してください:"
    }

    fn channel_unknown(&self) -> &'static str {
        "🔒 利用できるチャンネルが限られていますが、どのチャンネルかを Slack から確認できませんでした。"
    }

    fn shared(&self) -> &'static str {
        "✅ このチャンネルに共有しました。"
    }

    fn not_shareable(&self) -> &'static str {
        "ℹ️ 現在この回答は完全ではないため、共有しませんでした。もう一度コマンドを実行してください。"
    }

    fn shared_before(&self) -> &'static str {
        "ℹ️ この回答は共有済みか、共有の途中です。チャンネルに見当たらない場合は、もう一度質問してください。"
    }

    fn not_shared(&self) -> &'static str {
        "⚠️ 共有できませんでした。入力の問題ではありません。もう一度お試しください。"
    }

    fn share_unknown(&self) -> &'static str {
        "⚠️ Slack から応答がなく、共有できたか確認できませんでした。チャンネルを確認し、見当たらない場合はもう一度質問してください。"
    }

    fn shared_by(&self, user: &str) -> String {
        format!("{user} さんが共有")
    }

    fn label(&self, label: Label) -> &'static str {
        match label {
            Label::Share => "チャンネルに共有",
            Label::Previous => "‹ 前へ",
            Label::Next => "次へ ›",
            Label::CheckNow => "今すぐ確認",
            Label::PickDate => "日付を選択",
            Label::ClearDate => "現在に戻る",
            Label::AllAdmins => "すべての管理者",
            Label::AllRegions => "すべてのリージョン",
            Label::AllStatuses => "すべての状態",
        }
    }

    fn home_title(&self) -> &'static str {
        "Security Hub メンバー"
    }

    fn home_by_status(&self) -> &'static str {
        "状態別"
    }

    fn home_trend(&self, days: usize) -> String {
        format!("直近{days}日間")
    }

    fn home_today(&self) -> &'static str {
        "本日の変更"
    }

    fn home_week(&self) -> &'static str {
        "直近7日間の変更"
    }

    fn home_filtered(&self, status: &str, count: usize) -> String {
        format!("{status}: {count}件")
    }

    fn home_hint(&self) -> &'static str {
        "どのチャンネルでも使えます:"
    }
}
