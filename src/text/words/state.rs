//! How things stand: members, the organization, and lists that cannot be read, in
//! every language.

use super::{Locale, Words, messages, plural, say};
use crate::domain::directory::AccountState;
use crate::domain::hub::{UncheckedReason, UnreadReason};

messages! {
    standing(count: usize):
        en "Not protected now: {count}",
        ja "現在保護されていないメンバー: {count}件";
    standing_on(date: &str, count: usize):
        en "Not protected at the end of {date}: {count}",
        ja "{date}終了時点で保護されていないメンバー: {count}件";
    compared_with_older(asked: &str, taken: &str):
        en "No data for {asked}: compared with {taken}.",
        ja "{asked} のデータはないため、{taken} と比較しました。";
    begins_within(first: &str):
        en "History begins on {first}. Earlier changes are unknown.",
        ja "記録は {first} からです。それより前の変更は分かりません。";
    ends_within(asked: &str, last: &str):
        en "No data for {asked}: this goes up to {last}.",
        ja "{asked} のデータはないため、{last} までの変更です。";
    until_today(asked: &str):
        en "{asked} hasn't come yet: this goes up to today.",
        ja "{asked} は未来の日付のため、今日までの変更です。";
    only_until(hub: &str, moment: &str):
        en "{hub} is known only until {moment}.",
        ja "{hub} の状態は {moment} までしか分かりません。";
    outside(count: usize):
        en "In the organization, but not a member: {count}",
        ja "組織にあるがメンバーではないアカウント：{count}件";
    in_no_hub: en "in no hub", ja "どのリージョンにも未登録";
    in_no_hub_read: en "in no hub that could be read", ja "取得できたどのリージョンにも未登録";
    missing_in(regions: &str): en "missing in {regions}", ja "未登録：{regions}";
    still_enabled(count: usize):
        en "Suspended or closed, but still Enabled: {count}",
        ja "停止または閉鎖されたのに有効のままのアカウント：{count}件";
    organization_unknown(reason: &str):
        en "The organization cannot be read: {reason}. Its names and the accounts outside are unknown.",
        ja "組織を取得できません（{reason}）。組織のアカウント名と、未登録のアカウントは不明です。";
    organization_old(reason: &str, moment: &str):
        en "The organization cannot be read: {reason}. Its names and the accounts outside are as they were {moment}.",
        ja "組織を取得できません（{reason}）。組織のアカウント名と未登録のアカウントは {moment} 時点のものです。";
    everybody_protected: en "Every member is protected.", ja "すべてのメンバーが保護されています。";
    checked(ago: &str): en "Checked {ago}", ja "{ago}に確認";
    checked_ahead(moment: &str):
        en "Checked {moment}, which is still to come: a clock is wrong",
        ja "{moment} に確認(未来の時刻です。時計を確認してください)";
    data_from(moment: &str): en "showing data from {moment}", ja "{moment} 時点のデータを表示";
    not_compared(lists: &str): en "not compared: {lists}", ja "比較できない一覧: {lists}";
    not_read(lists: &str): en "not read: {lists}", ja "取得できない一覧: {lists}";
    not_counted(lists: &str): en "not counted: {lists}", ja "集計外の一覧: {lists}";
    never_read: en "never read yet", ja "まだ一度も取得できていません";
    lists_doubted(hubs: &str):
        en "Member lists that suddenly lost half or more: {hubs}",
        ja "メンバー一覧が突然半分以下になりました: {hubs}";
    until_confirmed:
        en "not counted as changes until a later poll confirms it",
        ja "次回以降の取得で確認できるまで変更として扱いません";
    nothing_believed:
        en "⚠️ A member list looks wrong, so changes are unknown.",
        ja "⚠️ メンバー一覧に疑いがあるため、変更の有無は不明です。";
    notice_doubted:
        en "Security Hub members: a member list looks wrong",
        ja "Security Hub メンバー: 疑わしいメンバー一覧があります";
    list_is_back(hub: &str, members: u64):
        en "{hub}: the member list is back ({members})",
        ja "{hub}: メンバー一覧が元に戻りました ({members}件)";
    doubt_confirmed(hub: &str, before: usize, now: u64):
        en "{hub}: a later poll confirms the shorter list ({before} → {now})",
        ja "{hub}: 再取得でも一覧は短いままでした ({before} → {now})";
    list_empty(hubs: &str):
        en "{hubs}: the member list is empty. If it has members, this is the wrong account or Region.",
        ja "{hubs}: メンバー一覧は空です。メンバーがいるはずなら、アカウントまたはリージョンが違います。";
    last_state_from(moment: &str):
        en "shown as it was {moment}",
        ja "{moment} 時点の状態を表示しています";
    history_damaged(hubs: &str):
        en "{hubs}: stored history is damaged",
        ja "{hubs}: 保存された履歴が破損しています";
    unknown_until_restored:
        en "changes are unknown until an operator restores the table",
        ja "運用担当者がテーブルを復元するまで変更は不明";
    history_restarted(hubs: &str):
        en "{hubs}: history starts again",
        ja "{hubs}: 履歴を新しく開始しました";
    unknown_before_restart:
        en "changes between the last digest and its start are unknown",
        ja "前回のダイジェストから開始までの変更は不明";
    /// What is said of an account of which no history can be read.
    history_unreadable:
        en "⚠️ Its history is unknown: stored data is damaged.",
        ja "⚠️ 保存データが破損しているため、履歴は不明です。";
    not_enabled_in(hubs: &str):
        en "Security Hub is not enabled in: {hubs}",
        ja "Security Hub が有効化されていないリージョン: {hubs}";
    regions_unlisted(admin: &str, moment: &str):
        en "The Regions of {admin} could not be listed since {moment}",
        ja "{admin} のリージョン一覧を {moment} 以降取得できていません";
    needs_list_regions:
        en "access denied: the role needs account:ListRegions",
        ja "アクセスが拒否されました。ロールに account:ListRegions が必要です";
    known_regions_only:
        en "only Regions known from before are watched",
        ja "これまでに見つかったリージョンだけを監視しています";
    notice_unread:
        en "Security Hub members: a Region cannot be read",
        ja "Security Hub メンバー：取得できないリージョンがあります";
    notice_back:
        en "Security Hub members: read again",
        ja "Security Hub メンバー：再び取得できるようになりました";
    unseen_meanwhile:
        en "What changes there stays unseen until it can be read again. I will say when.",
        ja "再び取得できるまで、そこでの変化は分かりません。回復したらお知らせします。";
    read_again(hub: &str): en "{hub} is read again", ja "{hub} を再び取得できるようになりました";
    was_unread_since(moment: &str):
        en "it could not be read from {moment} on",
        ja "{moment} から取得できていませんでした";
    told_in_next_digest:
        en "What changed meanwhile is in the next digest.",
        ja "その間の変化は次のダイジェストでお知らせします。";
    console: en "Security Hub console:", ja "Security Hub コンソール:";
    renamed: en "AWS has probably renamed the status", ja "AWS による状態名の変更と思われます";
    numbers_in_thread:
        en "… and more in the thread: the number of every account",
        ja "… 全アカウントの番号はスレッドをご覧ください";
    in_thread(count: usize):
        en "… and {count} more in the thread",
        ja "… ほか{count}件はスレッドをご覧ください";
    more_by_command(count: usize, command: &str):
        en "… and {count} more: {command}",
        ja "… ほか{count}件: {command}";
    continued(part: usize, parts: usize):
        en "Every account, {part} of {parts}",
        ja "全アカウント {part}/{parts}";
    page(page: usize, pages: usize): en "Page {page} of {pages}", ja "{page}/{pages} ページ";
}

