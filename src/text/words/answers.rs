//! Answers to questions, to what cannot be read as one, and to what people press, in
//! every language.

use chrono::NaiveDateTime;

use super::{Locale, Words, messages, say};
use crate::domain::account::EventKind;
use crate::domain::diff::ChangeKind;
use crate::domain::member::MemberStatus;

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

messages! {
    no_snapshot(date: &str):
        en "There is no snapshot for {date}.",
        ja "{date} のスナップショットはありません。";
    no_snapshot_in(period: &str):
        en "There is no snapshot in {period}.",
        ja "{period} のスナップショットはありません。";
    in_the_future(date: &str): en "{date} has not happened yet.", ja "{date} は未来の日付です。";
    nearest(dates: &str):
        en "The nearest with one: {dates}",
        ja "スナップショットのある近い日付: {dates}";
    range(first: &str, last: &str):
        en "History goes from {first} to {last}.",
        ja "記録は {first} から {last} まであります。";
    no_history:
        en "There is no history yet: the first poll will begin it.",
        ja "まだ記録がありません。最初の取得後に記録が始まります。";
    impossible_date(text: &str):
        en "There is no such date: {text}",
        ja "存在しない日付です: {text}";
    last_day(date: &str):
        en "The last day of that month is {date}:",
        ja "その月の最終日は {date} です:";
    ends_before_start(text: &str):
        en "“{text}” ends before it starts.",
        ja "「{text}」は終わりが始まりより前です。";
    wrong_weekday(text: &str, date: &str):
        en "The weekday in “{text}” doesn't match its date, {date}.",
        ja "「{text}」の曜日は日付({date})と一致しません。";
    read_as(text: &str, date: &str):
        en "I read {text} as {date}.",
        ja "{text} は {date} として解釈しました。";
    write_instead(date: &str): en "For {date}, write", ja "{date} の場合:";
    not_understood(text: &str):
        en "I do not understand “{text}”.",
        ja "「{text}」は解釈できませんでした。";
    did_you_mean(text: &str): en "Did you mean {text}?", ja "もしかして: {text}";
    help_title: en "What you can ask", ja "使い方";
    which_account: en "Which account?", ja "どのアカウントですか?";
    no_such_account(name: &str):
        en "There is no account with the name “{name}”.",
        ja "「{name}」という名前のアカウントはありません。";
    several_accounts(name: &str):
        en "“{name}” is in the names of several accounts.",
        ja "「{name}」に一致するアカウントが複数あります。";
    perhaps: en "Did you mean one of these?", ja "もしかして:";
    no_names:
        en "I do not know the names of accounts. Ask by number.",
        ja "アカウント名の情報がありません。番号で質問してください。";
    account_now: en "Now", ja "現在";
    account_happened(count: usize): en "History ({count})", ja "履歴 ({count}件)";
    never_listed(since: &str):
        en "It was never in a member list: not since history began on {since}.",
        ja "記録の始まった {since} 以降、メンバー一覧に載ったことはありません。";
    history_since(date: &str): en "History began on {date}.", ja "記録は {date} からあります。";
    unchanged_since(date: &str):
        en "Nothing changed since history began on {date}.",
        ja "記録の始まった {date} 以降、変更はありません。";
    invited_on(date: &str): en "invited {date}", ja "{date} 招待";
    status_keyword: en "status", ja "状態";
    status_title(status: &str):
        en "Security Hub members with the status {status}",
        ja "状態が「{status}」の Security Hub メンバー";
    statuses_title: en "Security Hub members by status", ja "状態別の Security Hub メンバー";
    nobody_has_status(status: &str):
        en "No member has the status {status}.",
        ja "状態が「{status}」のメンバーはいません。";
    not_watched(regions: &str): en "Not watched: {regions}", ja "監視対象外のリージョン: {regions}";
    nowhere_watched:
        en "Nothing is known of these Regions.",
        ja "これらのリージョンの情報はありません。";
    checking:
        en "🔎 Checking Security Hub in every Region …",
        ja "🔎 全リージョンの Security Hub を確認しています …";
    checking_since(moment: &str):
        en "🔎 As of {moment}, checking now …",
        ja "🔎 {moment} 時点の情報です。現在の状態を確認しています …";
    looking: en "🔎 Looking it up …", ja "🔎 記録を調べています …";
    failed:
        en "⚠️ That did not work, and it is not your fault. The log of securityhub-members says why. Please try again.",
        ja "⚠️ 処理に失敗しました。入力の問題ではありません。原因は securityhub-members のログにあります。もう一度お試しください。";
    busy:
        en "⏳ Too many questions at once. Please ask again in a moment.",
        ja "⏳ リクエストが集中しています。しばらくしてからもう一度お試しください。";
    not_ready:
        en "⏳ Slack has not confirmed which workspace this bot belongs to. Try again in a moment.",
        ja "⏳ ボットが属するワークスペースを Slack に確認できていません。少し待ってからもう一度お試しください。";
    foreign:
        en "🚪 This bot belongs to another workspace.",
        ja "🚪 このボットは別のワークスペースのものです。";
    user_not_allowed:
        en "🔒 You are not on the list of people who may use this. Ask the team that runs securityhub-members to add your id:",
        ja "🔒 利用を許可された人のリストに登録されていません。securityhub-members の管理チームに、次の ID の追加を依頼してください:";
    channel_not_allowed:
        en "🔒 This may not be used in this channel. Use it in another one, or ask the team that runs securityhub-members to add this channel's id:",
        ja "🔒 このチャンネルでは利用できません。別のチャンネルで使うか、securityhub-members の管理チームに次のチャンネル ID の追加を依頼してください:";
    channel_unknown:
        en "🔒 This may be used in some channels only, and Slack did not say which one this is.",
        ja "🔒 利用できるチャンネルが限られていますが、どのチャンネルかを Slack から確認できませんでした。";
    shared: en "✅ Shared to this channel.", ja "✅ このチャンネルに共有しました。";
    not_shareable:
        en "ℹ️ This answer is not complete at the moment, so it was not shared. Run the command again.",
        ja "ℹ️ 現在この回答は完全ではないため、共有しませんでした。もう一度コマンドを実行してください。";
    shared_before:
        en "ℹ️ This answer is shared already, or about to be. If it is not in the channel, please ask again.",
        ja "ℹ️ この回答は共有済みか、共有の途中です。チャンネルに見当たらない場合は、もう一度質問してください。";
    not_shared:
        en "⚠️ This was not shared, and it is not your fault. Please try again.",
        ja "⚠️ 共有できませんでした。入力の問題ではありません。もう一度お試しください。";
    share_unknown:
        en "⚠️ Slack did not answer: I do not know whether this was shared. Please look in the channel. If it is not there, ask again.",
        ja "⚠️ Slack から応答がなく、共有できたか確認できませんでした。チャンネルを確認し、見当たらない場合はもう一度質問してください。";
    shared_by(user: &str): en "Shared by {user}", ja "{user} さんが共有";
    home_title: en "Security Hub members", ja "Security Hub メンバー";
    home_by_status: en "By status", ja "状態別";
    home_trend(days: usize): en "The last {days} days", ja "直近{days}日間";
    home_today: en "Today", ja "本日の変更";
    home_week: en "The last seven days", ja "直近7日間の変更";
    home_filtered(status: &str, count: usize): en "{status}: {count}", ja "{status}: {count}件";
    home_hint: en "In any channel:", ja "どのチャンネルでも使えます:";
}

