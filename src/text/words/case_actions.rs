//! Actions on a case, in every language: the menu, the answers, and the steps that bring an account
//! back.

use super::{Locale, Words, messages, say};

messages! {
    case_history: en "History", ja "履歴";
    how_to_return: en "How to bring it back", ja "復帰手順";
    take: en "I'm on it", ja "対応します";
    take_all: en "👀 I'm on it", ja "👀 対応します";
    give_back: en "Not on it any more", ja "対応の取り消し";
    expect: en "Expected…", ja "想定内…";
    open_console: en "Open the console", ja "コンソールを開く";
    form_title: en "Expected for a while", ja "しばらく想定内とする";
    form_accounts: en "Accounts", ja "アカウント";
    form_until: en "Until", ja "期限";
    form_why: en "Why", ja "理由";
    form_why_hint:
        en "Everyone in the channel can read it.",
        ja "チャンネルの全員が読めます。";
    form_until_hint:
        en "The digest leaves them out until then, or until they change.",
        ja "期限か次の変更までダイジェストに表示しません。";
    form_save: en "Save", ja "保存";
    form_cancel: en "Cancel", ja "キャンセル";
    form_close: en "Close", ja "閉じる";
    form_loading: en "⏳ Loading…", ja "⏳ 読み込み中…";
    form_saving: en "⏳ Saving…", ja "⏳ 保存中…";
    form_not_opened:
        en "⚠️ Slack didn't open the form in time. Choose *Expected…* again.",
        ja "⚠️ フォームを開けませんでした。もう一度「想定内…」を選んでください。";
    modal_not_opened(title: &str):
        en "⚠️ Slack didn't open “{title}” in time. Press the button again.",
        ja "⚠️ 「{title}」を開けませんでした。もう一度ボタンを押してください。";
    form_no_accounts: en "Choose at least one account.", ja "アカウントを1つ以上選んでください。";
    form_date(first: &str, last: &str):
        en "Pick a date from {first} to {last}.",
        ja "{first}〜{last}の日付を選んでください。";
    form_reason(least: usize, most: usize):
        en "Write {least} to {most} characters.",
        ja "{least}〜{most}文字で入力してください。";
    case_ended:
        en "This case is no longer open. Type the account's name or ID to see its history.",
        ja "この件は解決済みです。履歴はアカウント名か ID で確認できます。";
    cases_ended(count: usize):
        en "No longer open: {count} of them.",
        ja "{count}件は解決済みです。";
    cases_expected(count: usize):
        en "Expected, so left alone: {count} of them.",
        ja "{count}件は想定内のため変更していません。";
    no_longer_open: en "no longer open", ja "解決済み";
    run_it_yourself:
        en "Run these commands yourself: securityhub-members only reads.",
        ja "コマンドはご自身で実行してください。securityhub-members は読み取りしかしません。";
    unprocessed_accounts:
        en "Read UnprocessedAccounts in the answers: HTTP 200 alone proves nothing.",
        ja "応答の UnprocessedAccounts を確認してください。HTTP 200 だけでは成功とはいえません。";
    it_left:
        en "It left by itself. Its invitation still stands: in the member account, accept it again.",
        ja "メンバー側から離脱しました。招待は残っています。メンバーアカウントでもう一度承諾してください。";
    it_declined:
        en "It left or declined. If its invitation still stands, accept it in the member account:",
        ja "離脱または辞退しました。招待が残っていれば、メンバーアカウントで承諾してください。";
    no_invitation:
        en "If there's no invitation, invite it again in the administrator account, then accept it:",
        ja "招待がなければ、管理者アカウントでもう一度招待してから承諾してください。";
    invite_again:
        en "In the administrator account, invite it again:",
        ja "管理者アカウントで、もう一度招待してください。";
    then_accept:
        en "Then, in the member account, accept the invitation:",
        ja "続けて、メンバーアカウントで招待を承諾してください。";
    accept_it:
        en "In the member account, accept the invitation:",
        ja "メンバーアカウントで招待を承諾してください。";
    add_to_organization:
        en "In the administrator account, add it again. An account of the organization needs no invitation:",
        ja "管理者アカウントで、もう一度追加してください。組織のアカウントに招待は不要です。";
    add_if_organization:
        en "If it belongs to your organization, add it again in the administrator account. It needs no invitation:",
        ja "組織のアカウントなら、管理者アカウントでもう一度追加してください。招待は不要です。";
    add_and_invite:
        en "If it was invited, add it and invite it in the administrator account:",
        ja "招待したアカウントなら、管理者アカウントで追加して招待してください。";
    invite_if_invited:
        en "If it was invited, invite it again in the administrator account:",
        ja "招待したアカウントなら、管理者アカウントでもう一度招待してください。";
    it_is_suspended:
        en "AWS suspended the account. Nothing in Security Hub brings it back: ask AWS Support.",
        ja "AWS がアカウントを停止しています。Security Hub では復帰できません。AWS サポートに問い合わせてください。";
    region_is_disabled:
        en "The Region is disabled in the account. Enable it there:",
        ja "アカウントでリージョンが無効です。アカウント側で有効にしてください。";
    email_failed:
        en "AWS couldn't verify the account's email address. Correct it in the administrator account, then invite again:",
        ja "AWS がアカウントのメールアドレスを検証できませんでした。管理者アカウントで修正し、もう一度招待してください。";
    it_is_enabled:
        en "It's still Enabled: nothing to bring back. The case ends when AWS reactivates the account, or when it leaves the list.",
        ja "有効のままなので、復帰の必要はありません。AWS がアカウントを再開するか、一覧から消えると解決します。";
    status_is_unknown:
        en "This program doesn't know the status. Look at the account in the Security Hub CSPM console.",
        ja "不明なステータスです。Security Hub CSPM のコンソールでアカウントを確認してください。";
}

#[expect(
    missing_docs,
    reason = "the names say what is meant; the English words are the documentation"
)]
impl Words {
    pub fn how_to_return_all(self, cases: usize) -> &'static str {
        match (self.0, cases) {
            (Locale::En, 1) => self.how_to_return(),
            (Locale::En, _) => "How to bring them back",
            (Locale::Ja, _) => self.how_to_return(),
        }
    }
}
