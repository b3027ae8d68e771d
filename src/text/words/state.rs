//! Members, the organization, and lists that can't be read, in every language.

use super::{Locale, Words, messages, plural, say};
use crate::domain::directory::AccountState;
use crate::domain::hub::{UncheckedReason, UnreadReason};

messages! {
    not_enabled_members(count: usize):
        en "Not Enabled ({count})",
        ja "有効でないメンバー: {count}件";
    not_enabled_members_on(date: &str, count: usize):
        en "Not Enabled at end of {date} ({count})",
        ja "{date}時点で有効でないメンバー: {count}件";
    compared_with_older(asked: &str, taken: &str):
        en "No data for {asked}: compared with {taken}.",
        ja "{asked}のデータはないため、{taken}と比較しました。";
    begins_within(first: &str):
        en "History starts on {first}. Earlier changes are unknown.",
        ja "履歴は{first}からです。以前の変更は不明です。";
    ends_within(asked: &str, last: &str):
        en "No data for {asked}. Changes are up to {last}.",
        ja "{asked}のデータはないため、{last}までの変更です。";
    until_today(asked: &str):
        en "{asked} is in the future. Changes are up to today.",
        ja "{asked}は未来の日付のため、今日までの変更です。";
    only_until(hub: &str, moment: &str):
        en "{hub}: data only until {moment}",
        ja "{hub}: データは{moment} まで";
    not_members(count: usize):
        en "Organization accounts that aren't members ({count})",
        ja "メンバーではない組織アカウント: {count}件";
    in_no_region: en "not a member in any Region", ja "全リージョンで未登録";
    in_no_read_region:
        en "not a member in any readable Region",
        ja "確認できた全リージョンで未登録";
    missing_in(regions: &str): en "not a member in {regions}", ja "未登録: {regions}";
    still_enabled(count: usize):
        en "Closed or suspended in AWS, still Enabled ({count})",
        ja "停止・閉鎖済みで、まだ有効のアカウント: {count}件";
    organization_unknown(reason: &str):
        en "The organization can't be read: {reason}. Account names and the accounts that aren't members are unknown.",
        ja "組織を取得できません({reason})。アカウント名と、メンバーではない組織アカウントは不明です。";
    organization_old(reason: &str, moment: &str):
        en "The organization can't be read: {reason}. Account names and the accounts that aren't members are from {moment}.",
        ja "組織を取得できません({reason})。アカウント名と、メンバーではない組織アカウントは{moment} 時点のものです。";
    all_enabled: en "All members are Enabled.", ja "すべてのメンバーが有効です。";
    checked(ago: &str): en "Checked {ago}", ja "最終確認: {ago}";
    checked_ahead(moment: &str):
        en "Checked {moment}, which is in the future: a clock is wrong",
        ja "最終確認: {moment}(未来の時刻のため、時計の確認が必要)";
    data_from(moment: &str): en "data from {moment}", ja "表示は{moment} 時点";
    not_compared(lists: &str): en "not compared: {lists}", ja "比較できない一覧: {lists}";
    not_read(lists: &str): en "not read: {lists}", ja "取得できない一覧: {lists}";
    not_counted(lists: &str): en "not counted: {lists}", ja "集計外の一覧: {lists}";
    never_read: en "no data yet", ja "データなし";
    lists_doubted(hubs: &str):
        en "Member lists that suddenly lost half or more: {hubs}",
        ja "メンバー一覧が突然半分以下に減少: {hubs}";
    until_confirmed:
        en "not counted as changes until a later poll confirms it",
        ja "以降の取得で確認できるまで変更の対象外";
    nothing_believed:
        en "⚠️ A member list looks wrong, so changes are unknown.",
        ja "⚠️ メンバー一覧に疑いがあるため、変更の有無は不明です。";
    alert_doubted:
        en "Security Hub members: a member list looks wrong",
        ja "Security Hub メンバー: 疑わしいメンバー一覧";
    list_is_back(hub: &str, members: u64):
        en "{hub}: the member list is back ({members})",
        ja "{hub}: メンバー一覧が復旧({members}件)";
    doubt_confirmed(hub: &str, before: usize, now: u64):
        en "{hub}: a later poll confirms the shorter list ({before} → {now})",
        ja "{hub}: 再取得でも一覧は短いまま({before} → {now})";
    list_empty(hubs: &str):
        en "{hubs}: the member list is empty. If it should have members, the account or Region is wrong.",
        ja "{hubs}: メンバー一覧は空です。メンバーがいるはずなら、アカウントまたはリージョンが違います。";
    history_damaged(hubs: &str):
        en "{hubs}: stored history is damaged",
        ja "{hubs}: 保存した履歴が破損";
    unknown_until_restored:
        en "changes are unknown until an operator restores the table",
        ja "運用担当者がテーブルを復元するまで変更は不明";
    history_restarted(hubs: &str):
        en "{hubs}: history starts again",
        ja "{hubs}: 履歴を新しく開始";
    unknown_before_restart:
        en "changes between the last digest and its start are unknown",
        ja "前回のダイジェストから開始までの変更は不明";
    /// For an account whose history can't be read in any member list.
    history_unreadable:
        en "⚠️ Its history is unknown: stored data is damaged.",
        ja "⚠️ 保存データが破損しているため、履歴は不明です。";
    not_enabled_in(hubs: &str):
        en "Security Hub isn't enabled in: {hubs}",
        ja "Security Hub が有効でないリージョン: {hubs}";
    regions_unlisted(admin: &str, moment: &str):
        en "{admin}: listing its Regions has failed since {moment}",
        ja "{admin}: {moment} からリージョン一覧の取得に失敗";
    needs_list_regions:
        en "access denied: grant account:ListRegions",
        ja "アクセス拒否: ロールに account:ListRegions が必要";
    known_regions_only:
        en "only the Regions found before are monitored",
        ja "監視は以前に見つかったリージョンのみ";
    alert_failing:
        en "Security Hub members: polling is failing",
        ja "Security Hub メンバー: 一覧の取得失敗";
    alert_recovered:
        en "Security Hub members: polling recovered",
        ja "Security Hub メンバー: 一覧の取得が復旧";
    undetected_until_recovered:
        en "Changes there go undetected until it recovers. I'll post here when it does.",
        ja "再び取得できるまで、このリージョンの変更は検知できません。復旧したらお知らせします。";
    recovered(hub: &str): en "{hub} is readable again", ja "{hub}: メンバー一覧の取得が復旧";
    had_failed_since(moment: &str):
        en "polling had failed since {moment}",
        ja "{moment} から失敗";
    net_changes_follow:
        en "Net changes from that time appear in the next digest.",
        ja "取得できなかった期間の変更は、最終的な差分を次のダイジェストでお知らせします。";
    renamed:
        en "AWS seems to have renamed the status",
        ja "AWS によるステータス名変更の可能性";
    more(count: usize): en "… and {count} more:", ja "… ほか{count}件:";
    page(page: usize, pages: usize): en "Page {page} of {pages}", ja "{page}/{pages}ページ";
}