#[expect(
    missing_docs,
    reason = "the names say what is meant; the English words are the documentation"
)]
impl Words {
    pub fn help(self) -> &'static [(&'static str, &'static str)] {
        match self.0 {
            Locale::En => &[
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
            ],
            Locale::Ja => &[
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
            ],
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
                    None => format!("{} まで", moment(at)),
                    Some(after) if after.date() == at.date() => {
                        format!("{}〜{}", moment(after), at.format("%H:%M"))
                    }
                    Some(after) => format!("{} 〜 {}", moment(after), moment(at)),
                }
            }
        }
    }

    pub fn event(self, event: EventKind) -> &'static str {
        match event {
            EventKind::Invited => self.pick("✉️ invited", "✉️ 招待"),
            EventKind::CameBack => self.pick("🟢 came back", "🟢 復帰"),
            EventKind::Other(ChangeKind::Left) => self.pick("🔴 left", "🔴 離脱"),
            EventKind::Other(ChangeKind::Removed) => self.pick(
                "🔴 removed by the administrator",
                "🔴 管理者による関連付け解除",
            ),
            EventKind::Other(ChangeKind::Deleted) => {
                self.pick("⚫ deleted from the list", "⚫ 一覧から削除")
            }
            EventKind::Other(ChangeKind::Suspended) => {
                self.pick("🟠 suspended", "🟠 アカウント停止")
            }
            EventKind::Other(ChangeKind::Unprotected) => {
                self.pick("🟠 no longer protected", "🟠 保護対象外に変化")
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

    pub fn label(self, label: Label) -> &'static str {
        match label {
            Label::Share => self.pick("Share to channel", "チャンネルに共有"),
            Label::Previous => self.pick("‹ Previous", "‹ 前へ"),
            Label::Next => self.pick("Next ›", "次へ ›"),
            Label::CheckNow => self.pick("Check now", "今すぐ確認"),
            Label::PickDate => self.pick("Changes on …", "日付を選択"),
            Label::ClearDate => self.pick("Back to now", "現在に戻る"),
            Label::AllAdmins => self.pick("All administrators", "すべての管理者"),
            Label::AllRegions => self.pick("All Regions", "すべてのリージョン"),
            Label::AllStatuses => self.pick("All statuses", "すべての状態"),
        }
    }
}
