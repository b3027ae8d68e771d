//! Answers to queries, to text that isn't one, and to presses of buttons, in every
//! language.

use chrono::NaiveDateTime;

use super::{Locale, Words, messages, say};
use crate::domain::account::EventKind;
use crate::domain::diff::ChangeKind;
use crate::domain::member::MemberStatus;

messages! {
    share_to_channel: en "Share to channel", ja "チャンネルに共有";
    previous_page: en "‹ Previous", ja "‹ 前へ";
    next_page: en "Next ›", ja "次へ ›";
    no_data(date: &str): en "No data for {date}.", ja "{date}のデータはありません。";
    in_the_future(date: &str): en "{date} is in the future.", ja "{date}は未来の日付です。";
    nearest(dates: &str): en "Nearest days with data: {dates}", ja "データのある直近の日付: {dates}";
    range(first: &str, last: &str):
        en "History goes from {first} to {last}.",
        ja "履歴の範囲: {first}〜{last}";
    no_history:
        en "No history yet. It starts with the first successful poll.",
        ja "まだ履歴がありません。最初の取得が成功すると記録が始まります。";
    impossible_date(text: &str): en "No such date: {text}", ja "存在しない日付: {text}";
    ends_before_start(text: &str):
        en "“{text}” ends before it starts.",
        ja "「{text}」は終わりが始まりより前です。";
    wrong_weekday(text: &str, date: &str):
        en "The weekday in “{text}” doesn't match its date, {date}.",
        ja "「{text}」の曜日は日付({date})と一致しません。";
    read_as(text: &str, date: &str):
        en "Reading {text} as {date}.",
        ja "「{text}」を{date}と解釈しました。";
    write_instead(date: &str): en "For {date}, type", ja "{date}の場合:";
    not_understood(text: &str):
        en "I don't recognize “{text}”.",
        ja "「{text}」は認識できませんでした。";
    try_these: en "Try one of these:", ja "次のように入力してください。";
    /// Below the label of a choice.
    choose: en "Choose…", ja "選択…";
    help_title: en "What you can ask", ja "使い方";
    which_account: en "Which account?", ja "どのアカウントですか?";
    no_such_account(name: &str):
        en "No account has the name “{name}”.",
        ja "「{name}」という名前のアカウントはありません。";
    several_accounts(name: &str):
        en "Several accounts match “{name}”.",
        ja "「{name}」に一致するアカウントが複数あります。";
    /// Accounts with names that are similar to the one that was typed.
    similar_accounts: en "Did you mean one of these?", ja "もしかして:";
    matching_accounts: en "Matching accounts:", ja "該当するアカウント:";
    no_names:
        en "Account names are unknown. Use the 12-digit account ID.",
        ja "アカウント名の情報がありません。12桁のアカウント ID で指定してください。";
    account_now: en "Now", ja "現在";
    account_happened(count: usize): en "History ({count})", ja "履歴: {count}件";
    never_listed(since: &str):
        en "Not seen in any member list since {since}, when history starts.",
        ja "履歴の始まる{since}以降、メンバー一覧に載ったことはありません。";
    history_since(date: &str): en "History starts on {date}.", ja "履歴は{date}からです。";
    unchanged_since(date: &str):
        en "No changes since {date}, when history starts.",
        ja "履歴の始まる{date}以降、変更はありません。";
    invited_on(date: &str): en "invited {date}", ja "{date}招待";
    account_keyword: en "account", ja "アカウント";
    status_keyword: en "status", ja "ステータス";
    status_title(status: &str):
        en "Security Hub members · status {status}",
        ja "Security Hub メンバー · ステータス: {status}";
    statuses_title:
        en "Security Hub members · by status",
        ja "Security Hub メンバー · ステータス別";
    status_of_no_member(status: &str):
        en "No member has the status “{status}”.",
        ja "ステータスが「{status}」のメンバーはいません。";
    known_statuses(statuses: &str):
        en "Known statuses: {statuses}",
        ja "既知のステータス: {statuses}";
    not_watched(regions: &str): en "Not monitored: {regions}", ja "監視対象外のリージョン: {regions}";
    nowhere_watched: en "No data for these Regions.", ja "これらのリージョンのデータはありません。";
    checking:
        en "🔎 Checking Security Hub in every Region …",
        ja "🔎 全リージョンの最新を取得しています …";
    checking_since(moment: &str):
        en "🔎 Data from {moment}, checking now …",
        ja "🔎 {moment} 時点のデータです。最新を取得しています …";
    looking: en "🔎 Looking it up …", ja "🔎 履歴を調べています …";
    failed:
        en "⚠️ Something went wrong on our side. Try again; details are in the securityhub-members log.",
        ja "⚠️ こちらの問題で処理に失敗しました。もう一度お試しください。詳細は securityhub-members のログにあります。";
    busy:
        en "⏳ Too many requests at once. Try again in a moment.",
        ja "⏳ リクエストが集中しています。しばらくしてからもう一度お試しください。";
    not_ready:
        en "⏳ Slack hasn't confirmed which workspace this bot belongs to. Try again in a moment.",
        ja "⏳ ボットが属するワークスペースを Slack に確認できていません。しばらくしてからもう一度お試しください。";
    foreign:
        en "🚪 This bot belongs to another workspace.",
        ja "🚪 このボットは別のワークスペースのものです。";
    external_not_allowed:
        en "🔒 You belong to another workspace: you can read this channel, but not use the bot.",
        ja "🔒 別のワークスペースの方は閲覧のみで、ボットは使えません。";
    user_not_allowed:
        en "🔒 You don't have access. Ask the team that runs securityhub-members to add your user ID:",
        ja "🔒 利用権限がありません。securityhub-members の管理チームに、次のユーザー ID の追加を依頼してください:";
    channel_not_allowed:
        en "🔒 You can't use this command in this channel. Use another one, or ask the team that runs securityhub-members to add this channel ID:",
        ja "🔒 このチャンネルでは利用できません。別のチャンネルで使うか、securityhub-members の管理チームに次のチャンネル ID の追加を依頼してください:";
    channel_unknown:
        en "🔒 You can use this command in some channels only, and Slack didn't say which one this is.",
        ja "🔒 利用できるチャンネルが制限されています。Slack から現在のチャンネルを確認できないため、実行できません。";
    shared: en "✅ Shared to this channel.", ja "✅ このチャンネルに共有しました。";
    not_shareable:
        en "ℹ️ Not shared, because this answer is incomplete at the moment. Run the command again.",
        ja "ℹ️ 現在この回答は完全ではないため、共有しませんでした。もう一度コマンドを実行してください。";
    shared_before:
        en "ℹ️ Already shared, or being shared now. If it isn't in the channel, run the command again.",
        ja "ℹ️ この回答は共有済みか、共有の途中です。チャンネルに見当たらない場合は、もう一度コマンドを実行してください。";
    not_shared:
        en "⚠️ Sharing failed on our side. Try again.",
        ja "⚠️ こちらの問題で共有できませんでした。もう一度お試しください。";
    share_unknown:
        en "⚠️ Slack didn't answer, so it's unknown whether this was shared. If it isn't in the channel, run the command again.",
        ja "⚠️ Slack から応答がなく、共有できたか確認できませんでした。チャンネルに見当たらない場合は、もう一度コマンドを実行してください。";
    shared_by(user: &str): en "Shared by {user}", ja "{user} さんが共有";
    by_status: en "By status", ja "ステータス別";
    members_in(status: &str, count: usize):
        en "{status} ({count})",
        ja "{status}: {count}アカウント";
}