#[expect(
    missing_docs,
    reason = "the names say what is meant; the English words are the documentation"
)]
impl Words {
    pub fn account_state(self, state: &AccountState) -> String {
        match state {
            AccountState::PendingActivation => say!(self, "being created", "作成中"),
            AccountState::Active => say!(self, "active", "使用中"),
            AccountState::Suspended => say!(self, "suspended", "停止"),
            AccountState::PendingClosure => say!(self, "being closed", "閉鎖手続き中"),
            AccountState::Closed => say!(self, "closed", "閉鎖済み"),
            AccountState::Other(text) => text.clone(),
        }
    }

    pub fn organization_unread(self, reason: UnreadReason) -> &'static str {
        match reason {
            UnreadReason::NotEnabled => self.pick(
                "this account is in no organization",
                "このアカウントは組織に属していません",
            ),
            UnreadReason::AccessDenied => self.pick(
                "access denied to organizations:ListAccounts",
                "organizations:ListAccounts の権限がありません",
            ),
            other => self.unread_reason(other),
        }
    }

    pub fn members(self, count: u64) -> String {
        match self.0 {
            Locale::En => plural(count, "member", "members"),
            Locale::Ja => format!("メンバー {count}件"),
        }
    }

    pub fn accounts(self, accounts: u64, members: u64, regions: usize) -> String {
        match self.0 {
            Locale::En => {
                let accounts = plural(accounts, "account", "accounts");
                format!("{accounts} in {regions} Regions, {members} memberships")
            }
            Locale::Ja => format!("{accounts}アカウント({regions}リージョン、延べ{members}件)"),
        }
    }

    pub fn accounts_of(self, admins: usize, accounts: u64, members: u64, regions: usize) -> String {
        match self.0 {
            Locale::En => {
                let accounts = plural(accounts, "account", "accounts");
                let (regions, members) = (
                    plural(regions as u64, "Region", "Regions"),
                    plural(members, "membership", "memberships"),
                );
                format!("{accounts} of {admins} administrators in {regions}, {members}")
            }
            Locale::Ja => format!(
                "{accounts}アカウント({admins}管理者、{regions}リージョン、延べ{members}件)"
            ),
        }
    }

    pub fn unchecked(self, reason: UncheckedReason, hubs: &str) -> String {
        match reason {
            UncheckedReason::NotStored => say!(
                self,
                "Live check failed: could not store the result for {hubs}",
                "最新の取得に失敗: {hubs} の結果を保存できません"
            ),
            UncheckedReason::TableUnreadable => say!(
                self,
                "Live check failed: could not read the table for {hubs}",
                "最新の取得に失敗: {hubs} のテーブルを読み取れません"
            ),
            UncheckedReason::Contended => say!(
                self,
                "Live check failed: other processes changed {hubs} at every attempt to store it",
                "最新の取得に失敗: {hubs} の保存がほかのプロセスと競合しました"
            ),
            UncheckedReason::TimedOut => say!(
                self,
                "Live check failed: {hubs} took too long",
                "最新の取得に失敗: {hubs} が時間内に終わりませんでした"
            ),
            UncheckedReason::LeftOut => say!(
                self,
                "Live check left out {hubs}",
                "最新の取得の対象外: {hubs}"
            ),
        }
    }

    pub fn lists(self, count: usize) -> String {
        match self.0 {
            Locale::En => plural(count as u64, "member list", "member lists"),
            Locale::Ja => format!("{count}件"),
        }
    }

    pub fn unread_since(self, hub: &str, moment: &str, days: u32) -> String {
        match self.0 {
            Locale::En => match days {
                0 => format!("{hub} could not be read since {moment}"),
                days => format!(
                    "{hub} could not be read since {moment} ({})",
                    self.days(days)
                ),
            },
            Locale::Ja => match days {
                0 => format!("{hub} は {moment} 以降取得できていません"),
                days => format!("{hub} は {moment} から{days}日間取得できていません"),
            },
        }
    }

    pub fn list_doubted(self, hub: &str, before: usize, now: usize) -> String {
        match now {
            0 => say!(
                self,
                "{hub}: the member list is suddenly empty ({before} → 0)",
                "{hub}: メンバー一覧が突然空になりました ({before} → 0)"
            ),
            now => say!(
                self,
                "{hub}: the member list has suddenly lost half or more ({before} → {now})",
                "{hub}: メンバー一覧が突然半分以下になりました ({before} → {now})"
            ),
        }
    }

    /// Why the Regions of an administrator could not be listed: another
    /// permission than that of a member list.
    pub fn unlisted_reason(self, reason: UnreadReason) -> &'static str {
        match reason {
            UnreadReason::AccessDenied => self.needs_list_regions(),
            other => self.unread_reason(other),
        }
    }

    pub fn missing_hub(self, hub: &str, nearest: &str) -> String {
        match self.0 {
            Locale::En => {
                if nearest.is_empty() {
                    format!("{hub} has no snapshot")
                } else {
                    format!("{hub} has no snapshot for that date; the nearest: {nearest}")
                }
            }
            Locale::Ja => {
                if nearest.is_empty() {
                    format!("{hub} のスナップショットはありません")
                } else {
                    format!("{hub} にはその日のスナップショットがありません。近い日付: {nearest}")
                }
            }
        }
    }

    pub fn many(self, count: usize) -> String {
        match self.0 {
            Locale::En => plural(count as u64, "account", "accounts"),
            Locale::Ja => format!("{count}アカウント"),
        }
    }
}