#[expect(
    missing_docs,
    reason = "the names say what is meant; the English words are the documentation"
)]
impl Words {
    pub fn account_state(self, state: &AccountState) -> String {
        match state {
            AccountState::PendingActivation => {
                say!(self, "pending activation", "アクティブ化保留中")
            }
            AccountState::Active => say!(self, "active", "アクティブ"),
            AccountState::Suspended => say!(self, "AWS account suspended", "AWS アカウント停止"),
            AccountState::PendingClosure => say!(self, "pending closure", "閉鎖保留中"),
            AccountState::Closed => say!(self, "closed", "閉鎖済み"),
            AccountState::Other(text) => text.clone(),
        }
    }

    pub fn organization_failure(self, reason: UnreadReason) -> &'static str {
        match reason {
            UnreadReason::NotEnabled => self.pick(
                "this account isn't in an organization",
                "組織に属さないアカウント",
            ),
            UnreadReason::AccessDenied => self.pick(
                "access denied: grant organizations:ListAccounts",
                "アクセス拒否: ロールに organizations:ListAccounts が必要",
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

    /// One account in several member lists counts once in each.
    pub fn memberships(self, count: u64) -> String {
        match self.0 {
            Locale::En => plural(count, "membership", "memberships"),
            Locale::Ja => format!("延べ{count}件"),
        }
    }

    pub fn accounts(self, accounts: u64, members: u64, regions: usize) -> String {
        match self.0 {
            Locale::En => {
                let accounts = plural(accounts, "account", "accounts");
                let members = self.memberships(members);
                format!("{accounts} in {regions} Regions, {members}")
            }
            Locale::Ja => {
                let members = self.memberships(members);
                format!("{accounts}アカウント({regions}リージョン、{members})")
            }
        }
    }

    pub fn accounts_of(self, admins: usize, accounts: u64, members: u64, regions: usize) -> String {
        match self.0 {
            Locale::En => {
                let accounts = plural(accounts, "account", "accounts");
                let regions = plural(regions as u64, "Region", "Regions");
                let members = self.memberships(members);
                format!("{accounts} of {admins} administrators in {regions}, {members}")
            }
            Locale::Ja => {
                let members = self.memberships(members);
                format!("{accounts}アカウント({admins}管理者、{regions}リージョン、{members})")
            }
        }
    }

    pub fn unchecked(self, reason: UncheckedReason, hubs: &str) -> String {
        match reason {
            UncheckedReason::NotStored => say!(
                self,
                "Live check failed: couldn't store the result for {hubs}",
                "最新の取得に失敗: {hubs} の結果を保存できず"
            ),
            UncheckedReason::TableUnreadable => say!(
                self,
                "Live check failed: couldn't read the table for {hubs}",
                "最新の取得に失敗: {hubs} のテーブルを読み取れず"
            ),
            UncheckedReason::Contended => say!(
                self,
                "Live check failed: other processes changed {hubs} at every attempt to store it",
                "最新の取得に失敗: {hubs} の保存がほかのプロセスと競合"
            ),
            UncheckedReason::TimedOut => say!(
                self,
                "Live check failed: {hubs} took too long",
                "最新の取得に失敗: {hubs} の確認が時間切れ"
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

    pub fn failing_for(self, hub: &str, since: &str, days: u32) -> String {
        match days {
            0 => say!(
                self,
                "{hub}: polling has failed since {since}",
                "{hub}: {since} からメンバー一覧の取得に失敗"
            ),
            days => {
                let days = self.days(days);
                say!(
                    self,
                    "{hub}: polling has failed for {days}",
                    "{hub}: メンバー一覧の取得に{days}失敗"
                )
            }
        }
    }

    pub fn list_doubted(self, hub: &str, before: usize, now: usize) -> String {
        match now {
            0 => say!(
                self,
                "{hub}: the member list is suddenly empty ({before} → 0)",
                "{hub}: メンバー一覧が突然空に({before} → 0)"
            ),
            now => say!(
                self,
                "{hub}: the member list has suddenly lost half or more ({before} → {now})",
                "{hub}: メンバー一覧が突然半分以下に減少({before} → {now})"
            ),
        }
    }

    /// The reason that the Regions of an administrator could not be listed: it takes another
    /// permission than a member list.
    pub fn unlisted_reason(self, reason: UnreadReason) -> &'static str {
        match reason {
            UnreadReason::AccessDenied => self.needs_list_regions(),
            other => self.unread_reason(other),
        }
    }

    pub fn missing_hub(self, hub: &str, nearest: &str) -> String {
        if nearest.is_empty() {
            say!(self, "{hub}: no data", "{hub}: データなし")
        } else {
            say!(
                self,
                "{hub}: no data for that date (nearest: {nearest})",
                "{hub}: 指定日のデータなし(直近: {nearest})"
            )
        }
    }

    /// The title of one message of the thread.
    pub fn full_list(self, part: usize, parts: usize) -> String {
        match parts {
            1 => self.pick("Full list", "全件一覧").to_owned(),
            parts => say!(self, "Full list, {part}/{parts}", "全件一覧 {part}/{parts}"),
        }
    }

    /// A status in some Regions, or in some member lists of several administrators.
    pub fn status_in(self, status: &str, count: usize, several_admins: bool) -> String {
        match (self.0, several_admins) {
            (Locale::En, false) => {
                let regions = plural(count as u64, "Region", "Regions");
                format!("{status} in {regions}")
            }
            (Locale::En, true) => format!("{status} in {}", self.lists(count)),
            (Locale::Ja, false) => format!("{status}: {count}リージョン"),
            (Locale::Ja, true) => format!("{status}: メンバー一覧{count}件"),
        }
    }

    pub fn unit(self, unit: &str) -> String {
        say!(self, "OU: {unit}", "OU: {unit}")
    }

    pub fn many(self, count: usize) -> String {
        match self.0 {
            Locale::En => plural(count as u64, "account", "accounts"),
            Locale::Ja => format!("{count}アカウント"),
        }
    }
}