#[expect(
    missing_docs,
    reason = "the names say what is meant; the English words are the documentation"
)]
impl Words {
    /// Before one or more choices.
    pub fn did_you_mean(self, choices: usize) -> &'static str {
        match (self.0, choices) {
            (Locale::En, 1) => "Did you mean this?",
            _ => self.similar_accounts(),
        }
    }

    pub fn account_title(self, account: &str, name: Option<&str>) -> String {
        match name {
            Some(name) => say!(
                self,
                "Account {account} · {name}",
                "アカウント {account} · {name}"
            ),
            None => say!(self, "Account {account}", "アカウント {account}"),
        }
    }

    pub fn window(self, after: Option<NaiveDateTime>, at: NaiveDateTime) -> String {
        match self.0 {
            Locale::En => {
                let moment = |at: NaiveDateTime| at.format("%a %-d %b %Y %H:%M").to_string();
                match after {
                    None => format!("by {}", moment(at)),
                    Some(after) if after.date() == at.date() => {
                        format!("{}–{}", moment(after), at.format("%H:%M"))
                    }
                    Some(after) => format!("{} – {}", moment(after), moment(at)),
                }
            }
            Locale::Ja => {
                let moment =
                    |at: NaiveDateTime| format!("{} {}", self.date(at.date()), at.format("%H:%M"));
                match after {
                    None => format!("{} 以前", moment(at)),
                    Some(after) if after.date() == at.date() => {
                        format!("{}〜{}", moment(after), at.format("%H:%M"))
                    }
                    Some(after) => format!("{}〜{}", moment(after), moment(at)),
                }
            }
        }
    }

    pub fn event(self, event: EventKind) -> &'static str {
        match event {
            EventKind::Invited => self.pick("✉️ invited", "✉️ 招待"),
            EventKind::CameBack => self.pick("🟢 rejoined", "🟢 復帰"),
            EventKind::Other(ChangeKind::Left) => self.pick("🔴 left", "🔴 離脱"),
            EventKind::Other(ChangeKind::Removed) => {
                self.pick("🔴 removed by administrator", "🔴 管理者による関連付け解除")
            }
            EventKind::Other(ChangeKind::Deleted) => {
                self.pick("⚫ no longer listed", "⚫ 一覧から消失")
            }
            EventKind::Other(ChangeKind::Suspended) => {
                self.pick("🟠 account suspended", "🟠 アカウント停止")
            }
            EventKind::Other(ChangeKind::Unprotected) => {
                self.pick("🟠 no longer Enabled", "🟠 有効から他のステータスへ")
            }
            EventKind::Other(ChangeKind::Declined) => self.pick("🟡 declined", "🟡 招待の辞退"),
            EventKind::Other(ChangeKind::New) => self.pick("🆕 added", "🆕 追加"),
            EventKind::Other(ChangeKind::Joined) => self.pick("🟢 joined", "🟢 参加"),
            EventKind::Other(ChangeKind::Changed | ChangeKind::Flapped) => {
                self.pick("🔵 changed", "🔵 変更")
            }
        }
    }

    pub fn status_typed(self, known: &MemberStatus) -> String {
        match self.0 {
            Locale::En => known.to_string(),
            Locale::Ja => self.status(known),
        }
    }
}
