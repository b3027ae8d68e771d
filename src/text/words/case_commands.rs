//! Commands about cases in every language: the answers, and the messages in the channel. `{name}`
//! and the like are placeholders.

use super::{Words, messages, say};
use crate::domain::query::CaseVerb;

messages! {
    cases_not_allowed:
        en "🔒 You can't take or accept cases. Ask the team that runs securityhub-members to add your user ID:",
        ja "🔒 対応の開始と想定内の登録の権限がありません。securityhub-members の管理チームに、次のユーザー ID の追加を依頼してください:";
    case_no_account:
        en "Name the account by its ID or its exact name. Put a name with blanks in quotes.",
        ja "アカウントを ID か正確な名前で指定してください。空白を含む名前は引用符で囲みます。";
    case_open_quote:
        en "The quote before the account's name isn't closed.",
        ja "アカウント名の引用符が閉じられていません。";
    case_no_end:
        en "Say until when or for how long, then why.",
        ja "期限か期間に続けて、理由を入力してください。";
    case_not_a_day(text: &str):
        en "“{text}” is neither a date nor a length of time.",
        ja "「{text}」は日付でも期間でもありません。";
    case_not_after_today(date: &str):
        en "The end must be after today, not {date}.",
        ja "期限は明日以降にしてください({date}と解釈しました)。";
    case_too_far(date: &str):
        en "The end can be {date} at the latest.",
        ja "期限は{date}以前にしてください。";
    case_no_reason(least: usize, most: usize):
        en "Say why, in {least} to {most} characters.",
        ja "理由を{least}〜{most}文字で入力してください。";
    case_long_reason(most: usize):
        en "The reason has more than {most} characters. Shorten it.",
        ja "理由が{most}文字を超えています。短くしてください。";
    for_example: en "For example:", ja "例:";
    no_case: en "{name} has no open case", ja "{name} に未解決の項目なし";
    cases_of_account(count: usize):
        en "It has {count} cases, one under each administrator.",
        ja "管理者ごとに{count}件あります。";
    under_administrator: en "administrator", ja "管理者";
    case_changed_now:
        en "{name} has just changed. Run the command again.",
        ja "{name} に変更がありました。もう一度コマンドを実行してください。";
    case_taken: en "👀 You're on it: {name}", ja "👀 {name} の対応を開始";
    case_taken_already:
        en "👀 You're on it already: {name}, since {since}",
        ja "👀 {name} は {since} から対応中";
    case_of_other:
        en "👀 {who} has been on {name} since {since}, so nothing changed",
        ja "👀 {who} が {name} を {since} から対応中(変更なし)";
    how_to_free:
        en "Ask the owner to run {untake}, or close the case: bring the account back, or accept it with {ack}.",
        ja "担当者に {untake} の実行を依頼してください。アカウントを復帰させるか {ack} に登録しても終了します。";
    case_given_back: en "{name} has no owner now", ja "{name} の対応を終了、担当者なし";
    case_free_already: en "{name} has no owner", ja "{name} は担当者なし";
    case_accepted: en "☑️ {name} is expected until {date}: “{why}”", ja "☑️ {name} は{date}まで想定内:「{why}」";
    case_accepted_already:
        en "☑️ {name} was expected until {date} already: “{why}”",
        ja "☑️ {name} はすでに{date}まで想定内:「{why}」";
    case_replaced:
        en "This replaces the word of {who}, until {date}: “{why}”",
        ja "置き換え前: {who}、{date}まで「{why}」";
    case_closed:
        en "☑️ {name} is closed: no longer listed, as expected: “{why}”",
        ja "☑️ {name} は完了、一覧からの消失は想定内:「{why}」";
    case_withdrawn: en "{name} is no longer expected", ja "{name} の想定内を取り消し";
    case_not_accepted: en "{name} isn't expected", ja "{name} は想定内の登録なし";
    news_taken: en "👀 {who} is on {name}", ja "👀 {who} が {name} の対応を開始";
    news_given_back: en "{who} is no longer on {name}", ja "{who} が {name} の対応を終了";
    news_accepted:
        en "☑️ {who} accepted {name} until {date}: “{why}”",
        ja "☑️ {who} が {name} を{date}まで想定内に登録:「{why}」";
    news_withdrawn:
        en "{who} no longer accepts {name}",
        ja "{who} が {name} の想定内を取り消し";
    news_of_admins(count: usize): en "under {count} administrators", ja "{count}つの管理者";
    acks_title: en "Expected and taken cases", ja "想定内と対応中";
    nothing_accepted_or_taken: en "No case is expected or taken.", ja "想定内・対応中の項目はありません。";
    every_taken(count: usize): en "Taken ({count})", ja "対応中: {count}件";
    more_in_terminal:
        en "There are more. They're listed by, in a terminal:",
        ja "ほかにもあります。全件は端末で確認できます:";
}

#[expect(
    missing_docs,
    reason = "the names say what is meant; the English words are the documentation"
)]
impl Words {
    /// A command about cases, as people type it.
    pub fn case_typed(self, verb: CaseVerb, account: &str, end: Option<(&str, &str)>) -> String {
        match (verb, end) {
            (CaseVerb::List, _) => say!(self, "acks", "想定内一覧"),
            (CaseVerb::Take, _) => say!(self, "take {account}", "対応 {account}"),
            (CaseVerb::GiveBack, _) => say!(self, "untake {account}", "対応 取消 {account}"),
            (CaseVerb::Withdraw, _) => say!(self, "unack {account}", "想定内 取消 {account}"),
            (CaseVerb::Accept, Some((until, why))) => say!(
                self,
                "ack {account} until {until} {why}",
                "想定内 {account} {until}まで {why}"
            ),
            (CaseVerb::Accept, None) => say!(self, "ack {account}", "想定内 {account}"),
        }
    }

    pub fn example_reason(self) -> &'static str {
        self.pick("sold to another company", "他社へ売却済み")
    }
}
